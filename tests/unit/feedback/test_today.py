"""Today's list: what is due, from when, until when; kept up and rebuilt alike."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.records import NURSE, SettableClock

from antagonist.feedback.alarms import acknowledge, evaluate, override
from antagonist.feedback.alarms.modelled import lasting
from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record
from antagonist.feedback.state_model import DoseOnRecord
from antagonist.feedback.today import (
    Line,
    changes,
    rebuild,
    refresh,
    rows_of,
    rows_on_record,
    today,
)

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 5, 4, 12, tzinfo=MOSCOW)
DOCTOR = Actor("dr.one", "prescriber", "visit")
REMOTE = Actor("nurse.one", "nurse", "telephone")


class Clinic:
    """A record whose list is kept up after each event."""

    def __init__(self, record: Record, clock: SettableClock) -> None:
        self.record, self.clock = record, clock

    def add(
        self, kind: str, at: datetime, patient: str = "p1", actor: Actor = REMOTE, **payload: Any
    ) -> Event:
        """An event; the patient's rows are written anew."""
        self.clock.set(max(self.clock.at, at if kind != "plan_change" else self.clock.at))
        corrects = payload.pop("corrects", None)
        new = NewEvent(kind, at, payload, version=2 if kind == "lab" else 1, corrects=corrects)
        event = self.record.append(patient, [new], actor)[0]
        self.keep_up(patient)
        return event

    def keep_up(self, patient: str = "p1") -> None:
        """Write a patient's rows anew."""
        with writing(self.record.engine) as connection:
            refresh(connection, patient, MOSCOW)

    def plan(self, at: datetime, patient: str = "p1", **document: Any) -> Event:
        """A plan of the document's parts."""
        base = {"product": "seed-tablet-50", "route": "oral", "doses": [], "timezone": MOSCOW.key}
        return self.add("plan_change", at, patient, plan={**base, **document}, reason="start")

    def inject(self, at: datetime, patient: str = "p1") -> Event:
        """An injection of 380 mg."""
        return self.add(
            "injection", at, patient, product="vivitrol-us-380", dose_mg=380, lot="A1",
            expiry=date(2027, 1, 1), side="left", given_by="nurse.one",
        )  # fmt: skip

    def lines(self, at: datetime, *kinds: str) -> list[Line]:
        """The list of a moment, of some kinds or all."""
        return [line for line in today(self.record, at, MOSCOW) if not kinds or line.kind in kinds]

    def kinds(self, at: datetime, *kinds: str) -> list[tuple[str, str]]:
        """Kind and what of the list."""
        return [(line.kind, line.what) for line in self.lines(at, *kinds)]


@pytest.fixture
def clinic(record: Record, clock: SettableClock) -> Clinic:
    """A record without patients."""
    clock.set(NOON - timedelta(days=60))
    return Clinic(record, clock)


def doses(*days: datetime, kind: str = "oral", mg: float = 50) -> list[dict[str, Any]]:
    """Planned doses as a plan's document has them."""
    return [{"at": day.isoformat(), "dose_mg": mg, "kind": kind} for day in days]


def test_the_next_injection_is_due_28_days_after_the_last(clinic: Clinic) -> None:
    event = clinic.inject(NOON - timedelta(days=28))
    assert clinic.lines(NOON - timedelta(days=1), "injection") == []
    (line,) = clinic.lines(NOON.replace(hour=0), "injection")
    assert (line.patient, line.event, line.overdue) == ("p1", event.event_id, False)
    assert line.due_at == datetime(2026, 5, 5, tzinfo=MOSCOW)
    (late,) = clinic.lines(NOON + timedelta(days=1), "injection")
    assert late.overdue


def test_a_given_injection_leaves_the_list(clinic: Clinic) -> None:
    clinic.inject(NOON - timedelta(days=28))
    clinic.inject(NOON - timedelta(hours=1))
    assert clinic.kinds(NOON, "injection") == []


def test_the_first_injection_of_a_plan_and_none_after_the_last(clinic: Clinic) -> None:
    first = NOON - timedelta(days=28)
    planned = doses(first, NOON, kind="injection", mg=380)
    clinic.plan(first - timedelta(days=1), product="seed-powder-380", route="im_xr", doses=planned)
    assert clinic.kinds(first, "injection") == [("injection", "injection")]
    clinic.inject(first)
    assert clinic.kinds(NOON - timedelta(days=1), "injection") == []
    assert clinic.kinds(NOON, "injection") == [("injection", "injection")]
    clinic.inject(NOON)
    assert clinic.kinds(NOON + timedelta(days=60), "injection") == []


