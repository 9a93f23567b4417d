"""Whether the keys of this node are those that the database was written with.

A node started with other keys would run, and show an error to everybody who signs in.
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
    """Whether the person added last can be read, and is found by ID number.

    The last, because a key that is new elsewhere and missing here shows there first. With nobody
    stored yet any keys will do, as long as they read what they write.
    """
    try:
        newest = repository.newest_person()
        if newest is None:
            value = secrets.token_hex(4)
            return vault().decrypt(vault().encrypt(value, CONTEXT, ""), CONTEXT, "") == value
        return identity_index(IdentityNumber(newest.identity)) == newest.identity_index
    except (KeyError, InvalidTag, ValueError):
        return False
