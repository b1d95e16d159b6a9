"""The demo clinic: every page of the app has something to show, whatever the day and the hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.records import NURSE, SettableClock, migrated_database, new_keys, words

from antagonist.feedback.alarms.modelled import lasting
from antagonist.feedback.database import engine_of
from antagonist.feedback.events import Event
from antagonist.feedback.identity import identity_of
from antagonist.feedback.kept import kept_plan
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record
from antagonist.feedback.state import folded
from antagonist.feedback.today import Line, today
from antagonist.feedback.verify import verify
from antagonist.foundation.errors import InputError
from antagonist.web.demo import DEMO, PROGRAM, demo_clinic, make_demo

MOSCOW, UTC = ZoneInfo("Europe/Moscow"), ZoneInfo("UTC")
# A Sunday night, and the last minutes of a year.
NOWS = (datetime(2026, 11, 29, 2, tzinfo=MOSCOW), datetime(2026, 12, 31, 23, 50, tzinfo=UTC))
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A demo clinic. who: ids by the file's ids; said: what ``advance`` was called with."""

    record: Record
    now: datetime
    tz: ZoneInfo
    who: Mapping[str, str]
    said: list[int]

    def events(self, name: str, *kinds: str) -> list[Event]:
        """A patient's events in order of time, of some kinds or all."""
        held = self.record.history(self.who[name])
        return [event for event in held if not kinds or event.kind in kinds]

    def lines(self, name: str, *kinds: str) -> list[Line]:
        """Today's lines of a patient."""
        found = today(self.record, self.now, self.tz)
        return [e for e in found if e.patient == self.who[name] and (not kinds or e.kind in kinds)]


@pytest.fixture(scope="module", params=NOWS, ids=("sunday_night", "year_end"))
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """The demo clinic, written into an empty record on SQLite."""
    now: datetime = request.param
    folder = tmp_path_factory.mktemp("demo")
    tz = now.tzinfo
    assert isinstance(tz, ZoneInfo)
    with migrated_database("sqlite", folder) as url:
        engine = engine_of(url)
        record = open_record(engine, new_keys(folder), SettableClock(now))
        said: list[int] = []
        patients = make_demo(record, now, tz, advance=said.append)
        names = [patient.id for patient in demo_clinic().patients]
        yield Made(record, now, tz, dict(zip(names, patients, strict=True)), said)
        engine.dispose()


def test_there_are_a_dozen_and_progress_counts_them(made: Made) -> None:
    assert len(set(made.who.values())) == 12
    assert made.said == list(range(1, 13))


def test_everybody_is_marked_as_demo(made: Made) -> None:
    for name, patient in made.who.items():
        identity = identity_of(made.record, patient)
        assert identity.identifiers == ((DEMO, name),)
        assert identity.names["family"] == "Демо"
        assert identity.names["latin"].startswith("Demo ")
        assert made.events(name, "patient_created")[0].payload["program"] == PROGRAM


def test_nothing_lies_in_the_future(made: Made) -> None:
    for name in made.who:
        assert all(event.occurred_at <= made.now for event in made.events(name))
        assert {event.recorded_at for event in made.events(name)} == {made.now}


def test_the_record_verifies(made: Made) -> None:
    assert not verify(made.record).problems


def test_every_kind_of_event_that_a_page_shows_is_there(made: Made) -> None:
    kinds = {event.kind for name in made.who for event in made.events(name)}
    assert kinds >= {
        "dose", "injection", "implant_in", "dispensed", "plan_change", "treatment_stop",
        "surgery_planned", "level", "lab", "urine_drug_test", "vital_signs", "symptom", "score",
        "global_impression", "rating", "words", "alcohol_day", "use_calendar", "opioid_use",
        "lapse", "naloxone_kit", "consent", "fact", "opioid_history", "allergies", "medicines",
        "provocation_test", "naltrexone_history", "decision", "override", "alarm_raised",
        "alarm_acknowledged", "alarm_overridden",
    }  # fmt: skip


def test_todays_list_has_every_kind_of_line_and_alarms_of_every_severity(made: Made) -> None:
    lines = today(made.record, made.now, made.tz)
    kinds = {line.kind for line in lines}
    assert kinds == {
        "injection", "implant", "dose", "visit", "lab", "urine", "alarm", "protection",
    }  # fmt: skip
    severities = {line.severity for line in lines if line.kind == "alarm"}
    assert severities == {"stop", "urgent", "soon", "info"}


def test_an_injection_is_due_today_and_another_nine_days_overdue(made: Made) -> None:
    midnight = made.now.replace(hour=0, minute=0)
    (due,) = made.lines("vera", "injection")
    (late,) = made.lines("gleb", "injection")
    assert (due.due_at, due.overdue) == (midnight + DAY, False)
    assert (late.due_at, late.overdue) == (midnight - 8 * DAY, True)
    assert {"injection-overdue"} <= {line.what for line in made.lines("gleb", "alarm")}


def test_a_protection_ends_within_72_hours_before_surgery_in_ten_days(made: Made) -> None:
    state = folded(made.events("dina"), made.now)
    last = state.last_dose
    assert last is not None
    half_h = lasting(last).half_h
    assert half_h is not None
    ends = last.at + timedelta(hours=half_h)
    assert made.now < ends <= made.now + timedelta(hours=72)
    assert [line.kind for line in made.lines("dina")] == ["protection"]
    at = datetime.fromisoformat(state.latest["surgery_planned"].payload["at"])
    assert (at.astimezone(made.tz).date() - made.now.date()).days == 10


