"""Texts of error pages, for each area of the site, and of error responses to other systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request
from flask.sansio.app import App
from werkzeug.exceptions import Forbidden

from flexapp.services import AppValue


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """The texts of an error page; `title` is also the page's `<title>`."""

    title: str
    sentence: str
    advice: str
    passes: bool = False
    """Whether the error is temporary, so that the page offers to try again."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link row on an error page to another page."""

    endpoint: str
    icon: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the site below the path `prefix`, with its own layout for error pages."""

    prefix: str
    layout: str
    home: str
    """Endpoint that the error page's main link leads to."""
    home_label: str
    links: tuple[Link, ...] = ()
    pages: Mapping[int, ErrorPage] = field(default_factory=dict)
    """Texts by HTTP status that replace those of `PAGES`."""

    def page(self, status: int) -> ErrorPage:
        """The texts for an HTTP status; for one without texts, those of 400 or 500."""
        nearest = 400 if status < 500 else 500
        return self.pages.get(status) or PAGES.get(status) or self.page(nearest)


_AREAS: AppValue[list[Area]] = AppValue("error_areas", list)


class ForbiddenHere(Forbidden):
    """403 with specific texts instead of the general ones."""

    def __init__(self, page: ErrorPage) -> None:
        super().__init__()
        self.page = page


PAGES: dict[int, ErrorPage] = {
    400: ErrorPage("无法处理", "提交的内容不完整。", "请返回上一页再试一次。"),
    403: ErrorPage(
        "不能办理",
        "这里不能办理这项业务。",
        "请回到首页，或到社保服务大厅办理；也可以打 12333 问一问。",
    ),
    404: ErrorPage("没有这个页面", "没有找到您要看的内容。", "请从首页重新进入。"),
    405: ErrorPage("无法处理", "这个地址不能这样打开。", "请从首页重新进入。"),
    409: ErrorPage(
        "刚有别的操作",
        "刚才同时有另一次操作，这一次没有办成。",
        "请先看一看现在的记录，需要的话再办一次。",
        passes=True,
    ),
    413: ErrorPage("内容太长", "提交的内容太长，没有保存。", "请返回上一页，缩短后再提交。"),
    429: ErrorPage(
        "操作太频繁",
        "您所在的网络上，操作的次数太多了，这一次没有办。",
        "请{when}再试，或者换一个网络（比如关掉无线网络、改用手机流量）。",
        passes=True,
    ),
    500: ErrorPage(
        "系统出错了",
        "系统出了问题，刚才的操作没有完成。",
        "请稍后再试；已办好的业务不受影响。",
        passes=True,
    ),
    503: ErrorPage(
        "系统忙",
        "现在办理的人多，刚才的操作没有完成。",
        "请稍等一会儿再试；已办好的业务不受影响。",
        passes=True,
    ),
}

PROBLEMS: dict[int, str] = {
    400: "请求不完整，或格式不对，没有处理。",
    404: "没有这个接口地址。",
    405: "这个地址不接受 {method}，只接受 {allow}。",
    409: "同时有另一个请求先办了，这一个没有办成。请查询后再决定是否重发。",
    413: "请求太大，没有处理。",
    415: "不接受这种 Content-Type，没有处理。",
    429: "请求太多，这一个没有处理。请过 Retry-After 的秒数再发。",
    500: "系统出错，没有处理完。可以稍后原样重发。",
    503: "系统忙，没有处理完。可以稍后原样重发。",
}
"""Sentences for other systems, by HTTP status; any other status uses that of 400 or 500."""


def add_area(app: App, area: Area) -> None:
    """Register an area with its own error pages."""
    _AREAS.of(app).append(area)


def area_of_request() -> Area:
    """The area that contains the request's path: the one with the longest matching prefix."""
    # A missing slash or different case does not change the area.
    path = request.path.lower().rstrip("/") + "/"
    around = [each for each in _AREAS.get() if path.startswith(f"{each.prefix}/")]
    return max(around, key=lambda each: len(each.prefix))


def problem_sentence(status: int, allow: str) -> str:
    """The sentence for another system; `allow`: value of the `Allow` header, for 405."""
    said = PROBLEMS.get(status) or PROBLEMS[400 if status < 500 else 500]
    return said.format(method=request.method, allow=allow)
