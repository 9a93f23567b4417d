"""The same with `pip install cryptography` alone, and without a library for JWS.

python launch_cryptography.py abc 2026-a private.pem

The words are the channel code, the kid, and the private key (PEM).
"""

import base64
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SERVICE = os.environ.get("SERVICE", "https://service.example")


def part(raw: bytes) -> str:
    """Base64url without padding, as a JWS wants it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


channel, kid, file = sys.argv[1:4]
key = load_pem_private_key(Path(file).read_bytes(), password=None)
now = int(time.time())
header = {"alg": "ES256", "kid": kid}
claims = {
    "iss": channel,
    "aud": "nx-flexible-employment",
    "iat": now,
    "exp": now + 60,
    "jti": secrets.token_urlsafe(16),  # new for every request, for a repeated one too
    "name": "马兰",
    "id_number": "640104198503120021",
    "phone": "19900000001",
}
signed = ".".join(part(json.dumps(each).encode()) for each in (header, claims))
# The signature comes as DER; a JWS takes r and s, 32 bytes each.
r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
message = f"{signed}.{part(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

request = urllib.request.Request(
    f"{SERVICE}/open/v1/launches",
    data=message.encode(),
    headers={"Content-Type": "application/jose"},
)
try:
    with urllib.request.urlopen(request, timeout=10) as answer:
        print(json.load(answer)["launch_url"])
except urllib.error.HTTPError as refused:
    sys.exit(f"{refused.code} {refused.read().decode()}")
