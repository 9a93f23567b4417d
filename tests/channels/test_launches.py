"""POST /open/v1/launches: every refusal has its reason, and what is made keeps its secrets."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from flexapp.channels.launch_errors import LAUNCH_ERRORS
from flexapp.channels.models import Launch
from flexapp.db.session import db
from flexapp.people.external_services import GatewayDown
from flexapp.rules.identity import IdentityNumber
from flexapp.services import services_of
from tests.conftest import MakeApp
from tests.support.client import LintingClient
from tests.support.database import raw_bytes, rows, stored
from tests.support.vendor import Vendor, channels, enter, reason_of
from tests.support.walks import DING, MA_LAN, YANG, Resident, newcomer, sign_in

NEW = newcomer(5)


@pytest.fixture
def vendor(app: Flask) -> Vendor:
    """农业银行 with one valid key."""
    return Vendor(app).register()


def test_a_signed_launch_gives_a_link_that_is_good_for_a_minute(vendor: Vendor, app: Flask) -> None:
    answer = vendor.post(vendor.signed(NEW))
    assert answer.status_code == 201
    assert answer.mimetype == "application/json"
    assert set(answer.get_json()) == {"launch_url", "expires_at"}
    expires = datetime.fromisoformat(answer.get_json()["expires_at"])
    assert 55 <= (expires - datetime.now(UTC)).total_seconds() <= 60
    assert answer.headers["Cache-Control"] == "no-store"


def test_nobody_is_made_before_the_link_is_used(vendor: Vendor, app: Flask) -> None:
    before = stored(app)
    vendor.launch(NEW)
    after = stored(app)
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"launch", "seen_message"}


def test_the_link_and_the_database_hold_nothing_of_the_person_in_clear(
    vendor: Vendor, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = vendor.launch(NEW)
    code = path.rpartition("/")[2]
    secrets = (NEW.name, NEW.identity, NEW.phone)
    assert not [secret for secret in secrets if secret in path]
    assert not [secret for secret in (*secrets, code) if secret.encode() in raw_bytes(app)]
    assert not [secret for secret in (*secrets, code) if secret in caplog.text]


def b64(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(vendor: Vendor) -> str:
    return f"{b64({'alg': 'none', 'kid': vendor.kid})}.{b64(vendor.claims(NEW))}."


def signed_with_a_shared_secret(vendor: Vendor) -> str:
    secret = OctKey.import_key(json.dumps(vendor.key.as_dict(private=False)).encode())
    header = {"alg": "HS256", "kid": vendor.kid}
    return jwt.encode(header, vendor.claims(NEW), secret, algorithms=["HS256"])


def tampered(vendor: Vendor) -> str:
    header, _, signature = vendor.signed(NEW).split(".")
    return f"{header}.{b64(vendor.claims(MA_LAN))}.{signature}"


def of_a_stranger(vendor: Vendor) -> str:
    return Vendor(vendor.app, vendor.code, vendor.kid).signed(NEW)


def under_an_unknown_name(vendor: Vendor) -> str:
    return Vendor(vendor.app, vendor.code, "2026-z").signed(NEW)


def without_a_key_name(vendor: Vendor) -> str:
    return jwt.encode({"alg": "ES256"}, vendor.claims(NEW), vendor.key)


@pytest.mark.parametrize(
    ("make", "status", "reason"),
    [
        (lambda _: "", 400, "malformed"),
        (lambda _: "not a message", 400, "malformed"),
        (lambda _: "a.b", 400, "malformed"),
        (lambda _: '{"launch": "x"}', 400, "malformed"),
        (unsigned, 401, "algorithm"),
        (signed_with_a_shared_secret, 401, "algorithm"),
        (tampered, 401, "bad_signature"),
        (of_a_stranger, 401, "bad_signature"),
        (under_an_unknown_name, 401, "unknown_key"),
        (without_a_key_name, 401, "unknown_key"),
        (lambda vendor: vendor.signed(NEW)[:-4], 401, "bad_signature"),
    ],
)
def test_what_is_no_message_of_the_vendor_is_refused(
    vendor: Vendor, app: Flask, make: Callable[[Vendor], str], status: int, reason: str
) -> None:
    before = stored(app)
    assert reason_of(vendor.post(make(vendor))) == (status, reason)
    assert stored(app) == before


def now() -> int:
    return int(time.time())


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        (lambda: {"iss": "nobody"}, 401, "unknown_channel"),
        (lambda: {"iss": None}, 401, "unknown_channel"),
        (lambda: {"iss": "hall"}, 401, "unknown_channel"),
        (lambda: {"iss": "boc"}, 401, "unknown_key"),
        (lambda: {"iss": "alipay"}, 403, "channel_not_yet"),
        (lambda: {"aud": "somebody-else"}, 401, "wrong_audience"),
        (lambda: {"aud": None}, 401, "wrong_audience"),
        (lambda: {"iat": now() - 200, "exp": now() - 100}, 401, "expired"),
        (lambda: {"iat": now() + 60, "exp": now() + 120}, 401, "not_yet"),
        (lambda: {"exp": now() + 600}, 401, "too_long"),
        (lambda: {"exp": now() - 1}, 401, "ends_first"),
        (lambda: {"nbf": now() + 60}, 401, "not_yet"),
        (lambda: {"nbf": "soon"}, 400, "malformed"),
        (lambda: {"exp": "soon"}, 400, "malformed"),
        (lambda: {"jti": None}, 400, "no_id"),
        (lambda: {"jti": "1"}, 400, "no_id"),
    ],
)
def test_a_claim_that_does_not_hold_is_refused(
    vendor: Vendor,
    app: Flask,
    change: Callable[[], dict[str, object]],
    status: int,
    reason: str,
) -> None:
    before = stored(app)
    assert vendor.refused(NEW, **change()) == (status, reason)
    assert stored(app) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"name": "李" * 200}, "name"),
        ({"id_number": "640502198001020011"}, "id_number"),
        ({"id_number": None}, "id_number"),
        ({"phone": "123"}, "phone"),
        ({"phone": ["13800000105"]}, "phone"),
        ({"target": "https://elsewhere.example/"}, "target"),
        ({"target": "//elsewhere.example/"}, "target"),
        ({"target": "/sign-out"}, "target"),
        ({"target": ["/"]}, "target"),
        ({"name": "阿依古丽 买买提"}, "name"),
        ({"name": "李\ue000"}, "name"),
        ({"id_number": "H12345678"}, "id_number"),
        ({"phone": "12345678901"}, "phone"),
        ({"phone": "0951-6012345"}, "phone"),
    ],
)
def test_a_wrong_claim_about_the_person_is_named(
    vendor: Vendor, app: Flask, change: dict[str, object], field: str
) -> None:
    answer = vendor.post(vendor.signed(NEW, **change))
    assert reason_of(answer) == (422, "invalid_claims")
    told = answer.get_json(force=True)
    assert [error["field"] for error in told["errors"]] == [field]
    assert told["detail"].startswith(f"{field} 不对：")
    assert told["errors"][0]["detail"] in told["detail"]
    assert rows(app, "SELECT count(*) FROM launch") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "李\u200b明\ufe00"},
        {"id_number": f"身份证号{NEW.identity}。"},
        {"phone": f"(+86){NEW.phone}"},
    ],
)
def test_a_claim_is_read_as_the_pages_read_what_is_typed(
    vendor: Vendor, app: Flask, change: dict[str, object]
) -> None:
    assert vendor.post(vendor.signed(NEW, **change)).status_code == 201
    with app.app_context():
        launch = db.session.execute(select(Launch)).scalar_one()
        assert (launch.name, launch.identity, launch.phone) == (NEW.name, NEW.identity, NEW.phone)


def test_all_wrong_claims_are_named_at_once(vendor: Vendor) -> None:
    answer = vendor.post(vendor.signed(NEW, name="1", id_number="1", phone="1", target="1"))
    fields = [error["field"] for error in answer.get_json(force=True)["errors"]]
    assert fields == ["name", "id_number", "phone", "target"]


def test_a_message_is_taken_once(vendor: Vendor) -> None:
    message = vendor.signed(NEW)
    assert vendor.post(message).status_code == 201
    assert reason_of(vendor.post(message)) == (409, "replayed")


def test_a_message_that_was_refused_for_its_claims_is_not_taken_again_either(
    vendor: Vendor,
) -> None:
    message = vendor.signed(NEW, phone="1")
    assert reason_of(vendor.post(message)) == (422, "invalid_claims")
    assert reason_of(vendor.post(message)) == (409, "replayed")


def test_two_keys_are_valid_at_once_and_a_retired_one_is_refused(
    vendor: Vendor, app: Flask
) -> None:
    newer = Vendor(app, kid="2026-b").register()
    assert vendor.post(vendor.signed(NEW)).status_code == 201
    assert newer.post(newer.signed(NEW)).status_code == 201
    channels(app, "retire-key", "abc", "2026-a")
    assert vendor.refused(NEW) == (401, "retired_key")
    assert newer.post(newer.signed(NEW)).status_code == 201
    channels(app, "retire-key", "abc", "2026-b")
    assert newer.refused(NEW) == (401, "retired_key")


def test_one_vendors_key_does_not_speak_for_another(vendor: Vendor, app: Flask) -> None:
    Vendor(app, "boc").register()
    assert vendor.refused(NEW, iss="boc") == (401, "bad_signature")


def test_a_disabled_channel_is_refused_until_it_is_enabled(vendor: Vendor, app: Flask) -> None:
    channels(app, "disable", "abc", "--reason", "系统维护，暂停办理。")
    assert vendor.refused(NEW) == (403, "channel_disabled")
    channels(app, "enable", "abc")
    assert vendor.post(vendor.signed(NEW)).status_code == 201


def test_an_app_not_usable_yet_launches_once_it_is_enabled(app: Flask) -> None:
    alipay = Vendor(app, "alipay").register()
    assert alipay.refused(NEW) == (403, "channel_not_yet")
    channels(app, "enable", "alipay")
    assert alipay.post(alipay.signed(NEW)).status_code == 201


def test_an_added_app_launches_too(app: Flask, client: LintingClient) -> None:
    channels(app, "add", "nxbank", "宁夏银行", "--category", "bank")
    added = Vendor(app, "nxbank").register()
    assert "来自 宁夏银行" in client.page(added.launch(NEW)).words


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""]
)
def test_another_content_type_is_refused(vendor: Vendor, content_type: str) -> None:
    assert reason_of(vendor.post(vendor.signed(NEW), content_type)) == (415, "content_type")


@pytest.mark.parametrize("size", [8 * 1024 + 1, 70 * 1024])
def test_a_body_that_is_too_long_is_refused(vendor: Vendor, size: int) -> None:
    assert reason_of(vendor.post("a" * size)) == (413, "too_large")


@pytest.mark.parametrize("body", [b"\xff\xfe.\x00.\x80", "é.é.é".encode(), b"." * 8000])
def test_garbage_is_refused_and_never_a_fault(vendor: Vendor, body: bytes) -> None:
    status, _ = reason_of(vendor.post(body))
    assert status in (400, 401)


# Who the person is, against what we know already. One answer for every mismatch.

MISMATCH = (422, "not_confirmed")


def test_the_same_person_by_two_channels_is_one_person_with_one_account(
    vendor: Vendor, app: Flask, another: Callable[[], LintingClient]
) -> None:
    boc = Vendor(app, "boc").register()
    enter(another(), vendor.launch(NEW))
    before = rows(app, "SELECT count(*) FROM person"), rows(app, "SELECT count(*) FROM account")
    enter(another(), boc.launch(NEW))
    after = rows(app, "SELECT count(*) FROM person"), rows(app, "SELECT count(*) FROM account")
    assert after == before
    assert rows(app, "SELECT DISTINCT account_id FROM sign_in") == [(5,)]


def test_a_person_known_with_another_phone_is_refused(vendor: Vendor) -> None:
    assert vendor.refused(Resident(MA_LAN.name, MA_LAN.identity, NEW.phone)) == MISMATCH


def test_a_person_known_by_another_name_is_refused(vendor: Vendor) -> None:
    assert vendor.refused(Resident("马蓝", MA_LAN.identity, MA_LAN.phone)) == MISMATCH


def test_a_phone_that_is_another_persons_is_refused(vendor: Vendor) -> None:
    assert vendor.refused(Resident(NEW.name, NEW.identity, MA_LAN.phone)) == MISMATCH


def test_two_known_people_with_each_others_phones_are_refused(vendor: Vendor) -> None:
    assert vendor.refused(Resident(MA_LAN.name, MA_LAN.identity, YANG.phone)) == MISMATCH
    assert vendor.refused(Resident(YANG.name, YANG.identity, MA_LAN.phone)) == MISMATCH


def test_the_population_registry_is_asked_about_somebody_new(vendor: Vendor, app: Flask) -> None:
    asked: list[tuple[str, str, str]] = []

    class Registry:
        """Knows nobody."""

        def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
            """No."""
            asked.append((name, identity.value, phone))
            return False

    services_of(app).population = Registry()
    assert vendor.refused(NEW) == MISMATCH
    assert asked == [(NEW.name, NEW.identity, NEW.phone)]
    assert vendor.post(vendor.signed(MA_LAN)).status_code == 201
    assert len(asked) == 1, "a bound account is not asked about again"


def test_while_the_population_registry_is_silent_nobody_new_comes_in(
    vendor: Vendor, app: Flask
) -> None:
    class Registry:
        """Cannot be reached."""

        def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
            """Silence."""
            raise GatewayDown

    services_of(app).population = Registry()
    assert vendor.refused(NEW) == (503, "registry_down")
    assert vendor.post(vendor.signed(MA_LAN)).status_code == 201


def test_an_insured_person_without_an_account_gets_one(
    vendor: Vendor, app: Flask, client: LintingClient
) -> None:
    who = Resident(DING.name, DING.identity, newcomer(6).phone)
    people = rows(app, "SELECT count(*) FROM person")
    enter(client, vendor.launch(who))
    assert rows(app, "SELECT count(*) FROM person") == people
    assert "丁**" in client.page("/me").words


@pytest.mark.parametrize("path", ["/open/v1/launches", "/open/v1/nothing"])
def test_another_method_or_address_is_answered_as_to_a_system(
    client: LintingClient, path: str
) -> None:
    status, reason = reason_of(client.get(path))
    assert (status, reason) in [(405, "http_405"), (404, "http_404")]


def test_every_reason_has_a_status_and_a_sentence() -> None:
    assert all(400 <= status < 600 and text for status, text in LAUNCH_ERRORS.values())


def test_no_cookie_and_no_form_token_is_looked_at(vendor: Vendor, client: LintingClient) -> None:
    sign_in(client, MA_LAN.phone)
    answer = client.post(
        "/open/v1/launches",
        data=vendor.signed(NEW),
        content_type="application/jose",
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers


def test_in_production_the_link_is_of_the_public_address(
    make_app: MakeApp,
) -> None:
    app = make_app(FLEXAPP_PUBLIC_URL="https://h5.example")
    vendor = Vendor(app).register()
    url = vendor.post(vendor.signed(NEW)).get_json()["launch_url"]
    assert url.startswith("https://h5.example/launch/")