def test_an_injection_that_the_plan_moved_past_a_closed_day(clinic: Clinic) -> None:
    first = NOON - timedelta(days=28)
    planned = doses(first, NOON + timedelta(days=2), kind="injection", mg=380)
    clinic.plan(first - timedelta(days=1), product="seed-powder-380", route="im_xr", doses=planned)
    clinic.inject(first)
    assert clinic.kinds(NOON + timedelta(days=1), "injection") == []
    assert clinic.kinds(NOON + timedelta(days=2), "injection") == [("injection", "injection")]


def test_doses_by_mouth_one_at_a_time(clinic: Clinic) -> None:
    clinic.plan(NOON - timedelta(days=1), doses=doses(NOON, NOON + timedelta(days=1)))
    assert clinic.kinds(NOON - timedelta(days=1), "dose") == []
    assert clinic.kinds(NOON, "dose") == [("dose", "oral")]
    assert clinic.kinds(NOON + timedelta(days=3), "dose") == [("dose", "oral")]
    clinic.add("dose", NOON, dose_mg=50, status="reported")
    assert clinic.kinds(NOON, "dose") == []
    assert clinic.kinds(NOON + timedelta(days=1), "dose") == [("dose", "oral")]
    clinic.add("dose", NOON + timedelta(days=1), dose_mg=50, status="held")
    assert clinic.kinds(NOON + timedelta(days=9), "dose") == []


def test_tests_and_visits_of_the_plan(clinic: Clinic) -> None:
    checks = [
        {"on": "2026-05-04", "check": "liver_tests_follow_up"},
        {"on": "2026-05-04", "check": "visit"},
        {"on": "2026-05-04", "check": "urine_panel_visits"},
        {"on": "2026-05-18", "check": "visit"},
        {"on": "2026-05-04", "check": "wallet_card"},
    ]
    clinic.plan(NOON - timedelta(days=20), checks=checks)
    assert clinic.kinds(NOON - timedelta(days=1)) == []
    assert set(clinic.kinds(NOON)) == {
        ("lab", "liver_tests_follow_up"), ("visit", "visit"), ("urine", "urine_panel_visits"),
    }  # fmt: skip
    for test in ("alt", "ast"):
        early = NOON - timedelta(days=7)
        clinic.add("lab", early, test=test, value=20, unit="U/L", upper_limit=40, specimen="blood")
    assert clinic.kinds(NOON, "lab") == []
    clinic.add("words", NOON, actor=NURSE, text="well")  # said at a visit
    assert clinic.kinds(NOON, "visit") == []
    assert clinic.kinds(NOON + timedelta(days=14), "visit") == [("visit", "visit")]
    taken = NOON.isoformat(sep=" ", timespec="minutes")
    clinic.add(
        "urine_drug_test", NOON, taken=taken, method="immunoassay", results={"opiates": "negative"}
    )
    assert clinic.kinds(NOON, "urine") == []


def test_a_test_8_days_early_does_not_count(clinic: Clinic) -> None:
    checks = [{"on": "2026-05-04", "check": "bilirubin"}]
    clinic.plan(NOON - timedelta(days=20), start="2026-04-14", checks=checks)
    at = NOON - timedelta(days=8)
    clinic.add(
        "lab", at, test="bilirubin", value=9, unit="umol/L", upper_limit=20, specimen="blood"
    )
    assert clinic.kinds(NOON, "lab") == [("lab", "bilirubin")]


def test_the_days_are_the_clinics(clinic: Clinic) -> None:
    """21:30 UTC on 3 May is 4 May in Moscow."""
    clinic.plan(NOON - timedelta(days=20), checks=[{"on": "2026-05-04", "check": "visit"}])
    assert clinic.kinds(datetime(2026, 5, 3, 20, 30, tzinfo=UTC)) == []
    assert clinic.kinds(datetime(2026, 5, 3, 21, 30, tzinfo=UTC)) == [("visit", "visit")]


def test_open_alarms_until_they_are_answered(clinic: Clinic) -> None:
    clinic.add("lab", NOON, test="alt", value=160, unit="U/L", upper_limit=40, specimen="blood")
    evaluate(clinic.record, "p1", NOON)
    clinic.keep_up()
    (line,) = clinic.lines(NOON)
    assert (line.kind, line.what, line.severity, line.who) == (
        "alarm", "liver-tests-watch", "soon", "prescriber",
    )  # fmt: skip
    assert line.due_at == NOON + timedelta(hours=72)
    assert not line.overdue
    assert clinic.lines(NOON + timedelta(hours=72))[0].overdue
    acknowledge(clinic.record, line.event, NURSE)
    clinic.keep_up()
    assert clinic.lines(NOON) == []


