"""Times across clock changes, zones and offsets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from antagonist.foundation.clock import (
    hours_between,
    parse_day,
    parse_time,
    same_clock_time,
    to_local,
    zone,
)
from antagonist.foundation.errors import InputError

BERLIN = ZoneInfo("Europe/Berlin")


def test_zone_knows_iana_names() -> None:
    assert zone("Europe/Moscow").key == "Europe/Moscow"


@pytest.mark.parametrize("name", ["Europe/Moskow", "Mars/Olympus", "", "../passwd", 3, None])
def test_unknown_zone_is_refused(name: object) -> None:
    with pytest.raises(InputError, match="IANA time zone") as caught:
        zone(name, "course.yaml", "timezone")
    assert (caught.value.field, caught.value.value) == ("timezone", name)


def test_unknown_zone_gets_a_near_match() -> None:
    with pytest.raises(InputError, match="did you mean 'Europe/Moscow'"):
        zone("Europe/Moskow")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02 09:00", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("2026-07-02T09:00:30", datetime(2026, 7, 2, 7, 0, 30, tzinfo=UTC)),
        ("2026-03-02 09:00+03:00", datetime(2026, 3, 2, 6, tzinfo=UTC)),
        ("2026-03-02 09:00 -05:00", datetime(2026, 3, 2, 14, tzinfo=UTC)),
        ("2026-03-02T09:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        (datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_their_zone(text: object, utc: datetime) -> None:
    parsed = parse_time(text, BERLIN)
    assert parsed.astimezone(UTC) == utc
    assert parsed.tzinfo is BERLIN


def test_without_zone_an_offset_is_kept() -> None:
    parsed = parse_time("2026-03-02 09:00+03:00", None)
    assert parsed.utcoffset() == timedelta(hours=3)


@pytest.mark.parametrize("value", ["2026-03-02 09:00", datetime(2026, 3, 2, 9)])
def test_naive_time_without_zone_is_refused(value: object) -> None:
    with pytest.raises(InputError, match=r"2026-03-02 09:00.*offset such as \+03:00") as caught:
        parse_time(value, None, "course.yaml", "as_of")
    assert caught.value.field == "as_of"


@pytest.mark.parametrize(
    "value",
    ["2026-03-02", "09:00", "2026-02-30 09:00", "2026-03-02 25:00", "tomorrow", 540, None],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="a date and time such as") as caught:
        parse_time(value, BERLIN, "course.yaml", "doses[0].at")
    assert caught.value.value == value


@pytest.mark.parametrize("value", ["0001-01-01 00:00", "9999-12-31 23:59"])
def test_a_far_year_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="a year from 1900 to 2200"):
        parse_time(value, BERLIN)


@pytest.mark.parametrize(
    "value",
    ["20260501", "2026-W18-5", "2026-02-30", "٢٠٢٦-٠٥-٠١", "2026-05-01T09:00", "1899-12-31",
     "2201-01-01", "0", "", None, 20260501],
)  # fmt: skip
def test_what_is_no_day_is_refused(value: object) -> None:
    with pytest.raises(InputError) as raised:
        parse_day(value, "file", "on")
    assert (raised.value.source, raised.value.field) == ("file", "on")


def test_a_day_is_written_in_one_way() -> None:
    assert parse_day(" 2026-05-01 ") == date(2026, 5, 1)


def test_a_skipped_clock_time_is_refused() -> None:
    with pytest.raises(InputError, match=r"02:30.*skipped in Europe/Berlin.*03:30"):
        parse_time("2026-03-29 02:30", BERLIN, "course.yaml", "as_of")


def test_a_repeated_clock_time_needs_its_offset() -> None:
    with pytest.raises(InputError, match="happens twice in Europe/Berlin") as caught:
        parse_time("2026-10-25 02:30", BERLIN, "course.yaml", "as_of")
    assert "'2026-10-25 02:30+02:00' or '2026-10-25 02:30+01:00'" in caught.value.allowed


@pytest.mark.parametrize(("offset", "utc_hour"), [("+02:00", 0), ("+01:00", 1)])
def test_a_repeated_clock_time_with_offset_is_read(offset: str, utc_hour: int) -> None:
    parsed = parse_time(f"2026-10-25 02:30{offset}", BERLIN)
    assert parsed.astimezone(UTC) == datetime(2026, 10, 25, utc_hour, 30, tzinfo=UTC)
    assert f"{parsed:%H:%M}" == "02:30"


@pytest.mark.parametrize(
    ("day", "next_day", "hours"),
    [
        ("2026-03-28", "2026-03-29", 23.0),
        ("2026-10-24", "2026-10-25", 25.0),
        ("2026-06-01", "2026-06-02", 24.0),
    ],
)
def test_a_day_has_the_hours_it_had(day: str, next_day: str, hours: float) -> None:
    start, end = (parse_time(f"{d} 09:00", BERLIN) for d in (day, next_day))
    assert hours_between(start, end) == hours
    assert hours_between(end, start) == -hours
    assert to_local(start, hours, BERLIN) == end


def test_hours_are_told_in_another_zone() -> None:
    origin = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert f"{to_local(origin, 0.0, BERLIN):%H:%M}" == "01:30"
    assert f"{to_local(origin, 1.0, BERLIN):%H:%M}" == "03:30"


def test_naive_times_have_no_hours() -> None:
    naive, aware = datetime(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        hours_between(naive, aware)
    with pytest.raises(ValueError, match="aware"):
        to_local(naive, 1.0, UTC)


@pytest.mark.parametrize(
    ("start", "clock", "elapsed_h"),
    [
        ("2026-03-28 09:00", "2026-03-29 09:00", 23.0),
        ("2026-10-24 09:00", "2026-10-25 09:00", 25.0),
        ("2026-03-28 02:30", "2026-03-29 03:30", 24.0),  # 02:30 is skipped that day
        ("2026-10-24 02:30", "2026-10-25 02:30", 24.0),  # the first of two
    ],
)
def test_the_same_clock_time_next_day(start: str, clock: str, elapsed_h: float) -> None:
    first = parse_time(start, BERLIN)
    later = same_clock_time(first, 1)
    assert f"{later:%Y-%m-%d %H:%M}" == clock
    assert hours_between(first, later) == elapsed_h


def test_a_skipped_clock_time_comes_back_the_day_after() -> None:
    later = same_clock_time(parse_time("2026-03-28 02:30", BERLIN), 2)
    assert f"{later:%Y-%m-%d %H:%M}" == "2026-03-30 02:30"


def test_a_fixed_offset_keeps_24_hours() -> None:
    start = datetime(2026, 3, 28, 9, tzinfo=timezone(timedelta(hours=1)))
    assert hours_between(start, same_clock_time(start, 1)) == 24.0
