"""The SVG codes: read back by a real decoder from the very path that pages carry."""

from collections.abc import Callable

import pytest

from flexapp.web import qrcodes


@pytest.mark.parametrize(
    "texts",
    [
        ["http://127.0.0.1:8000/c/boc"],
        ["https://a.example/c/abc", "https://a.example/c/a-much-longer-code-1234"],
        [f"https://a-rather-long-host-name.social.security.example.org/c/{n}" for n in range(12)],
        ["a", "1234567890", "ABC-123", "中文"],
    ],
)
def test_every_code_says_its_text(texts: list[str], read_qr: Callable[[str, int], str]) -> None:
    assert [read_qr(code.path, code.modules) for code in qrcodes.draw(texts)] == texts


def test_codes_drawn_together_have_one_size() -> None:
    short, long = qrcodes.draw(["a", "b" * 60])
    assert short.modules == long.modules
    assert qrcodes.draw(["a"])[0].modules < short.modules


def test_equal_beginnings_give_equal_columns() -> None:
    """That is what makes a page of a dozen codes small; a free choice of mask would undo it."""
    first, *rest = qrcodes.draw([f"https://flexible.example.gov.cn/c/{n}" for n in range(10, 40)])
    columns = set(first.path.split("M"))
    # The columns on the left hold the error correction, which differs in every code.
    shared = [len(columns & set(code.path.split("M"))) for code in rest]
    assert min(shared) >= first.modules // 4, shared


def test_the_drawing_keeps_its_quiet_zone() -> None:
    (code,) = qrcodes.draw(["http://127.0.0.1:8000/c/boc"])
    # Four modules on each side; columns are strokes centred on whole numbers.
    assert code.side == code.modules + 8
    assert code.view_box == f"-4.5 -4 {code.side} {code.side}"
    assert code.ground == f"M-4.5 -4h{code.side}v{code.side}h-{code.side}z"


def test_nothing_to_draw_or_too_much_is_misuse() -> None:
    with pytest.raises(ValueError, match="no text"):
        qrcodes.draw([])
    with pytest.raises(ValueError, match="version"):
        qrcodes.draw(["x" * 3000])
