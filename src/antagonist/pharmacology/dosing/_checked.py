"""From pydantic's list of errors to the one a reader meets first in the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from antagonist.foundation.clock import zone
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing._near import one_of
from antagonist.pharmacology.dosing._schema import REQUIRED, Context, CourseBlock, known_keys

Loc = tuple[str | int, ...]
_TYPES: Mapping[str, str] = {
    "model_type": "a mapping of keys",
    "tuple_type": "a list",
    "string_type": "text",
}


def checked(mapping: Mapping[str, Any], source: str, context: Context) -> CourseBlock:
    """Course block of a mapping.

    context: products and limits; its zone is replaced by the mapping's own.
    Raises InputError for the first fault in the order of the file.
    """
    stated = mapping.get("timezone")
    tz = None if stated is None else zone(stated, source, "timezone")
    context = Context(tz, context.products, context.dose_limits_mg)
    try:
        return CourseBlock.model_validate(dict(mapping), context=context)
    except ValidationError as error:
        faults = [_fault(details, source) for details in error.errors()]
    _, first = min(faults, key=lambda fault: _position(fault[0], mapping))
    raise first


def _fault(details: ErrorDetails, source: str) -> tuple[Loc, InputError]:
    loc: Loc = details["loc"]
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        value, allowed = loc[-1], _known(loc)
    elif kind == "missing":
        value, allowed = None, f"required: {REQUIRED[str(loc[-1])]}"
    elif kind == "value_error":
        cause = details["ctx"]["error"]
        loc = (*loc, *cause.field.split(".")) if cause.field else loc
        value, allowed = cause.value, cause.allowed
    else:
        allowed = _TYPES.get(kind, details["msg"])
    return loc, InputError(source, _field(loc), _plain(value), allowed)


def _known(loc: Loc) -> str:
    path = tuple(part for part in loc[:-1] if isinstance(part, str))
    return one_of(loc[-1], known_keys(path))


def _field(loc: Loc) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".")


def _position(loc: Loc, content: object) -> tuple[int, ...]:
    """Where a path stands in the file; a missing key comes after its siblings."""
    place: list[int] = []
    for part in loc:
        if isinstance(content, Mapping):
            keys = list(content)
            place.append(keys.index(part) if part in keys else len(keys))
            content = content.get(part)
        elif isinstance(content, list | tuple) and isinstance(part, int):
            place.append(part)
            content = content[part] if part < len(content) else None
    return tuple(place)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set):
        return "a list" if value else "an empty list"
    if isinstance(value, str) and len(value) > 80:
        return f"{value[:77]}..."
    return value
