"""A record of a large clinic, for the pages' timings: 1,000 patients, 500,000 events.

    python -m benchmarks.web_seed fill --database FILE-OR-URL --keys FILE
        [--patients 1000] [--events 500] [--timezone Europe/Moscow] [--seed 1]
    python -m benchmarks.web_seed measure --database FILE-OR-URL --keys FILE [--timezone ...]

``fill`` writes made-up patients (``feedback.simulated``) on two years of treatment, each with a
plan of the planner, through the record's own calls, and raises the alarms that need no model. The
same seed gives the same patients on the same day. Keys lie in a folder of their own.
``measure`` times what the pages ask the record for.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.answering import plain
from antagonist.feedback.database import analyzed, engine_of, migrate
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.identity import create_patient, identities_of
from antagonist.feedback.keys import create_keyring, load_keyring
from antagonist.feedback.merging import everybody, history_of_all
from antagonist.feedback.opening import open_record
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.feedback.record import Record
from antagonist.feedback.simulated.person import person
from antagonist.feedback.simulated.programme import SYSTEM, WRITER
from antagonist.feedback.simulated.rates import Arm, Rates, rates
from antagonist.feedback.state import folded, patient_file
from antagonist.feedback.today import today
from antagonist.label.monitoring import schedule
from antagonist.label.patient import load_patient
from antagonist.planning.plan_model import Plan, PlanRequest
from antagonist.planning.planner import planned
from antagonist.planning.situation_model import Taken

FILES = Path(__file__).parents[1] / "examples" / "patients"
FILE_OF = {"opioid": "eligible_opioid.yaml", "alcohol": "alcohol_raised_alt.yaml"}
REGIMEN_OF = {
    "supervised": "r3_monday_wednesday_friday",
    "home_opioid": "r6_50_daily",
    "home_alcohol": "r6_50_daily",
    "injection_opioid": "injection_380_every_4_weeks",
    "injection_alcohol": "injection_380_every_4_weeks",
    "implant": "implant_prodetoxone",
}
WEEKS = 104
PLAN_DAYS = 84  # how long ago the plan that holds began, at most
STAYS = {WEEKS: 0.97}  # of patients nearly all stay: the record is to be full
GIVEN = ("Анна", "Борис", "Вера", "Глеб", "Дина", "Егор", "Жанна", "Иван", "Кира", "Лев")
OF_PLAN = re.compile(r"\d{4}-\d{2}-\d{2}")
TESTED = 0.9  # share of the plan's tests that are done
RESULTS: Mapping[str, Mapping[str, Any]] = {
    "alt": {"value": 31, "unit": "U/L", "upper_limit": 41, "specimen": "blood"},
    "ast": {"value": 28, "unit": "U/L", "upper_limit": 40, "specimen": "blood"},
    "bilirubin": {"value": 11, "unit": "umol/L", "upper_limit": 21, "specimen": "blood"},
    "creatinine": {"value": 82, "unit": "umol/L", "specimen": "blood"},
    "pregnancy_test": {"value": "negative", "specimen": "blood"},
}
ZONE, READS = "Europe/Moscow", 7
NURSE = Actor("nurse.simulated", "nurse", "visit")


def full_rates() -> Rates:
    """The made-up program's figures, with patients who stay for two years."""
    found = rates()
    arms = tuple(arm.model_copy(update={"in_treatment": STAYS}) for arm in found.arms)
    seldom = {name: rate / 10 for name, rate in found.rates.items()}
    return found.model_copy(update={"weeks": 2 * WEEKS, "arms": arms, "rates": seldom})


