"""An event in one line: values with units, in both languages, no id where there is a word."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.record_entries import ENTRIES, Entry

from antagonist.feedback.events import Event
from antagonist.web.language import Reader
from antagonist.web.words.events import kind_name, said, said_payload

MOSCOW = ZoneInfo("Europe/Moscow")
EN, RU = Reader("en", MOSCOW), Reader("ru", MOSCOW)
DOSE = {
    "product": "revia-us-50", "route": "oral", "dose_mg": 50.0, "status": "observed",
    "observed_by": "Ivanova", "mouth_checked": False, "planned_at": "2026-05-01T06:00:00Z",
}  # fmt: skip


def test_a_dose_in_both_languages() -> None:
    assert said_payload("dose", DOSE, EN) == (
        "Dose by mouth: swallowed before somebody; 50 mg; ReVia, tablet, 50 mg; planned dose that "
        "it stands for: Fri 1 May 2026, 09:00 (MSK); observed by: Ivanova; "
        "mouth checked afterwards: no"
    )
    assert said_payload("dose", DOSE, RU) == (
        "Доза внутрь: принята под наблюдением; 50 мг; Ревиа, таблетка, 50 мг; плановая доза, "
        "которой она соответствует: пт 1 мая 2026 г., 09:00 (MSK); наблюдал(а): Ivanova; "
        "полость рта осмотрена после приёма: нет"
    )


def test_a_result_has_its_own_unit_and_a_score_its_band() -> None:
    lab = {"test": "bilirubin", "value": 1.2, "unit": "mg/dL", "specimen": "blood"}
    assert said_payload("lab", lab, RU) == (
        "Лабораторный анализ: Билирубин: 1,2 мг/дл; материал: кровь"
    )
    score = {"score": "phq_2", "values": {"interest": 1, "mood": 2}, "total": 3, "band": "positive"}
    assert said_payload("score", score, EN) == (
        "Score: PHQ-2 (depression screen): screen positive: go on with PHQ-9; total: 3"
    )


def test_an_empty_list_is_said_and_what_is_unknown_is_not() -> None:
    none = {"asked_on": "2026-05-01", "to": [], "unrelated": [], "source": "patient"}
    assert said_payload("allergies", none, EN).startswith("Allergies: asked on: 1 May 2026; none;")
    assert "mouth checked" not in said_payload("dose", {**DOSE, "mouth_checked": None}, EN)


@pytest.mark.parametrize("entry", [pytest.param(one, id=one.path) for one in ENTRIES])
def test_no_line_shows_an_id(entry: Entry) -> None:
    kind = entry.path.split("/")[0]
    for reader in (EN, RU):
        line = said_payload(kind, entry.payload, reader)
        assert line.startswith(kind_name(kind, reader))
        assert not re.search(r"\w_\w|True|False|None|\{", line), line


def test_an_old_version_is_said_as_the_newest() -> None:
    old = an_event("lab", {"test": "inr", "value": 1.1})
    assert said(old, EN) == "Laboratory result: INR: 1.1; specimen: not stated"


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("retraction", {"reason": "mixed up"}, "Entry taken back: reason: «mixed up»"),
        ("override", {"reason": "benefit", "second_person": "head", "decision": "d"},
         "Going past a decision: reason: «benefit»; second person: head"),
        ("plan_change", {"reason": "wish"}, "Change of plan: none from here on; «wish»"),
        ("alarm_acknowledged", {"alarm": "a"}, "Alarm seen to"),
        ("patient_created", {"program": "relapse prevention"}, "Record begun: relapse prevention"),
        ("decision", {"what": "screen", "result": {"answers": [
            {"product": "vivitrol-us-380", "verdict": "not_yet"}]}},
         "Computed decision: screening; Vivitrol, powder for injection, 380 mg: not yet"),
        ("alarm_raised", {"alarm": "no-such-rule", "severity": "urgent", "who": "prescriber",
                          "by": "2026-05-01T00:00:00+00:00", "facts": [], "key": "k"},
         "Alarm: URGENT; no-such-rule"),
    ],
)  # fmt: skip
def test_kinds_without_a_form_are_said_too(
    kind: str, payload: dict[str, Any], expected: str
) -> None:
    event = an_event(kind, payload)
    assert said(event, EN) == expected
    assert said(event, RU).startswith(kind_name(kind, RU))


def an_event(kind: str, payload: dict[str, Any]) -> Event:
    """An event of version 1."""
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return Event("e", "p", 1, kind, 1, at, at, "N", "nurse", "visit", None, payload, "h")
