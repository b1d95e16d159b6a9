"""Days of a plan: induction, cycles, injections, implants, closed days, clock changes."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antagonist.foundation.errors import InputError
from antagonist.label.induction import induction
from antagonist.label.monitoring import months_later
from antagonist.label.regimens import regimens
from antagonist.planning.clinic import at_clock, clinic
from antagonist.planning.schedule import implant_days, injection_days, oral_days

START, END = date(2026, 11, 25), date(2027, 1, 25)  # a Wednesday
WEEK = ("mon", "tue", "wed", "thu", "fri")
OPEN = clinic(WEEK, None, [2026, 2027])
RUSSIA = clinic(WEEK, "RU", [2026, 2027])
EVERY_DAY = clinic((*WEEK, "sat", "sun"), None, [2026, 2027])


def oral(name: str, *, splits: bool = True, start: date = START) -> dict[date, float]:
    days = oral_days(regimens()[name], induction("opioid", "oral"), start, END, splits=splits)
    return {dose.day: dose.dose_mg for dose in days}


def test_the_first_day_is_25_mg_where_the_product_can_be_halved_else_50() -> None:
    assert oral("r6_50_daily")[START] == 25
    assert oral("r6_50_daily", splits=False)[START] == 50
    assert oral("r6_50_daily")[START + timedelta(days=1)] == 50


@pytest.mark.parametrize("name", [n for n, r in regimens().items() if r.route == "oral"])
@given(start=st.dates(date(2026, 1, 1), date(2026, 12, 1)), splits=st.booleans())
def test_no_regimen_by_mouth_gives_more_than_50_mg_on_the_first_day(
    name: str, start: date, splits: bool
) -> None:
    end = start + timedelta(days=60)
    days = oral_days(regimens()[name], induction("opioid", "oral"), start, end, splits=splits)
    assert days[0].day == start
    assert sum(dose.dose_mg for dose in days if dose.day == start) <= 50
    assert max(dose.dose_mg for dose in days) <= 200
    assert len({dose.day for dose in days}) == len(days)


def test_a_weekly_cycle_begins_on_monday_and_50_mg_a_day_fill_the_days_before() -> None:
    found = oral("r3_monday_wednesday_friday")
    first = [found.get(START + timedelta(days=i), 0) for i in range(13)]
    assert first == [25, 50, 50, 50, 50, 100, 0, 100, 0, 150, 0, 0, 100]


def test_the_base_regimen_of_weekdays_and_saturday() -> None:
    """Seed row R1: 50 mg on 5 days, 100 mg on 1 day, 1 day off."""
    found = oral("r1_weekdays_50_saturday_100")
    week = [found.get(date(2026, 12, 7) + timedelta(days=i), 0) for i in range(7)]
    assert week == [50, 50, 50, 50, 50, 100, 0]


def test_alcohol_begins_with_50_mg() -> None:
    days = oral_days(
        regimens()["r6_50_daily"], induction("alcohol", "oral"), START, END, splits=True
    )
    assert {dose.dose_mg for dose in days} == {50}


def test_injections_keep_28_days_and_the_weekday() -> None:
    injection = regimens()["injection_380_every_4_weeks"]
    found = injection_days(injection, START, date(2027, 5, 25), OPEN)
    assert [dose.day.weekday() for dose in found] == [2] * 7
    assert found[1].day == START + timedelta(days=28)
    assert found[1].not_before == found[1].day


@given(start=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_closed_day_moves_an_injection_later_and_never_under_28_days(start: date) -> None:
    injection = regimens()["injection_380_every_4_weeks"]
    found = injection_days(injection, start, start + timedelta(days=180), RUSSIA)
    gaps = [(b.day - a.day).days for a, b in pairwise(found)]
    assert all(gap >= 28 for gap in gaps)
    assert all(RUSSIA.is_open(dose.day) for dose in found)
    assert all(dose.moved_from is None or dose.moved_from < dose.day for dose in found)


def test_russian_new_year_closes_the_clinic() -> None:
    assert not RUSSIA.is_open(date(2027, 1, 4))
    assert RUSSIA.next_open(date(2027, 1, 1)) > date(2027, 1, 8)
    assert OPEN.is_open(date(2027, 1, 4))


def test_an_implant_is_one_dose() -> None:
    (dose,) = implant_days(1000, date(2026, 11, 28), OPEN)
    assert (dose.day, dose.moved_from) == (date(2026, 11, 30), date(2026, 11, 28))


def test_a_clinic_that_never_opens_and_a_country_nobody_knows_are_errors() -> None:
    closed = clinic((), None, [2026])
    with pytest.raises(InputError, match="clinic_days"):
        closed.next_open(START)
    with pytest.raises(InputError, match="ISO country code"):
        clinic(WEEK, "XX", [2026])


BERLIN = ZoneInfo("Europe/Berlin")


def test_28_days_are_the_same_weekday_and_hour_across_a_clock_change() -> None:
    """Summer time begins in Berlin on 28 March 2027: 28 days are 671 hours there."""
    before, after = (
        at_clock(day, "09:00", BERLIN) for day in (date(2027, 3, 10), date(2027, 4, 7))
    )
    assert (after.hour, after.weekday()) == (before.hour, before.weekday())
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=671)


def test_a_clock_time_that_is_skipped_is_moved_on() -> None:
    assert at_clock(date(2027, 3, 28), "02:30", BERLIN).hour == 3


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 11, 25), 6, date(2027, 5, 25)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_a_course_ends_on_the_same_day_of_the_month(day: date, months: int, expected: date) -> None:
    assert months_later(day, months) == expected
