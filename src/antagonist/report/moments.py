"""Printed times: aware local clocks outside, hours since the origin inside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from antagonist.foundation.clock import hours_between, to_local, zone
from antagonist.pharmacology.dosing.records import Course
from antagonist.report.numbers import plain
from antagonist.report.wording import Wording

Rounding = Literal["down", "up"]
MOST_TICKS = 11
TICK_STEPS_H = (1, 3, 6, 12, 24, 48, 96, 168, 336, 672)


@dataclass(frozen=True)
class Clock:
    """Turns hours since the origin into printed times.

    origin: aware time of hour 0, or None where the course knows hours only.
    """

    origin: datetime | None
    zone: ZoneInfo
    words: Wording

    def local(self, time_h: float, rounding: Rounding = "down") -> datetime:
        """The local time of an hour, to the whole minute.

        Raises ValueError where the course has no origin.
        """
        if self.origin is None:
            raise ValueError("a course without an origin has no local times")
        minutes = time_h * 60.0
        # a rounding error of the hour must not move a full minute
        whole = math.floor(minutes + 1e-6) if rounding == "down" else math.ceil(minutes - 1e-6)
        return to_local(self.origin, whole / 60.0, self.zone)

    def moment(self, time_h: float, rounding: Rounding = "down") -> str:
        """A printed time, such as ``Mon 2026-03-16 09:00 MSK``, or hours without an origin."""
        if self.origin is None:
            tenths = time_h * 10.0
            whole = math.floor(tenths + 1e-6) if rounding == "down" else math.ceil(tenths - 1e-6)
            return self.words.text("hours", value=plain(whole / 10.0, self.words.language))
        local = self.local(time_h, rounding)
        weekday = self.words.lists("weekdays")[local.weekday()]
        return f"{weekday} {local:%Y-%m-%d %H:%M} {zone_name(local)}"

    def hour_of(self, local: datetime) -> float:
        """Hours since the origin of an aware time.

        Raises ValueError where the course has no origin.
        """
        if self.origin is None:
            raise ValueError("a course without an origin has no local times")
        return hours_between(self.origin, local)


def clock_of(course: Course, words: Wording) -> Clock:
    """The clock of a course.

    Raises InputError for a time zone that does not exist.
    """
    zone_of_course = zone(course.timezone, "course", "timezone")
    return Clock(course.subject.origin, zone_of_course, words)


def zone_name(local: datetime) -> str:
    """The zone's own abbreviation, or its distance from UTC where it has none."""
    name = local.tzname() or ""
    return f"UTC{local.isoformat()[-6:]}" if not name or name[0] in "+-" else name


def local_ticks(clock: Clock, start_h: float, end_h: float) -> list[tuple[float, str]]:
    """Axis ticks on full local hours, days or weeks; hours and labels.

    Days are 23 or 25 h long where the clocks change, so ticks follow the local clock.
    """
    step_h = tick_step_h(end_h - start_h)
    if clock.origin is None:
        first = math.ceil(start_h / step_h) * step_h
        hours = [float(hour) for hour in range(first, math.floor(end_h) + 1, step_h)]
        return [(hour, plain(hour, clock.words.language)) for hour in hours]
    wall = clock.local(start_h).replace(hour=0, minute=0, tzinfo=None)
    ticks: list[tuple[float, str]] = []
    while True:
        # through UTC, so that a clock time skipped by the change becomes the real one
        real = wall.replace(tzinfo=clock.zone).astimezone(UTC).astimezone(clock.zone)
        hour = clock.hour_of(real)
        if hour > end_h:
            return ticks
        if hour >= start_h:
            ticks.append((hour, _tick_label(real, clock.words)))
        wall += timedelta(hours=step_h)


def tick_step_h(span_h: float) -> int:
    """The least step of the axis that gives at most MOST_TICKS ticks, h."""
    for step in TICK_STEPS_H:
        if span_h / step <= MOST_TICKS:
            return step
    return math.ceil(span_h / MOST_TICKS / 24.0) * 24


def _tick_label(local: datetime, words: Wording) -> str:
    if local.hour or local.minute:
        return f"{local:%H:%M}"
    weekday = words.lists("weekdays")[local.weekday()]
    month = words.lists("months")[local.month - 1]
    return f"{weekday}\n{local.day} {month}"
