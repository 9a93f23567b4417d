"""Typed settings, read from the environment once and checked before anything starts.

Every setting is named `FLEXAPP_…` and listed in the README. A name that is not known, a value that
cannot be understood or a demo secret in production stops the start with one sentence per fault.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from joserfc.jwk import ECKey, KeySet

from flexapp import deployment, signing

Network = IPv4Network | IPv6Network

PROJECT = Path(__file__).resolve().parent.parent

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

KNOWN = frozenset(
    {
        "FLEXAPP_BROWSER",
        "FLEXAPP_CIPHERS",
        "FLEXAPP_DATABASE_POOL",
        "FLEXAPP_DATABASE_RECYCLE",
        "FLEXAPP_DATABASE_URL",
        "FLEXAPP_DATA_KEYS",
        "FLEXAPP_ENV",
        "FLEXAPP_HOST",
        "FLEXAPP_INDEX_KEY",
        "FLEXAPP_LOG",
        "FLEXAPP_METRICS_DIR",
        "FLEXAPP_METRICS_TOKEN",
        "FLEXAPP_POPULATION_TOKEN",
        "FLEXAPP_POPULATION_URL",
        "FLEXAPP_PORT",
        "FLEXAPP_PUBLIC_URL",
        "FLEXAPP_REDIS_URL",
        "FLEXAPP_SECRET_KEY",
        "FLEXAPP_SIGNING_KEYS",
        "FLEXAPP_SMS",
        "FLEXAPP_SMS_TOKEN",
        "FLEXAPP_SMS_URL",
        "FLEXAPP_TAX_DATABASE",
        "FLEXAPP_TAX_KEYS",
        "FLEXAPP_TAX_URL",
        "FLEXAPP_TODAY",
        "FLEXAPP_TRUSTED_PROXIES",
        "FLEXAPP_WORKERS",
    }
)
"""FLEXAPP_BROWSER is read by the test suite alone: the browser that the journeys use."""


class Environment(StrEnum):
    """Where the service runs: with fictional people, or with real ones."""

    DEMO = "demo"
    PRODUCTION = "production"


class SettingsError(Exception):
    """The environment cannot be used; `faults` holds one sentence for each reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """Everything the service is told from outside. Not printable: it holds secrets."""

    env: Environment
    database_url: str
    database_pool: int
    """Connections that a serving process keeps to PostgreSQL, at most."""
    database_recycle: int
    """Seconds after which such a connection is made anew."""
    host: str
    port: int
    public_url: str
    secret_key: str
    today: date | None
    tax_url: str | None
    signing_keys: tuple[ECKey, ...]
    """Ours; the first signs, the others are still published."""
    tax_keys: KeySet
    """The tax bureau's public keys: what is signed with none of them is not believed."""
    tax_database: Path
    data_keys: Mapping[str, bytes]
    """Encryption keys at rest, 32 bytes each, by key id; the first one writes, all read."""
    ciphers: str
    """"aes" or "sm": what new values are encrypted with; what is stored is read whatever it was."""
    index_key: bytes
    sms: str
    sms_url: str | None
    sms_token: str | None
    population_url: str | None
    population_token: str | None
    workers: int
    log: str
    """How lines are logged: "json" for machines, "text" for people."""
    metrics_token: str | None
    """What whoever reads /metrics must show; None: there is no such page."""
    metrics_dir: Path
    """Where the processes of one service put what they have counted."""
    trusted_proxies: tuple[Network, ...]
    """From whom an X-Request-ID is taken over, and an X-Forwarded-For believed."""
    redis_url: str | None
    """Where counts for limits are kept; None: in the database."""

    @property
    def is_demo(self) -> bool:
        """Whether this is the demonstration with fictional people."""
        return self.env is Environment.DEMO


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings; raises `SettingsError` naming every fault at once."""
    return _Reader(environ).settings()


class _Reader:
    """Collects faults instead of stopping at the first: an operator fixes them in one go."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = {k: v.strip() for k, v in environ.items() if k.startswith("FLEXAPP_")}
        self.faults = [
            f"{name} is not a setting of this service; see the README for those that are."
            for name in sorted(self.environ.keys() - KNOWN)
        ]

    def settings(self) -> Settings:
        env = self.choice("FLEXAPP_ENV", [e.value for e in Environment], Environment.DEMO.value)
        demo = env != Environment.PRODUCTION
        host, port = self.host(), self.number("FLEXAPP_PORT", 8000, 1, 65535)
        ours = f"http://{f'[{host}]' if ':' in host else host}:{port}" if demo else None
        public_url = self.url("FLEXAPP_PUBLIC_URL", ours)
        database_url = self.database_url(demo)
        self.faults += deployment.faults(
            self.environ, host=host, public_url=public_url or "", database_url=database_url
        )
        settings = Settings(
            env=Environment.DEMO if demo else Environment.PRODUCTION,
            database_url=database_url,
            database_pool=self.number("FLEXAPP_DATABASE_POOL", 5, 1, 100),
            database_recycle=self.number("FLEXAPP_DATABASE_RECYCLE", 1800, 60, 86400),
            host=host,
            port=port,
            public_url=public_url or "",
            secret_key=self.secret("FLEXAPP_SECRET_KEY", DEMO_SECRET, demo),
            today=self.today(demo),
            tax_url=self.url("FLEXAPP_TAX_URL", None, required=not demo),
            signing_keys=self.signing_keys(demo),
            tax_keys=self.tax_keys(demo),
            tax_database=Path(
                self.environ.get("FLEXAPP_TAX_DATABASE", str(PROJECT / "var" / "tax.sqlite3"))
            ),
            data_keys=self.data_keys(demo),
            ciphers=self.choice("FLEXAPP_CIPHERS", ["aes", "sm"], "aes"),
            index_key=self.key("FLEXAPP_INDEX_KEY", DEMO_INDEX_KEY, demo),
            sms=self.sms(demo),
            sms_url=self.url("FLEXAPP_SMS_URL", None),
            sms_token=self.environ.get("FLEXAPP_SMS_TOKEN"),
            population_url=self.url("FLEXAPP_POPULATION_URL", None, required=not demo),
            population_token=self.environ.get("FLEXAPP_POPULATION_TOKEN"),
            workers=self.number("FLEXAPP_WORKERS", 2, 1, 64),
            log=self.choice("FLEXAPP_LOG", ["json", "text"], "text" if demo else "json"),
            metrics_token=self.metrics_token(),
            metrics_dir=Path(
                self.environ.get("FLEXAPP_METRICS_DIR", str(PROJECT / "var" / "metrics"))
            ),
            trusted_proxies=self.networks("FLEXAPP_TRUSTED_PROXIES", "127.0.0.1,::1"),
            redis_url=self.redis_url(),
        )
        if settings.sms == "http" and not settings.sms_url:
            self.faults.append("FLEXAPP_SMS=http needs FLEXAPP_SMS_URL, the provider's address.")
        if self.faults:
            raise SettingsError(self.faults)
        return settings

    def host(self) -> str:
        value = self.environ.get("FLEXAPP_HOST", "127.0.0.1")
        if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", value):
            self.faults.append(f"FLEXAPP_HOST is {value!r}; it must be a host name or address.")
        return value

    def choice(self, name: str, allowed: list[str], default: str) -> str:
        value = self.environ.get(name, default)
        if value not in allowed:
            self.faults.append(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.environ.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
            self.faults.append(f"{name} is {text!r}; it must be a whole number {low} to {high}.")
            return default
        return int(text)

    def url(self, name: str, default: str | None, *, required: bool = False) -> str | None:
        value = self.environ.get(name, default)
        if value is None:
            if required or name == "FLEXAPP_PUBLIC_URL":
                self.faults.append(f"{name} is missing; production needs it.")
            return None
        try:
            parts = urlsplit(value)
            fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
            fine = fine and parts.port != 0  # reading a port that cannot be raises
        except ValueError:
            fine = False
        if not fine:
            self.faults.append(f"{name} is {value!r}; it must be like https://host or http://host.")
        return value.rstrip("/")

    def database_url(self, demo: bool) -> str:
        name = "FLEXAPP_DATABASE_URL"
        default = f"sqlite:///{PROJECT / 'var' / 'flexapp.sqlite3'}" if demo else None
        value = self.environ.get(name, default)
        if value is None:
            self.faults.append(f"{name} is missing; production needs it.")
            return ""
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            self.faults.append(
                f"{name} must begin with sqlite:/// or postgresql+psycopg:// (it is not printed"
                " here because it may hold a password)."
            )
        elif value.startswith("postgresql") and not _database_of(value):
            self.faults.append(
                f"{name} must name a database, like postgresql+psycopg://user@host/name."
            )
        return value

    def secret(self, name: str, demo_value: str, demo: bool) -> str:
        value = self.environ.get(name)
        if demo:
            return value or demo_value
        if not value:
            self.faults.append(f"{name} is missing; production needs its own secret.")
        elif value == demo_value or value.startswith("demo"):
            self.faults.append(f"{name} is a demo secret; production needs its own.")
        elif len(value) < 32:
            self.faults.append(f"{name} is too short; use at least 32 random characters.")
        return value or ""

    def key(self, name: str, demo_value: str, demo: bool) -> bytes:
        text = self.environ.get(name)
        if text is None:
            if not demo:
                self.faults.append(f"{name} is missing; production needs its own key.")
            text = demo_value
        elif text == demo_value and not demo:
            self.faults.append(f"{name} is the demo key; production needs its own.")
        return self.key_bytes(name, text)

    def key_bytes(self, name: str, text: str) -> bytes:
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            self.faults.append(f"{name} must hold 32 bytes in base64.")
        return raw

    def data_keys(self, demo: bool) -> dict[str, bytes]:
        name = "FLEXAPP_DATA_KEYS"
        text = self.environ.get(name)
        if text is None:
            if not demo:
                self.faults.append(f"{name} is missing; production needs its own keys.")
            return {"demo": self.key_bytes(name, DEMO_DATA_KEY)}
        keys: dict[str, bytes] = {}
        for entry in text.split(","):
            key_id, _, value = entry.strip().partition(":")
            if not re.fullmatch(r"[a-z0-9]{1,12}", key_id) or key_id in keys:
                self.faults.append(f"{name} must look like id:base64,id:base64 with ids of a-z0-9.")
                break
            if value == DEMO_DATA_KEY and not demo:
                self.faults.append(f"{name} holds the demo key; production needs its own.")
            keys[key_id] = self.key_bytes(name, value)
        return keys

    def signing_keys(self, demo: bool) -> tuple[ECKey, ...]:
        name = "FLEXAPP_SIGNING_KEYS"
        text = self.text_or_file(name, demo)
        if text is None:
            return (DEMO_SIGNING_KEY,)
        try:
            keys = signing.private_keys(text)
        except ValueError as error:
            self.faults.append(f"{name}: {error}.")
            return (DEMO_SIGNING_KEY,)
        if not demo and any(signing.same_key(key, DEMO_SIGNING_KEY) for key in keys):
            self.faults.append(f"{name} holds the demo key; production needs its own.")
        return keys

    def tax_keys(self, demo: bool) -> KeySet:
        name = "FLEXAPP_TAX_KEYS"
        text, trusted = self.text_or_file(name, demo), signing.public_keys(DEMO_TAX_KEYS)
        try:
            keys = trusted if text is None else signing.public_keys(text)
        except ValueError as error:
            self.faults.append(f"{name}: {error}.")
            return trusted
        demo_print = trusted.keys[0].thumbprint()
        if text is not None and not demo and demo_print in [key.thumbprint() for key in keys.keys]:
            self.faults.append(f"{name} trusts the demo's stand-in; production must not.")
        return keys

    def text_or_file(self, name: str, demo: bool) -> str | None:
        """A JWK set: itself, or the file that it lies in; None where the demo's own will do."""
        value = self.environ.get(name)
        if value is None:
            if not demo:
                self.faults.append(f"{name} is missing; production needs it.")
            return None
        if value.startswith("{"):
            return value
        try:
            return Path(value).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            self.faults.append(f"{name} names a file that cannot be read ({type(error).__name__}).")
            return None

    def metrics_token(self) -> str | None:
        value = self.environ.get("FLEXAPP_METRICS_TOKEN")
        if value is not None and not re.fullmatch(r"[\x21-\x7e]{32,}", value):
            self.faults.append(
                "FLEXAPP_METRICS_TOKEN must be at least 32 printable ASCII characters, no spaces."
            )
        return value

    def redis_url(self) -> str | None:
        value = self.environ.get("FLEXAPP_REDIS_URL")
        form = r"rediss?://([^\s/@]*@)?([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?(/[0-9]{1,2})?"
        if value is not None and not re.fullmatch(form, value):
            self.faults.append(
                "FLEXAPP_REDIS_URL must be like redis://host:6379/0, or rediss:// with TLS (it is"
                " not printed here because it may hold a password)."
            )
        return value

    def networks(self, name: str, default: str) -> tuple[Network, ...]:
        try:
            texts = self.environ.get(name, default).split(",")
            return tuple(ip_network(text.strip()) for text in texts if text.strip())
        except ValueError:
            self.faults.append(f"{name} must be addresses or networks: 10.0.0.5,10.1.0.0/24.")
            return ()

    def sms(self, demo: bool) -> str:
        return self.choice(
            "FLEXAPP_SMS",
            ["demo", "log", "http"] if demo else ["log", "http"],
            "demo" if demo else "http",
        )

    def today(self, demo: bool) -> date | None:
        text = self.environ.get("FLEXAPP_TODAY")
        if not text:
            return None
        if not demo:
            self.faults.append("FLEXAPP_TODAY pins the business date and works in the demo only.")
        try:
            # `fromisoformat` alone would also read 2019-W39-2 and 20190924.
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            self.faults.append(f"FLEXAPP_TODAY is {text!r}; write it as 2019-09-24.")
            return None


def _database_of(url: str) -> str:
    """The database that an address names; "" where it names none or cannot be read."""
    try:
        return urlsplit(url).path.strip("/")
    except ValueError:
        return ""
