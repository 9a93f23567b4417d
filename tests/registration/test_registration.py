"""登记: the first time, and changes of it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.client import LintingClient
from tests.support.database import rows, stored
from tests.support.walks import ADDRESS, MA_LAN, YANG, arrive, newcomer, register, sign_in

TITLE = "灵活就业人员养老保险登记"


@pytest.fixture
def yang(client: LintingClient) -> LintingClient:
    """杨志强, not registered yet."""
    sign_in(client, YANG.phone)
    return client


@pytest.fixture
def ma_lan(client: LintingClient) -> LintingClient:
    """马兰, insured in 兴庆区."""
    sign_in(client, MA_LAN.phone)
    return client


def test_the_form_shows_what_is_known_and_asks_for_the_rest(yang: LintingClient) -> None:
    page = yang.page("/registration")
    assert page.title == TITLE
    known = {"姓名", "身份证号", "联系电话", "性别", "出生日期"}
    asked = {"参保地区", "民族", "通讯地址", "统一社会信用代码（个体工商户选填）"}
    assert set(page.texts("label")) == known | asked
    assert sorted(page.texts("output")) == sorted(
        ["杨**", "640321********0031", "199****0002", "男", "1990年7月25日"]
    )


def test_divisions_are_grouped_by_city_and_named(yang: LintingClient) -> None:
    page = yang.page("/registration")
    (select,) = page.all("select", name="division")
    groups = [group.get("label") for group in select.iter("optgroup")]
    assert groups[:5] == ["银川市", "石嘴山市", "吴忠市", "固原市", "中卫市"]
    names = page.texts("option")
    assert names[0] == "请选择参保地区"
    assert {"兴庆区", "青铜峡市", "海原县", "宁东能源化工基地", "请选择民族", "汉族"} <= set(names)
    (ethnic,) = page.all("select", name="ethnic_group")
    assert len(list(ethnic.iter("option"))) == 59


def test_the_first_registration_starts_work_on_the_first_of_january(
    yang: LintingClient, app: Flask
) -> None:
    done = register(yang)
    assert (done.path, done.title) == ("/registration/done", "提交成功")
    facts = done.facts()
    assert facts["参保地区"] == "沙坡头区"
    assert facts["参保单位"] == "沙坡头区灵活就业人员虚拟单位"
    assert facts["民族"] == "汉族"
    assert facts["通讯地址"] == ADDRESS
    assert facts["参加工作时间"] == "2026年1月"
    assert ("2026-01-01",) in rows(app, "SELECT work_start FROM registration")


@pytest.mark.today("2019-09-24")
def test_in_the_year_of_the_notice_it_starts_in_that_year(client: LintingClient) -> None:
    arrive(client, newcomer())
    assert register(client).facts()["参加工作时间"] == "2019年1月"


def test_a_county_has_a_unit_of_its_own(yang: LintingClient) -> None:
    assert register(yang, "640521").facts()["参保单位"] == "中宁县灵活就业人员虚拟单位"


def test_a_place_has_one_unit_however_many_register(client: LintingClient, app: Flask) -> None:
    for number in (1, 2, 3):
        browser = app.test_client()
        assert isinstance(browser, LintingClient)
        arrive(browser, newcomer(number))
        register(browser, "640521")
    units = rows(app, "SELECT name FROM virtual_unit WHERE division = '640521'")
    assert units == [("中宁县灵活就业人员虚拟单位",)]


def test_a_change_shows_old_and_new_before_anything_happens(
    ma_lan: LintingClient, app: Flask
) -> None:
    before = stored(app)
    form = ma_lan.page("/registration")
    assert form.value("address") == "银川市兴庆区演示路1号"
    review = ma_lan.submit(form, "提交", division="640106", address="金凤区正源街1号")
    assert review.title == TITLE
    changes = [(element.find("dt"), element) for element in review.all("dl", class_="diff")[0]]
    assert [dt.text for dt, _ in changes if dt is not None] == ["参保地区", "通讯地址"]
    assert review.texts("del") == ["原来：兴庆区", "原来：银川市兴庆区演示路1号"]
    assert review.texts("ins") == ["变更为：金凤区", "变更为：金凤区正源街1号"]
    assert stored(app) == before


def test_a_confirmed_change_keeps_the_work_start_and_the_old_row(
    ma_lan: LintingClient, app: Flask
) -> None:
    review = ma_lan.submit(ma_lan.page("/registration"), "提交", division="640106")
    done = ma_lan.submit(review, "提交")
    assert done.title == "提交成功"
    assert done.facts()["参保地区"] == "金凤区"
    assert done.facts()["参加工作时间"] == "2008年1月"
    assert done.facts()["通讯地址"] == "银川市兴庆区演示路1号"
    query = (
        "SELECT division, superseded_at IS NULL FROM registration WHERE person_id = 1 ORDER BY id"
    )
    assert rows(app, query) == [("640104", 0), ("640106", 1)]


def test_going_back_from_the_review_keeps_what_was_typed(ma_lan: LintingClient) -> None:
    review = ma_lan.submit(
        ma_lan.page("/registration"), "提交", division="640106", address="金凤区正源街1号"
    )
    form = ma_lan.submit(review, "返回修改")
    assert form.value("division") == "640106"
    assert form.value("address") == "金凤区正源街1号"
    again = ma_lan.page("/registration")
    assert again.value("division") == "640106"
    # Nothing has changed: without what was typed, there stands what is registered.
    assert ma_lan.submit(again, "清除重填").value("division") == "640104"


def test_what_was_reviewed_is_what_is_stored(ma_lan: LintingClient, app: Flask) -> None:
    review = ma_lan.submit(ma_lan.page("/registration"), "提交", division="640106")
    before = stored(app)
    another = ma_lan.submit(review, "提交", by_hand=True, division="640205")
    assert another.texts("ins") == ["变更为：惠农区"]
    assert stored(app) == before


def test_nothing_changed_is_said_and_nothing_stored(ma_lan: LintingClient, app: Flask) -> None:
    before = stored(app)
    page = ma_lan.submit(ma_lan.page("/registration"), "提交", 422)
    assert "您填的内容和已登记的一样，不用再提交。" in page.alert
    assert stored(app) == before


def test_a_business_owner_gives_the_code_of_the_licence(yang: LintingClient, app: Flask) -> None:
    yang.submit(
        yang.page("/registration"),
        "提交",
        division="640502",
        ethnic_group="03",
        address=ADDRESS,
        credit_code="9164 0100 MA75 ABCD ".replace(" ", "") + "0",
        status=422,
    )
    code = valid_business_code()
    done = yang.submit(
        yang.page("/registration"),
        "提交",
        division="640502",
        ethnic_group="03",
        address=ADDRESS,
        credit_code=code.lower(),
    )
    assert done.title == "提交成功"
    assert yang.page("/registration").value("credit_code") == code
    assert all(
        code not in str(value) for row in rows(app, "SELECT * FROM registration") for value in row
    )


@pytest.mark.parametrize(
    "typed",
    [
        "统一社会信用代码：{}。",
        "{} ",
        "９２６４0100ＭＡ75ＡＢＣＤ1{last}",
        "92640100-МА75АВСD1{last}",
        "9264O1OOMA75ABCDI{last}",
    ],
    ids=["words around it", "a blank", "full width", "Cyrillic letters and a hyphen", "O and I"],
)
def test_a_code_is_understood_however_it_is_typed(yang: LintingClient, typed: str) -> None:
    code = valid_business_code()
    form = yang.page("/registration")
    done = yang.submit(
        form, "提交", division="640502", ethnic_group="01", address=ADDRESS,
        credit_code=typed.format(code, last=code[-1]),
    )  # fmt: skip
    assert done.title == "提交成功"
    assert yang.page("/registration").value("credit_code") == code


@pytest.mark.parametrize("typed", ["无", "没有", "-", "／", "（无）"])
def test_a_code_that_says_there_is_none_is_none(yang: LintingClient, typed: str) -> None:
    form = yang.page("/registration")
    done = yang.submit(
        form, "提交", division="640502", ethnic_group="01", address=ADDRESS, credit_code=typed
    )
    assert done.title == "提交成功"
    assert yang.page("/registration").value("credit_code") == ""


@pytest.mark.parametrize(("code", "name"), [("97", "其他"), ("98", "外国血统中国籍人士")])
def test_who_belongs_to_none_of_the_56_groups_can_register(
    yang: LintingClient, app: Flask, code: str, name: str
) -> None:
    form = yang.page("/registration")
    assert name in form.texts("option")
    done = yang.submit(form, "提交", division="640502", ethnic_group=code, address=ADDRESS)
    assert done.title == "提交成功"
    assert yang.page("/registration").value("ethnic_group") == code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("银川市⻢家巷３号楼—２－５０１", "银川市马家巷3号楼-2-501"),
        ("银川市\u200b兴庆区（\ue863家巷）１号", "银川市兴庆区(䶮家巷)1号"),
        ("银川市\t兴庆区\r\n民族街　１号", "银川市 兴庆区 民族街 1号"),
    ],
)
def test_an_address_is_stored_in_the_characters_that_every_system_knows(
    yang: LintingClient, typed: str, kept: str
) -> None:
    form = yang.page("/registration")
    yang.submit(form, "提交", by_hand=True, division="640502", ethnic_group="01", address=typed)
    assert yang.page("/registration").value("address") == kept


def valid_business_code() -> str:
    """A well-formed 统一社会信用代码 (GB 32100)."""
    from stdnum.cn.uscc import calc_check_digit

    first = "92640100MA75ABCD1"
    return first + str(calc_check_digit(first))


def test_with_htmx_a_registration_leads_to_the_done_page(yang: LintingClient) -> None:
    answer = yang.submit(
        yang.page("/registration"),
        "提交",
        htmx=True,
        follow=False,
        division="640502",
        ethnic_group="01",
        address=ADDRESS,
    )
    assert answer.location == "/registration/done"


def test_the_done_page_without_a_registration_leads_to_the_form(yang: LintingClient) -> None:
    assert yang.page("/registration/done").path == "/registration"


BAD = [
    pytest.param({"division": ""}, "division", "请选择参保地区", id="empty division"),
    pytest.param({"division": "110101"}, "division", "请选择参保地区", id="unknown division"),
    pytest.param({"division": "640100"}, "division", "请选择参保地区", id="a whole city"),
    pytest.param({"division": "64050x"}, "division", "请选择参保地区", id="odd division"),
    pytest.param({"ethnic_group": ""}, "ethnic_group", "请选择民族", id="empty ethnic group"),
    pytest.param({"ethnic_group": "57"}, "ethnic_group", "请选择民族", id="no 57th ethnic group"),
    pytest.param({"ethnic_group": "汉族"}, "ethnic_group", "请选择民族", id="a name for a code"),
    pytest.param({"address": ""}, "address", "请输入通讯地址", id="no address"),
    pytest.param({"address": "红寺堡镇"}, "address", "请写到村组或门牌号", id="a township"),
    pytest.param({"address": "一"}, "address", "请输入通讯地址", id="an address of 1 character"),
    pytest.param({"address": "路" * 1000}, "address", "现在有 1000 个", id="1,000 characters"),
    pytest.param({"address": "路" * 201}, "address", "最多 200 个字", id="201 characters"),
    pytest.param(
        {"credit_code": "91640100MA75ABCD12"},
        "credit_code",
        "统一社会信用代码不对",
        id="wrong check digit of the licence",
    ),
    pytest.param(
        {"credit_code": "11010519491231002X"},
        "credit_code",
        "这是身份证号",
        id="an ID number for the licence",
    ),
    pytest.param({"address": "银川市\ue000家巷1号"}, "address", "旧字库", id="a private character"),
    pytest.param({"credit_code": "1"}, "credit_code", "统一社会信用代码不对", id="short licence"),
]


@pytest.mark.parametrize(("typed", "field", "says"), BAD)
def test_bad_input_is_refused_beside_its_field_and_nothing_typed_is_lost(
    yang: LintingClient, app: Flask, typed: dict[str, str], field: str, says: str
) -> None:
    whole = {"division": "640502", "ethnic_group": "01", "address": ADDRESS, "credit_code": ""}
    before = stored(app)
    page = yang.submit(yang.page("/registration"), "提交", 422, by_hand=True, fill=whole | typed)
    assert list(page.errors) == [field]
    assert says in page.errors[field]
    assert says in page.alert
    kept = {name: page.value(name) for name in whole}
    # A code that is none of the list cannot be shown as chosen; everything else stands as typed.
    refused_choice = {field: ""} if field in ("division", "ethnic_group") else {}
    assert kept == whole | typed | refused_choice
    assert stored(app) == before


def test_everything_wrong_is_said_at_once(yang: LintingClient) -> None:
    page = yang.submit(yang.page("/registration"), "提交", 422)
    assert set(page.errors) == {"division", "ethnic_group", "address"}


def test_an_address_of_exactly_the_limit_is_taken_and_blanks_are_tidied(
    yang: LintingClient,
) -> None:
    done = register(yang, address="  " + "路" * 99 + "   " + "院" * 100 + " ")
    assert done.facts()["通讯地址"] == "路" * 99 + " " + "院" * 100


def test_what_is_typed_is_shown_as_text_never_as_markup(yang: LintingClient) -> None:
    done = register(yang, address='金凤<script>alert("1")</script>"><b>')
    assert done.facts()["通讯地址"] == '金凤<script>alert("1")</script>"><b>'
    assert not done.all("b")


def test_the_review_has_an_address_of_its_own_and_a_double_tap_leads_there_too(
    ma_lan: LintingClient, app: Flask
) -> None:
    form = ma_lan.page("/registration")
    before = stored(app)
    for _ in range(2):
        review = ma_lan.submit(form, "提交", division="640106")
        assert review.path == "/registration/review"
        assert review.texts("ins") == ["变更为：金凤区"]
    assert ma_lan.page("/registration").value("division") == "640106"
    assert stored(app) == before
    ma_lan.submit(review, "提交")
    # Back from 提交成功: there is nothing left to review.
    assert ma_lan.page("/registration/review").path == "/registration"
