"""What is said of two records of one person: alarms and today's list look at both as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.records import NURSE, SettableClock

from antagonist.feedback.alarms import acknowledge, evaluate
from antagonist.feedback.database import reading
from antagonist.feedback.derived import rebuild
from antagonist.feedback.events import RETRACTION, Event, NewEvent
from antagonist.feedback.merging import history_of_all, joined, merge, unmerge
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record
from antagonist.feedback.state import folded
from antagonist.feedback.today import rows_on_record, today
from antagonist.feedback.verify import verify
from antagonist.pharmacology.results import Threshold
from antagonist.planning.situation_model import ModelFigures, ModelTime, Taken

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 5, 4, 12, tzinfo=MOSCOW)
KEEP, OTHER = "keep", "other"


def protects(_doses: tuple[Taken, ...], at: datetime) -> ModelFigures:
    """A model by which the patient is protected for two days more."""
    until = at + timedelta(hours=48)
    names = ("protected_until_at_least", "opioids_may_be_blunted_until", "overdose_danger_from")
    times = tuple(ModelTime(name, until, "at", until, "subjective", 0.9, 5.0) for name in names)
    line = Threshold("subjective", 0.9, "heroin", "iv", 25.0)
    return ModelFigures((0.95, 0.97, 0.99), 0.99, times, line, 4, 400, "0" * 64)


class Clinic:
    """A record of two ids, in which time goes on."""

    def __init__(self, record: Record, clock: SettableClock) -> None:
        self.record = open_record(record.engine, record.keys, clock)
        self.clock = clock

    def add(self, patient: str, kind: str, at: datetime, **payload: Any) -> Event:
        """An event."""
        self.clock.set(max(self.clock.at, at))
        version = 2 if kind == "lab" else 1
        new = NewEvent(kind, at, payload, version=version)
        return self.record.append(patient, [new], NURSE)[0]

    def alt(self, patient: str, times: float, at: datetime = NOON) -> Event:
        """An ALT as a multiple of its upper limit."""
        return self.add(
            patient, "lab", at, test="alt", value=40 * times, unit="U/L", upper_limit=40,
            specimen="blood",
        )  # fmt: skip

    def plan(self, patient: str, days: Sequence[datetime]) -> Event:
        """A tablet on each of some days."""
        doses = [{"at": day.isoformat(), "dose_mg": 50, "kind": "oral"} for day in days]
        plan = {
            "product": "seed-tablet-50",
            "route": "oral",
            "doses": doses,
            "timezone": str(MOSCOW),
        }
        return self.add(patient, "plan_change", days[0], plan=plan, reason="start")

    def look(self, patient: str, at: datetime) -> list[tuple[str, str]]:
        """Evaluate: whose chain was written to, and the kind with the alarm."""
        self.clock.set(max(self.clock.at, at))
        written = evaluate(self.record, patient, at, model=protects)
        return [
            (event.patient, event.payload["alarm"] if event.kind == "alarm_raised" else event.kind)
            for event in written
            if event.kind != "decision"
        ]

    def alarms(self, patient: str) -> dict[str, str]:
        """Status of the alarms of a patient by event."""
        with reading(self.record.engine) as connection:
            events = joined(connection, patient)[1]
        return {alarm.event_id: alarm.status for alarm in folded(events, self.clock()).alarms}

    def today(self, at: datetime) -> list[tuple[str, str]]:
        """Whose line, and what it is."""
        return [(line.patient, line.kind) for line in today(self.record, at, MOSCOW)]

    def join(self, keep: str = KEEP, other: str = OTHER) -> None:
        """Merge."""
        merge(self.record, NURSE, keep, other, "same passport")

    def rows(self) -> list[Any]:
        """The list's table."""
        with reading(self.record.engine) as connection:
            return list(rows_on_record(connection))


@pytest.fixture
def clinic(record: Record, clock: SettableClock) -> Clinic:
    """Two ids, each with words on record."""
    clock.set(NOON - timedelta(days=60))
    made = Clinic(record, clock)
    for patient in (KEEP, OTHER):
        made.add(patient, "words", clock.at, text="hello")
    return made


def test_half_of_hys_law_in_each_record(clinic: Clinic) -> None:
    clinic.alt(KEEP, 4)
    clinic.add(
        OTHER, "lab", NOON, test="bilirubin", value=60, unit="umol/L", upper_limit=20,
        specimen="blood",
    )  # fmt: skip
    assert clinic.look(OTHER, NOON) == []
    assert clinic.look(KEEP, NOON) == [(KEEP, "liver-tests-watch")]
    clinic.join()
    assert clinic.look(KEEP, NOON + timedelta(hours=1)) == [(KEEP, "hys-law")]
    assert verify(clinic.record).problems == ()


