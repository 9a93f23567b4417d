"""办事指南: every answer has its source, every figure is the agency's, every step its picture."""

from __future__ import annotations

import re
import struct
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from flexapp.agency import service as agency
from flexapp.audit.service import Actor, ActorKind
from flexapp.guide.annexes import ANNEXES
from flexapp.guide.content import (
    NOTICE,
    OURS,
    guide,
)
from flexapp.guide.model import (
    PICTURE_WIDTH,
    Annex,
    Kind,
    Step,
)
from flexapp.rules.capabilities import CAPABILITIES, Action, ChannelKind
from flexapp.rules.parameters import DIRECTORY
from flexapp.web import assets
from flexapp.web.clock import now, today
from flexapp.web.unit_of_work import write_transaction
from tests.support.client import LintingClient
from tests.support.html import words

OFFICER = Actor(ActorKind.STAFF, 4, "经办机构管理员 哈**（jb02）", "agency", ChannelKind.AGENCY)
ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "static" / "src" / "img" / "guide"
STEPS = [step for annex in ANNEXES for step in annex.steps]
LARGEST = 25 * 1024
"""Bytes of a picture: a second on the slowest network we reckon with takes several of them."""
ASKED = ("缴费基数是什么", "填错了怎么办", "什么时候能缴费", "能补缴吗", "给父母办")


def answers(client: LintingClient) -> dict[str, str]:
    """Each question of the page with its answer, as it is read."""
    found = {}
    for element in client.page("/guide").all("details"):
        question, *rest = [words(part) for part in element]
        found[question] = " ".join(rest)
    return found


def answer(client: LintingClient, question: str) -> str:
    """The answer to the one question that begins so."""
    (found,) = [text for name, text in answers(client).items() if name.startswith(question)]
    return found


def test_the_guide_is_open_to_everybody_and_is_found_from_the_home_page(
    client: LintingClient,
) -> None:
    for path in ("/", "/social-security"):
        (address,) = [url for name, url in client.page(path).links().items() if "办事指南" in name]
        assert client.page(address).title == "办事指南"


def test_it_says_what_is_needed_and_the_three_steps(client: LintingClient) -> None:
    page = client.page("/guide")
    assert page.texts("h2")[:2] == ["要准备什么", "三步办好"]
    assert page.texts("b")[:3] == ["登记", "核定", "传输"]
    assert "身份证" in page.words


@pytest.mark.parametrize("question", ASKED)
def test_what_people_ask_is_answered_with_its_source(client: LintingClient, question: str) -> None:
    assert "依据：" in answer(client, question)


def test_no_answer_names_a_source_that_is_not_known(app: Flask) -> None:
    in_files = {
        source
        for file in DIRECTORY.glob("*.toml")
        for source in re.findall(r'^source = "(.*)"$', file.read_text("utf-8"), re.MULTILINE)
    }
    with app.test_request_context():
        asked = guide(today()).questions
    assert all(question.sources for question in asked)
    assert {s for question in asked for s in question.sources} <= {NOTICE, OURS, *in_files}


def test_the_figures_are_those_of_the_open_year(client: LintingClient) -> None:
    text = answer(client, "缴费基数是什么")
    for figure in ("8371.00", "5023.00", "25113.00", "20%", "¥1004.60", "¥12055.20"):
        assert figure in text
    for source in ("t20260828_5325572", "国发〔2005〕38号"):
        assert source in text
    assert "2019 年" not in text


@pytest.mark.today("2019-09-24")
def test_in_the_notices_year_they_are_the_notices(client: LintingClient) -> None:
    text = answer(client, "缴费基数是什么")
    for figure in ("5171.67", "3103.00", "15515.00", "¥620.60", "¥7447.20"):
        assert figure in text


def test_the_way_from_an_answer_to_its_pictures_ends_there(client: LintingClient) -> None:
    desk = {url for name, url in client.page("/guide").links().items() if "看图解" in name}
    assert len(desk) >= 3
    for way in desk:
        path, _, part = way.partition("#")
        assert [s.get("id") for s in client.page(path).all("section", id=part)] == [part]


@pytest.mark.today("2027-01-04")
def test_a_year_without_figures_is_said_to_have_none(client: LintingClient) -> None:
    text = answer(client, "缴费基数是什么")
    assert "2027年度缴费基数尚未公布" in text
    assert "8371" not in text
    assert "2027" not in answer(client, "能补缴吗")


