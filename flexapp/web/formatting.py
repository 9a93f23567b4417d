"""Formatting of amounts, dates and times for display, shared by all pages."""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask
from markupsafe import Markup

from flexapp.rules.money import plain, yen
from flexapp.web.clock import BEIJING


def moment(value: datetime) -> str:
    """A time in Beijing, "2026-11-23 09:05"."""
    return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def moment_in_page(value: datetime) -> Markup:
    """Like `moment`, as markup that prevents a line break at a hyphen of the date."""
    date_part, _, time_part = moment(value).partition(" ")
    return Markup("<time>{}</time> {}").format(date_part, time_part)


def day(value: date) -> str:
    """A date in Chinese, "1985年3月12日"."""
    return f"{value.year}年{value.month}月{value.day}日"


def spoken_moment(value: datetime) -> str:
    """A recent time in Beijing, without the year, "11月25日 10:20"."""
    local = value.astimezone(BEIJING)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def greeting(value: datetime) -> str:
    """The greeting for this hour in Beijing."""
    hour = value.astimezone(BEIJING).hour
    if hour < 6:
        return "夜深了"
    if hour < 12:
        return "上午好"
    return "下午好" if hour < 18 else "晚上好"


def init_app(app: Flask) -> None:
    """Register the template filters."""
    app.jinja_env.filters.update(plain=plain, yen=yen, moment=moment_in_page, day=day)
    app.jinja_env.filters["spoken_moment"] = spoken_moment
