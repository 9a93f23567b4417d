"""Reading QR codes, and asking the registry of channels directly."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.support.codes import read_code

ReadQr = Callable[[str, int], str]


@pytest.fixture
def read_qr() -> ReadQr:
    """`read_qr(path, modules)` is the text a decoder finds in the code that `path` draws."""
    return read_code


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application, with the test inside its context: what is asked may ask the database."""
    with app.app_context():
        yield app