def test_an_alarm_of_either_is_not_raised_again(clinic: Clinic) -> None:
    clinic.alt(OTHER, 6)
    assert clinic.look(OTHER, NOON) == [(OTHER, "liver-tests-stop")]
    clinic.join()
    assert clinic.look(KEEP, NOON + timedelta(hours=1)) == []
    assert clinic.look(OTHER, NOON + timedelta(hours=1)) == []


def test_what_is_written_to_the_merged_id_is_judged_as_the_kept_one(clinic: Clinic) -> None:
    clinic.join()
    clinic.alt(OTHER, 6)
    assert clinic.look(OTHER, NOON) == [(KEEP, "liver-tests-stop")]
    assert clinic.look(KEEP, NOON) == []


def test_doses_on_the_other_record_withdraw_a_missed_dose(clinic: Clinic) -> None:
    days = [NOON + timedelta(days=n) for n in range(3)]
    clinic.plan(KEEP, days)
    clinic.add(KEEP, "dose", days[0], dose_mg=50, status="reported")
    clinic.add(OTHER, "dose", days[1], dose_mg=50, status="reported")
    end = days[1] + timedelta(hours=23)
    assert clinic.look(KEEP, end) == [(KEEP, "missed-dose")]
    clinic.join()
    assert clinic.look(KEEP, end + timedelta(minutes=1)) == [(KEEP, "alarm_withdrawn")]
    unmerge(clinic.record, NURSE, KEEP, OTHER, "two sisters")
    assert clinic.look(KEEP, end + timedelta(minutes=2)) == [(KEEP, "missed-dose")]


def test_an_alarm_of_the_merged_one_is_answered_once(clinic: Clinic) -> None:
    clinic.alt(OTHER, 6)
    clinic.look(OTHER, NOON)
    clinic.join()
    ((alarm, status),) = clinic.alarms(KEEP).items()
    assert status == "open"
    acknowledge(clinic.record, alarm, NURSE)
    assert clinic.alarms(KEEP) == clinic.alarms(OTHER) == {alarm: "acknowledged"}


def test_a_corrected_value_of_the_merged_one_withdraws_its_alarm(clinic: Clinic) -> None:
    event = clinic.alt(OTHER, 6)
    clinic.look(OTHER, NOON)
    clinic.join()
    later = NOON + timedelta(hours=1)
    clinic.clock.set(later)
    gone = NewEvent(RETRACTION, later, {"reason": "tubes mixed up"}, corrects=event.event_id)
    clinic.record.append(OTHER, [gone], NURSE)
    assert clinic.look(KEEP, later) == [(KEEP, "alarm_withdrawn")]
    assert set(clinic.alarms(KEEP).values()) == {"withdrawn"}


def test_either_id_reads_both_records(clinic: Clinic) -> None:
    clinic.alt(OTHER, 1)
    clinic.join()
    assert history_of_all(clinic.record, OTHER) == history_of_all(clinic.record, KEEP)
    assert {e.patient for e in history_of_all(clinic.record, KEEP)} == {KEEP, OTHER}


def test_the_list_has_one_person_once(clinic: Clinic) -> None:
    for patient in (KEEP, OTHER):
        clinic.plan(patient, [NOON + timedelta(days=n) for n in range(2)])
    apart = clinic.rows()
    assert clinic.today(NOON) == [(KEEP, "dose"), (OTHER, "dose")]
    clinic.join()
    assert clinic.today(NOON) == [(KEEP, "dose")]
    clinic.add(OTHER, "dose", NOON, dose_mg=50, status="reported")
    assert clinic.today(NOON) == [(KEEP, "protection")]
    joint = clinic.rows()
    assert {row["patient"] for row in joint} == {KEEP}
    rebuild(clinic.record)
    assert clinic.rows() == joint
    unmerge(clinic.record, NURSE, KEEP, OTHER, "two sisters")
    assert sorted(clinic.today(NOON)) == [(KEEP, "dose"), (OTHER, "protection")]
    assert {row["patient"] for row in clinic.rows()} == {row["patient"] for row in apart}


def test_a_merge_taken_back_in_one_chain_brings_the_other_to_the_list_again(
    clinic: Clinic,
) -> None:
    clinic.plan(OTHER, [NOON])
    clinic.join()
    assert clinic.today(NOON) == [(KEEP, "dose")]
    merged = clinic.record.all(KEEP)[-1]
    back = NewEvent(RETRACTION, merged.occurred_at, {"reason": "slip"}, corrects=merged.event_id)
    clinic.record.append(KEEP, [back], NURSE)
    assert clinic.today(NOON) == [(OTHER, "dose")]
