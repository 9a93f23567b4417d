"""A whole deployment: any node answers, one that dies takes nothing with it, no form goes twice."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from flexapp.config import load
from flexapp.factory import create_app
from tests.support.at_once import at_once
from tools.bench import prepare
from tools.bench.prepare import Browser
from tools.cluster.cluster import Cluster, started

YEAR = 2026


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two nodes, two senders, nginx, PostgreSQL and a tax bureau."""
    with started(today=f"{YEAR}-11-24") as made:
        yield made


@pytest.fixture(scope="module")
def people(cluster: Cluster) -> Iterator[Browser]:
    """Registered people, signed in, who have no assessment yet."""
    return iter(prepare.residents(create_app(load(cluster.environ)), 8, first=100))


@pytest.fixture
def browser(cluster: Cluster, people: Iterator[Browser]) -> Iterator[httpx.Client]:
    """One of them, coming through nginx."""
    with cluster.browser() as made:
        person = next(people)
        made.cookies.set("session", person.cookie)
        made.headers["X-CSRFToken"] = person.csrf_token
        yield made


def form(browser: httpx.Client, *, start: int, end: int) -> dict[str, str]:
    """What 核定 posts for these months."""
    person = Browser("", browser.headers["X-CSRFToken"])
    return prepare.assessment_form(person, year=YEAR, start=start, end=end)


def asked(cluster: Cluster) -> list[dict[str, object]]:
    """What nginx has noted of each request, the oldest first."""
    lines = (cluster.folder / "nginx" / "access.log").read_text().splitlines()
    return [json.loads(line) for line in lines]


def noted(cluster: Cluster, count: int, **what: object) -> list[dict[str, object]]:
    """The newest `count` lines about such requests; nginx writes them after it has answered."""
    until = time.monotonic() + 5
    while True:
        lines = [line for line in asked(cluster) if what.items() <= line.items()]
        if len(lines) >= count or time.monotonic() > until:
            return lines[-count:]
        time.sleep(0.02)


def rows(cluster: Cluster, query: str) -> list[tuple[object, ...]]:
    """What the database holds."""
    with psycopg.connect(cluster.database.address("flexapp"), autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def test_any_node_answers_and_what_one_stored_the_other_shows(
    cluster: Cluster, browser: httpx.Client
) -> None:
    posted = browser.post("/assessment/self/new", data=form(browser, start=1, end=2))
    assert (posted.status_code, posted.headers["Location"]) == (303, "/assessment/self")
    for port in cluster.node_ports:
        page = httpx.get(
            f"http://127.0.0.1:{port}/assessment/self",
            cookies={"session": browser.cookies["session"]},
        )
        assert f"{YEAR}-02" in page.text
    for _ in range(6):
        assert browser.get("/assessment/self").status_code == 200
    looks = noted(cluster, 6, path="/assessment/self", method="GET")
    assert len({line["node"] for line in looks}) == 2


def test_what_is_transmitted_reaches_the_tax_bureau(
    cluster: Cluster, browser: httpx.Client
) -> None:
    browser.post("/assessment/self/new", data=form(browser, start=3, end=4))
    ((serial,),) = rows(cluster, "SELECT serial FROM assessment ORDER BY id DESC LIMIT 1")
    sent = browser.post(
        f"/assessment/records/{serial}/transmit",
        data={"csrf_token": browser.headers["X-CSRFToken"], "once": "once-transmitted"},
    )
    assert sent.status_code == 303
    until = time.monotonic() + 30
    query = f"SELECT state FROM assessment WHERE serial = '{serial}'"
    while rows(cluster, query) != [("transmitted",)] and time.monotonic() < until:
        time.sleep(0.1)
    assert rows(cluster, query) == [("transmitted",)]


def test_a_node_that_died_is_not_noticed(cluster: Cluster, browser: httpx.Client) -> None:
    node = cluster.nodes[1]
    node.kill()
    try:
        assert [browser.get("/me").status_code for _ in range(10)] == [200] * 10
        posts = [
            browser.post("/assessment/self/new", data=form(browser, start=month, end=month))
            for month in range(1, 7)
        ]
        assert [post.status_code for post in posts] == [303] * 6
    finally:
        node.start()


def test_a_form_in_a_node_that_dies_is_told_as_unknown_and_never_goes_to_another(
    cluster: Cluster, browser: httpx.Client
) -> None:
    before = rows(cluster, "SELECT count(*) FROM assessment")
    data = form(browser, start=7, end=8)
    answers: list[httpx.Response] = []
    post = threading.Thread(
        target=lambda: answers.append(browser.post("/assessment/self/new", data=data))
    )
    with psycopg.connect(cluster.database.address("flexapp")) as connection:
        connection.execute("LOCK TABLE assessed_month")
        post.start()
        waiting = b"SELECT count(*) FROM pg_locks WHERE NOT granted"
        until = time.monotonic() + 10
        while connection.execute(waiting).fetchall() == [(0,)] and time.monotonic() < until:
            time.sleep(0.02)
        for node in cluster.nodes:
            node.kill()
        post.join(20)
    for node in cluster.nodes:
        node.start()
    (answer,) = answers
    assert answer.status_code == 502
    assert "结果待确认" in answer.text
    posted = noted(cluster, 1, status=502)
    assert [len(str(line["node"]).split(",")) for line in posted] == [1]
    assert rows(cluster, "SELECT count(*) FROM assessment") == before
    # Once more, as the page says: the same form, with the same key.
    assert browser.post("/assessment/self/new", data=data).status_code == 303
    assert browser.post("/assessment/self/new", data=data).status_code == 303
    (count,) = before[0]
    assert rows(cluster, "SELECT count(*) FROM assessment") == [(int(str(count)) + 1,)]


def test_built_files_come_packed_and_are_kept_by_nginx(
    cluster: Cluster, browser: httpx.Client
) -> None:
    (address,) = set(re.findall(r'href="(/static/app[^"]+css)"', browser.get("/").text))
    for asked_for in range(1, 21):
        answer = browser.get(address, headers={"Accept-Encoding": "gzip, br"})
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]
        nodes = [line["node"] for line in noted(cluster, asked_for, path=address)]
        if nodes[-1] == "":
            break  # nginx puts a file away just after it has handed it on
        time.sleep(0.1)
    assert nodes[0] != ""
    assert nodes[-1] == ""


