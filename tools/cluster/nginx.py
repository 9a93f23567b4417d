"""nginx with the configuration of `deploy/nginx` and the addresses of this machine."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import shutil
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flexapp.config import PROJECT
from tests.support.processes import Process

DEPLOYED = PROJECT / "deploy" / "nginx"
MISSING = "There is no nginx: install one (apt-get install nginx)."
HOST = "127.0.0.1"

CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid "{folder}/nginx.pid";
error_log "{folder}/nginx.log" crit;
events {{ worker_connections 2000; }}
http {{
    types {{ text/html html; text/css css; text/javascript js; image/svg+xml svg; }}
    include "{deployed}/http.conf";
    access_log "{folder}/access.log" flexapp;
    {temporary}
    proxy_cache_path "{folder}/static" keys_zone=flexapp_static:2m max_size=200m use_temp_path=off;
    upstream flexapp {{
        zone flexapp 128k;
        least_conn;
        {nodes}
    }}
    server {{
        listen {host}:{port} ssl http2;
        ssl_certificate "{folder}/certificate.pem";
        ssl_certificate_key "{folder}/key.pem";
        set $flexapp_pages "{folder}/pages";
        include "{deployed}/site.conf";
    }}
}}
"""


class NoNginx(Exception):
    """nginx is missing; the message says what to do."""


def program() -> Path:
    """Return the path of nginx; Debian installs it outside ordinary users' PATH."""
    found = shutil.which(
        "nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    )
    if found is None:
        raise NoNginx(MISSING)
    return Path(found)


def configured(folder: Path, *, port: int, nodes: Sequence[int]) -> Process:
    """Return an nginx process in front of the nodes' ports; its files are in `folder`."""
    where = program()
    folder.mkdir(parents=True, exist_ok=True)
    make_certificate(folder)
    shutil.copytree(DEPLOYED / "pages", folder / "pages", dirs_exist_ok=True)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    text = CONFIGURATION.format(
        # Without root, nginx warns about a `user` line.
        user="user root;" if os.geteuid() == 0 else "",
        folder=folder,
        deployed=DEPLOYED,
        temporary=" ".join(f'{kind}_temp_path "{folder}/{kind}";' for kind in kinds),
        nodes="\n        ".join(
            f"server {HOST}:{each} max_fails=2 fail_timeout=2s;" for each in nodes
        ),
        host=HOST,
        port=port,
    )
    (folder / "nginx.conf").write_text(text)
    return Process(
        "nginx",
        [where, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "nginx.log"],
        environment={},
        log=folder / "output.log",
        is_up=lambda: (
            httpx.get(f"https://{HOST}:{port}/-/", verify=trusting(folder)).status_code > 0
        ),
    )


def trusting(folder: Path) -> ssl.SSLContext:
    """Return a TLS context that trusts only this nginx."""
    return ssl.create_default_context(cafile=str(folder / "certificate.pem"))


def make_certificate(folder: Path) -> None:
    """Write a self-signed `certificate.pem` and `key.pem` for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
