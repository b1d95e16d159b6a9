"""Values as a caller gives them, checked against a score's fields."""

from __future__ import annotations

import math
from collections.abc import Mapping

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.label.scores.models import Score, ScoreField, Value

TOTAL = "total"


def checked(score: Score, values: Mapping[str, Value | None]) -> dict[str, Value]:
    """The values that are known, each of its field's kind and in its range.

    None means 'not known' and is left out.
    Raises InputError naming the field: unknown field, wrong kind, out of range, or two fields
    that say the same thing.
    """
    source = f"score {score.id}"
    fields = _accepted(score)
    known: dict[str, Value] = {}
    for name, value in values.items():
        if name not in fields:
            raise InputError(source, name, value, near_match(name, fields))
        if value is not None:
            known[name] = _value(fields[name], value, source, name)
    for name, item in score.items.items():
        for other in item.measured_as:
            if name in known and other in known:
                raise InputError(source, other, known[other], f"'{name}' or '{other}', not both")
    return known


def _accepted(score: Score) -> dict[str, ScoreField]:
    fields = dict(score.fields)
    if score.total_accepted:
        allowed = tuple(range(int(score.low or 0), int(score.high or 0) + 1))
        fields[TOTAL] = ScoreField(title=score.title, kind="points", allowed=allowed)
    return fields


def _value(field: ScoreField, value: object, source: str, name: str) -> Value:
    if field.kind == "yes_no":
        if isinstance(value, bool):
            return value
        raise InputError(source, name, value, "true or false")
    if field.kind == "category":
        if isinstance(value, str) and value in field.values:
            return value
        raise InputError(source, name, value, ", ".join(field.values))
    number = _number(value)
    if field.kind == "points":
        if number is not None and number in field.allowed:
            return int(number)
        raise InputError(source, name, value, _points_allowed(field.allowed))
    low, high = field.low, field.high
    if number is None or low is None or high is None or not low <= number <= high:
        raise InputError(source, name, value, f"{low:g} to {high:g} {field.unit}")
    return number


def _number(value: object) -> float | None:
    """A finite number; None for anything else, yes/no among it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _points_allowed(allowed: tuple[int, ...]) -> str:
    if len(allowed) > 2 and allowed == tuple(range(allowed[0], allowed[-1] + 1)):
        return f"a whole number from {allowed[0]} to {allowed[-1]}"
    return ", ".join(str(points) for points in allowed)
