"""The calendar file, read back by two parsers that are not ours."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar
from tests.unit.report.plans import NASTY, injection_plan, plan

from antagonist.foundation.errors import InputError
from antagonist.planning.plan_model import Plan
from antagonist.report.plan_calendar import calendar, uid

STAMP = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def written(given: Plan, language: str = "en", **options: Any) -> bytes:
    return calendar(given, language, STAMP, **options)


def events(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def starts(content: bytes) -> list[datetime]:
    found = (event.decoded("dtstart") for event in events(content))
    return [start for start in found if isinstance(start, datetime)]


def test_both_parsers_read_the_same_events() -> None:
    content = written(injection_plan())
    other = vobject.readOne(content.decode("utf-8"))
    theirs = [
        (event.uid.value, event.summary.value, str(event.dtstart.value.isoformat()))
        for event in other.vevent_list
    ]
    ours = [
        (str(event["uid"]), str(event["summary"]), event.decoded("dtstart").isoformat())
        for event in events(content)
    ]
    assert ours == theirs
    assert len(ours) == 6 + 4


def test_four_weeks_later_is_the_same_weekday_and_hour_across_the_clock_change() -> None:
    first, second, *_ = starts(written(injection_plan()))
    assert (first.utcoffset(), second.utcoffset()) == (timedelta(hours=1), timedelta(hours=2))
    assert second.date() - first.date() == timedelta(days=28)
    assert first.weekday() == second.weekday()
    assert (first.hour, second.hour) == (10, 10)
    # the zone's own rules in the file say the same to a program that knows no zones
    other = vobject.readOne(written(injection_plan()).decode("utf-8"))
    read = [event.dtstart.value for event in other.vevent_list[:2]]
    assert [r.utcoffset() for r in read] == [timedelta(hours=1), timedelta(hours=2)]


def test_doses_stand_in_the_clinics_zone() -> None:
    text = written(injection_plan()).decode("utf-8")
    assert "DTSTART;TZID=Europe/Berlin:20260401T100000" in text
    assert text.count("BEGIN:VTIMEZONE") == 1
    elsewhere = injection_plan()
    moved = tuple(replace(dose, at=dose.at.astimezone(UTC)) for dose in elsewhere.doses)
    assert written(replace(elsewhere, doses=moved)) == written(elsewhere)


@pytest.mark.parametrize("name", ["Europe/Moscow", "Asia/Kolkata", "America/New_York"])
def test_other_zones(name: str) -> None:
    tz = ZoneInfo(name)
    doses = tuple(replace(dose, at=dose.at.replace(tzinfo=tz)) for dose in injection_plan().doses)
    content = written(replace(injection_plan(), timezone=name, doses=doses))
    assert [s.astimezone(UTC) for s in starts(content)] == [
        dose.at.astimezone(UTC) for dose in doses
    ]
    assert f"TZID:{name}" in content.decode()


def test_every_dose_is_an_event_and_checks_are_whole_days() -> None:
    given = plan()
    found = events(written(given))
    assert len(found) == len(given.doses) + len(given.checks)
    days = [e.decoded("dtstart") for e in found if not isinstance(e.decoded("dtstart"), datetime)]
    assert days == [check.on for check in given.checks]
    last = found[-1]
    assert last.decoded("dtend") - last.decoded("dtstart") == timedelta(days=1)
    assert str(last["transp"]) == "TRANSPARENT"
    clinic = [e for e in found if "location" in e]
    assert len(clinic) == sum(dose.supervised for dose in given.doses)


@pytest.mark.parametrize(
    ("language", "dose", "check"),
    [
        ("en", "Medicine 380 mg", "Appointment or test"),
        ("ru", "Лекарство 380 мг", "Визит или анализ"),
    ],
)
def test_summaries_are_neutral(language: str, dose: str, check: str) -> None:
    content = written(injection_plan(), language)
    assert {str(event["summary"]) for event in events(content)} == {dose, check}
    assert not re.search(r"naltrex|налтрек|opioid|опиоид|alcohol|алкогол|ALT|P-7", content.decode())


def test_names_stand_only_where_asked_for() -> None:
    found = {str(e["summary"]) for e in events(written(injection_plan(), neutral=False))}
    assert "Naltrexone 380 mg" in found
    assert "ALT, AST, bilirubin" in found


def test_checks_of_one_day_are_one_event_where_they_are_not_named() -> None:
    given = plan(doses=())
    same_day = tuple(replace(check, on=given.start) for check in given.checks)
    given = replace(given, checks=same_day)
    assert len(events(written(given))) == 1
    named = events(written(given, neutral=False))
    assert len(named) == len(same_day)
    assert len({str(e["uid"]) for e in named}) == len(same_day)


def test_uids_are_stable_unique_and_say_nothing() -> None:
    first, again = ([str(e["uid"]) for e in events(written(plan(), lang))] for lang in ("en", "ru"))
    assert first == again
    assert len(set(first)) == len(first)
    other = [str(e["uid"]) for e in events(written(plan(patient="P-8")))]
    assert not set(first) & set(other)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name) for name in first)


def test_a_uid_follows_patient_day_kind_and_place() -> None:
    day = date(2026, 3, 4)
    names = {
        uid("a", day, "oral", 0),
        uid("b", day, "oral", 0),
        uid("a", day + timedelta(days=1), "oral", 0),
        uid("a", day, "injection", 0),
        uid("a", day, "oral", 1),
    }
    assert len(names) == 5
    assert uid("a", day, "oral", 0) in names


def test_two_doses_of_one_kind_on_one_day_have_two_uids() -> None:
    given = plan(checks=())
    later = replace(given.doses[0], at=given.doses[0].at + timedelta(hours=8))
    found = events(written(replace(given, doses=(given.doses[0], later))))
    assert len({str(e["uid"]) for e in found}) == 2


def test_the_stamp_is_the_callers_and_nothing_else_moves() -> None:
    assert written(plan()) == written(plan())
    stamps = {e.decoded("dtstamp") for e in events(written(plan()))}
    assert stamps == {STAMP}
    local = calendar(plan(), "en", STAMP.astimezone(BERLIN))
    assert local == written(plan())
    with pytest.raises(ValueError, match="zone"):
        calendar(plan(), "en", datetime(2026, 3, 1))


def test_titles_are_escaped() -> None:
    given = plan()
    title = given.checks[0].title.model_copy(update={"en": NASTY + "; a, b\nBEGIN:VALARM"})
    check = replace(given.checks[0], title=title)
    content = written(replace(given, checks=(check,)), neutral=False)
    assert str(events(content)[-1]["summary"]) == title.en
    assert not re.search(rb"^BEGIN:VALARM", content, flags=re.MULTILINE)
    other = vobject.readOne(content.decode("utf-8"))
    assert other.vevent_list[-1].summary.value == title.en


def test_lines_are_short_and_end_as_they_must() -> None:
    content = written(plan(), "ru")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert content.endswith(b"END:VCALENDAR\r\n")


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError):
        written(plan(timezone="Europe/Atlantis"))
    with pytest.raises(InputError):
        written(plan(), "de")
