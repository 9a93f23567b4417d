"""Ask for a link by which one person enters: Python 3.11+, `pip install joserfc httpx`.

python launch.py abc 2026-a private.pem

The words are the channel code, the kid, and the private key (PEM or JWK).
"""

import json
import os
import secrets
import sys
import time
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

SERVICE = os.environ.get("SERVICE", "https://service.example")


def launch(channel: str, kid: str, key: ECKey, *, name: str, id_number: str, phone: str) -> str:
    """A link for one person: open it in the webview at once, it works for 60 seconds."""
    issued = int(time.time())
    claims = {
        "iss": channel,
        "aud": "nx-flexible-employment",
        "iat": issued,
        "exp": issued + 60,
        "jti": secrets.token_urlsafe(16),  # new for every request, for a repeated one too
        "name": name,
        "id_number": id_number,
        "phone": phone,
        "target": "/social-security",
    }
    message = jwt.encode({"alg": "ES256", "kid": kid}, claims, key, algorithms=["ES256"])
    answer = httpx.post(
        f"{SERVICE}/open/v1/launches",
        content=message,
        headers={"Content-Type": "application/jose"},
        timeout=10,
    )
    if answer.status_code != 201:
        # {"reason": "bad_signature", "detail": "…"}: what to do is in the table of the reference.
        sys.exit(f"{answer.status_code} {answer.text}")
    link: str = answer.json()["launch_url"]
    return link


if __name__ == "__main__":
    code, key_id, file = sys.argv[1:4]
    text = Path(file).read_text()
    private = ECKey.import_key(json.loads(text) if text.startswith("{") else text)
    print(
        launch(
            code, key_id, private, name="马兰", id_number="640104198503120021", phone="19900000001"
        )
    )
