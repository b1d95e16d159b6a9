"""What the own model learns from, read from a course and from the record's state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from antagonist.feedback.events import Event, NewEvent
from antagonist.feedback.own_model.case import Case
from antagonist.feedback.own_model.file import load_case, parse_case
from antagonist.feedback.own_model.from_record import case_of
from antagonist.feedback.payloads import checked_payload
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.feedback.state import folded
from antagonist.foundation.errors import InputError

EXAMPLE = Path(__file__).parents[4] / "examples" / "levels" / "own_model.yaml"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEVEL = {"analyte": "6_beta_naltrexol", "matrix": "plasma", "below_limit": False,
         "value_ng_per_ml": 9.0, "limit_ng_per_ml": 0.5}  # fmt: skip


def content(**changes: Any) -> dict[str, Any]:
    """A small course, its times as text."""
    return {
        "timezone": "UTC", "as_of": "2026-03-05 09:00",
        "doses": [
            {"product": "oral_tablet", "dose": "50 mg", "at": "2026-03-02 09:00", "every": "1 d",
             "times": 3, "missed": ["2026-03-03"], "evidence": "electronic_cap"},
            {"product": "oral_tablet", "dose": "100 mg", "at": "2026-03-01 21:00",
             "evidence": "observed"},
        ],
        **changes,
    }  # fmt: skip


def test_a_course_gives_every_planned_dose_with_its_evidence() -> None:
    case = parse_case(content(), "x.yaml")
    assert [(d.time_h, d.dose_mg, d.evidence) for d in case.known.doses] == [
        (0.0, 100.0, "observed"), (12.0, 50.0, "electronic_cap"), (36.0, 50.0, "missed"),
        (60.0, 50.0, "electronic_cap"),
    ]  # fmt: skip
    assert case.course.as_of_h == 84.0


def test_levels_urine_and_counts_keep_the_courses_clock() -> None:
    case = parse_case(
        content(
            levels=[{"at": "2026-03-02 21:00", "analyte": "naltrexone", "below_ng_per_ml": 0.5}],
            urine=[{"at": "2026-03-02 09:00", "positive": True}],
            pill_counts=[{"from": "2026-03-01 21:00", "until": "2026-03-03 21:00", "gone": 2}],
        ),
        "x.yaml",
    )
    (level,), (urine,), (count,) = case.known.levels, case.known.urine, case.known.pill_counts
    assert (level.time_h, level.value_ng_per_ml, level.limit_ng_per_ml) == (24.0, None, 0.5)
    assert (urine.time_h, urine.positive) == (12.0, True)
    assert (count.from_h, count.until_h, count.gone) == (0.0, 48.0, 2)


def test_the_example_is_read() -> None:
    case = load_case(EXAMPLE)
    assert len(case.known.doses) == 15
    assert len(case.known.levels) == 6
    assert case.known.covariates["weight_kg"] == 78


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": [{"at": "2026-03-02 21:00", "analyte": "naltrexone"}]},
         ("levels[0].value_ng_per_ml", "below_ng_per_ml")),
        ({"levels": [{"at": "2026-03-02 21:00", "analyte": "naloxone", "value_ng_per_ml": 1}]},
         ("levels[0].analyte", "naloxone")),
        ({"levels": [{"at": "soon", "analyte": "naltrexone", "value_ng_per_ml": 1}]},
         ("levels[0].at", "soon")),
        ({"urine": {"at": "2026-03-02 21:00"}}, ("urine", "a list")),
        ({"pill_counts": [{"from": "2026-03-03 09:00", "until": "2026-03-02 09:00", "gone": 1}]},
         ("pill_counts[0].until", "later")),
        ({"doses": [{"product": "oral_tablet", "dose": "50 mg", "at": "2026-03-02 09:00",
                     "evidence": "rumour"}]}, ("doses[0].evidence", "rumour")),
    ],
)  # fmt: skip
def test_a_course_that_is_not_allowed_is_named(
    changes: Mapping[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as error:
        parse_case(content(**changes), "x.yaml")
    for word in ("x.yaml", *words):
        assert word in str(error.value)


def on_record(*what: tuple[str, timedelta, Mapping[str, Any]]) -> Case:
    """The case of a patient with some events: kind, time after noon of 1 May, payload."""
    events = []
    for n, (kind, after, payload) in enumerate(what, start=1):
        kept = checked_payload(NewEvent(kind, NOON + after, payload, NEWEST[kind], None))
        events.append(Event(
            f"e{n}", "p1", n, kind, NEWEST[kind], NOON + after, NOON + 99 * DAY, "ann", "nurse",
            "visit", None, json.loads(kept), "0" * 64,
        ))  # fmt: skip
    return case_of(folded(events, NOON + 10 * DAY), "UTC")


def test_doses_on_record_keep_how_they_are_known() -> None:
    case = on_record(
        ("dose", 0 * DAY, {"dose_mg": 50, "status": "observed", "observed_by": "n",
                           "mouth_checked": True}),
        ("dose", 1 * DAY, {"dose_mg": 50, "status": "observed", "observed_by": "n"}),
        ("dose", 2 * DAY, {"dose_mg": 100, "status": "reported"}),
        ("dose", 3 * DAY, {"dose_mg": 50, "status": "refused"}),
        ("injection", 4 * DAY, {"product": "vivitrol-us-380", "dose_mg": 380, "lot": "L",
                                "expiry": "2027-01-31", "side": "left", "given_by": "n"}),
    )  # fmt: skip
    assert [(d.time_h, d.evidence, d.id) for d in case.known.doses] == [
        (0.0, "observed_mouth_checked", "e1"), (24.0, "observed", "e2"), (48.0, "reported", "e3"),
        (72.0, "refused", "e4"), (96.0, "given", "e5"),
    ]  # fmt: skip
    assert case.known.doses[4].product == "xr_im_380"
    assert case.course.as_of_h == 240.0
    assert len(case.course.subject.records) == 4  # the refused one is no dose of the course


def test_levels_and_urine_on_record_are_told_apart() -> None:
    urine = {**LEVEL, "matrix": "urine"}
    case = on_record(
        ("dose", 0 * DAY, {"dose_mg": 50, "status": "reported"}),
        ("level", 1 * DAY, LEVEL),
        ("level", 2 * DAY, {k: v for k, v in LEVEL.items() if k != "value_ng_per_ml"}
         | {"below_limit": True}),
        ("level", 3 * DAY, urine),
        ("urine_drug_test", 4 * DAY, {"taken": "2026-05-05T11:00Z", "method": "immunoassay",
                                      "results": {"6_beta_naltrexol": "negative"}}),
    )  # fmt: skip
    assert [(x.time_h, x.value_ng_per_ml, x.limit_ng_per_ml, x.id) for x in case.known.levels] == [
        (24.0, 9.0, 0.5, "e2"), (48.0, None, 0.5, "e3"),
    ]  # fmt: skip
    assert [(u.time_h, u.positive) for u in case.known.urine] == [(72.0, True), (95.0, False)]


def test_a_record_without_doses_is_refused() -> None:
    with pytest.raises(InputError, match="a dose on record"):
        on_record(("level", 1 * DAY, LEVEL))


def test_the_example_file_is_plain_yaml() -> None:
    assert set(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))) >= {"levels", "urine"}
