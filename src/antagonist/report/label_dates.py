"""Dates that nobody can misread: the month is a word."""

from __future__ import annotations

from datetime import date, datetime

from antagonist.report.wording import Wording

_MONTH_LENGTH, _DAY_LENGTH = len("2026-11"), len("2026-11-25")


def date_text(day: date, words: Wording) -> str:
    """A date, such as ``25 Nov 2026`` or ``25 ноября 2026 г.``."""
    month = words.lists("months_of")[day.month - 1]
    return words.text("date.day", day=day.day, month=month, year=day.year)


def short_date(day: date, words: Wording) -> str:
    """A date without its year, where the year stands nearby."""
    month = words.lists("months_of")[day.month - 1]
    return words.text("date.no_year", day=day.day, month=month)


def weekday_text(day: date, words: Wording) -> str:
    """The day of the week, three letters in English, two in Russian."""
    return words.lists("weekdays")[day.weekday()]


def local_text(moment: datetime, words: Wording) -> str:
    """An aware moment with weekday, date, clock and zone.

    Seconds are cut off: a time to act by is never later than said.
    """
    return words.text(
        "date.local",
        weekday=weekday_text(moment, words),
        date=date_text(moment, words),
        time=f"{moment:%H:%M}",
        zone=moment.tzname() or "",
    )


def when_text(text: str, words: Wording) -> str:
    """A date as the label's rooms write it: a day, a time, a month, or ``first..last``.

    What is none of these comes back as it is.
    """
    first, dots, last = text.partition("..")
    if dots:
        ends = {"first": when_text(first, words), "last": when_text(last, words)}
        return words.text("date.between", **ends)
    try:
        return _single(text, words)
    except ValueError:
        return text


def _single(text: str, words: Wording) -> str:
    if len(text) == _MONTH_LENGTH:
        month = date.fromisoformat(f"{text}-01")
        name = words.lists("months_alone")[month.month - 1]
        return words.text("date.month", month=name, year=month.year)
    if len(text) == _DAY_LENGTH:
        return date_text(date.fromisoformat(text), words)
    moment = datetime.fromisoformat(text)
    return words.text("date.moment", date=date_text(moment, words), time=f"{moment:%H:%M}")
