"""The table of OWASP ASVS 5.0.0: complete, and what it names is there. Verdicts are people's."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass

import pytest

from tests.architecture.checkout import ROOT

DOCUMENT = ROOT / "docs" / "asvs.md"

CHAPTERS = {
    1: (8, 19),
    2: (4, 7),
    3: (8, 11),
    4: (2, 8),
    5: (4, 5),
    6: (13, 22),
    7: (6, 12),
    8: (4, 3),
    9: (4, 3),
    10: (5, 24),
    11: (3, 11),
    12: (3, 6),
    13: (1, 12),
    14: (2, 7),
    15: (3, 10),
    16: (0, 16),
    17: (0, 7),
}
"""How many requirements of level 1 and of level 2 each chapter has, counted in the standard's own
list (OWASP_Application_Security_Verification_Standard_5.0.0_en.csv): 70 and 183."""

VERDICTS = ("met", "partly", "not met", "n/a")
NAMED = re.compile(
    r"`((?:flexapp|templates|static|deploy|docs|tests)/[\w./-]+|[\w-]+\.(?:md|py|toml|txt|json))`"
)
LIBRARIES = {
    "argon2": "Argon2id",
    "cryptography": "AES-256-GCM",
    "itsdangerous": "itsdangerous",
    "joserfc": "joserfc",
    "pyotp": "TOTP",
    "hashlib": "SHA-256",
    "hmac": "HMAC-SHA-256",
    "secrets": "secrets",
}
"""What the code does cryptography with, and the word for it in the inventory."""


@dataclass(frozen=True)
class Row:
    """One requirement as the table has it."""

    number: str
    level: str
    asks: str
    verdict: str
    where: str
    test: str


def document() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def table() -> list[Row]:
    lines = [line for line in document().splitlines() if re.match(r"\| \d+\.\d+\.\d+ \|", line)]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]


ROWS = table()
BY_NUMBER = [pytest.param(row, id=row.number) for row in ROWS]


def test_every_requirement_of_levels_one_and_two_is_there_once() -> None:
    numbers = [row.number for row in ROWS]
    assert len(numbers) == len(set(numbers)) == 253
    found = Counter((int(row.number.split(".")[0]), row.level) for row in ROWS)
    assert {c: (found[c, "1"], found[c, "2"]) for c in CHAPTERS} == CHAPTERS
    assert set(found) <= {(c, level) for c in CHAPTERS for level in "12"}
    order = [tuple(map(int, number.split("."))) for number in numbers]
    assert order == sorted(order)


def test_the_sums_are_those_of_the_rows() -> None:
    said = dict(re.findall(r"^\| (V\d+|all) [^|]*\|(.*)\|$", document(), re.MULTILINE))
    for name in [*(f"V{chapter}" for chapter in CHAPTERS), "all"]:
        of_it = [row for row in ROWS if name == "all" or row.number.split(".")[0] == name[1:]]
        counted = [sum(row.level == level for row in of_it) for level in "12"]
        counted += [sum(row.verdict == verdict for row in of_it) for verdict in VERDICTS]
        assert [int(cell) for cell in said[name].split("|")] == counted, name
    threats = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    assert f"{counted[3] + counted[4]} of {len(ROWS)} not, or in" in threats


@pytest.mark.parametrize("row", BY_NUMBER)
def test_a_row_says_where_or_why_and_what_it_names_exists(row: Row) -> None:
    assert row.verdict in VERDICTS
    assert row.where
    assert 1 <= len(row.asks.split()) <= 8
    for name in NAMED.findall(row.where):
        assert (ROOT / name).exists(), name
    if row.test:
        file, _, name = row.test.strip("`").partition("::")
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_inventory_names_what_the_code_imports() -> None:
    inventory = document().partition("## Inventory of cryptography")[2]
    imported: set[str] = set()
    for file in (ROOT / "flexapp").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    used = imported & LIBRARIES.keys()
    assert len(used) >= 7
    assert not [name for name in used if LIBRARIES[name] not in inventory]
    assert not imported & {"Crypto", "nacl", "gmssl", "rsa"}
    assert NAMED.findall(inventory)
    for name in NAMED.findall(inventory):
        assert (ROOT / name).exists(), name
