"""The floor: a minimal Flask application with a database, as the reference for the product.

It uses the same libraries in the simplest way and is served like the product. A page is a session
lookup by cookie token, one query, a template, and as many bytes as the product's page; a POST is
one row in one durable transaction. Nothing may slow it down unnecessarily, and it shares no code
with the product.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from flask import Flask, Response, redirect, render_template, request, session
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TOKEN = "floor-token"
PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }}</title></head>
<body><h1>{{ title }}</h1><p>{{ name }}</p><p>{{ latest }}</p><main>{{ filling }}</main></body>
</html>
"""


class Base(DeclarativeBase):
    """Declarative base of the floor's two tables."""


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


class Session(db.Model):  # type: ignore[name-defined, misc]
    """A server-side session."""

    __tablename__ = "session"

    token: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Entry(db.Model):  # type: ignore[name-defined, misc]
    """The row that the page reads and the POST adds."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str]


def floor_app() -> Flask:
    """Create the application on the SQLite file named by `BENCH_FLOOR_DATABASE`."""
    app = Flask(__name__)
    app.secret_key = "the floor's own secret, of no use to anybody"
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['BENCH_FLOOR_DATABASE']}"
    app.jinja_env.loader = DictLoader({"page.html": PAGE})
    db.init_app(app)
    with app.app_context():
        _prepare_sqlite(db.engine)

    @app.get("/page/<int:size>")
    def page(size: int) -> str:
        """Return a page of `size` bytes for the session's holder."""
        holder = db.session.execute(
            select(Session).where(Session.token == session["token"])
        ).scalar_one()
        latest = db.session.execute(select(Entry).order_by(Entry.id.desc()).limit(1)).scalar_one()
        return render_template(
            "page.html",
            title="floor",
            name=holder.name,
            latest=latest.value,
            filling="x" * (size - bare),
        )

    @app.post("/entry")
    def add() -> Response:
        """Add one row and commit it before responding."""
        db.session.add(Entry(value=request.form["value"]))
        db.session.commit()
        answer = redirect("/page/1000", 303)
        assert isinstance(answer, Response)
        return answer

    with app.app_context():
        bare = len(
            render_template("page.html", title="floor", name="holder", latest="first", filling="")
        )
    return app


def prepare(app: Flask) -> str:
    """Create the tables and first rows; return the session cookie."""
    with app.app_context():
        db.create_all()
        db.session.add(Session(token=TOKEN, name="holder"))
        db.session.add(Entry(value="first"))
        db.session.commit()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return str(serializer.dumps({"token": TOKEN}))


def _prepare_sqlite(engine: Any) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        writes = bool(request) and request.method == "POST"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def main() -> None:
    """Serve the floor on the given port with the same server settings as app.py."""
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "tools.bench.floor:floor_app",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        workers=2,
        blocking_threads=8,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
