"""What payload models share: frozen, no unknown field, finite numbers, times with a zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from antagonist.foundation.clock import begins_with_a_day


class Payload(BaseModel):
    """What an event says, beside its times and its author."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


def _read(value: Any, read: Callable[[str], dt.date]) -> Any:
    """Text as a day or moment: JSON has no type of its own for them, however strict it is read.

    Raises ValueError for bare digits, which would be read as seconds since 1970.
    """
    if not isinstance(value, str):
        return value
    if not begins_with_a_day(value):
        raise ValueError("text such as 2026-05-01, for a time 2026-05-01T09:00+03:00")
    try:
        return read(value)
    except ValueError:
        return value  # the model says what is wrong


def _time(value: Any) -> Any:
    if not isinstance(value, str | dt.datetime):
        raise ValueError("a time with its zone, such as 2026-05-01T09:00+03:00")
    return _read(value, dt.datetime.fromisoformat)


def _day(value: Any) -> Any:
    if isinstance(value, dt.datetime) or not isinstance(value, str | dt.date):
        raise ValueError("a day such as 2026-05-01")
    return _read(value, dt.date.fromisoformat)


# A yes or no is no number, and a number no time, written as text or not.
Number = Annotated[float, BeforeValidator(_no_bool)]
Amount = Annotated[float, BeforeValidator(_no_bool), Field(ge=0)]
DoseMg = Annotated[float, BeforeValidator(_no_bool), Field(gt=0, le=10_000)]
Count = Annotated[int, BeforeValidator(_no_bool), Field(ge=0)]
Aware = Annotated[AwareDatetime, BeforeValidator(_time)]
Day = Annotated[dt.date, BeforeValidator(_day)]
Text = Annotated[str, Field(min_length=1)]
EventId = Annotated[str, Field(min_length=1, max_length=36)]
PatientId = Annotated[str, Field(min_length=1, max_length=36)]
