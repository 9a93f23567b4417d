"""Months and days as people and spreadsheets write them; which of them could mean two things."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexapp.rules.dates import read_date, read_month
from flexapp.rules.periods import Month
from flexapp.rules.refusal import Refusal

JANUARY, MARCH, OCTOBER = Month(2019, 1), Month(2019, 3), Month(2019, 10)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2019-03", MARCH),
        ("2019-3", MARCH),
        ("2019/3", MARCH),
        ("2019/03", MARCH),
        ("2019.3", MARCH),
        ("2019.03", MARCH),
        ("2019.01", JANUARY),
        ("2019.10", OCTOBER),
        ("2019－０３", MARCH),
        ("２０１９／３", MARCH),
        ("2019—3", MARCH),
        (" 2019 - 3 ", MARCH),
        ("201903", MARCH),
        ("2019年3月", MARCH),
        ("2019 年 03 月", MARCH),
        ("2019年3月份", MARCH),
        ("二〇一九年三月", MARCH),
        ("二零一九年十月", OCTOBER),
        ("2019年三月", MARCH),
        ("2019-03-01", MARCH),
        ("2019/3/1", MARCH),
        ("2019/3/31", MARCH),
        ("2019.3.1", MARCH),
        ("20190301", MARCH),
        ("2019年3月1日", MARCH),
        ("2019年03月01号", MARCH),
        ("2019-03-01 00:00:00", MARCH),
        ("2019-03-01T00:00:00", MARCH),
        ("2019/3/1 0:00", MARCH),
        ("Mar-19", MARCH),
        ("mar-2019", MARCH),
        ("Mar 2019", MARCH),
        ("March 2019", MARCH),
        ("2019-Mar", MARCH),
        ("Jan-19", JANUARY),
        ("Dec-98", Month(1998, 12)),
        ("1-Mar-19", MARCH),
        ("01-Mar-2019", MARCH),
        ("March 1, 2019", MARCH),
        ("3/31/2019", MARCH),
        ("31/3/2019", MARCH),
        ("3/3/2019", MARCH),
    ],
)
def test_a_month_is_read_however_it_is_written(text: str, month: Month) -> None:
    assert read_month(text) == month


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2019.1", "10 月"),
        ("19-Jan", "哪一年"),
        ("1-Mar", "哪一年"),
        ("3/4/2019", "哪个是月"),
        ("4-3-2019", "哪个是月"),
        ("19/3", "写四位"),
        ("19-3-1", "写四位"),
        ("19年3月", "写四位"),
        ("43525", "2019-03-01"),
        ("43525.0", "2019-03-01"),
    ],
)
def test_what_could_mean_two_things_is_refused_and_says_which(text: str, says: str) -> None:
    for read in (read_month, read_date):
        found = read(text, what="缴费开始年月")
        assert isinstance(found, Refusal)
        assert found.reason == "month_ambiguous"
        assert found.sentence.startswith("缴费开始年月“")
        assert says in found.sentence


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("2019", "malformed"),
        ("3月", "malformed"),
        ("2019Q1", "malformed"),
        ("2019 3", "malformed"),
        ("2019-03-01 08:30", "malformed"),
        ("2019-02-28T16:00:00Z", "malformed"),
        ("2019-3/1", "malformed"),
        ("2019-001", "malformed"),
        ("1903", "malformed"),
        ("#######", "malformed"),
        ("十十月", "malformed"),
        ("2019-13", "impossible"),
        ("2019-00", "impossible"),
        ("201900", "impossible"),
        ("2019年十三月", "impossible"),
        ("2019-02-30", "impossible"),
        ("31/13/2019", "impossible"),
        ("0019-03", "impossible"),
        ("3019-03", "impossible"),
    ],
)
def test_anything_else_is_refused_with_how_to_write_it(text: str, reason: str) -> None:
    found = read_month(text)
    assert isinstance(found, Refusal)
    assert found.reason == f"month_{reason}"
    assert reason == "missing" or "2018-01" in found.sentence


@pytest.mark.parametrize(
    "text",
    ["2019-03-01", "2019/3/1", "2019年3月1日", "20190301", "1-Mar-19", "2019-03-01 00:00:00"],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert read_date(text) == date(2019, 3, 1)


@pytest.mark.parametrize("text", ["2019-03", "Mar-19", "201903", "2019年3月"])
def test_a_month_is_no_day(text: str) -> None:
    found = read_date(text)
    assert isinstance(found, Refusal)
    assert "缺了日" in found.sentence


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_written_with_its_year_in_front_is_read_back(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day.day}-{day:%b}-{day.year}",
    ):
        assert read_date(text) == day
        assert read_month(text) == Month.of(day)


@given(st.text(max_size=12))
def test_nothing_written_is_answered_with_a_fault(text: str) -> None:
    assert isinstance(read_month(text), Month | Refusal)
    assert isinstance(read_date(text), date | Refusal)
