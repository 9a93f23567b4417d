"""Addresses within the site: built once, and still right wherever they are asked for."""

from __future__ import annotations

from flask import Flask, url_for


def test_an_address_is_the_same_when_it_is_asked_for_again(app: Flask) -> None:
    with app.test_request_context("/"):
        first = url_for("assessment.new", who="self", start="2026-01", _anchor="months")
        assert first == "/assessment/self/new?start=2026-01#months"
        assert first == url_for("assessment.new", who="self", start="2026-01", _anchor="months")


def test_addresses_that_differ_in_one_value_are_not_taken_for_one_another(app: Flask) -> None:
    with app.test_request_context("/"):
        one = url_for("assessment.new", who="self", start="2026-01")
        assert one == "/assessment/self/new?start=2026-01"
        other = url_for("assessment.new", who="self", end="2026-01")
        assert other == "/assessment/self/new?end=2026-01"
        assert url_for("assessment.new", who="self", start=None) == "/assessment/self/new"
        assert url_for("rating.show", case=1).endswith("/1")


def test_a_site_mounted_below_a_path_gets_addresses_below_it(app: Flask) -> None:
    with app.test_request_context("/"):
        assert url_for("portal.me") == "/me"
    with app.test_request_context("/me", environ_overrides={"SCRIPT_NAME": "/below"}):
        assert url_for("portal.me") == "/below/me"
    with app.test_request_context("/"):
        assert url_for("portal.me") == "/me"


def test_an_address_for_other_sites_names_the_host_that_was_asked(app: Flask) -> None:
    for host in ("one.example", "other.example"):
        with app.test_request_context("/", base_url=f"http://{host}"):
            assert url_for("portal.me", _external=True) == f"http://{host}/me"
