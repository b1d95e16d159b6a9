"""The API describes itself wholly, and the reference page is made from that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antagonist.web.answers import PROBLEM
from antagonist.web.api.common import ERRORS
from antagonist.web.api.description import description, words
from antagonist.web.api_page import main, page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
OPERATIONS = {
    said["operationId"]: said for ways in description()["paths"].values() for said in ways.values()
}


def test_the_page_is_current(tmp_path: Path) -> None:
    """If it is not: python -m antagonist.web.api_page docs/reference."""
    assert PAGE.read_text(encoding="utf-8") == page()
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "api.md").read_text(encoding="utf-8") == page()
    assert main([]) == 2


def test_every_endpoint_has_an_id_of_its_own() -> None:
    ways = [said for ways in description()["paths"].values() for said in ways.values()]
    assert len(ways) == len(OPERATIONS) > 40
    # programs made from the description call these by name
    assert {
        "today_get_today", "events_record", "patient_post_forecast", "plans_make",
        "screening_screen", "programme_run",
    } <= set(OPERATIONS)  # fmt: skip


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_endpoint_is_described(name: str) -> None:
    said: Any = OPERATIONS[name]
    assert said["summary"]
    assert len(said["summary"]) < 100
    assert "For " in said["description"]
    assert set(said["tags"]) <= set(words().tags)
    assert said["security"] == [{"token": []}]
    for status in ERRORS:
        assert set(said["responses"][str(status)]["content"]) == {PROBLEM}
    good = [one for status, one in said["responses"].items() if status.startswith("2")]
    assert len(good) == 1
    for kind, content in good[0]["content"].items():
        assert kind != "application/json" or content["schema"], name
    for parameter in said.get("parameters", ()):
        where = parameter.get("description") or parameter["schema"].get("description")
        assert where, (name, parameter["name"])


def test_every_subject_is_used_and_told() -> None:
    used = {tag for said in OPERATIONS.values() for tag in said["tags"]}
    assert used == set(words().tags)


@pytest.mark.parametrize("model", sorted(description()["components"]["schemas"]))
def test_every_model_is_described(model: str) -> None:
    assert description()["components"]["schemas"][model].get("description"), model