def stopped(clinic: Clinic) -> str:
    """A patient under an alarm that says STOP; gives the alarm."""
    clinic.plan(NOON - timedelta(days=2), doses=doses(NOON))
    clinic.add("dose", NOON - timedelta(days=1), dose_mg=50, status="reported")
    clinic.add("symptom", NOON, term="chromaturia", present=True)
    evaluate(clinic.record, "p1", NOON)
    clinic.keep_up()
    (line,) = clinic.lines(NOON, "alarm")
    assert (line.what, line.severity) == ("liver-signs", "stop")
    return line.event


def test_what_says_stop_stays_on_the_list_after_it_was_seen_to(clinic: Clinic) -> None:
    alarm = stopped(clinic)
    acknowledge(clinic.record, alarm, NURSE, "seen, tests taken")
    clinic.keep_up()
    (line,) = clinic.lines(NOON, "alarm", "hold")
    assert (line.kind, line.what, line.event, line.severity, line.who) == (
        "hold", "liver-signs", alarm, "stop", "prescriber",
    )  # fmt: skip
    clinic.add("dose", NOON, dose_mg=50, status="held")
    assert [line.kind for line in clinic.lines(NOON + timedelta(days=30), "hold")] == ["hold"]
    override(clinic.record, alarm, DOCTOR, "hepatitis ruled out, ALT 22 U/L")
    clinic.keep_up()
    assert clinic.lines(NOON, "alarm", "hold") == []


def test_nobody_is_on_hold_who_is_off_treatment_until_a_new_start(clinic: Clinic) -> None:
    acknowledge(clinic.record, stopped(clinic), NURSE)
    clinic.add("treatment_stop", NOON, reason="side_effects")
    assert clinic.lines(NOON, "hold") == []
    clinic.add("dose", NOON + timedelta(days=1), dose_mg=25, status="reported")
    assert [line.kind for line in clinic.lines(NOON + timedelta(days=1), "hold")] == ["hold"]


def test_nothing_is_due_after_a_stop_but_the_end_of_protection(clinic: Clinic) -> None:
    clinic.plan(
        NOON - timedelta(days=2),
        doses=doses(NOON, NOON + timedelta(days=1)),
        checks=[{"on": "2026-05-06", "check": "visit"}],
    )
    clinic.add("dose", NOON, dose_mg=50, status="reported")
    clinic.add("treatment_stop", NOON + timedelta(hours=1), reason="end")
    assert clinic.kinds(NOON + timedelta(days=9)) == [("protection", "oral")]
    assert clinic.kinds(NOON + timedelta(days=30)) == []


def test_protection_is_not_listed_while_the_next_dose_is_not_overdue(clinic: Clinic) -> None:
    clinic.plan(
        NOON - timedelta(days=2), doses=doses(*(NOON + timedelta(days=n) for n in range(5)))
    )
    clinic.add("dose", NOON, dose_mg=150, status="reported")
    due_day = NOON + timedelta(days=1)
    assert clinic.kinds(due_day) == [("dose", "oral")]
    # the day is over without a word: the dose is late, and the protection ends or has ended
    assert set(clinic.kinds(due_day + timedelta(days=1))) == {
        ("dose", "oral"), ("protection", "oral"),
    }  # fmt: skip


def test_protection_of_an_injection_by_the_model(clinic: Clinic) -> None:
    """Listed from 72 h before half of patients are unprotected; stated is the cautious time."""
    event = clinic.inject(NOON - timedelta(days=28))
    dose = DoseOnRecord(event.event_id, NOON, "im_xr", 380, "given", "vivitrol-us-380")
    alone = lasting(dose)
    assert alone.stated_h is not None
    assert alone.half_h is not None
    assert alone.stated_h < alone.half_h
    given = NOON - timedelta(days=28)
    begins = given + timedelta(hours=alone.half_h - 72)
    day_before = begins.astimezone(MOSCOW) - timedelta(days=1)
    assert clinic.kinds(day_before, "protection") == []
    (line,) = clinic.lines(begins, "protection")
    assert line.due_at == pytest.approx(
        given + timedelta(hours=alone.stated_h), abs=timedelta(seconds=1)
    )


def test_a_product_without_levels_promises_nothing() -> None:
    dose = DoseOnRecord("x", NOON, "implant", 1000, "given", "prodetoxone-implant-1000")
    assert lasting(dose) == (None, None)


