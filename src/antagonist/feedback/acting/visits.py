"""When a sample could be taken: at the hours at which the record shows that the patient is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor

import numpy as np

from antagonist.feedback.events import Event

SEEN_DAYS = 84
# Fewer visits tell no habit.
FEWEST = 5
# A day of the week with a smaller share of the visits is no visiting day.
LEAST_SHARE = 0.1
_SEEN = frozenset(("level", "lab", "vital_signs", "injection", "implant_in", "urine_drug_test"))


@dataclass(frozen=True)
class Visiting:
    """Days of the week (0 = Monday) and hours of the clinic's clock at which visits are made."""

    weekdays: frozenset[int]
    from_hour: int
    until_hour: int

    def holds(self, local: datetime) -> bool:
        """Whether a whole hour is among them."""
        return local.weekday() in self.weekdays and self.from_hour <= local.hour <= self.until_hour


@dataclass(frozen=True)
class Window:
    """Moments to choose from, the first of them now. visiting: None = the record tells no habit."""

    moments: tuple[datetime, ...]
    until: datetime
    visiting: Visiting | None


def visiting_of(events: Iterable[Event], at: datetime) -> Visiting | None:
    """Visiting days and hours by what was done at visits in the last weeks; None for too few.

    at: aware, in the clinic's zone. The earliest and the latest twentieth of hours are left out.
    """
    since = at - timedelta(days=SEEN_DAYS)
    seen = sorted({
        event.occurred_at.astimezone(at.tzinfo)
        for event in events
        if since <= event.occurred_at <= at
        and (event.kind in _SEEN or event.payload.get("status") == "observed")
    })  # fmt: skip
    if len(seen) < FEWEST:
        return None
    days = Counter(moment.weekday() for moment in seen)
    kept = frozenset(day for day, n in days.items() if n >= LEAST_SHARE * len(seen))
    hours = [moment.hour + moment.minute / 60 for moment in seen]
    low, high = np.percentile(hours, (5, 95))
    return Visiting(kept, floor(low), ceil(high))


def window_of(at: datetime, hours: float, visiting: Visiting | None) -> Window:
    """Now, and the whole hours up to so many later at which visits are made.

    at: aware, in the clinic's zone. Without a habit every hour counts.
    """
    until = at + timedelta(hours=hours)
    whole = _whole_hours(at, hours)
    kept = whole if visiting is None else [moment for moment in whole if visiting.holds(moment)]
    return Window((at, *kept), until, visiting)


def _whole_hours(at: datetime, hours: float) -> Sequence[datetime]:
    first = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    steps = (first + timedelta(hours=n) for n in range(ceil(hours)))
    return [moment for moment in steps if moment <= at + timedelta(hours=hours)]
