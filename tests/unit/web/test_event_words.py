"""Every kind of event has a line in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from antagonist.feedback.events import Event
from antagonist.feedback.identity import Identity
from antagonist.feedback.payloads.registry import MODELS, NEWEST
from antagonist.web.actions.keeping import Kept
from antagonist.web.actions.naming import age_on, birth_date_of, shown_name
from antagonist.web.chart.timeline import LANE_OF
from antagonist.web.event_words import KINDS, text_of
from antagonist.web.language import Reader

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
EN, RU = Reader("en", UTC), Reader("ru", UTC)


def told(
    kind: str, payload: Mapping[str, Any], reader: Reader = EN, version: int | None = None
) -> str:
    """An event's line."""
    return text_of(
        Event("e", "p", 1, kind, version or NEWEST[kind], AT, AT, "x", "nurse", "visit", None,
              payload, ""), reader,
    )  # fmt: skip


def test_every_kind_is_named() -> None:
    assert set(KINDS) | set(LANE_OF) == set(MODELS)


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("vital_signs", {"pulse_per_min": 74.0, "temperature_c": 36.65},
         "Vital signs, pulse 74 /min, temperature 36.65 °C"),
        ("global_impression", {"scale": "CGI-S", "value": 3}, "Global impression, CGI-S 3"),
        ("alcohol_day", {"date": "2026-04-30", "grams": 20},
         "Alcohol of a day, 30 Apr 2026, 20 g of ethanol"),
        ("use_calendar", {"substance": "opioid", "first": "2026-04-01", "last": "2026-04-28",
         "days": ["2026-04-02"]},
         "Calendar of use, opioids, 1 Apr 2026 – 28 Apr 2026, 1 day with use"),
        ("naloxone_kit", {"kits": 2, "trained": False}, "Naloxone handed out, 2, not trained"),
        ("consent", {"to": "treatment", "given": False},
         "Consent, treatment, withdrawn or refused"),
        ("allergies", {"asked_on": "2026-04-01", "to": [], "source": "x"}, "Allergies, none known"),
        ("medicines", {"asked_on": "2026-04-01", "taken": [{"name": "ibuprofen"}], "source": "x"},
         "Medicines, ibuprofen"),
        ("hospital_stay", {"first": "2026-04-01"}, "In hospital, 1 Apr 2026"),
        ("departure", {"how": "prison", "date": "2026-04-01", "note": "two years"},
         "Left the programme, prison, 1 Apr 2026, «two years»"),
        ("plan_change", {"reason": "wish"}, "Plan, none from here on, «wish»"),
        ("override", {"reason": "benefit", "second_person": "head", "decision": "d"},
         "Went past a decision, «benefit», second person: head"),
        ("retraction", {"reason": "wrong"}, "Taken back, «wrong»"),
        ("alarm_acknowledged", {"alarm": "a"}, "Alarm seen to"),
    ],
)  # fmt: skip
def test_a_line_says_the_main_values(kind: str, payload: Mapping[str, Any], expected: str) -> None:
    assert told(kind, payload) == expected
    assert told(kind, payload, RU) != expected


def test_an_older_version_is_brought_up() -> None:
    said = {"test": "alt", "value": 31.0, "unit": "U/L"}
    assert told("lab", said, version=1) == told("lab", {**said, "specimen": "blood"})


def test_names_by_language_and_what_is_left_without_one() -> None:
    names = {"family": "Демо", "given": "Анна", "latin": "Demo Anna", "birth_date": "1994-05-17"}
    identity = Identity(names, ())
    assert (shown_name(identity, "p", EN), shown_name(identity, "p", RU)) == (
        "Demo Anna",
        "Демо Анна",
    )
    assert shown_name(Identity({"name": "Whole"}, ()), "p", RU) == "Whole"
    assert shown_name(None, "12345678-9", EN) == "Without a name, 12345678"
    born = birth_date_of(identity)
    assert born is not None
    assert [age_on(born, day) for day in (AT.date(), AT.date().replace(day=17))] == [31, 32]
    assert birth_date_of(Identity({"birth_date": "spring"}, ())) is None


def test_what_was_not_used_lately_is_kept_no_longer() -> None:
    kept: Kept[str, int] = Kept(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]
