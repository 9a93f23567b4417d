"""Who may use the machine API, and what everybody else is told."""

from pathlib import Path

import pytest

from flexapp.taxbureau import create_taxbureau
from tests.taxbureau.conftest import BEARER, CONTENT, SERIAL, TOKEN, Bureau, problem, ticking


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer \xe9\xff"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"/v1/assessments/{SERIAL}"),
        ("GET", f"/v1/assessments/{SERIAL}"),
        ("POST", f"/v1/assessments/{SERIAL}/revocation-requests"),
        ("GET", "/v1/changes"),
        ("GET", "/v1/assessments"),
    ],
)
def test_without_the_right_token_nothing_is_told_or_taken(
    bureau: Bureau, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = bureau.client.open(path, method=method, json=CONTENT, headers=headers)
    assert problem(answer, 401)["reason"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert bureau.events() == []


def test_an_unknown_address_or_method_of_the_api_is_a_problem_document(bureau: Bureau) -> None:
    problem(bureau.get("/v1/nothing"), 404)
    answer = bureau.client.delete(f"/v1/assessments/{SERIAL}", headers=BEARER)
    problem(answer, 405)
    assert "PUT" in answer.headers["Allow"]


@pytest.mark.parametrize("token", ["", "two words", "a\nb"])
def test_a_token_that_no_header_can_carry_is_refused_at_the_start(
    database: Path, token: str
) -> None:
    with pytest.raises(ValueError, match="token"):
        create_taxbureau(database_path=database, token=token, now=ticking())