def test_every_open_year_has_its_figures_and_may_be_made_up(
    app: Flask, client: LintingClient
) -> None:
    with app.test_request_context(), write_transaction():
        assert agency.open_year(year=2025, actor=OFFICER, at=now(), today=today()) is None
    assert "8258.00" in answer(client, "缴费基数是什么")
    assert "2026 年、2025 年" in answer(client, "能补缴吗")


def test_where_to_go_without_a_phone_follows_the_rules(client: LintingClient) -> None:
    text = answer(client, "不会用手机")
    for kind in (ChannelKind.TOWNSHIP, ChannelKind.HALL):
        listed = "、".join(action.label for action in Action if action in CAPABILITIES[kind])
        assert f"{kind.label}：{listed}" in text
    assert "社保服务大厅" in answer(client, "能补缴吗")
    assert Action.SPECIAL not in CAPABILITIES[ChannelKind.PHONE]


def test_no_figure_is_typed_into_the_words() -> None:
    for name in ("content.py", "annexes.py"):
        code = (ROOT / "flexapp" / "guide" / name).read_text(encoding="utf-8")
        assert not re.search(r"\d{4}\.\d\d|[1-9]\d{3} ?元|¥\d|20 ?%", code)


@pytest.mark.parametrize("it", ANNEXES, ids=lambda annex: annex.code)
def test_every_annex_is_shown_step_by_step_with_pictures_that_load_late(
    client: LintingClient, it: Annex
) -> None:
    page = client.page(f"/guide/steps/{it.code}")
    assert page.title == it.title
    assert [part.heading for part in it.parts] == page.texts("h2")[: len(it.parts)]
    for step in it.steps:
        assert step.sentence in page.words
    images = page.all("img")
    assert [image.get("alt") for image in images] == [step.seen for step in it.steps]
    assert {image.get("loading") for image in images} == {"lazy"}
    assert [(image.get("width"), image.get("height")) for image in images] == [
        (str(PICTURE_WIDTH), str(step.height)) for step in it.steps
    ]
    assert page.all("button", type="button")[0].get("data-print") is not None


def test_the_document_holds_all_three(client: LintingClient) -> None:
    page = client.page("/guide/steps")
    assert len(page.all("img")) == len(STEPS)
    assert [text for text in page.texts("h2") if text.startswith("附件")] == [
        "附件1 登记",
        "附件2 核定",
        "附件3 渠道",
    ]


def test_there_is_no_fourth_annex(client: LintingClient) -> None:
    client.page("/guide/steps/retirement", 404)


def test_without_its_picture_a_step_is_still_said(app: Flask, client: LintingClient) -> None:
    step = STEPS[0]
    build = assets.BUILD.of(app)
    names = {name: built for name, built in build.names.items() if name != step.file}
    assets.BUILD.set(app, replace(build, names=names))
    page = client.page("/guide/steps/registration")
    assert step.sentence in page.words
    assert step.seen not in [image.get("alt") for image in page.all("img")]


def test_every_step_has_its_picture_and_every_picture_its_step() -> None:
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(
        f"{step.picture}.png" for step in STEPS
    ), "make guide-pictures takes them"


def test_the_pictures_are_small_and_have_the_shape_that_the_page_keeps_free() -> None:
    for step in STEPS:
        content = (PICTURES / f"{step.picture}.png").read_bytes()
        width, height = struct.unpack(">II", content[16:24])
        assert len(content) <= LARGEST, step.picture
        assert height / width == pytest.approx(step.height / PICTURE_WIDTH, rel=0.005), step.picture


def test_no_two_steps_share_a_picture() -> None:
    assert [name for name, n in Counter(step.picture for step in STEPS).items() if n > 1] == []
    assert [n for n, k in Counter(p.code for a in ANNEXES for p in a.parts).items() if k > 1] == []


@pytest.mark.parametrize("it", STEPS, ids=lambda step: step.picture)
def test_a_sentence_names_what_its_picture_rings_in_that_order(it: Step) -> None:
    assert it.marks
    places = [it.sentence.find(f"“{mark.name}”") for mark in it.marks]
    assert -1 not in places
    assert places == sorted(places)
    tapped = [mark for mark in it.marks[:-1] if mark.kind in (Kind.LINK, Kind.BUTTON)]
    assert not tapped, "what leads on to the next page comes last"
