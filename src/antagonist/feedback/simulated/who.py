"""A made-up patient while being made up: who, when, and events so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import numpy as np

from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.feedback.simulated.rates import Arm, Rates

WEEK = 7
HOUR = 9


@dataclass
class Person:
    """A patient while being made up: who, when, and events so far.

    start: first day of treatment. until: last day that is told of. use_share: of weeks with opioid
    use; drink_share: of days with drinking. liver_level: own, times the upper limit.
    """

    rng: np.random.Generator
    rates: Rates
    arm: Arm
    start: date
    until: date
    tz: tzinfo
    male: bool = True
    use_share: float = 0.0
    drink_share: float = 0.0
    liver_level: float = 1.0
    used_last_week: bool = False
    events: list[NewEvent] = field(default_factory=list)

    def say(self, kind: str, on: date, payload: Mapping[str, Any], hour: float = HOUR) -> None:
        """Add an event unless it lies after the last day."""
        if on <= self.until:
            clock = time(int(hour), int(60 * (hour % 1)))
            at = datetime.combine(on, clock, self.tz)
            self.events.append(NewEvent(kind, at, payload, NEWEST[kind]))

    def chance(self, share: float) -> bool:
        """Whether something of a share happens."""
        return bool(self.rng.random() < share)

    def day(self, week: int, weekday: int = 0) -> date:
        """A day of treatment."""
        return self.start + timedelta(days=week * WEEK + weekday)
