"""What can be meant: years, numbers and texts of new events; kept ones stay readable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from pydantic import BaseModel

from antagonist.feedback.events import BREAKS, can_be_seen
from antagonist.foundation.clock import FIRST_YEAR, LAST_YEAR, YEARS_ALLOWED
from antagonist.foundation.errors import InputError

LARGEST = 1e9  # nothing that people count or measure in a patient is more; a project value
LONGEST = 10_000  # characters of one text: some pages of typing; a project value
SEEN = f"1 to {LONGEST} characters that can be seen"
Check = Callable[[object, str, str], None]


def check_years(value: object, place: str, field: str = "") -> None:
    """Raises InputError for a day or moment out of the years that can be meant, however deep.

    value: a model, a list, a mapping, a day or a moment; others pass. field: where it stands.
    """
    _each(_year, value, place, field)


def check_numbers(value: object, place: str, field: str = "") -> None:
    """Raises InputError for a number that nobody can have counted or measured, however deep.

    value: as JSON gives it. field: where it stands.
    """
    _each(_number, value, place, field)


def check_texts(value: object, place: str, field: str = "") -> None:
    """Raises InputError for a text that is empty, too long or not to be seen, however deep.

    value: as JSON gives it. field: where it stands.
    """
    _each(_text, value, place, field)


def _each(check: Check, value: object, place: str, field: str) -> None:
    check(value, place, field)
    within: Iterable[tuple[object, object]] = ()
    if isinstance(value, BaseModel):
        within = value
    elif isinstance(value, Mapping):
        within = value.items()
    elif isinstance(value, list | tuple):
        within = enumerate(value)
    for name, inner in within:
        if isinstance(value, Mapping):
            check(name, place, field)
        _each(check, inner, place, f"{field}.{name}".removeprefix("."))


def _year(value: object, place: str, field: str) -> None:
    # a moment is a day too
    if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise InputError(place, field, value.isoformat(), YEARS_ALLOWED)


def _number(value: object, place: str, field: str) -> None:
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= LARGEST):
        raise InputError(place, field, value, f"a number of at most {LARGEST:g}")


def _text(value: object, place: str, field: str) -> None:
    if isinstance(value, str) and not (
        value.strip() and len(value) <= LONGEST and can_be_seen(value, BREAKS)
    ):
        raise InputError(place, field, value, SEEN)
