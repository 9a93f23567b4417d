"""Another site's page posts by itself to ours, in a real browser, and signs nobody out."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Response, expect

from tests.journeys.conftest import Scripted
from tests.support.walks import MA_LAN

TODAY = "2019-09-24"
HOSTILE: dict[str, Callable[[str], str]] = {
    "as it is": lambda form: form,
    "without a referrer": lambda form: f'<meta name="referrer" content="no-referrer">{form}',
    "out of a sandbox": lambda form: (
        '<iframe sandbox="allow-scripts allow-forms allow-top-navigation"'
        f' srcdoc="{html.escape(form)}"></iframe>'
    ),
}
Serve = Callable[[str], str]


@pytest.fixture
def elsewhere() -> Iterator[Serve]:
    """`elsewhere(text)`: the address of a page of another site with that text."""
    pages: list[str] = []

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            if self.path.strip("/").isdigit():
                self.wfile.write(pages[int(self.path.strip("/"))].encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()

    def serve(text: str) -> str:
        pages.append(text)
        # Another name than the service's is another site.
        return f"http://localhost:{server.server_port}/{len(pages) - 1}"

    yield serve
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.mark.parametrize("how", HOSTILE)
@pytest.mark.parametrize("path", ["/sign-out", "/open/self-check", "/display", "/nowhere"])
def test_a_form_that_another_sites_page_sends_signs_nobody_out(
    scripted: Scripted, elsewhere: Serve, how: str, path: str
) -> None:
    with scripted(TODAY) as world:
        phone = world.phone()
        world.let_in(phone, MA_LAN.phone)
        form = (
            f'<form method="post" action="{world.site.url}{path}" target="_top"></form>'
            "<script>document.forms[0].submit()</script>"
        )
        answered: list[int] = []
        page = phone.page.context.new_page()

        def note(answer: Response) -> None:
            if answer.request.method == "POST":
                answered.append(answer.status)

        page.on("response", note)
        page.goto(elsewhere(HOSTILE[how](form)))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert answered == [404 if path == "/nowhere" else 403]
        page.goto(f"{world.site.url}/me")
        expect(page.get_by_role("button", name="退出登录")).to_be_visible()
        page.close()
