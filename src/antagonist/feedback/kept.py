"""Kept decisions as what they were: a plan, a refusal, a situation, out of their plain values."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from antagonist.foundation.clock import zone
from antagonist.foundation.errors import InputError
from antagonist.planning.plan_model import Plan, Refusal
from antagonist.planning.situation_model import Situation

Document = Mapping[str, Any]
_Kept = TypeVar("_Kept")
_DAY_LENGTH = len("2026-11-25")


def kept_plan(document: Document) -> Plan | None:
    """The planner's plan out of a record's document; None where another program wrote it.

    The record leaves out what is None. Its times are in the plan's own zone. Raises InputError for
    an unknown zone.
    """
    try:
        found = _adapter(Plan).validate_python(document)
    except ValidationError as error:
        gaps = [one["loc"] for one in error.errors() if one["type"] == "missing"]
        try:
            found = _adapter(Plan).validate_python(_filled(document, gaps))
        except ValidationError:
            return None
    plan: Plan = _in_zone(found, zone(found.timezone, "record", "plan.timezone"))
    return plan


def kept_refusal(document: Document) -> Refusal:
    """A refusal as it was. Raises InputError for what is none."""
    return _read(Refusal, document, "refusal")


def kept_situation(document: Document, tz: ZoneInfo) -> Situation:
    """An answer to a situation as it was. tz: of the file it was asked on.

    Raises InputError for what is none.
    """
    timed = {
        **document,
        "dates": _times(document.get("dates", {})),
        **{
            name: [{**one, "values": _times(one["values"])} for one in document.get(name, ())]
            for name in ("steps", "warnings")
        },
    }
    situation: Situation = _in_zone(_read(Situation, timed, "situation"), tz)
    return situation


def _filled(document: Document, gaps: Sequence[tuple[int | str, ...]]) -> Document:
    """A copy with None at each place that a record left out."""
    found = copy.deepcopy(dict(document))
    for *way, last in gaps:
        inside: Any = found
        for step in way:
            inside = inside[step]
        inside[last] = None
    return found


@lru_cache(maxsize=8)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(kind: type[_Kept], document: Document, what: str) -> _Kept:
    try:
        found: _Kept = _adapter(cast("Any", kind)).validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError("record", f"{what}.{field}", None, str(first["msg"])) from None
    return found


def _times(values: Document) -> dict[str, Any]:
    """ISO text as the date or the time that it is; a union of both would read days as midnights."""
    return {
        name: value if not isinstance(value, str)
        else date.fromisoformat(value) if len(value) == _DAY_LENGTH
        else datetime.fromisoformat(value)
        for name, value in values.items()
    }  # fmt: skip


def _in_zone(value: Any, tz: tzinfo) -> Any:
    """The same with every aware time in a zone: as text a time keeps its offset only."""
    if isinstance(value, datetime):
        return value.astimezone(tz) if value.tzinfo is not None else value
    if is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: _in_zone(getattr(value, field.name), tz) for field in fields(value)}
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {key: _in_zone(item, tz) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_in_zone(item, tz) for item in value)
    return value
