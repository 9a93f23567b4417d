"""Personal data at rest: unreadable in the file, readable through rotated keys, never unnoticed
when changed."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask

from flexapp.config import DEMO_DATA_KEY
from flexapp.demo.residents import FICTIONAL_RESIDENTS
from flexapp.encryption import Vault
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import execute, raw_bytes, rows
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    assess,
    newcomer,
    proxy_for,
    register,
    sign_in,
    transmit,
)

SECOND_KEY = base64.b64encode(b"k" * 32).decode()
ROTATED = f"second:{SECOND_KEY},demo:{DEMO_DATA_KEY}"


def personal() -> list[str]:
    """Everything personal about the demo's residents."""
    return [
        text
        for person in FICTIONAL_RESIDENTS.values()
        for text in (person.name, person.identity, person.phone, person.address)
        if text
    ]


def test_the_file_holds_no_name_number_phone_or_address(
    app: Flask, client: LintingClient, another: Callable[[], LintingClient]
) -> None:
    sign_in(client, MA_LAN.phone)
    transmit(client, assess(client, "2026-01", "2026-06"))
    proxy_for(client, DING)
    other = another()
    sign_in(other, YANG.phone)
    address = "中宁县石空镇枣园村二组八号"
    register(other, "640521", address)
    held = raw_bytes(app)
    wanted = [*personal(), address]
    assert len(wanted) > 15
    assert [text for text in wanted if text.encode() in held] == []


def test_equal_values_are_stored_differently_each_time() -> None:
    vault = Vault({"a": b"k" * 32}, b"i" * 32)
    assert vault.encrypt("马兰", "person.name", "1") != vault.encrypt("马兰", "person.name", "1")


def test_a_stored_value_names_its_key() -> None:
    vault = Vault({"b": b"2" * 32, "a": b"1" * 32}, b"i" * 32)
    assert re.fullmatch(r"b\.row:[A-Za-z0-9+/=]+", vault.encrypt("马兰", "person.name", "1"))


def test_after_a_rotation_old_values_are_read_and_new_ones_written_with_the_new_key(
    make_app: MakeApp,
) -> None:
    app = make_app(FLEXAPP_DATA_KEYS=ROTATED)
    client = app.test_client()
    assert isinstance(client, LintingClient)
    sign_in(client, MA_LAN.phone)
    assert "马*" in client.page("/me").words
    new = newcomer(7)
    other = app.test_client()
    assert isinstance(other, LintingClient)
    sign_in(other, new.phone)
    keys = [str(phone).partition(":")[0] for (phone,) in rows(app, "SELECT phone FROM account")]
    assert keys == ["demo.row"] * 4 + ["second.row"]
    # And a site that has both keys in the other order reads what this one wrote.
    back = make_app(FLEXAPP_DATA_KEYS=f"demo:{DEMO_DATA_KEY},second:{SECOND_KEY}").test_client()
    cookie = other.get_cookie("session")
    assert isinstance(back, LintingClient)
    assert cookie is not None
    back.set_cookie("session", cookie.value)
    assert new.phone[-4:] in back.page("/me").words


def test_a_changed_value_is_noticed() -> None:
    vault = Vault({"a": b"k" * 32}, b"i" * 32)
    sealed = vault.encrypt("640104198503120021", "person.identity", "1")
    raw = bytearray(base64.b64decode(sealed.partition(":")[2]))
    for position in range(len(raw)):
        changed = bytes(raw[:position]) + bytes([raw[position] ^ 1]) + bytes(raw[position + 1 :])
        with pytest.raises(InvalidTag):
            vault.decrypt(f"a.row:{base64.b64encode(changed).decode()}", "person.identity", "1")


def test_a_value_moved_to_another_column_is_noticed() -> None:
    vault = Vault({"a": b"k" * 32}, b"i" * 32)
    with pytest.raises(InvalidTag):
        vault.decrypt(vault.encrypt("马兰", "person.name", "1"), "registration.address", "1")


def test_a_value_under_an_unknown_key_is_noticed() -> None:
    sealed = Vault({"old": b"k" * 32}, b"i" * 32).encrypt("马兰", "person.name", "1")
    with pytest.raises(KeyError):
        Vault({"new": b"k" * 32}, b"i" * 32).decrypt(sealed, "person.name", "1")


def test_a_row_changed_in_the_file_is_never_shown_as_if_nothing_were(
    app: Flask, client: LintingClient, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(client, MA_LAN.phone)
    execute(
        app,
        "UPDATE person SET name = (SELECT identity FROM person ORDER BY id LIMIT 1)",
    )
    client.faults_expected = True
    answer = client.get("/me")
    assert answer.status_code == 500
    assert MA_LAN.identity not in answer.text
    assert MA_LAN.identity not in caplog.text


def test_the_blind_index_differs_by_column_and_by_key() -> None:
    vault, other = Vault({"a": b"k" * 32}, b"i" * 32), Vault({"a": b"k" * 32}, b"j" * 32)
    assert vault.index("1", "account.phone") == vault.index("1", "account.phone")
    assert vault.index("1", "account.phone") != vault.index("1", "person.identity")
    assert vault.index("1", "account.phone") != other.index("1", "account.phone")
