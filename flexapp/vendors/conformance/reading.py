"""Diagnoses: faults in a signer's message, faults in a link, clock skew."""

from __future__ import annotations

import re
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils

from .bench import Bench
from .messages import ECDSA, Claims, Stopped, decode, decode_unverified, fetch

LINK = re.compile(r"https?://[^/?#]+/launch/[A-Za-z0-9_-]{20,}")
NOTICEABLE = 10
"""Clock skew in seconds from which on it is reported."""


def looked_at(message: str, bench: Bench) -> list[str]:
    """Return the faults that can be seen in a message of the vendor's signer."""
    try:
        header, claims = decode_unverified(message)
        signature = decode(message.split(".")[2])
    except ValueError:
        return [
            "不是紧凑格式的 JWS：要三段 base64url（不带 =，用 - 和 _），以点号相连，没有别的字符。"
        ]
    asked, faults = bench.asked or {}, []
    if header.get("alg") != "ES256":
        faults.append(f"头里的 alg 是 {header.get('alg')}，只接受 ES256。")
    if not header.get("kid") or (bench.kid and header["kid"] != bench.kid):
        faults.append(f"头里的 kid 是 {header.get('kid')}，要和登记公钥时的一样。")
    if signature[:1] == b"\x30" and len(signature) > 66:
        faults.append("签名是 DER 格式，要转换成 r、s 各 32 字节相连的 64 字节（IEEE P1363）。")
    elif len(signature) != 64:
        faults.append(f"签名有 {len(signature)} 字节，ES256 的签名是 64 字节。")
    elif bench.public is not None and not _holds(message, signature, bench.public):
        faults.append("签名和公钥不符：是不是用了别的私钥，或者签的不是前两段连同点号的原文？")
    moments = [name for name in ("iat", "exp") if isinstance(claims.get(name), int)]
    faults += [f"{name} 是毫秒，要用秒。" for name in moments if claims[name] > 10**11]
    others = [n for n in ("iss", "aud", *bench.person) if claims.get(n) != asked.get(n)]
    faults += [f"{name} 和给签名程序的不一样。" for name in others]
    old = decode_unverified(bench.first)[1].get("jti") if bench.first not in ("", message) else None
    if old is not None and claims.get("jti") == old:
        faults.append("jti 和上一条消息的一样：每条消息都要用新的随机数。")
    return faults


def _holds(message: str, signature: bytes, public: ec.EllipticCurvePublicKey) -> bool:
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    signed = message.rpartition(".")[0].encode()
    try:
        public.verify(utils.encode_dss_signature(r, s), signed, ECDSA)
    except InvalidSignature:
        return False
    return True


def link_faults(given: Claims, person: Claims) -> list[str]:
    """Return the faults in the answer to a valid message.

    Opens the link, which does not use it up.
    """
    url = str(given.get("launch_url", ""))
    if not LINK.fullmatch(url):
        return ["launch_url 不是 https://…/launch/随机码 的样子，请把这份结果发给我们。"]
    faults = []
    try:
        datetime.fromisoformat(str(given.get("expires_at")))
    except ValueError:
        faults.append("expires_at 不是时间，请把这份结果发给我们。")
    if [value for value in person.values() if str(value) in unquote(url)]:
        faults.append("链接里有个人信息，请把这份结果发给我们。")
    try:
        page = fetch("GET", url)
    except Stopped as stopped:
        return [*faults, f"从这里打不开链接：{stopped}。"]
    if page.status_code != 200 or "text/html" not in page.headers.get("Content-Type", ""):
        faults.append(f"链接打不开（HTTP {page.status_code}），请把这份结果发给我们。")
    return faults


def clock_faults(answer: httpx.Response) -> list[str]:
    """Return a sentence if the clocks of both sides differ by `NOTICEABLE` seconds or more."""
    try:
        ahead = time.time() - parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        return []
    if abs(ahead) < NOTICEABLE:
        return []
    return [f"本机时钟比接口{'快' if ahead > 0 else '慢'} {abs(ahead):.0f} 秒。"]
