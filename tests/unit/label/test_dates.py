"""Dates of facts: calendar days in the clinic's zone, approximate dates, the future."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.dates import as_of_time, days_later, when, years_between

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11-15", 10),
        ("2026-11-16", 9),
        ("2026-11-25", 0),
        ("2026-11-15 23:59", 10),
        # 22:30 UTC on the 15th is already the 16th in Moscow
        ("2026-11-15 22:30Z", 9),
    ],
)
def test_days_since_go_by_calendar_date_in_the_clinics_zone(text: str, days: int) -> None:
    assert when(text, NOW, "p", "f").days_since(NOW) == days


@pytest.mark.parametrize(
    ("value", "days"),
    [
        ({"from": "2026-11-01", "to": "2026-11-12"}, 13),
        ("2026-10", 25),
        # the month is not over: it may have been today
        ("2026-11", 0),
        ({"from": "2026-11-20", "to": "2026-12-20"}, 0),
    ],
)
def test_an_approximate_date_counts_from_its_latest_instant(value: object, days: int) -> None:
    assert when(value, NOW, "p", "f").days_since(NOW) == days


def test_an_age_in_hours_is_the_longest_that_it_can_be() -> None:
    """A date without time may be its first minute: 72 h are over sooner, never later."""
    assert when("2026-11-22", NOW, "p", "f").age_h(NOW) == pytest.approx(82)
    assert when("2026-11-22 10:00", NOW, "p", "f").age_h(NOW) == pytest.approx(72)


@pytest.mark.parametrize("text", ["2026-11-26", "2026-11-25 10:01", "2027-01"])
def test_a_date_in_the_future_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match=r"f: .* is not allowed \(a date not after 2026-11-25"):
        when(text, NOW, "p", "f")


@pytest.mark.parametrize(
    "value",
    ["yesterday", "2026-13-01", "2026-02-30", {"from": "2026-11-02"}, "0026-01-01",
     {"from": "2026-11-12", "to": "2026-11-01"}],
)  # fmt: skip
def test_what_is_no_date_is_an_error_that_names_the_field(value: object) -> None:
    with pytest.raises(InputError, match="opioid_history"):
        when(value, NOW, "p", "opioid_history.last_use")


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2008, 11, 25), date(2026, 11, 25), 18),
        (date(2008, 11, 26), date(2026, 11, 25), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_is_in_whole_years_by_calendar_date(born: date, on: date, years: int) -> None:
    assert years_between(born, on) == years


def test_the_day_asked_for_is_whole() -> None:
    assert as_of_time("2026-11-25", MOSCOW, "p").hour == 23
    assert as_of_time("2026-11-25 08:00", MOSCOW, "p").hour == 8


@pytest.mark.parametrize("order", [("Europe/Moscow", "UTC"), ("UTC", "Europe/Moscow")])
def test_one_moment_in_two_zones_is_of_two_days(order: tuple[str, str]) -> None:
    """01:00 of the 25th in Moscow is the 24th in UTC, whoever asked before."""
    expected = {"Europe/Moscow": 4, "UTC": 3}
    moment = datetime(2026, 11, 25, 1, tzinfo=ZoneInfo("Europe/Moscow"))
    for name in order:
        as_of = moment.astimezone(ZoneInfo(name))
        assert when("2026-11-21", as_of, "p", order[0]).days_since(as_of) == expected[name]
        as_of_day = when("2026-11-21", as_of, "p", "f").latest
        assert as_of_day.astimezone(ZoneInfo(name)).hour == 23


def test_a_part_of_a_day_to_wait_counts_as_one() -> None:
    assert days_later(date(2026, 11, 25), 4.5) == date(2026, 11, 30)
    assert days_later(date(2026, 11, 25), 5) == date(2026, 11, 30)
