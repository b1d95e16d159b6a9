"""Printed times, over clock changes too."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.unit.report.fake_forecast import fake_forecast

from antagonist.foundation.errors import InputError
from antagonist.report.moments import Clock, clock_of, local_ticks, tick_step_h
from antagonist.report.wording import wording

BERLIN = ZoneInfo("Europe/Berlin")
# Berlin leaves CET at 2026-03-29 01:00 UTC and comes back at 2026-10-25 01:00 UTC
SPRING = Clock(datetime(2026, 3, 28, 11, 0, tzinfo=UTC), BERLIN, wording("en"))
AUTUMN = Clock(datetime(2026, 10, 24, 10, 0, tzinfo=UTC), BERLIN, wording("en"))


def test_form_of_a_time() -> None:
    clock = Clock(datetime(2026, 3, 16, 6, 0, tzinfo=UTC), ZoneInfo("Europe/Moscow"), wording("en"))
    assert clock.moment(0.0) == "Mon 2026-03-16 09:00 MSK"


def test_elapsed_hours_cross_the_clock_change() -> None:
    assert SPRING.moment(0.0) == "Sat 2026-03-28 12:00 CET"
    assert SPRING.moment(24.0) == "Sun 2026-03-29 13:00 CEST"
    assert AUTUMN.moment(24.0) == "Sun 2026-10-25 11:00 CET"


def test_repeated_hour_keeps_its_zone() -> None:
    assert AUTUMN.moment(14.5) == "Sun 2026-10-25 02:30 CEST"
    assert AUTUMN.moment(15.5) == "Sun 2026-10-25 02:30 CET"


def test_a_zone_without_a_name_shows_its_offset() -> None:
    clock = Clock(datetime(2026, 3, 16, tzinfo=UTC), ZoneInfo("Asia/Yekaterinburg"), wording("en"))
    assert clock.moment(0.0).endswith("05:00 UTC+05:00")


def test_times_round_to_the_side_asked_for() -> None:
    assert SPRING.moment(1.999) == "Sat 2026-03-28 13:59 CET"
    assert SPRING.moment(1.999, "up") == "Sat 2026-03-28 14:00 CET"
    assert SPRING.moment(2.0, "up") == SPRING.moment(2.0) == "Sat 2026-03-28 14:00 CET"


def test_without_an_origin_hours_are_printed() -> None:
    clock = Clock(None, BERLIN, wording("ru"))
    assert clock.moment(51.37) == "51,3 ч"
    assert clock.moment(51.37, "up") == "51,4 ч"
    assert clock.moment(48.0) == "48 ч"


def test_ticks_stay_on_local_midnight_over_the_change() -> None:
    ticks = local_ticks(SPRING, 0.0, 240.0)
    assert [hour for hour, _ in ticks[:3]] == [12.0, 35.0, 59.0]
    assert ticks[0][1] == "Sun\n29 Mar"
    assert all("\n" in label for _, label in ticks)


def test_ticks_within_a_day_show_the_clock() -> None:
    ticks = local_ticks(SPRING, 0.0, 24.0)
    labels = [label for _, label in ticks]
    assert labels[:4] == ["12:00", "15:00", "18:00", "21:00"]
    # the clock has no 02:00-03:00 that night, and 03:00 comes 14 h after noon
    assert (14.0, "03:00") in ticks


def test_ticks_in_hours_without_an_origin() -> None:
    ticks = local_ticks(Clock(None, BERLIN, wording("en")), 5.0, 100.0)
    assert ticks == [(float(h), str(h)) for h in range(12, 97, 12)]


@pytest.mark.parametrize("span_h", [1.0, 26.0, 100.0, 240.0, 720.0, 4400.0, 20000.0])
def test_axes_are_never_crowded(span_h: float) -> None:
    assert span_h / tick_step_h(span_h) <= 11


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(InputError, match="timezone: 'Mars/Base'"):
        clock_of(fake_forecast(timezone="Mars/Base").course, wording("en"))
