"""Years that can be meant: what is new is held to them; what was kept before stays readable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import BaseModel

from antagonist.foundation.clock import FIRST_YEAR, LAST_YEAR, YEARS_ALLOWED
from antagonist.foundation.errors import InputError


def check_years(value: object, place: str, field: str = "") -> None:
    """Raises InputError for a day or moment out of the years that can be meant, however deep.

    value: a model, a list, a mapping, a day or a moment; others pass. field: where it stands.
    """
    if isinstance(value, date):  # a moment is one too
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise InputError(place, field, value.isoformat(), YEARS_ALLOWED)
        return
    within: Iterable[tuple[object, object]] = ()
    if isinstance(value, BaseModel):
        within = value
    elif isinstance(value, Mapping):
        within = value.items()
    elif isinstance(value, list | tuple):
        within = enumerate(value)
    for name, inner in within:
        check_years(inner, place, f"{field}.{name}".removeprefix("."))
