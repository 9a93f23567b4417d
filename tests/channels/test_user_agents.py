"""Which phone and which app a user agent speaks of: strings as real browsers send them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flexapp.channels import service
from flexapp.channels.catalogue import App, Category
from flexapp.channels.user_agents import Platform, download_for, is_in, platform
from tests.channels.browsers import APPS, BLOCKED, BROWSERS, PHONES


@pytest.mark.parametrize(("name", "system"), PHONES.items())
def test_the_phone_is_known_by_its_system(name: str, system: Platform | None) -> None:
    assert platform((BLOCKED | APPS | BROWSERS)[name]) is system


def test_nothing_is_known_of_an_empty_or_a_foreign_user_agent() -> None:
    assert platform("") is None
    assert platform("curl/8.7.1") is None
    assert platform("x" * 5000 + " Android") is None


def inside(user_agent: str) -> list[str]:
    """The apps of the registry whose own browser this says it is."""
    return [app.code for app in service.registry().apps if is_in(app, user_agent)]


@pytest.mark.parametrize("name", BLOCKED)
def test_the_browsers_of_apps_not_usable_yet_are_known(name: str) -> None:
    code, _, _ = name.partition(" ")
    assert inside(BLOCKED[name]) == [code]


@pytest.mark.parametrize("name", [*APPS, *BROWSERS])
def test_no_other_browser_is_taken_for_one_of_them(name: str) -> None:
    assert inside((APPS | BROWSERS)[name]) == []


@pytest.mark.parametrize(
    "said",
    [
        "MicroMessengerPlugin/1.0",
        "NotMicroMessenger/8.0",
        "com.bank.MicroMessenger/1",
        "MicroMessenger-SDK/3",
        "AlipayClientLanguage/zh",
        "AlipayDefined(nt:WIFI)",
        "com.unionpay.chsp.plugin/2",
        "UnionPay/1.0 CloudPayments",
        "micromessenger/8.0",
    ],
)
def test_only_the_whole_word_counts(said: str) -> None:
    assert inside(f"Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 {said}") == []


@pytest.mark.parametrize("said", ["MicroMessenger", "(MicroMessenger/6.2)", "x;MicroMessenger;y"])
def test_the_word_counts_wherever_it_stands(said: str) -> None:
    assert inside(said) == ["wechat"]


def test_what_stands_behind_an_absurd_length_is_not_read() -> None:
    assert inside("x " * 5000 + "MicroMessenger") == []


BANK = App(code="bank", name="银行", category=Category.BANK, order=1)


def bank(**downloads: str) -> App:
    return replace(BANK, **downloads)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PHONES)
def test_a_phone_is_sent_to_the_configured_address_and_a_computer_is_not(name: str) -> None:
    said, system = (BLOCKED | APPS | BROWSERS)[name], PHONES[name]
    assert download_for(bank(), said) is None
    link = "https://apps.example/bank"
    assert download_for(bank(download=link), said) == (link if system else None)


def test_the_address_for_a_system_comes_before_the_one_for_all() -> None:
    both = bank(download_android="https://a.example", download_ios="https://i.example")
    android, iphone, harmony = "Android", "iPhone", "OpenHarmony"
    assert download_for(both, android) == "https://a.example"
    assert download_for(both, iphone) == "https://i.example"
    assert download_for(both, harmony) is None
    only = bank(download_android="https://a.example")
    assert download_for(only, iphone) is None
    rest = bank(download="https://all.example", download_ios="https://i.example")
    assert [download_for(rest, said) for said in (android, iphone, harmony)] == [
        "https://all.example",
        "https://i.example",
        "https://all.example",
    ]
