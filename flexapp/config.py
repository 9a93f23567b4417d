"""The settings of the service: `FLEXAPP_…` in the environment, checked before anything starts.

`load` reports all faults of an environment in one `SettingsError`, one sentence each. A sentence
names the setting and the rule, never the value, which may be a secret. All names are in
docs/settings.md.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from joserfc.jwk import ECKey, KeySet
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from flexapp import deployment, signing

Network = IPv4Network | IPv6Network

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "FLEXAPP_"

DEMO_SECRET = "demo-only-secret-never-use-it-in-production"  # noqa: S105
DEMO_DATA_KEY = base64.b64encode(b"demo-data-key-for-fiction-only!!").decode()
DEMO_INDEX_KEY = base64.b64encode(b"demo-index-key-for-fiction-only!").decode()
DEMO_SIGNING_KEY = signing.demo_key("demo-only signing key of the product", "flexapp-demo")
DEMO_TAX_KEYS = (
    '{"keys": [{"kid": "tax-demo", "use": "sig", "kty": "EC", "crv": "P-256",'
    ' "x": "8xjmT7pyODz6yuHwpdAG28DsxwAl8q7AlEmj3toqQfg",'
    ' "y": "OK3B8KhjUEM7mARbWeU3nDatpMXFa1NqPwoa4DYOzfY"}]}'
)
"""The public key of the stand-in tax bureau, as long as it signs with its demo key."""

IN_DEMO: Mapping[str, Any] = {
    "database_url": f"sqlite:///{PROJECT / 'var' / 'flexapp.sqlite3'}",
    "public_url": None,  # from host and port
    "secret_key": DEMO_SECRET,
    "data_keys": f"demo:{DEMO_DATA_KEY}",
    "index_key": DEMO_INDEX_KEY,
    "signing_keys": json.dumps({"keys": [DEMO_SIGNING_KEY.as_dict(private=True)]}),
    "tax_keys": DEMO_TAX_KEYS,
    "tax_url": None,  # the embedded stand-in
    "population_url": None,  # the demo's register of fictional residents
    "sms": "demo",
    "log": "text",
}
"""Defaults of the demo. Most are fields without a default: production has to set those."""

IN_PRODUCTION: Mapping[str, Any] = {"sms": "http", "log": "json"}


class Environment(StrEnum):
    """Where the service runs: with fictional people, or with real ones."""

    DEMO = "demo"
    PRODUCTION = "production"


class SettingsError(Exception):
    """The environment cannot be used; `faults` holds one sentence for each reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", value):
        raise ValueError("must be a host name or address")
    return value


def _whole_number(low: int, high: int) -> BeforeValidator:
    def check(value: str) -> int:
        # `int` alone would also read "+5", "1_0" and full-width digits.
        if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number {low} to {high}")
        return int(value)

    return BeforeValidator(check)


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
        valid = valid and parts.port != 0  # reading an impossible port raises
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("must be like https://host or http://host")
    return value.rstrip("/")


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    if value.startswith("postgresql"):
        try:
            database = urlsplit(value).path.strip("/")
        except ValueError:
            database = ""
        if not database:
            raise ValueError("must name a database, like postgresql+psycopg://user@host/name")
    return value


def _redis_url(value: str) -> str:
    form = r"rediss?://([^\s/@]*@)?([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?(/[0-9]{1,2})?"
    if not re.fullmatch(form, value):
        raise ValueError("must be like redis://host:6379/0, or rediss:// with TLS")
    return value


def _metrics_token(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{32,}", value):
        raise ValueError("must be at least 32 printable ASCII characters, no spaces")
    return value


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(text.strip()) for text in value.split(",") if text.strip())
    except ValueError:
        raise ValueError("must be addresses or networks: 10.0.0.5,10.1.0.0/24") from None


def _secret_key(value: str, info: ValidationInfo) -> str:
    if not _is_production(info):
        return value or DEMO_SECRET
    if not value:
        raise ValueError("is missing; production needs it")
    if value.startswith("demo"):
        raise ValueError("is a demo secret; production needs its own")
    if len(value) < 32:
        raise ValueError("is too short; use at least 32 random characters")
    return value