@dataclass(frozen=True)
class Seeded:
    """One made-up patient. number: from 0."""

    number: int
    arm: Arm
    rng: np.random.Generator

    def events(self, figures: Rates, now: datetime, count: int) -> list[NewEvent]:
        """The first visit, the newest events up to a count, and the plan that holds."""
        yesterday = now.date() - timedelta(days=1)
        start = now.date() - timedelta(weeks=WEEKS - 1, days=now.weekday() + 7)  # a Monday
        told = person(self.rng, figures, yesterday, _zone(now), arm=self.arm, start=start)
        plan = self._plan(now)
        diary = [*self._diary(start, now), *self._tests(plan.payload["plan"], now)]
        first = [event for event in told if event.occurred_at.date() <= start]
        rest = [e for e in [*told, *diary] if e.occurred_at.date() > start and e.occurred_at < now]
        rest.sort(key=lambda event: event.occurred_at)
        return [*first, plan, *rest[-(count - len(first) - 2) :]]

    def _diary(self, start: date, now: datetime) -> Iterator[NewEvent]:
        """What a visit leaves besides: a week, or a month where doses are many."""
        for week in range(0, WEEKS, 4 if self.arm.kind == "oral" else 1):
            on = start + timedelta(weeks=week, days=6)
            at = datetime.combine(on, time(10, 30), _zone(now))
            pulse = int(self.rng.integers(58, 96))
            yield NewEvent("vital_signs", at, {"pulse_per_min": pulse, "systolic_mmhg": 122})
            mm = int(self.rng.integers(0, 80))
            yield NewEvent("score", at, {"score": "craving_vas", "values": {"craving_mm": mm}})
            yield NewEvent("words", at, {"text": "Чувствую себя хорошо, тяги нет."})

    def _tests(self, document: Mapping[str, Any], now: datetime) -> Iterator[NewEvent]:
        """Most of the laboratory tests that the plan asked for."""
        asked = {check.id: check.looks_at for check in schedule() if check.kind == "laboratory"}
        for check in document["checks"]:
            on = date.fromisoformat(check["on"])
            if check["check"] in asked and on < now.date() and self.rng.random() < TESTED:
                at = datetime.combine(on, time(7, 50), _zone(now))
                for test in asked[check["check"]]:
                    yield NewEvent("lab", at, {"test": test, **RESULTS[test]}, NEWEST["lab"])

    def _plan(self, now: datetime) -> NewEvent:
        days = 7 * int(self.rng.integers(1, PLAN_DAYS // 7))
        if self.arm.kind != "oral":
            days += int(self.rng.integers(0, 7))
        document = shifted(plan_of(self.arm), now.date() - timedelta(days=days))
        at = datetime.combine(now.date() - timedelta(days=days), time(8), _zone(now))
        return NewEvent("plan_change", at, {"plan": document, "reason": "yearly review"})


def _zone(now: datetime) -> ZoneInfo:
    assert isinstance(now.tzinfo, ZoneInfo)
    return now.tzinfo


@lru_cache(maxsize=16)
def _planned(arm: str, product: str, indication: str) -> Plan:
    """A plan for the examples' patient, made on the day of the file."""
    file = load_patient(FILES / FILE_OF[indication])
    asked = {"product": product, "regimen": REGIMEN_OF[arm], "prescriber": "dr.simulated"}
    open_days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    request = PlanRequest.model_validate(
        {**asked, "start": str(file.as_of)[:10], "clinic_days": open_days}
    )
    found = planned(file, request)
    assert isinstance(found, Plan), f"the label refuses {arm} for the example's patient"
    return found


def plan_of(arm: Arm) -> Mapping[str, Any]:
    """An arm's plan as a document."""
    document: Mapping[str, Any] = plain(_planned(arm.id, arm.product, arm.indication))
    return document


def shifted(document: Mapping[str, Any], start: date) -> Any:
    """A plan's document that begins on another day: every day in it moves by as much."""
    days = start - date.fromisoformat(str(document["start"]))
    # whole weeks, or a week's regimen would change its weekdays
    days = days if document["route"] != "oral" else timedelta(weeks=round(days.days / 7))

    def moved(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: moved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [moved(item) for item in value]
        if isinstance(value, str) and OF_PLAN.match(value):
            return f"{date.fromisoformat(value[:10]) + days}{value[10:]}"
        return value

    return moved(document)


def fill(record: Record, now: datetime, patients: int, events: int, seed: int) -> int:
    """Write the record; gives the number of events. now: aware, in the clinic's zone."""
    figures = full_rates()
    shares = np.array([arm.share for arm in figures.arms])
    bounds = np.cumsum(shares / shares.sum())
    written = 0
    for number in range(patients):
        # shares are met exactly: patients stand in a fixed order, not drawn
        arm = figures.arms[int(np.searchsorted(bounds, (number * 0.618034) % 1))]
        who = Seeded(number, arm, np.random.default_rng([seed, number]))
        names = {"family": f"Пробный-{number:04}", "given": GIVEN[number % len(GIVEN)]}
        patient = create_patient(
            record, WRITER, names, [(SYSTEM, f"web-{seed}-{number}")], program=SYSTEM
        )
        here = who.events(figures, now, events)
        record.append(patient, here, NURSE)
        written += len(here) + 1
        written += len(evaluate(record, patient, now, model=_no_model))
    return written


def _no_model(_doses: tuple[Taken, ...], _at: datetime) -> None:
    """No figures: half a million events are to be written in minutes."""


def measured(record: Record, at: datetime) -> dict[str, float]:
    """Milliseconds, the median of several reads, of what pages ask the record for."""
    tz = _zone(at)
    listed = everybody(record)
    patients = [patient for patient, _ in listed]
    one = patients[len(patients) // 2]
    held = history_of_all(record, one, valid_at=at)
    state = folded(held, at)
    on_list = sorted({line.patient for line in today(record, at, tz)})
    return {
        "today": _ms(lambda: today(record, at, tz)),
        "today_names": _ms(lambda: identities_of(record, on_list)),
        "everybody": _ms(lambda: everybody(record)),
        "names_of_everybody": _ms(lambda: identities_of(record, patients)),
        "history_of_one": _ms(lambda: history_of_all(record, one, valid_at=at)),
        "state_of_one": _ms(lambda: folded(held, at)),
        "file_of_one": _ms(lambda: patient_file(state, tz.key, patient=one)),
        "append_one": _ms(lambda: record.append(one, [_words(record)], NURSE)),
        "append_one_dose": _ms(lambda: record.append(one, [_dose(record)], NURSE)),
    }


def _words(record: Record) -> NewEvent:
    return NewEvent("words", record.clock(), {"text": "measured"})


def _dose(record: Record) -> NewEvent:
    payload = {"dose_mg": 50.0, "status": "reported"}
    return NewEvent("dose", record.clock(), payload)


def _ms(work: Callable[[], object]) -> float:
    def once() -> float:
        start = perf_counter()
        work()
        return 1_000 * (perf_counter() - start)

    return median(once() for _ in range(READS))


def _url(database: str) -> str:
    return database if "://" in database else f"sqlite:///{database}"


def main() -> None:
    """Fill or measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("fill", "measure"))
    parser.add_argument("--database", required=True, help="a file for SQLite, or a URL")
    parser.add_argument("--keys", required=True, type=Path)
    parser.add_argument("--patients", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=500, help="of each patient")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timezone", default=ZONE)
    asked = parser.parse_args()
    engine = engine_of(_url(asked.database))
    tz = ZoneInfo(asked.timezone)
    start = perf_counter()
    if asked.what == "fill":
        migrate(engine)
        record = open_record(engine, create_keyring(asked.keys))
        now = record.clock().astimezone(tz)
        written = fill(record, now, asked.patients, asked.events, asked.seed)
        analyzed(record.engine)
        print(f"{written} events of {asked.patients} in {perf_counter() - start:.0f} s")
    record = open_record(engine, load_keyring(asked.keys))
    at = record.clock().astimezone(tz)
    for name, ms in measured(record, at).items():
        print(f"{name:24} {ms:8.1f} ms")
    lines = today(record, at, tz)
    print(f"{len(lines)} lines on the list of today")
    engine.dispose()


if __name__ == "__main__":
    main()
