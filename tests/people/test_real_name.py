"""实名认证: one ID number is one person, with one account; nobody learns who is registered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from flexapp.db.session import db
from flexapp.people.models import Person
from flexapp.rules.identity import IdentityNumber
from flexapp.services import services_of
from tests.support.client import LintingClient
from tests.support.database import execute, rows, stored
from tests.support.walks import (
    DING,
    MA_LAN,
    YANG,
    Resident,
    arrive,
    identity,
    newcomer,
    proxy_for,
    real_name,
    register,
    sign_in,
)

NEW = newcomer(3)
NOT_CONFIRMED = (
    "姓名和身份证号没有通过核验，或者这个身份证号已在别的手机号上实名。"
    "请核对后再试；换了手机号的，请带身份证到社保服务大厅更换。"
)


@pytest.fixture
def newly(client: LintingClient) -> LintingClient:
    """A browser signed in with a number that has no real name yet."""
    sign_in(client, NEW.phone)
    return client


def test_name_and_number_make_the_account_a_persons(newly: LintingClient) -> None:
    assert real_name(newly, NEW).path == "/"
    assert newly.page("/me").texts("small")[0] == f"{NEW.identity[:6]}********{NEW.identity[-4:]}"


def test_the_demo_knows_its_residents_by_name(newly: LintingClient) -> None:
    impostor = Resident("丁海雁", DING.identity, NEW.phone)
    assert NOT_CONFIRMED in real_name(newly, impostor, 422).alert
    assert real_name(newly, Resident(DING.name, DING.identity, NEW.phone)).path == "/"


def test_a_second_name_for_the_same_number_is_refused(
    newly: LintingClient, another: Callable[[], LintingClient]
) -> None:
    real_name(newly, NEW)
    other = another()
    sign_in(other, newcomer(4).phone)
    page = real_name(other, Resident("李四", NEW.identity, ""), 422)
    assert NOT_CONFIRMED in page.alert
    assert other.page("/assessment").path == "/real-name"


def test_another_phone_for_a_bound_person_is_refused_with_the_very_same_sentence(
    newly: LintingClient, another: Callable[[], LintingClient]
) -> None:
    right = real_name(newly, Resident(MA_LAN.name, MA_LAN.identity, ""), 422)
    wrong = real_name(newly, Resident("马蓝", MA_LAN.identity, ""), 422)
    assert right.alert == wrong.alert
    assert NOT_CONFIRMED in right.alert


def test_an_account_is_asked_for_its_real_name_once(client: LintingClient) -> None:
    sign_in(client, YANG.phone)
    assert client.page("/real-name").path == "/"


def test_an_account_with_a_real_name_cannot_change_it_by_hand(
    client: LintingClient, another: Callable[[], LintingClient], app: Flask
) -> None:
    sign_in(client, NEW.phone)
    page = client.page("/real-name")
    client.submit(page, "确认", name=NEW.name, identity=NEW.identity)
    stranger = newcomer(5)
    before = rows(app, "SELECT id, person_id FROM account")
    fields = page.form("确认")[0].fields | {"once": "another-key-0000"}
    answer = client.post(
        "/real-name", data=fields | {"name": stranger.name, "identity": stranger.identity}
    )
    assert answer.status_code == 422
    assert "这个手机号已经实名，不能再换成别人。" in answer.text
    assert rows(app, "SELECT id, person_id FROM account") == before


def test_trying_many_numbers_is_stopped(
    client: LintingClient, app: Flask, another: Callable[[], LintingClient]
) -> None:
    class Never:
        def confirms(self, *_: object) -> bool:
            return False

    services_of(app).population = Never()
    sign_in(client, NEW.phone)
    for number in range(5):
        tried = Resident("李四", identity(f"640502197001{number + 10}001"), "")
        assert NOT_CONFIRMED in real_name(client, tried, 422).alert
    page = real_name(client, NEW, 422)
    assert "今天已经核验过 5 个身份证号（填错的也算），请明天再试，或到经办窗口办理。" in page.alert


BAD_NUMBERS = [
    pytest.param("640104198503120022", "校验位不对", id="wrong check digit"),
    pytest.param(identity("64010419850230002"), "出生日期不存在", id="30 February"),
    pytest.param(identity("64010420300101002"), "晚于今天", id="born in the future"),
    pytest.param(identity("64010418850312002"), "超过", id="born 141 years ago"),
    pytest.param("64010419850312002", "现在是 17 位", id="17 digits"),
    pytest.param("6401041985031200211", "现在是 19 位", id="19 digits"),
    pytest.param("64010419850312002Y", "只能是数字", id="a Y at the end"),
    pytest.param(identity("99010419850312002"), "地区号不存在", id="no such province"),
    pytest.param("", "请输入身份证号", id="nothing"),
    pytest.param("6" * 400, "400 位", id="400 digits"),
    pytest.param("<script>alert(1)</script>", "只能是数字", id="markup"),
    pytest.param("H12345678", "居住证", id="a permit of Hong Kong"),
    pytest.param("12345678", "台胞证", id="a permit of Taiwan"),
    pytest.param("E12345678", "护照", id="a passport"),
]


@pytest.mark.parametrize(("typed", "says"), BAD_NUMBERS)
def test_a_wrong_id_number_is_refused_beside_the_field_and_kept(
    newly: LintingClient, app: Flask, typed: str, says: str
) -> None:
    before = stored(app)
    page = newly.submit(newly.page("/real-name"), "确认", 422, name="李明", identity=typed)
    assert says in page.errors["identity"]
    assert (page.value("name"), page.value("identity")) == ("李明", typed)
    assert stored(app) == before


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "请输入姓名"),
        ("李" * 61, "最多 60 个字"),
        ("阿依古丽 买买提", "改成“·”"),
        ("李\ue000", "旧字库"),
        ("李3", "只能用汉字"),
        ("<b>李明</b>", "证件"),
    ],
    ids=["nothing", "61 characters", "a space for the dot", "private use", "a digit", "markup"],
)
def test_a_wrong_name_is_refused_beside_the_field_and_kept(
    newly: LintingClient, typed: str, says: str
) -> None:
    page = newly.submit(newly.page("/real-name"), "确认", 422, name=typed, identity=NEW.identity)
    assert says in page.errors["name"]
    assert (page.value("name"), page.value("identity")) == (typed, NEW.identity)


def test_both_fields_are_judged_at_once(newly: LintingClient) -> None:
    page = newly.submit(newly.page("/real-name"), "确认", 422)
    assert set(page.errors) == {"name", "identity"}


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("６４０３２４１９９２０２２９００２Ｘ", id="full-width digits"),
        pytest.param("64032419920229002x", id="a lower-case x"),
        pytest.param(" 640324 19920229 002X ", id="blanks"),
    ],
)
def test_a_number_is_understood_however_it_is_typed(
    newly: LintingClient, app: Flask, typed: str
) -> None:
    people = len(rows(app, "SELECT id FROM person"))
    done = newly.submit(newly.page("/real-name"), "确认", name="丁海燕", identity=typed)
    assert done.path == "/"
    assert len(rows(app, "SELECT id FROM person")) == people  # it is her, not somebody new


def test_a_15_digit_number_is_the_same_person_as_its_18_digits(
    newly: LintingClient, another: Callable[[], LintingClient]
) -> None:
    whole = identity("64010319700101001")
    old = whole[:6] + whole[8:17]
    asked = newly.submit(newly.page("/real-name"), "确认", 422, name="李明", identity=old)
    newly.submit(asked, "确认")
    shown = newly.page("/me").texts("small")[0]
    assert shown == f"{whole[:6]}********{whole[-4:]}"


@pytest.mark.parametrize("prefix", ["830000", "810000", "820000"])
def test_residence_permits_are_accepted(newly: LintingClient, prefix: str) -> None:
    number = identity(f"{prefix}19800101001")
    assert newly.submit(newly.page("/real-name"), "确认", name="李明", identity=number).path == "/"


def test_a_newcomer_arrives_in_one_go(client: LintingClient) -> None:
    arrive(client, newcomer(6))
    assert client.page("/assessment").path == "/assessment"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("⻢", "马"),
        ("李\ue863", "李䶮"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("O’BRIEN MARY", "O'BRIEN MARY"),
        ("WOLFESCHLEGELSTEINHAUSENBERGERDORFF MAXIMILIAN",) * 2,
    ],
)
def test_a_name_is_stored_as_on_the_document_and_is_the_same_however_it_is_typed(
    newly: LintingClient, another: Callable[[], LintingClient], app: Flask, typed: str, name: str
) -> None:
    real_name(newly, Resident(typed, NEW.identity, ""))
    with app.app_context():
        person = db.session.execute(select(Person).order_by(Person.id.desc())).scalars().first()
        assert person is not None
        assert person.name == name
    register(newly)
    other = another()
    sign_in(other, MA_LAN.phone)
    for written in (typed, name):
        page = proxy_for(other, Resident(written, NEW.identity, ""))
        assert page.path.startswith("/assessment/")


def test_15_digits_are_shown_as_18_to_be_confirmed(newly: LintingClient, app: Flask) -> None:
    whole = identity("64050219800102001")
    typed = f"身份证号{whole[:6]}{whole[8:17]}"
    before = stored(app)
    page = newly.submit(newly.page("/real-name"), "确认", 422, name="李明", identity=typed)
    assert f"换算成 18 位是 {whole}" in page.errors["identity"]
    assert (page.value("name"), page.value("identity")) == ("李明", whole)
    assert stored(app) == before
    assert newly.submit(page, "确认").path == "/"


class MeanwhileRegistry:
    """A population registry that confirms everybody, while something else is done."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile

    def confirms(self, name: str, identity: IdentityNumber, phone: str) -> bool:
        self.meanwhile()
        return True


def test_an_account_closed_while_the_registry_is_asked_gets_no_real_name(
    app: Flask, newly: LintingClient
) -> None:
    closed = "UPDATE account SET phone_index = 'closed:' || id, closed_at = created_at WHERE id = ?"
    ((number,),) = rows(app, "SELECT max(id) FROM account")
    services_of(app).population = MeanwhileRegistry(lambda: execute(app, closed, number))
    assert "这次登录已经结束" in real_name(newly, NEW, 422).words
    assert rows(app, "SELECT person_id FROM account WHERE id = ?", number) == [(None,)]


def test_an_account_with_another_number_by_now_gets_no_real_name(
    app: Flask, newly: LintingClient
) -> None:
    ((number,),) = rows(app, "SELECT max(id) FROM account")
    changed = "UPDATE account SET phone_index = 'of another number' WHERE id = ?"
    services_of(app).population = MeanwhileRegistry(lambda: execute(app, changed, number))
    assert "这次登录已经结束" in real_name(newly, NEW, 422).words
    assert rows(app, "SELECT person_id FROM account WHERE id = ?", number) == [(None,)]
