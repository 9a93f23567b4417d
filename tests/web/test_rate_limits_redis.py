"""Limits that are counted in Redis: on all nodes together, and what happens when Redis dies."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from flexapp.rules.limits import HOUR, SMS_CODES, Limit
from flexapp.web import rate_limit, rate_limit_store
from flexapp.web.unit_of_work import write_transaction
from tests.conftest import MakeApp
from tests.support.client import linting
from tests.support.database import rows
from tests.support.redis_server import RedisServer
from tests.support.walks import newcomer, request_code, sign_in

LIMIT = Limit("of_these_tests", 3, HOUR)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that answers."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def node(make_app: MakeApp, redis: RedisServer) -> Flask:
    """A node that counts there."""
    return make_app(FLEXAPP_REDIS_URL=redis.url)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is asked again soon after it was away."""
    monkeypatch.setattr(rate_limit_store, "REST", 0.2)


def count(node: Flask, limit: Limit = LIMIT) -> int:
    """Count once on that node."""
    with node.app_context(), write_transaction():
        return rate_limit.hit(limit, "whoever")


def is_spent(node: Flask, limit: Limit = LIMIT) -> bool:
    """Whether that node would refuse."""
    with node.app_context():
        return rate_limit.retry_after(limit, "whoever") is not None


def in_database(node: Flask) -> int:
    """How many counts its database holds."""
    return len(rows(node, "SELECT * FROM try_count"))


def test_two_nodes_share_a_count_and_the_database_is_left_alone(
    node: Flask, make_app: MakeApp, redis: RedisServer
) -> None:
    other = make_app(FLEXAPP_REDIS_URL=redis.url)
    assert [count(node), count(other), count(node)] == [1, 2, 3]
    assert is_spent(node)
    assert is_spent(other)
    assert in_database(node) == 0


def test_what_was_no_wrong_try_is_taken_back_and_never_below_nothing(node: Flask) -> None:
    assert [count(node) for _ in range(LIMIT.most)] == [1, 2, 3]
    with node.app_context(), write_transaction():
        rate_limit.take_back(LIMIT, "whoever")
        rate_limit.take_back(LIMIT, "nobody")
    assert not is_spent(node)
    assert count(node) == LIMIT.most
    with node.app_context():
        assert rate_limit.number(LIMIT, "nobody") == 0


def test_nodes_that_count_at_once_overlook_nothing(
    node: Flask, make_app: MakeApp, redis: RedisServer
) -> None:
    nodes = [node, *(make_app(FLEXAPP_REDIS_URL=redis.url) for _ in range(3))]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda turn: count(nodes[turn % 4]), range(200)))
    assert sorted(numbers) == list(range(1, 201))


def test_a_count_begins_anew_when_its_time_is_over_and_leaves_nothing_behind(
    node: Flask, redis: RedisServer
) -> None:
    short = Limit("short", 1, timedelta(milliseconds=300))
    count(node, short)
    assert is_spent(node, short)
    with node.app_context():
        wait = rate_limit.retry_after(short, "whoever")
    assert wait is not None
    assert timedelta(0) < wait <= short.within
    time.sleep(0.4)
    assert redis.keys() == []
    assert count(node, short) == 1


def test_pages_are_limited_over_redis_by_digests_that_name_nobody(
    node: Flask, redis: RedisServer
) -> None:
    client = linting(node.test_client())
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    request_code(client, newcomer().phone)
    keys = redis.keys()
    # Of the address; and for the number: the wait, the day of whoever asks, the day of everybody.
    assert len(keys) == 4
    for key in keys:
        assert "203.0.113.9" not in key
        assert newcomer().phone not in key
        redis.client().set(key, SMS_CODES.most, keepttl=True)
    again = linting(node.test_client())
    again.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    page = again.submit(again.page("/sign-in"), "获取验证码", 429, phone=newcomer(2).phone)
    assert page.title == "操作太频繁"


@pytest.mark.usefixtures("impatient")
def test_redis_killed_in_the_middle_makes_no_fault_and_the_database_counts(
    node: Flask, make_app: MakeApp, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_app(FLEXAPP_REDIS_URL=redis.url)
    assert [count(node) for _ in range(3)] == [1, 2, 3]
    redis.kill()
    with caplog.at_level(logging.WARNING, logger=rate_limit_store.__name__):
        # Nobody is let do anything because of it: the nodes go on counting, and together.
        assert [count(node), count(other), count(node)] == [1, 2, 3]
        assert is_spent(node)
        assert is_spent(other)
    (one, two) = [record.getMessage() for record in caplog.records]
    assert one == two == "redis does not answer (ConnectionError): the database counts"
    client = linting(node.test_client())
    assert sign_in(client, newcomer().phone).path == "/real-name"


@pytest.mark.usefixtures("impatient")
def test_redis_that_comes_back_counts_again_and_no_limit_lasts_for_ever(
    node: Flask, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        count(node)
    redis.kill()
    assert not is_spent(node)
    redis.start()
    time.sleep(0.25)
    with caplog.at_level(logging.WARNING, logger=rate_limit_store.__name__):
        assert count(node) == 1
    assert caplog.messages[-1] == "redis answers again and counts"
    (key,) = redis.keys()
    assert 0 < redis.client().ttl(key) <= HOUR.total_seconds()


def test_a_redis_that_falls_silent_holds_nobody_up_for_long(
    node: Flask, redis: RedisServer
) -> None:
    count(node)
    redis.pause()
    began = time.monotonic()
    for _ in range(20):
        count(node)
    # Asked once, and once more; then left in peace for ten seconds.
    assert time.monotonic() - began < 4 * rate_limit_store.PATIENCE + 1
    assert in_database(node) == 1


def test_a_redis_that_is_not_there_at_the_start_keeps_nothing_from_starting(
    make_app: MakeApp, tmp_path: Path
) -> None:
    never_started = RedisServer(tmp_path)
    node = make_app(FLEXAPP_REDIS_URL=never_started.url)
    assert sign_in(linting(node.test_client()), newcomer().phone).path == "/real-name"


def test_what_redis_says_of_a_fault_tells_no_password(
    make_app: MakeApp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = RedisServer(tmp_path).url.replace("redis://", "redis://:secret-word@")
    count(make_app(FLEXAPP_REDIS_URL=url))
    assert "redis does not answer" in caplog.text
    assert "secret-word" not in caplog.text