def test_the_stopped_patient_is_in_the_dangerous_fortnight(made: Made) -> None:
    state = folded(made.events("oleg"), made.now)
    last = state.last_dose
    assert last is not None
    ended = last.at + timedelta(hours=lasting(last).half_h or 0)
    assert state.on_treatment is False
    assert ended < made.now < ended + 14 * DAY
    assert {line.kind for line in made.lines("oleg")} == {"protection", "alarm"}


def test_missed_doses_levels_and_a_positive_urine_have_their_alarms(made: Made) -> None:
    doses = made.events("anna", "dose")
    assert [dose.payload["status"] for dose in doses].count("missed") == 4
    assert doses[-1].payload["status"] == "missed"
    assert len(made.events("boris", "level")) == 2
    said = {line.what for line in made.lines("boris", "alarm")}
    # which of the two, the model says by the hours since the last dose
    assert len(said & {"urine-opioid-blocked", "urine-opioid-unblocked"}) == 1
    assert "opioid-lapse" in said
    assert {line.what for line in made.lines("boris", "lab")} >= {"liver_tests_follow_up"}


def test_a_rising_alt_of_a_patient_treated_for_alcohol_reaches_the_stopping_rule(
    made: Made,
) -> None:
    said = [event.payload for event in made.events("zhanna", "lab")]
    values = [one["value"] for one in said if one["test"] == "alt"]
    limit = next(one["upper_limit"] for one in said if one["test"] == "alt")
    assert values[-3:] == sorted(values[-3:])
    assert values[-1] > 5 * limit
    lines = made.lines("zhanna", "alarm")
    assert ("liver-tests-stop", "stop") in {(line.what, line.severity) for line in lines}


def test_screening_says_not_yet_what_is_missing_and_that_the_challenge_is_next(made: Made) -> None:
    early, nothing, challenge = (_screened(made, name) for name in ("ivan", "nikita", "kira"))
    assert {answer["verdict"] for answer in early} == {"not_yet"}
    assert all(len(answer["missing"]) > 10 for answer in nothing)
    assert not any(answer["missing"] for answer in challenge)
    assert all(
        "provocation-negative" in {reason["rule"] for reason in answer["reasons"]}
        for answer in challenge
    )
    (may_be_tested,) = _screened(made, "kira", "challenge")
    assert may_be_tested["verdict"] == "allowed"


def _screened(made: Made, name: str, question: str = "start") -> list[Any]:
    said = [event.payload for event in made.events(name, "decision")]
    found: list[Any] = next(
        one["result"]["answers"]
        for one in said
        if one["what"] == "screen" and one["asked"]["question"] == question
    )
    return found


def test_a_plan_refused_for_pregnancy_was_gone_past_by_two_people(made: Made) -> None:
    decisions = {event.event_id: event for event in made.events("maria", "decision")}
    (override,) = made.events("maria", "override")
    refused = decisions[override.payload["decision"]].payload["result"]["refusal"]
    assert {reason["rule"] for reason in refused["reasons"]} == {"pregnancy-ru-xr"}
    assert override.payload["second_person"] != override.author


@pytest.mark.parametrize("name", ["anna", "boris", "vera", "gleb", "dina", "egor", "zhanna"])
def test_who_is_treated_has_a_plan_with_doses_and_checks(made: Made, name: str) -> None:
    plan = folded(made.events(name), made.now).plan
    assert plan is not None
    assert plan.doses
    assert plan.document["checks"]
    assert plan.document["timezone"] == made.tz.key


def test_alarms_were_answered(made: Made) -> None:
    status = {
        (name, alarm.payload["alarm"]): alarm.status
        for name in ("vera", "zhanna")
        for alarm in folded(made.events(name), made.now).alarms
    }
    assert status["vera", "labs-overdue"] == "acknowledged"
    assert status["zhanna", "alcohol-lapse"] == "overridden"


def test_a_record_with_patients_is_refused(made: Made) -> None:
    with pytest.raises(InputError, match="never mixed"):
        make_demo(made.record, made.now, made.tz)


def test_a_record_of_real_patients_stays_as_it_is(tmp_path: Path) -> None:
    with migrated_database("sqlite", tmp_path) as url:
        engine = engine_of(url)
        record = open_record(engine, new_keys(tmp_path), SettableClock(NOWS[0]))
        record.append("real", [words("hello", NOWS[0])], NURSE)
        with pytest.raises(InputError, match="real"):
            make_demo(record, NOWS[0], MOSCOW)
        assert len(record.all("real")) == 1
        engine.dispose()


def test_a_time_to_come_is_refused(tmp_path: Path) -> None:
    with migrated_database("sqlite", tmp_path) as url:
        engine = engine_of(url)
        record = open_record(engine, new_keys(tmp_path), SettableClock(NOWS[0]))
        with pytest.raises(InputError, match="not in the future"):
            make_demo(record, NOWS[0] + DAY, MOSCOW)
        engine.dispose()


def test_every_story_is_told_in_both_languages() -> None:
    for patient in demo_clinic().patients:
        assert any("а" <= letter <= "я" for letter in patient.story.ru)
        assert not any("а" <= letter <= "я" for letter in patient.story.en)


def test_every_plan_of_the_demo_can_be_shown_whole_and_printed(made: Made) -> None:
    plans = [event for name in made.who for event in made.events(name, "plan_change")]
    documents = [event.payload["plan"] for event in plans if event.payload.get("plan")]
    assert len(documents) >= 6
    assert all(kept_plan(document) is not None for document in documents)