def _index_key(value: str, info: ValidationInfo) -> bytes:
    if value == DEMO_INDEX_KEY and _is_production(info):
        raise ValueError("is the demo key; production needs its own")
    return _key_bytes(value)


def _data_keys(value: str, info: ValidationInfo) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in value.split(","):
        key_id, _, text = entry.strip().partition(":")
        if not re.fullmatch(r"[a-z0-9]{1,12}", key_id) or key_id in keys:
            raise ValueError("must look like id:base64,id:base64 with different ids of a-z0-9")
        if text == DEMO_DATA_KEY and _is_production(info):
            raise ValueError("holds the demo key; production needs its own")
        keys[key_id] = _key_bytes(text)
    return keys


def _key_bytes(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("must hold 32 bytes in base64")
    return key


def _signing_keys(value: str, info: ValidationInfo) -> tuple[ECKey, ...]:
    keys = signing.private_keys(_text_or_file(value))
    if _is_production(info) and any(signing.same_key(key, DEMO_SIGNING_KEY) for key in keys):
        raise ValueError("holds the demo key; production needs its own")
    return keys


def _tax_keys(value: str, info: ValidationInfo) -> KeySet:
    keys = signing.public_keys(_text_or_file(value))
    demo_key = signing.public_keys(DEMO_TAX_KEYS).keys[0].thumbprint()
    if _is_production(info) and demo_key in [key.thumbprint() for key in keys.keys]:
        raise ValueError("trusts the demo's stand-in; production must not")
    return keys


def _text_or_file(value: str) -> str:
    """A JWK set, given as itself or as the path of its file."""
    if value.startswith("{"):
        return value
    try:
        return Path(value).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ValueError(f"names a file that cannot be read ({type(error).__name__})") from None


def _today(value: str, info: ValidationInfo) -> date | None:
    if not value:
        return None
    if _is_production(info):
        raise ValueError("pins the business date and works in the demo only")
    try:
        # `fromisoformat` alone would also read 2019-W39-2 and 20190924.
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date, like 2019-09-24") from None


def _is_production(info: ValidationInfo) -> bool:
    return info.data.get("env") is Environment.PRODUCTION


Url = Annotated[str, AfterValidator(_url)]


class Settings(BaseSettings):
    """All settings, immutable; made by `load`.

    Fields are checked in this order: a check that depends on another field follows that field.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
        arbitrary_types_allowed=True,
    )

    env: Environment
    host: Annotated[str, AfterValidator(_host)] = "127.0.0.1"
    port: Annotated[int, _whole_number(1, 65535)] = 8000
    public_url: Url
    workers: Annotated[int, _whole_number(1, 64)] = 2

    database_url: Annotated[str, AfterValidator(_database_url)]
    database_pool: Annotated[int, _whole_number(1, 100)] = 5
    """Maximum number of PostgreSQL connections of a serving process."""
    database_recycle: Annotated[int, _whole_number(60, 86400)] = 1800
    """Seconds after which such a connection is replaced."""
    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = None
    """Store of the rate-limit counters; None: the database."""

    secret_key: Annotated[str, AfterValidator(_secret_key)]
    data_keys: Annotated[Mapping[str, bytes], BeforeValidator(_data_keys)]
    """Encryption keys at rest, 32 bytes each, by key id; the first one writes, all read."""
    index_key: Annotated[bytes, BeforeValidator(_index_key)]
    ciphers: Literal["aes", "sm"] = "aes"
    """Cipher of new values; stored values are read whichever cipher wrote them."""

    signing_keys: Annotated[tuple[ECKey, ...], BeforeValidator(_signing_keys)]
    """Our private keys; the first signs, the others are still published."""
    tax_url: Url | None
    tax_keys: Annotated[KeySet, BeforeValidator(_tax_keys)]
    """The tax bureau's public keys: only messages signed with one of them are accepted."""
    tax_database: Path = PROJECT / "var" / "tax.sqlite3"

    sms_url: Url | None = None
    sms_token: str | None = None
    sms: Literal["demo", "log", "http"]
    population_url: Url | None
    population_token: str | None = None

    today: Annotated[date | None, BeforeValidator(_today)] = None
    """The pinned business date; None: the date of the clock."""
    log: Literal["json", "text"]
    """Format of log lines: "json" for machines, "text" for people."""
    metrics_token: Annotated[str, AfterValidator(_metrics_token)] | None = None
    """Bearer token of /metrics; None: there is no such page."""
    metrics_dir: Path = PROJECT / "var" / "metrics"
    """Folder shared by the processes of one service for their counters."""
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_networks)] = (
        ip_network("127.0.0.1"),
        ip_network("::1"),
    )
    """Senders whose X-Request-ID and X-Forwarded-For are used."""
    browser: str | None = None
    """Read by the test suite alone: the browser of the journeys."""

    @property
    def is_demo(self) -> bool:
        """Whether this is the demonstration with fictional people."""
        return self.env is Environment.DEMO

    @model_validator(mode="before")
    @classmethod
    def _add_defaults(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Add the defaults of the environment in use."""
        env = given.get("env", Environment.DEMO)
        return {"env": env} | dict(IN_PRODUCTION if env == "production" else IN_DEMO) | given

    @field_validator("public_url", mode="before")
    @classmethod
    def _own_address(cls, value: str | None, info: ValidationInfo) -> str:
        """The demo's default: where it listens."""
        if value is not None:
            return value
        host, port = info.data.get("host", "localhost"), info.data.get("port", 8000)
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @field_validator("sms")
    @classmethod
    def _sms_can_be_sent(cls, value: str, info: ValidationInfo) -> str:
        if value == "demo" and _is_production(info):
            raise ValueError("must be log or http in production: demo shows codes on pages")
        if value == "http" and info.data.get("sms_url", "faulty") is None:
            raise ValueError("is http, which needs FLEXAPP_SMS_URL, the provider's address")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the environment given to `load`.

        Tests and tools load the settings of several services in one process, so the environment
        is an argument. The library's own source reads `os.environ` and ignores unknown names.
        """
        return (init_settings,)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """No field is printed: many are secrets."""
        return ()


KNOWN = frozenset(PREFIX + name.upper() for name in Settings.model_fields)


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings; raises `SettingsError` with all faults."""
    ours = {name: value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
    faults = [_unknown(name) for name in sorted(ours.keys() - KNOWN)]
    faults += deployment.faults(ours)
    if "PYDANTIC_SETTINGS_DEBUG" in environ:
        faults.append("PYDANTIC_SETTINGS_DEBUG lets settings be logged; unset it.")
    given = {name.removeprefix(PREFIX).lower(): ours[name] for name in ours.keys() & KNOWN}
    settings: Settings | None = None
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # strings, which are validated
    except ValidationError as error:
        faults += _sentences(error)
    # Not inside `except`: the library's error, which holds the values, must not be chained.
    if settings is None or faults:
        raise SettingsError(faults)
    return settings


def _unknown(name: str) -> str:
    def nearness(known: str) -> tuple[float, bool]:
        return SequenceMatcher(None, name, known).ratio(), known.startswith(name)

    nearest = max(sorted(KNOWN), key=nearness)
    return f"{name} is not a setting of this service; the nearest is {nearest}."


def _sentences(error: ValidationError) -> list[str]:
    """A sentence for each fault. Of the library's messages only those without values are used."""
    sentences: list[str] = []
    for fault in error.errors(include_url=False, include_input=False):
        name = PREFIX + str(fault["loc"][0]).upper()
        match fault["type"]:
            case "missing":
                rule = "is missing; production needs it"
            case "enum" | "literal_error":
                rule = f"must be {fault['ctx']['expected']}"
            case "value_error":
                rule = str(fault["ctx"]["error"])
            case other:
                rule = f"cannot be read ({other})"
        sentences.append(f"{name} {rule}.")
    return sentences
