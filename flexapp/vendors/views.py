"""/open/ for vendors: overview, launch reference (page and OpenAPI), example programs."""

from __future__ import annotations

from flask import Response, abort, current_app

from flexapp.config import Settings
from flexapp.vendors import blueprint
from flexapp.vendors.pages import (
    ExamplesPage,
    VendorPage,
    examples,
    launch_reference,
)
from flexapp.web.access import Access, allow
from flexapp.web.error_pages import PAGES, Area, ErrorPage
from flexapp.web.htmx import render

AREA = Area(
    prefix="/open",
    layout="layouts/page.html",
    home="vendors.index",
    home_label="回到 App 接入",
    pages={
        403: ErrorPage("不能打开", "这里不能从别的网站打开。", "请从 App 接入首页重新进入。"),
        404: ErrorPage(
            "没有这个页面",
            "没有找到您要看的内容。",
            "沙箱和自检的页面过一段时间会清除。请从 App 接入首页重新进入。",
        ),
        405: ErrorPage("无法处理", "这个地址不能这样打开。", "请从 App 接入首页重新进入。"),
        429: ErrorPage(
            PAGES[429].title,
            "从您的网络来的操作次数太多了，这一次没有办。",
            "请{when}再试。",
            passes=True,
        ),
    },
)


@blueprint.get("/")
@allow(Access.PUBLIC)
def index() -> Response:
    """Overview of a launch, and the steps until residents can use the channel."""
    settings = _settings()
    page = VendorPage(settings.public_url, sandbox=settings.is_demo)
    return render("vendors/index.html", page=page)


@blueprint.get("/launches")
@allow(Access.PUBLIC)
def launches() -> Response:
    """The launch reference as a page."""
    page = launch_reference()
    return render("vendors/launches.html", page=page)


@blueprint.get("/launches/openapi.json")
@allow(Access.PUBLIC)
def openapi_document() -> Response:
    """The launch reference as an OpenAPI 3.1 document."""
    return Response(launch_reference().reference.text, content_type="application/json")


@blueprint.get("/examples")
@allow(Access.PUBLIC)
def example_list() -> Response:
    """The example programs with their source code."""
    address = _settings().public_url
    page = ExamplesPage(address, examples(address))
    return render("vendors/examples.html", page=page)


@blueprint.get("/examples/<name>")
@allow(Access.PUBLIC)
def example(name: str) -> Response:
    """One example program as plain text, ready to run; 404 for an unknown name."""
    found = next((one for one in examples(_settings().public_url) if one.name == name), None)
    if found is None:
        abort(404)
    return Response(found.text, content_type="text/plain; charset=utf-8")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
