"""The two ways of sealing a value: AES-256-GCM, or SM4-GCM of the Chinese standards (国密).

The algorithms are those of OpenSSL inside the `cryptography` package. It is no certified module
(商用密码产品认证), whichever of the two is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TAG_BYTES = 16
SM4_KEY_BYTES = 16


class Suite(StrEnum):
    """What new values are sealed with (`FLEXAPP_CIPHERS`)."""

    AES = "aes"
    SM = "sm"


class Sealer(Protocol):
    """Authenticated encryption under one key; what is sealed ends with its tag of 16 bytes."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """`data` sealed, with `associated_data` authenticated beside it."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """The data again; `InvalidTag` where anything was changed."""


class Sm4Gcm:
    """SM4 (GB/T 32907) in Galois/Counter mode, as in RFC 8998; the key has 16 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """`data` sealed, with `associated_data` authenticated beside it."""
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """The data again; `InvalidTag` where anything was changed."""
        sealed, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
        if len(tag) < TAG_BYTES:
            raise InvalidTag
        decryptor = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(sealed) + decryptor.finalize()


def sm4_from(data_key: bytes) -> Sm4Gcm:
    """SM4-GCM under a key made from a data key of 32 bytes, for SM4 takes no more than 16.

    HKDF (RFC 5869) with HMAC-SM3: one configured key serves both suites, and a key of SM4 that is
    found out tells nothing of the data key.
    """
    return Sm4Gcm(HKDF(SM3(), SM4_KEY_BYTES, salt=None, info=b"flexapp sm4-gcm").derive(data_key))


SEALERS: Mapping[Suite, Callable[[bytes], Sealer]] = {Suite.AES: AESGCM, Suite.SM: sm4_from}
"""How each suite comes from a data key."""
