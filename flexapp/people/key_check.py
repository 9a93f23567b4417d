"""Health check: whether this node has the keys that the database was written with.

A node with other keys would start, but every sign-in would fail.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag

from flexapp.encryption import vault
from flexapp.people import repository
from flexapp.people.service import identity_index
from flexapp.rules.identity import IdentityNumber

CONTEXT = "key_check"


def keys_read_what_is_stored() -> bool:
    """Whether the newest person can be decrypted and has the expected blind index.

    The newest row is the first to use a new key that this node lacks. If no person is stored, the
    check only encrypts and decrypts a value.
    """
    try:
        newest = repository.newest_person()
        if newest is None:
            value = secrets.token_hex(4)
            return vault().decrypt(vault().encrypt(value, CONTEXT, ""), CONTEXT, "") == value
        return identity_index(IdentityNumber(newest.identity)) == newest.identity_index
    except (KeyError, InvalidTag, ValueError):
        return False
