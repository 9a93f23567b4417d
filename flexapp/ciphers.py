"""The two cipher suites: AES-256-GCM, and SM4-GCM of the Chinese standards (国密).

The implementation is OpenSSL in the `cryptography` package. For neither suite is it a certified
cryptographic module (商用密码产品认证).
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
    """The cipher suite that encrypts new values (`FLEXAPP_CIPHERS`)."""

    AES = "aes"
    SM = "sm"


class Sealer(Protocol):
    """Authenticated encryption (AEAD) under one key; ciphertexts end with a tag of 16 bytes."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Encrypt `data`; authenticate it together with `associated_data`."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Decrypt `data`; raises `InvalidTag` when any argument was changed."""


class Sm4Gcm:
    """SM4 (GB/T 32907) in Galois/Counter mode (RFC 8998), with a key of 16 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Encrypt `data`; authenticate it together with `associated_data`."""
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Decrypt `data`; raises `InvalidTag` when any argument was changed."""
        sealed, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
        if len(tag) < TAG_BYTES:
            raise InvalidTag
        decryptor = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(sealed) + decryptor.finalize()


def sm4_from(data_key: bytes) -> Sm4Gcm:
    """SM4-GCM with a 16-byte key derived from a data key of 32 bytes.

    The derivation is HKDF (RFC 5869) with HMAC-SM3. One configured key serves both suites, and a
    leaked SM4 key does not reveal the data key.
    """
    return Sm4Gcm(HKDF(SM3(), SM4_KEY_BYTES, salt=None, info=b"flexapp sm4-gcm").derive(data_key))


SEALERS: Mapping[Suite, Callable[[bytes], Sealer]] = {Suite.AES: AESGCM, Suite.SM: sm4_from}
"""Creates the cipher of a suite from a data key."""