OPENS_SOMETHING = "Zk3-secret_of-somebody-9Qx"


ADDRESSES = [
    (f"/launch/{OPENS_SOMETHING}", "/launch/-"),
    (f"/launch/{OPENS_SOMETHING}/decline", "/launch/-/decline"),
    ("/launch/short", "/launch/-"),
    (f"/LAUNCH//{OPENS_SOMETHING}", "/launch/-"),
    (f"/%6caunch/{OPENS_SOMETHING}", "/launch/-"),
    (f"/launch/x?code={OPENS_SOMETHING}", "/launch/-"),
    (f"/assessment/{OPENS_SOMETHING}", "/assessment/-"),
    (f"/assessment/{OPENS_SOMETHING}/new", "/assessment/-/new"),
    (f"/counter/people/{OPENS_SOMETHING}/assess", "/counter/people/-/assess"),
    (f"/open/sandbox/{OPENS_SOMETHING}", "/open/sandbox/-"),
    (f"/nowhere/{OPENS_SOMETHING}/x", "/nowhere/-/x"),
    ("/assessment/self/new", "/assessment/self/new"),
    ("/assessment/records/64010420190924000001", "/assessment/records/64010420190924000001"),
    ("/social-security/affairs", "/social-security/affairs"),
]
"""As they are asked for, and as they are noted."""


def test_what_opens_something_stands_in_no_log_of_nginx(
    cluster: Cluster, browser: httpx.Client
) -> None:
    referrer = f"{browser.base_url}/launch/{OPENS_SOMETHING}"
    for address, noted_as in ADDRESSES:
        answer = browser.get(address, headers={"Referer": referrer})
        (line,) = noted(cluster, 1, request_id=answer.headers["X-Request-ID"])
        assert line["path"] == noted_as
    logs = list((cluster.folder / "nginx").glob("*.log"))
    assert logs
    for log in logs:
        assert OPENS_SOMETHING not in log.read_text()


def test_what_is_for_whoever_watches_the_nodes_is_not_for_the_world(
    cluster: Cluster, browser: httpx.Client
) -> None:
    for path in ("/metrics", "/readyz", "/-/down.html"):
        assert browser.get(path).status_code == 404
    answer = browser.get("/healthz")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    (line,) = noted(cluster, 1, request_id=answer.headers["X-Request-ID"])
    assert (line["path"], line["status"]) == ("/healthz", 200)


def test_a_flood_of_forms_is_held_off_with_a_page_that_says_so(cluster: Cluster) -> None:
    answers: list[httpx.Response] = []

    def flood(_number: int) -> None:
        with cluster.browser() as browser:
            answers.extend([browser.post("/-") for _ in range(25)])

    at_once(16, flood)
    held = [answer for answer in answers if answer.status_code == 429]
    assert held
    assert "请稍等再试" in held[0].text
    assert {answer.status_code for answer in answers} <= {400, 404, 405, 429}
