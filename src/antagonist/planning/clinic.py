"""The clinic's calendar: open days, public holidays, wall-clock times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from antagonist.foundation.clock import same_clock_time
from antagonist.foundation.errors import InputError
from antagonist.planning.plan_model import WEEKDAYS

MOST_CLOSED_DAYS = 21  # longer than any run of holidays; a clinic closed for longer is an error


@dataclass(frozen=True)
class Clinic:
    """When the clinic is open. weekdays: 0 = Monday. holidays: public holidays it is closed on."""

    weekdays: frozenset[int]
    holidays: frozenset[date]

    def is_open(self, day: date) -> bool:
        """Whether the clinic is open on a day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def next_open(self, day: date) -> date:
        """The day itself, or the first later one on which the clinic is open."""
        return self._search(day, 1)

    def last_open(self, day: date) -> date:
        """The day itself, or the last earlier one on which the clinic is open."""
        return self._search(day, -1)

    def _search(self, day: date, step: int) -> date:
        for offset in range(MOST_CLOSED_DAYS + 1):
            found = day + timedelta(days=step * offset)
            if self.is_open(found):
                return found
        allowed = f"an open day within {MOST_CLOSED_DAYS} days"
        raise InputError("plan", "clinic_days", day.isoformat(), allowed)


def clinic(weekdays: Iterable[str], country: str | None, years: Iterable[int]) -> Clinic:
    """A clinic's calendar.

    weekdays: such as mon, tue. country: ISO code whose public holidays close it; None = none do.
    Raises InputError for a country that the holiday calendar does not know.
    """
    return Clinic(
        frozenset(WEEKDAYS.index(day) for day in weekdays),
        _holidays(country, list(years)) if country is not None else frozenset(),
    )


def _holidays(country: str, years: list[int]) -> frozenset[date]:
    import holidays  # heavy, and most questions need none

    try:
        return frozenset(holidays.country_holidays(country.upper(), years=years))
    except NotImplementedError:
        allowed = "an ISO country code whose holidays are known, such as RU, GB or US"
        raise InputError("plan", "holidays", country, allowed) from None


def at_clock(day: date, clock: str, tz: ZoneInfo) -> datetime:
    """A wall-clock time on a day in the clinic's zone; one that is skipped is moved on."""
    wall = datetime.combine(day, time.fromisoformat(clock), tz)
    return same_clock_time(wall - timedelta(days=1), 1)
