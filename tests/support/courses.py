"""Courses of patients for tests of the outcome measures, from plain events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from antagonist.feedback.events import Event
from antagonist.feedback.outcomes.course import Course, course_of
from antagonist.feedback.payloads.registry import NEWEST

MONDAY = date(2026, 1, 5)
TABLET, INJECTION, IMPLANT = (
    "naltrexone-hcl-us-chartwell-50",
    "vivitrol-us-380",
    "prodetoxone-implant-1000",
)
Told = tuple[str, int, Mapping[str, Any]]


def on(day: int) -> date:
    """Day n of a course, 0 = Monday 5 January 2026."""
    return MONDAY + timedelta(days=day)


def at(day: int, hour: int = 9) -> datetime:
    """An hour of day n, UTC."""
    return datetime(2026, 1, 5, hour, tzinfo=ZoneInfo("UTC")) + timedelta(days=day)


def course(told: Iterable[Told], today: int, patient: str = "p1") -> Course:
    """A course of events (kind, day, payload) as seen at noon of a day."""
    return course_of(patient, events(told, patient), at(today, 12))


def events(told: Iterable[Told], patient: str = "p1") -> list[Event]:
    """Events (kind, day, payload) as the record gives them."""
    return [
        Event(
            f"{patient}-{n}", patient, n, kind, NEWEST[kind], at(day), at(day), "a", "nurse",
            "visit", None, payload, "",
        )
        for n, (kind, day, payload) in enumerate(told, start=1)
    ]  # fmt: skip


def dose(day: int, mg: float = 50, status: str = "observed") -> Told:
    """One oral dose."""
    seen = {"observed_by": "nurse", "mouth_checked": True} if status == "observed" else {}
    return "dose", day, {"product": TABLET, "dose_mg": mg, "status": status, **seen}


def doses(days: Iterable[int], mg: float = 50, status: str = "observed") -> list[Told]:
    """Oral doses on some days."""
    return [dose(day, mg, status) for day in days]


def injection(day: int) -> Told:
    """One injection of 380 mg."""
    said = {"product": INJECTION, "dose_mg": 380, "lot": "L", "expiry": "2028-01-01"}
    return "injection", day, {**said, "side": "left", "given_by": "nurse"}


def urine(day: int, result: str = "negative", **more: Any) -> Told:
    """A urine test for opiates."""
    said = {"taken": on(day).isoformat(), "method": "immunoassay", "results": {"opiates": result}}
    return "urine_drug_test", day, {**said, **more}


def calendar(substance: str, first: int, last: int, days: Iterable[int] = ()) -> Told:
    """Days asked about, told on the last of them."""
    used = [on(day).isoformat() for day in days]
    said = {"substance": substance, "first": on(first).isoformat(), "last": on(last).isoformat()}
    return "use_calendar", last, {**said, "days": used}


def fact(name: str, value: Any) -> Told:
    """A fact on the first day."""
    return "fact", 0, {"fact": name, "value": value, "source": "x"}


def lab(day: int, test: str, xuln: float | None) -> Told:
    """A liver test as a multiple of its upper limit; None = without a limit."""
    unit = "umol/L" if test == "bilirubin" else "U/L"
    said = {"test": test, "unit": unit, "specimen": "blood", "value": 40 * (xuln or 2.0)}
    return "lab", day, said if xuln is None else {**said, "upper_limit": 40}
