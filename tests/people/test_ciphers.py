"""SM4-GCM and SM3 as published, and values of both suites side by side in one database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC

from flexapp import encryption
from flexapp.ciphers import SEALERS, Sm4Gcm, Suite, sm4_from
from flexapp.config import DEMO_DATA_KEY
from flexapp.encryption import Vault
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import rows
from tests.support.walks import MA_LAN, newcomer, sign_in

KEYS = {"a": b"k" * 32, "b": b"l" * 32}
INDEX = b"i" * 32


def test_sm4_gcm_is_that_of_rfc_8998() -> None:
    """RFC 8998, appendix A.1."""
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    beside = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = b"".join(bytes([byte]) * 8 for byte in bytes.fromhex("AABBCCDDEEFFEEAA"))
    sealed = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert Sm4Gcm(key).encrypt(nonce, plain, beside) == sealed
    assert Sm4Gcm(key).decrypt(nonce, sealed, beside) == plain


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_is_that_of_gb_t_32905(message: bytes, digest: str) -> None:
    """GB/T 32905-2016, appendix A, examples 1 and 2."""
    assert _sm3(message).hex() == digest


def test_the_key_of_sm4_comes_from_the_data_key_by_hkdf_with_hmac_sm3() -> None:
    """RFC 2104 and RFC 5869 written out over SM3, for nobody publishes such a key."""

    def by_hand(key: bytes, message: bytes) -> bytes:
        inner, outer = (bytes(b ^ pad for b in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
        return _sm3(outer + _sm3(inner + message))

    once = HMAC(b"key", SM3())
    once.update(b"message")
    assert by_hand(b"key", b"message") == once.finalize()
    extracted = by_hand(bytes(32), KEYS["a"])
    derived = by_hand(extracted, b"flexapp sm4-gcm\x01")[:16]
    nonce = bytes(12)
    sealed = sm4_from(KEYS["a"]).encrypt(nonce, b"x", b"y")
    assert Sm4Gcm(derived).decrypt(nonce, sealed, b"y") == b"x"


def _sm3(message: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(message)
    return digest.finalize()


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("value", ["", "马兰", "宁夏" * 5000])
def test_what_is_sealed_is_read_again(suite: Suite, value: str) -> None:
    vault = Vault(KEYS, INDEX, suite)
    assert vault.decrypt(vault.encrypt(value, "person.name", "1"), "person.name", "1") == value


def test_a_value_names_its_suite() -> None:
    aes, sm = (Vault(KEYS, INDEX, suite) for suite in Suite)
    assert re.fullmatch(r"a\.row:[A-Za-z0-9+/=]+", aes.encrypt("马兰", "person.name", "1"))
    assert re.fullmatch(r"a\.sm\.row:[A-Za-z0-9+/=]+", sm.encrypt("马兰", "person.name", "1"))


def test_each_suite_reads_what_the_other_wrote() -> None:
    aes, sm = (Vault(KEYS, INDEX, suite) for suite in Suite)
    for writer, reader in ((aes, sm), (sm, aes)):
        written = writer.encrypt("马兰", "person.name", "1")
        assert reader.decrypt(written, "person.name", "1") == "马兰"


def test_a_value_of_one_suite_is_no_value_of_the_other() -> None:
    aes, sm = (Vault(KEYS, INDEX, suite) for suite in Suite)
    for sealed, name in (
        (aes.encrypt("马兰", "person.name", "1"), "a.sm.row"),
        (sm.encrypt("马兰", "person.name", "1"), "a.row"),
        (sm.encrypt("马兰", "person.name", "1"), "b.sm.row"),
    ):
        with pytest.raises(InvalidTag):
            aes.decrypt(f"{name}:{sealed.partition(':')[2]}", "person.name", "1")


def test_a_changed_value_of_sm4_is_noticed_at_every_byte() -> None:
    vault = Vault(KEYS, INDEX, Suite.SM)
    sealed = vault.encrypt("640104198503120021", "person.identity", "1")
    raw = base64.b64decode(sealed.partition(":")[2])
    for position in range(len(raw)):
        changed = raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]
        with pytest.raises(InvalidTag):
            vault.decrypt(f"a.sm.row:{base64.b64encode(changed).decode()}", "person.identity", "1")
    for length in range(12, len(raw)):
        short = f"a.sm.row:{base64.b64encode(raw[:length]).decode()}"
        with pytest.raises(InvalidTag):
            vault.decrypt(short, "person.identity", "1")
    with pytest.raises(InvalidTag):
        vault.decrypt(sealed, "person.name", "1")


@pytest.mark.parametrize("suite", Suite)
def test_the_blind_index_is_the_same_whatever_the_suite(suite: Suite) -> None:
    expected = hmac.new(INDEX, b"account.phone\x001", hashlib.sha256).hexdigest()
    assert Vault(KEYS, INDEX, suite).index("1", "account.phone") == expected


def test_a_site_changes_its_suite_while_it_runs_and_back(make_app: MakeApp) -> None:
    sm = make_app(FLEXAPP_CIPHERS="sm")
    client, other = sm.test_client(), sm.test_client()
    assert isinstance(client, LintingClient)
    assert isinstance(other, LintingClient)
    sign_in(client, MA_LAN.phone)
    assert "马*" in client.page("/me").words
    sign_in(other, newcomer(7).phone)

    def labels() -> set[str]:
        return {str(phone).partition(":")[0] for (phone,) in rows(sm, "SELECT phone FROM account")}

    assert labels() == {"demo.row", "demo.sm.row"}
    for app, label in ((sm, "demo.sm.row"), (make_app(), "demo.row")):
        done = app.test_cli_runner().invoke(args=["keys", "rotate", "--pause", "0"])
        assert done.exit_code == 0, done.output
        assert labels() == {label}
        assert "马*" in client.page("/me").words
        status = app.test_cli_runner().invoke(args=["keys", "status"]).output
        suite = "SM4-GCM" if ".sm" in label else "AES-256-GCM"
        assert f"demo ({suite}, writes): " in status
        assert "take it out" not in status


def test_with_a_new_key_and_the_other_suite_the_old_key_is_free(make_app: MakeApp) -> None:
    new = base64.b64encode(b"n" * 32).decode()
    app = make_app(FLEXAPP_CIPHERS="sm", FLEXAPP_DATA_KEYS=f"new:{new},demo:{DEMO_DATA_KEY}")
    done = app.test_cli_runner().invoke(args=["keys", "rotate", "--pause", "0"])
    assert "no value needs the key demo" in done.output
    assert {str(n).partition(":")[0] for (n,) in rows(app, "SELECT name FROM person")} == {
        "new.sm.row"
    }


def test_where_it_cannot_be_done_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_sm4(_: bytes) -> Sm4Gcm:
        raise UnsupportedAlgorithm("no SM4")

    monkeypatch.setattr(encryption, "SEALERS", {**SEALERS, Suite.SM: without_sm4})
    Vault(KEYS, INDEX, Suite.AES)
    with pytest.raises(ValueError, match="FLEXAPP_CIPHERS=sm"):
        Vault(KEYS, INDEX, Suite.SM)
