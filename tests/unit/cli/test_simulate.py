"""Options of simulate read from text, and the documented schema of its JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from antagonist.cli.histories import folder_names
from antagonist.cli.schema_simulate import json_schema
from antagonist.cli.simulate import SCHEMA, read_challenge, read_formats, read_hours
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import Course, Subject

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "schemas"


def test_the_documented_schema_is_current() -> None:
    name = SCHEMA.removeprefix("antagonist.").replace("/", "-")
    documented = (SCHEMAS / f"{name}.json").read_text(encoding="utf-8")
    assert documented == json_schema(), "python -m antagonist.cli.schema_simulate > that file"


def test_challenge() -> None:
    assert read_challenge("Heroin IV 25 mg") == ("heroin", "iv", 25.0)
    assert read_challenge("fentanyl iv 100ug") == ("fentanyl", "iv", 0.1)


@pytest.mark.parametrize(
    "text",
    ["", "heroin", "heroin 25 mg", "heroin rectal 25 mg", "heroin iv 0 mg", "heroin iv 1 kg"],
)
def test_challenge_that_is_not_allowed(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_challenge(text)
    assert caught.value.source == "--challenge"


def test_hours_are_sorted_and_stand_once() -> None:
    assert read_hours(["2 d", "24h", "48 h"]) == (24.0, 48.0)
    assert read_hours([]) is read_hours(None) is None
    with pytest.raises(InputError, match="at most 366 d after now"):
        read_hours(["367 d"])


def test_formats() -> None:
    assert read_formats("svg, HTML,svg") == ("svg", "html")
    with pytest.raises(InputError, match="--format: '' is not allowed"):
        read_formats("html,")


def test_folder_names_stay_inside_and_apart() -> None:
    def courses(*ids: str) -> list[Course]:
        return [Course("t", Subject(name, ()), 0.0, 1.0, "UTC") for name in ids]

    assert folder_names(courses("7", "../x", "..", "Я 1")) == ["7", "_x", "_", "Я_1"]
    with pytest.raises(InputError, match="IDs that differ"):
        folder_names(courses("a/b", "a_b"))