def test_a_plan_of_a_later_day_takes_over_then(clinic: Clinic) -> None:
    clinic.plan(NOON - timedelta(days=20), checks=[{"on": "2026-05-10", "check": "visit"}])
    clinic.plan(NOON + timedelta(days=2), checks=[{"on": "2026-05-20", "check": "visit"}])
    assert clinic.kinds(NOON + timedelta(days=6)) == []
    assert clinic.kinds(NOON + timedelta(days=16)) == [("visit", "visit")]


def test_a_dead_patient_has_nothing_due(clinic: Clinic) -> None:
    clinic.inject(NOON - timedelta(days=28))
    clinic.add("overdose", NOON, fatal=True, treated=True, naloxone_given=True)
    assert clinic.lines(NOON + timedelta(days=3)) == []


def test_the_longest_due_comes_first(clinic: Clinic) -> None:
    clinic.inject(NOON - timedelta(days=30), "p2")
    clinic.inject(NOON - timedelta(days=28), "p1")
    clinic.inject(NOON - timedelta(days=29), "p3")
    assert [line.patient for line in clinic.lines(NOON, "injection")] == ["p2", "p3", "p1"]


def test_a_correction_changes_the_list(clinic: Clinic) -> None:
    event = clinic.inject(NOON - timedelta(days=28))
    clinic.add("retraction", NOON, reason="other patient", corrects=event.event_id)
    assert clinic.lines(NOON + timedelta(days=1)) == []


def test_which_events_can_change_the_list(clinic: Clinic) -> None:
    said = clinic.add("words", NOON, text="well")
    seen = clinic.add("words", NOON, actor=NURSE, text="well")
    dose = clinic.add("dose", NOON, dose_mg=50, status="reported")
    taken_back = clinic.add("retraction", NOON, reason="no", corrects=said.event_id)
    assert [changes([e]) for e in (said, seen, dose, taken_back)] == [False, True, True, True]


def test_no_events_no_rows() -> None:
    assert list(rows_of("p1", ())) == []


@pytest.mark.parametrize("seed", range(3))
def test_kept_up_and_rebuilt_are_the_same(clinic: Clinic, seed: int) -> None:
    """Random events for three patients; then the table is dropped and made from the events."""
    drawn = random.Random(seed)
    written: list[tuple[str, Event]] = []
    for step in range(40):
        patient, at = drawn.choice(("p1", "p2", "p3")), NOON + timedelta(hours=7 * step)
        match drawn.randrange(7):
            case 0:
                planned = doses(*(at + timedelta(days=n) for n in range(1, 9)))
                day = f"{at + timedelta(days=drawn.randrange(20)):%Y-%m-%d}"
                checks = [{"on": day, "check": "visit"}]
                event = clinic.plan(at, patient, doses=planned, checks=checks)
            case 1:
                event = clinic.inject(at, patient)
            case 2 | 3:
                status = drawn.choice(("reported", "missed", "held"))
                event = clinic.add("dose", at, patient, dose_mg=50, status=status)
            case 4:
                event = clinic.add("treatment_stop", at, patient, reason="wish")
            case 5 if written:
                patient, earlier = written.pop(drawn.randrange(len(written)))
                event = clinic.add(
                    "retraction", at, patient, reason="error", corrects=earlier.event_id
                )
                continue
            case _:
                event = clinic.add("symptom", at, patient, term="jaundice", present=True)
                evaluate(clinic.record, patient, at.astimezone(MOSCOW))
                clinic.keep_up(patient)
        written.append((patient, event))
    with reading(clinic.record.engine) as connection:
        kept = rows_on_record(connection)
    assert kept
    assert rebuild(clinic.record, MOSCOW) == 3
    with reading(clinic.record.engine) as connection:
        assert rows_on_record(connection) == kept


def test_an_opened_record_keeps_its_list_up_with_every_write(record: Record) -> None:
    kept = open_record(record.engine, record.keys, record.clock)
    at = record.clock()
    dose = {"route": "oral", "dose_mg": 50.0, "status": "reported"}
    kept.append("p", [NewEvent("dose", at, dose)], NURSE)
    lapse = {"substance": "opioid", "date": f"{at:%Y-%m-%d}"}
    kept.append("p", [NewEvent("lapse", at, lapse)], NURSE)
    evaluate(kept, "p", at)
    with reading(record.engine) as connection:
        before = rows_on_record(connection)
    assert "alarm" in {row["kind"] for row in before}
    rebuild(record)
    with reading(record.engine) as connection:
        assert rows_on_record(connection) == before
