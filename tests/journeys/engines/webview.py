"""What a person sees and does in a webview, by visible labels and names, in any engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    NoSuchFrameException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE = 15
PASSING = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    NoSuchFrameException,
    StaleElementReferenceException,
)
"""What may be so for a moment, while a page gives way to another (WebKit: a frame without one)."""

Seen = TypeVar("Seen")

CHOSEN = """
const value = (id) => document.getElementById(id).value;
const text = (id) => document.getElementById(id).innerText.trim();
const marked = [...document.querySelectorAll('#months [aria-current]')];
return {
  start: value('start'), end: value('end'), base: value('base'),
  words: text('chosen'), read_back: text('read-back'),
  marked: marked.map((link) => parseInt(link.textContent, 10)),
};
"""


@dataclass(frozen=True)
class Chosen:
    """The two lists, the box, the sentence, what the number means, and the months marked."""

    start: str
    end: str
    base: str
    words: str
    read_back: str
    marked: tuple[int, ...]


class Webview:
    """The part of an app that shows the pages of the site at `url`."""

    def __init__(self, driver: WebDriver, url: str) -> None:
        self._driver = driver
        self._url = url

    # What a person does

    def open(self, path: str) -> None:
        """The app opens an address."""
        self._driver.get(self._url + path)

    def back(self) -> None:
        """The way back that the app offers."""
        self._driver.back()

    def reload(self) -> None:
        """The page anew."""
        self._driver.refresh()

    def path(self) -> str:
        """Where it is now."""
        return self._driver.current_url.removeprefix(self._url)

    def press(self, name: str) -> None:
        """Tap the button of exactly that name."""
        self._until(lambda: self._button(name).click(), f"no button {name} to press")

    def follow(self, name: str) -> None:
        """Tap the link that says this."""
        link = f"//a[contains(normalize-space(), '{name}')]"
        self._until(lambda: self._one(link).click(), f"no link {name}")

    def pick(self, label: str) -> None:
        """Tap one of several choices."""
        self._until(self._one(f"//label[normalize-space()='{label}']").click, f"no {label}")

    def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        self._until(lambda: self._field(label).send_keys(text), f"no field {label}")

    def choose(self, label: str, value: str) -> None:
        """Choose from a list."""
        self._until(lambda: Select(self._field(label)).select_by_value(value), f"no list {label}")

    # What a person sees

    def on(self, title: str, *texts: str) -> None:
        """Be on the page of that title with these texts on it."""

        def there() -> bool:
            shown = self._one("//body").text
            return self._driver.title == title and all(text in shown for text in texts)

        self._until(there, f"not on {title} with {texts}")

    def text(self) -> str:
        """Everything that can be read."""
        return self._until(lambda: self._one("//body").text, "no page")

    def value(self, label: str) -> str:
        """What stands in a field."""
        return self._until(lambda: str(self._field(label).get_property("value")), f"no {label}")

    def options(self, label: str) -> list[str]:
        """The values that a list offers."""

        def offered() -> list[str]:
            found = Select(self._field(label)).options
            return [str(option.get_property("value")) for option in found]

        return self._until(offered, f"no list {label}")

    def chosen(self) -> Chosen:
        """What the form of 核定 says in each of its places."""
        found = self._asked(CHOSEN)
        return Chosen(**{**found, "marked": tuple(found["marked"])})

    def at(self, *paths: str) -> str:
        """Be at one of these addresses of the site, its page loaded; which one it is."""

        def there() -> bool:
            state = self._driver.execute_script("return document.readyState")
            here = self._driver.current_url.removeprefix(self._url)
            return here in paths and state == "complete"

        self._until(there, f"not at {' or '.join(paths)}")
        return self._driver.current_url.removeprefix(self._url)

    # What an expert looks for

    def stuck(self) -> list[str]:
        """The buttons that cannot be pressed."""
        found: list[str] = self._asked(
            "return [...document.querySelectorAll('button:disabled')].map(b => b.textContent)"
        )
        return found

    def has_title_bar(self) -> bool:
        """Whether our own title or way back can be seen."""
        found: bool = self._asked(
            "return document.querySelector('h1').getBoundingClientRect().width > 1"
            " || document.querySelector('header .back') !== null"
        )
        return found

    def referrer(self) -> str:
        """Where the page thinks that one came from."""
        return str(self._asked("return document.referrer"))

    def windows(self) -> int:
        """How many windows there are: a webview has one."""
        return len(self._driver.window_handles)

    def picture(self, path: Path) -> None:
        """Keep what it looks like."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._driver.save_screenshot(str(path))

    def _asked(self, script: str) -> Any:
        # In a list, so that an answer of false is an answer.
        wrapped = f"return [(() => {{ {script} }})()]"
        return self._until(lambda: self._driver.execute_script(wrapped), "no answer")[0]

    def _button(self, name: str) -> WebElement:
        return self._one(f"//button[normalize-space()='{name}'][not(@aria-hidden)]")

    def _field(self, label: str) -> WebElement:
        named = self._driver.find_element(By.XPATH, f"//label[normalize-space()='{label}']")
        return self._driver.find_element(By.ID, str(named.get_property("htmlFor")))

    def _one(self, xpath: str) -> WebElement:
        for found in self._driver.find_elements(By.XPATH, xpath):
            if found.is_displayed():
                return found
        raise NoSuchElementException(xpath)

    def _until(self, attempt: Callable[[], Seen], trouble: str) -> Seen:
        """The answer of `attempt` once it is one (None, from a click, is one as well)."""
        answers: list[Seen] = []

        def done(_: object) -> bool:
            answer = attempt()
            answers.append(answer)
            return answer is not False

        wait = WebDriverWait(self._driver, PATIENCE, 0.05, PASSING)
        try:
            wait.until(done)
        except TimeoutException:
            where = f"{self._driver.current_url} {self._driver.title}"
            raise AssertionError(f"{trouble}: {where}") from None
        return answers[-1]
