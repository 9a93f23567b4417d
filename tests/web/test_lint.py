"""The lint that every answer passes: proof that it objects to each thing it exists for."""

from __future__ import annotations

import pytest
from flask import Flask, Response

from flexapp.web.access import Access, allow
from tests.support.client import LintingClient
from tests.support.lint import UnfitPage

FIT = """<!DOCTYPE html><html lang="zh-CN"><head><title>页面</title></head><body><h1>页面</h1>
<form method="post" action="/sign-out" autocomplete="off">
<input type="hidden" name="csrf_token" value="t">
<label for="a">名</label><input id="a" name="a" aria-describedby="b"><p id="b">提示</p>
<button hx-target="#b">好</button></form><a href="/me">我的</a></body></html>"""

UNFIT = [
    pytest.param(
        "<button",
        '<label for="c">缴费基数</label><input id="c">'
        '<a href="/me" aria-label="常用的缴费基数">x</a>'
        "<button",
        r"get_by_label\('缴费基数'\) finds 2",
        id="a label inside an accessible name",
    ),
    pytest.param(
        "<button",
        '<label for="c">手机号</label><input id="c"><label for="d">新手机号</label><input id="d">'
        "<button",
        "finds 2",
        id="a label inside another",
    ),
    pytest.param(
        "<button",
        '<label for="c">姓名</label><input id="c"><p id="g">姓名和地址</p>'
        '<div role="group" aria-labelledby="g"></div><button',
        "finds 2",
        id="a label inside that of a group",
    ),
    pytest.param(
        "<button", "<button>提交</button><button>提交后返回</button><button", "alone", id="a button"
    ),
    pytest.param("<button", "<button>登录</button><button>登录</button><button", "alone", id="two"),
    pytest.param(
        'name="a" ', 'name="a" autocomplete="street-address" ', "street-address", id="autocomplete"
    ),
    pytest.param("<h1>", '<pre aria-label="x"></pre><h1>', "aria-label on pre", id="a named pre"),
    pytest.param("<h1>", '<p aria-label="x"></p><h1>', "aria-label on p", id="a named paragraph"),
    pytest.param("<h1>", '<a aria-current="yes" href="/me">x</a><h1>', "current", id="current"),
    pytest.param("<h1>", "<a>x</a><h1>", "no href", id="a link to nothing"),
    pytest.param("</form>", "</form></div>", "line", id="an end tag without its beginning"),
    pytest.param('lang="zh-CN"', 'lang="en"', "language", id="another language"),
    pytest.param("<h1>页面</h1>", "<h1>别的</h1>", "one and the same", id="h1 and title differ"),
    pytest.param("<h1>页面</h1>", "<h1>页面</h1><h1>页面</h1>", "one and the same", id="two h1"),
    pytest.param('id="b"', 'id="a"', "there twice", id="an id twice"),
    pytest.param('for="a"', 'for="c"', "no element has the id 'c'", id="a label of nothing"),
    pytest.param('<label for="a">名</label>', "", "has no label", id="a field without label"),
    pytest.param('describedby="b"', 'describedby="c"', "the id 'c'", id="described by nothing"),
    pytest.param('hx-target="#b"', 'hx-target="#c"', "the id 'c'", id="a target that is not there"),
    pytest.param('name="csrf_token"', 'name="t"', "no csrf_token", id="a form without token"),
    pytest.param(
        ' autocomplete="off"', "", "fill the form /sign-out in", id="a form that Back fills in"
    ),
    pytest.param(
        ' name="a"',
        ' name="a" autocomplete="name"',
        "fill a in by themselves",
        id="a field that Back fills in",
    ),
    pytest.param(
        "</form>",
        '</form><label for="c">选</label><select id="c"></select>',
        "select c stands in no form",
        id="a field that Back fills in wherever it is",
    ),
    pytest.param('action="/sign-out"', 'action="/nowhere"', "leads nowhere", id="a dead form"),
    pytest.param('action="/sign-out"', 'action="/me"', "leads nowhere", id="a wrong method"),
    pytest.param('href="/me"', 'href="/you"', "leads nowhere", id="a dead link"),
    pytest.param('href="/me"', 'href="http://x.example"', "nor https", id="a link in clear"),
    pytest.param(">我的<", "><", "nameless a", id="a link without name"),
    pytest.param(">好<", "><", "nameless button", id="a button without name"),
    pytest.param("<h1>", "<script>1</script><h1>", "inline script", id="an inline script"),
    pytest.param("<h1>", "<noscript>1</noscript><h1>", "is blocked sees", id="only without script"),
    pytest.param("<h1>", "<style>p{}</style><h1>", "inline style", id="an inline style"),
    pytest.param("<h1>", '<h1 style="a">', "inline style", id="a style attribute"),
    pytest.param("<h1>", '<h1 onclick="a">', "inline onclick", id="a script attribute"),
    pytest.param("<a ", '<a target="_blank" ', "another window", id="a link to a new window"),
    pytest.param("<h1>", '<svg><use href="#x"></use></svg><h1>', "no icon", id="an unknown icon"),
    pytest.param("<h1>", '<img src="/static/x.png" alt=""><h1>', "built files", id="a lost file"),
]


def serve(app: Flask, monkeypatch: pytest.MonkeyPatch, answer: Response | str) -> None:
    """Put this answer in the place of a page."""
    monkeypatch.setitem(
        app.view_functions, "portal.social_security", allow(Access.PUBLIC)(lambda: answer)
    )


def test_a_fit_page_passes(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(app, monkeypatch, FIT)
    assert client.get("/social-security").status_code == 200


FIT_TOO = [
    '<button class="sr" aria-hidden="true">登录</button><button>登录</button>',
    "<button>申请税务撤销</button>",
    '<label for="c">被核定人姓名</label><input id="c">',
    '<label for="c">身份证号码</label><output id="c" role="group">1</output>',
    '<pre role="group" aria-label="命令" tabindex="0">x</pre>',
    '<section aria-label="年度"></section>',
]


@pytest.mark.parametrize("more", FIT_TOO)
def test_what_is_found_alone_and_valid_passes(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    serve(app, monkeypatch, FIT.replace("<button", f"{more}<button"))
    assert client.get("/social-security").status_code == 200


@pytest.mark.parametrize(("fit", "unfit", "says"), UNFIT)
def test_an_unfit_page_does_not(
    app: Flask,
    client: LintingClient,
    monkeypatch: pytest.MonkeyPatch,
    fit: str,
    unfit: str,
    says: str,
) -> None:
    assert FIT.count(fit) == 1
    serve(app, monkeypatch, FIT.replace(fit, unfit))
    with pytest.raises(UnfitPage, match=says):
        client.get("/social-security")


def test_a_page_that_may_be_kept_or_has_a_weak_policy_does_not(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = Response(FIT, headers={"Cache-Control": "public", "Content-Security-Policy": "x"})
    serve(app, monkeypatch, loose)
    with pytest.raises(UnfitPage, match=r"(?s)kept by a cache.*no strict content"):
        client.get("/social-security")


def test_a_fragment_with_a_pages_heading_does_not(
    app: Flask, client: LintingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(app, monkeypatch, "<h1>页面</h1>")
    with pytest.raises(UnfitPage, match="heading"):
        client.get("/social-security")
