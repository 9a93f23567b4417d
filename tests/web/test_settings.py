"""The settings: each fault is a sentence; production starts with nothing borrowed or missing."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import traceback
from datetime import date
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from pydantic import ValidationError

from flexapp import signing
from flexapp.config import (
    DEMO_DATA_KEY,
    DEMO_INDEX_KEY,
    DEMO_SECRET,
    DEMO_SIGNING_KEY,
    DEMO_TAX_KEYS,
    KNOWN,
    PROJECT,
    Environment,
    SettingsError,
    load,
)
from flexapp.db.session import engine_options
from flexapp.taxbureau import DEMO_TRUSTED, demo_keys


def key_set(*keys: ECKey, private: bool) -> str:
    """A JWK set."""
    return json.dumps({"keys": [key.as_dict(private=private) for key in keys]})


OURS, THEIRS = (signing.demo_key(name, name) for name in ("ours-2026", "theirs-2026"))


def key(letter: str) -> str:
    """32 bytes in base64."""
    return base64.b64encode(letter.encode() * 32).decode()


PRODUCTION = {
    "FLEXAPP_ENV": "production",
    "FLEXAPP_DATABASE_URL": "postgresql+psycopg://flexapp@db.example/flexapp",
    "FLEXAPP_PUBLIC_URL": "https://pension.example",
    "FLEXAPP_SECRET_KEY": "s" * 40,
    "FLEXAPP_TAX_URL": "https://tax.example",
    "FLEXAPP_SIGNING_KEYS": key_set(OURS, private=True),
    "FLEXAPP_TAX_KEYS": key_set(THEIRS, private=False),
    "FLEXAPP_DATA_KEYS": f"a1:{key('a')}",
    "FLEXAPP_INDEX_KEY": key("i"),
    "FLEXAPP_SMS_URL": "https://sms.example/send",
    "FLEXAPP_POPULATION_URL": "https://population.example/check",
}


def faults(environ: dict[str, str]) -> list[str]:
    """What is wrong with this environment."""
    with pytest.raises(SettingsError) as raised:
        load(environ)
    return raised.value.faults


def test_without_any_setting_it_is_the_demo_on_this_machine() -> None:
    settings = load({"PATH": "/usr/bin"})
    assert settings.env is Environment.DEMO
    assert (settings.host, settings.port, settings.today) == ("127.0.0.1", 8000, None)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.sms == "demo"


def test_a_complete_production_starts() -> None:
    settings = load(PRODUCTION)
    assert not settings.is_demo
    assert settings.sms == "http"
    assert dict(settings.data_keys) == {"a1": b"a" * 32}


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"FLEXAPP_ENV"}))
def test_production_refuses_to_start_without(name: str) -> None:
    (fault,) = faults({k: v for k, v in PRODUCTION.items() if k != name})
    assert name in fault


DEMO_SECRETS = [
    ("FLEXAPP_SECRET_KEY", DEMO_SECRET),
    ("FLEXAPP_SECRET_KEY", "demo" + "x" * 40),
    ("FLEXAPP_SECRET_KEY", "x9" * 15),
    ("FLEXAPP_SIGNING_KEYS", key_set(DEMO_SIGNING_KEY, private=True)),
    ("FLEXAPP_SIGNING_KEYS", key_set(OURS, DEMO_SIGNING_KEY, private=True)),
    ("FLEXAPP_TAX_KEYS", DEMO_TAX_KEYS),
    ("FLEXAPP_DATA_KEYS", f"demo:{DEMO_DATA_KEY}"),
    ("FLEXAPP_DATA_KEYS", f"a:{key('a')},old:{DEMO_DATA_KEY}"),
    ("FLEXAPP_INDEX_KEY", DEMO_INDEX_KEY),
]


@pytest.mark.parametrize(("name", "value"), DEMO_SECRETS, ids=range(len(DEMO_SECRETS)))
def test_production_refuses_a_secret_of_the_demo_or_a_short_one(name: str, value: str) -> None:
    (fault,) = faults(PRODUCTION | {name: value})
    assert name in fault
    assert value not in fault


MALFORMED = [
    ("FLEXAPP_ENV", "staging"),
    ("FLEXAPP_PORT", "0"),
    ("FLEXAPP_PORT", "65536"),
    ("FLEXAPP_PORT", "eighty"),
    ("FLEXAPP_PORT", "８０００"),
    ("FLEXAPP_WORKERS", "0"),
    ("FLEXAPP_LOG", "xml"),
    ("FLEXAPP_METRICS_TOKEN", ""),
    ("FLEXAPP_METRICS_TOKEN", "secret-password"),
    ("FLEXAPP_METRICS_TOKEN", "secret-password with spaces in between"),
    ("FLEXAPP_TRUSTED_PROXIES", "proxy.example"),
    ("FLEXAPP_TRUSTED_PROXIES", "10.0.0.1/8"),
    ("FLEXAPP_REDIS_URL", "redis.example:6379"),
    ("FLEXAPP_REDIS_URL", "http://:secret-password@redis.example"),
    ("FLEXAPP_REDIS_URL", "redis://:secret-password@redis.example/names"),
    ("FLEXAPP_REDIS_URL", "redis://"),
    ("FLEXAPP_PUBLIC_URL", "pension.example"),
    ("FLEXAPP_PUBLIC_URL", "ftp://pension.example"),
    ("FLEXAPP_PUBLIC_URL", "https://pension.example/?a=1"),
    ("FLEXAPP_TODAY", "24.9.2019"),
    ("FLEXAPP_TODAY", "2019-02-30"),
    ("FLEXAPP_DATABASE_URL", "mysql://u:secret-password@h/d"),
    ("FLEXAPP_DATA_KEYS", "no colon"),
    ("FLEXAPP_DATA_KEYS", "a:c2hvcnQ="),
    ("FLEXAPP_DATA_KEYS", f"a:{key('a')},a:{key('b')}"),
    ("FLEXAPP_DATA_KEYS", f"A!:{key('a')}"),
    ("FLEXAPP_CIPHERS", "des"),
    ("FLEXAPP_INDEX_KEY", "###"),
    ("FLEXAPP_SMS", "pigeon"),
    ("FLEXAPP_SMS", "http"),
    ("FLEXAPP_TAX_URL", "tax.example"),
    ("FLEXAPP_SIGNING_KEYS", "{"),
    ("FLEXAPP_SIGNING_KEYS", "/nowhere/keys.json"),
    ("FLEXAPP_SIGNING_KEYS", key_set(OURS, private=False)),
    ("FLEXAPP_TAX_KEYS", key_set(THEIRS, private=True)),
    ("FLEXAPP_TAX_KEYS", '{"keys": []}'),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED, ids=lambda text: text[:40])
def test_a_malformed_setting_is_named(name: str, value: str) -> None:
    found = faults({"FLEXAPP_ENV": "demo", name: value})
    assert any(name in fault for fault in found)
    assert not any("secret-password" in fault for fault in found)


@pytest.mark.parametrize(
    "url",
    ["redis://redis.example", "rediss://flexapp:p-w@10.0.0.7:6380/3", "redis://[fd00::7]:6379/0"],
)
def test_where_limits_are_counted_is_taken_as_it_is(url: str) -> None:
    assert load({"FLEXAPP_REDIS_URL": url}).redis_url == url


def test_production_logs_for_machines_and_nobody_may_read_its_figures_unasked() -> None:
    settings = load(PRODUCTION)
    assert (settings.log, settings.metrics_token) == ("json", None)
    assert load({}).log == "text"


def test_keys_may_lie_in_a_file_and_the_first_one_signs(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(key_set(OURS, THEIRS, private=True))
    settings = load({"FLEXAPP_ENV": "demo", "FLEXAPP_SIGNING_KEYS": str(file)})
    assert [each.kid for each in settings.signing_keys] == ["ours-2026", "theirs-2026"]


def test_what_is_wrong_with_a_key_is_said_without_the_key() -> None:
    secret = str(OURS.as_dict(private=True)["d"])
    (fault,) = faults({"FLEXAPP_ENV": "demo", "FLEXAPP_TAX_KEYS": key_set(OURS, private=True)})
    assert "only public keys belong here" in fault
    assert secret not in fault


def test_the_demo_trusts_its_stand_in() -> None:
    stand_in = signing.private_keys(demo_keys())[0]
    (trusted,) = load({}).tax_keys.keys
    assert trusted.thumbprint() == stand_in.thumbprint()
    assert trusted.kid == stand_in.kid
    (ours,) = json.loads(DEMO_TRUSTED)["keys"]
    assert ours == DEMO_SIGNING_KEY.as_dict(private=False)


@pytest.mark.parametrize(
    "address", ["mysql://h/d", "postgresql://h/d", "postgresql+psycopg://:pw@h"]
)
def test_a_database_that_cannot_be_used_is_refused_and_its_password_not_said(address: str) -> None:
    (fault,) = faults({"FLEXAPP_ENV": "demo", "FLEXAPP_DATABASE_URL": address})
    assert fault.startswith("FLEXAPP_DATABASE_URL must")
    assert ":pw" not in fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLEXAPP_DATABASE_POOL", "0"),
        ("FLEXAPP_DATABASE_POOL", "many"),
        ("FLEXAPP_DATABASE_POOL", "101"),
        ("FLEXAPP_DATABASE_RECYCLE", "59"),
        ("FLEXAPP_DATABASE_RECYCLE", "86401"),
    ],
)
def test_a_pool_that_cannot_be_is_named(name: str, value: str) -> None:
    (fault,) = faults({name: value})
    assert fault.startswith(f"{name} must be a whole number")
    assert value not in fault.removeprefix(name).split()


def test_what_is_said_of_the_pool_reaches_the_engine_of_postgresql_alone() -> None:
    pool = {"FLEXAPP_DATABASE_POOL": "7", "FLEXAPP_DATABASE_RECYCLE": "90"}
    options = engine_options(load(PRODUCTION | pool))
    assert (options["pool_size"], options["max_overflow"]) == (7, 0)
    assert options["pool_recycle"] == 90
    assert options["hide_parameters"]
    assert engine_options(load(pool)) == {"hide_parameters": True}


def test_an_unknown_setting_is_named() -> None:
    (fault,) = faults({"FLEXAPP_DATABASE": "sqlite:///x"})
    assert fault.startswith("FLEXAPP_DATABASE is not a setting of this service")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("FLEXAPP_DATABASE", "FLEXAPP_DATABASE_URL"),
        ("FLEXAPP_PORTS", "FLEXAPP_PORT"),
        ("FLEXAPP_SECRETKEY", "FLEXAPP_SECRET_KEY"),
        ("FLEXAPP_SIGNING_KEY", "FLEXAPP_SIGNING_KEYS"),
        ("FLEXAPP_Env", "FLEXAPP_ENV"),
    ],
)
def test_the_nearest_known_setting_is_named_for_an_unknown_one(name: str, nearest: str) -> None:
    (fault,) = faults({name: "x"})
    assert fault.endswith(f"the nearest is {nearest}.")


def test_all_faults_are_said_at_once() -> None:
    assert len(faults({"FLEXAPP_PORT": "x", "FLEXAPP_TODAY": "x", "FLEXAPP_NOPE": "x"})) == 3


MARKER = "marker"
MARKED = PRODUCTION | {
    "FLEXAPP_BROWSER": "/opt/marker/chrome",
    "FLEXAPP_DATABASE_URL": "postgresql+psycopg://flexapp:marker@db.example/flexapp",
    "FLEXAPP_DATA_KEYS": "a1:" + (MARKER * 8)[:43] + "=",
    "FLEXAPP_HOST": "marker.example",
    "FLEXAPP_INDEX_KEY": (MARKER * 8)[5:] + "=",
    "FLEXAPP_METRICS_DIR": "/var/marker",
    "FLEXAPP_METRICS_TOKEN": MARKER * 6,
    "FLEXAPP_POPULATION_TOKEN": MARKER,
    "FLEXAPP_POPULATION_URL": "https://marker.example/population",
    "FLEXAPP_PUBLIC_URL": "https://marker.example",
    "FLEXAPP_REDIS_URL": "redis://:marker@redis.example:6379/0",
    "FLEXAPP_SECRET_KEY": MARKER * 6,
    "FLEXAPP_SIGNING_KEYS": key_set(signing.demo_key("of a test", MARKER), private=True),
    "FLEXAPP_SMS_TOKEN": MARKER,
    "FLEXAPP_SMS_URL": "https://marker.example/sms",
    "FLEXAPP_TAX_DATABASE": "/var/marker/tax.sqlite3",
    "FLEXAPP_TAX_KEYS": key_set(signing.demo_key("of a test", MARKER), private=False),
    "FLEXAPP_TAX_URL": "https://marker.example/tax",
}
"""A production with the marker in every setting whose values are free."""

FREE = {
    "FLEXAPP_BROWSER",
    "FLEXAPP_METRICS_DIR",
    "FLEXAPP_POPULATION_TOKEN",
    "FLEXAPP_SMS_TOKEN",
    "FLEXAPP_TAX_DATABASE",
}
"""Texts without a rule."""

BROKEN = dict.fromkeys(KNOWN - FREE, MARKER) | {
    "FLEXAPP_DATA_KEYS": "a1:marker",
    "FLEXAPP_DATABASE_URL": "postgresql+psycopg://[marker",
    "FLEXAPP_HOST": "marker/example",
    "FLEXAPP_POPULATION_URL": "https://[marker",
    "FLEXAPP_PUBLIC_URL": "https://pension.example:marker",
    "FLEXAPP_SIGNING_KEYS": MARKED["FLEXAPP_TAX_KEYS"],
    "FLEXAPP_TAX_KEYS": MARKED["FLEXAPP_SIGNING_KEYS"],
}
"""For each other setting a value with the marker that cannot be used."""


def test_settings_with_the_marker_load_and_do_not_print_it() -> None:
    settings = load(MARKED)
    assert MARKER not in repr(settings) + str(settings)
    assert load(MARKED | dict.fromkeys(FREE, "\udcff")).port == settings.port


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_no_message_and_no_traceback_holds_a_value(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert MARKER in BROKEN[name]
    with pytest.raises(SettingsError) as raised:
        load(MARKED | {name: BROKEN[name]})
    assert [fault for fault in raised.value.faults if fault.startswith(f"{name} ")]
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    printed = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert MARKER not in printed + caplog.text


def test_a_start_with_every_setting_broken_names_each_and_prints_no_value() -> None:
    broken = BROKEN | {"FLEXAPP_ENV": "production"}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]} | MARKED | broken,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert sorted(line.split()[0] for line in done.stderr.splitlines()) == sorted(
        BROKEN.keys() - {"FLEXAPP_ENV"}
    )
    assert MARKER not in done.stderr


def test_the_librarys_switch_for_logging_settings_is_refused() -> None:
    (fault,) = faults(MARKED | {"PYDANTIC_SETTINGS_DEBUG": "1"})
    assert fault.startswith("PYDANTIC_SETTINGS_DEBUG")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load({}).port = 80


def test_the_environment_of_the_process_adds_nothing_to_the_one_that_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLEXAPP_PORT", "8123")
    assert load({}).port == 8000


def test_the_business_date_can_be_pinned_in_the_demo_only() -> None:
    assert load({"FLEXAPP_TODAY": "2019-09-24"}).today == date(2019, 9, 24)
    (fault,) = faults(PRODUCTION | {"FLEXAPP_TODAY": "2019-09-24"})
    assert "FLEXAPP_TODAY" in fault


def test_production_never_shows_codes_on_pages() -> None:
    assert any("FLEXAPP_SMS" in fault for fault in faults(PRODUCTION | {"FLEXAPP_SMS": "demo"}))


def test_settings_cannot_be_printed_by_accident() -> None:
    settings = load(PRODUCTION)
    assert "s" * 40 not in repr(settings)
    assert "s" * 40 not in str(settings)


WITHOUT_ENV = {k: v for k, v in PRODUCTION.items() if k != "FLEXAPP_ENV"}
TELLING = [
    *({name: value} for name, value in WITHOUT_ENV.items()),
    {"FLEXAPP_SECRET_KEY": ""},
    {"FLEXAPP_SMS": "http", "FLEXAPP_SMS_URL": "https://sms.example"},
    {"FLEXAPP_SMS_TOKEN": "t"},
    {"FLEXAPP_HOST": "0.0.0.0"},
    {"FLEXAPP_HOST": "::"},
    {"FLEXAPP_HOST": "10.0.0.7", "FLEXAPP_PORT": "80"},
    {"FLEXAPP_HOST": "web.example"},
    {"FLEXAPP_PUBLIC_URL": "https://127.0.0.1.example"},
]


@pytest.mark.parametrize("environ", [WITHOUT_ENV, *TELLING], ids=lambda each: "+".join(each))
def test_where_flexapp_env_was_forgotten_nothing_of_a_deployment_starts_the_demo(
    environ: dict[str, str],
) -> None:
    (fault,) = faults(environ)
    assert fault.startswith("FLEXAPP_ENV is missing")
    assert all(name in fault for name in environ if name not in ("FLEXAPP_PORT", "FLEXAPP_SMS_URL"))
    assert load(TRIAL | {"FLEXAPP_ENV": "demo"}).is_demo


TRIAL = {
    "FLEXAPP_DATABASE_URL": "sqlite:////tmp/trial.sqlite3",
    "FLEXAPP_HOST": "127.0.0.2",
    "FLEXAPP_PORT": "8123",
    "FLEXAPP_PUBLIC_URL": "http://localhost:8123",
    "FLEXAPP_TODAY": "2019-09-24",
    "FLEXAPP_WORKERS": "1",
}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_trial_on_this_machine_needs_no_flexapp_env(host: str) -> None:
    assert load(TRIAL | {"FLEXAPP_HOST": host}).is_demo


@pytest.mark.parametrize("environ", TELLING, ids=lambda each: "+".join(each))
def test_the_demo_starts_anywhere_where_it_is_wished_for(environ: dict[str, str]) -> None:
    assert load({"FLEXAPP_ENV": "demo"} | environ).is_demo
