"""Values that do not belong in a field, made from what its JSON schema says of it."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]
NOT_SEEN = ("a\x00b", "a\ud800b", "a\x07b")
NOT_DAYS = (
    "9999-12-31", "0001-01-01", "2026-02-30", "20260501", "0", "1777777777", "tomorrow",
    "٢٠٢٦-٠٥-٠١", "2026-05-01T09:00:00",
)  # fmt: skip
NOT_TIMES = (
    "9999-12-31T09:00:00Z", "0001-01-01T09:00:00Z", "2026-02-30T09:00:00Z", "1777777777", "soon",
    "2026-05-01T25:00:00Z", "٢٠٢٦-٠٥-٠١T٠٩:٠٠:٠٠Z",
)  # fmt: skip
NO_ZONE = ("2026-05-01T08:00:00", "2026-05-01 08:00")
NOT_NUMBERS = (
    "nan", "inf", "-inf", "1e400", str(10**30), "-1", "five", "1 000", "1,000,000", "٥", "0x1f",
    "1_0",
)  # fmt: skip
AGAIN = 2
TOO_LONG = "x" * 10_001
NO_NAME = "no-such-name"
HUGE = 10**30
RAW = "\u2603raw:"  # marks text that is sent as it is, without quotes
TYPES: Mapping[str, Any] = {
    "string": "5", "integer": 5, "number": 5.5, "boolean": True, "array": ["5"], "object": {"a": 5},
    "null": None,
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a schema does not say of its texts, by the name of the field.

    words: free words. names: of a list that the schema does not give. days: a day or month or
    year or time, as text. times: clock times, with a zone or without.
    """

    words: frozenset[str]
    names: frozenset[str]
    days: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()


def as_json(body: Any) -> str:
    """A body as text, numbers that JSON cannot hold among them."""
    return json.dumps(body).replace(f'"{json.dumps(RAW)[1:-1]}', "").replace('1e400"', "1e400")


def with_value(body: Any, path: Path, value: Any) -> Any:
    """A copy of a body with another value at a place."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return [with_value(one, tuple(rest), value) if n == first else one
                for n, one in enumerate(body)]  # fmt: skip
    return {**body, first: with_value(body.get(first, {}), tuple(rest), value)}


def places(schema: Schema, body: Any, whole: Schema | None = None) -> Iterator[tuple[Path, Schema]]:
    """Every field of a body with its schema, however deep; lists as far as the body has items."""
    whole = whole or schema
    for name, said in found(schema, whole).get("properties", {}).items():
        yield (name,), said
        inner = body.get(name) if isinstance(body, Mapping) else None
        kinds = branches(said, whole)
        for branch in kinds:
            if "properties" in branch and not isinstance(inner, Mapping):
                assert any("string" in _types(one) for one in kinds), f"no body has {name}"
            elif "properties" in branch:
                yield from (((name, *path), one) for path, one in places(branch, inner, whole))
            if "items" in branch and "properties" in found(branch["items"], whole):
                assert inner, f"no body has an item of {name}"
                below = places(branch["items"], inner[0], whole)
                yield from (((name, 0, *path), one) for path, one in below)


def found(schema: Schema, whole: Schema) -> Schema:
    """A schema, where it only names another that one."""
    if "$ref" in schema:
        place: Any = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        return found(place, whole)
    return schema


def branches(schema: Schema, whole: Schema) -> Sequence[Schema]:
    """The kinds of value that a field takes."""
    here = found(schema, whole)
    return [b for one in here.get("anyOf", [here]) for b in (
        branches(one, whole) if "anyOf" in found(one, whole) else [found(one, whole)])]  # fmt: skip


def misfits(name: str, schema: Schema, whole: Schema, told: Told) -> Iterator[Any]:
    """Values that a field must not take. Raises AssertionError for a text nobody has told of."""
    taken = branches(schema, whole)
    kinds = {kind for one in taken for kind in _types(one)}
    if "number" in kinds:
        kinds.add("integer")
    for kind, value in TYPES.items():
        if kind not in kinds and not (kind == "object" and not kinds):
            yield value
    for one in taken:
        if {"integer", "number"} & set(_types(one)):
            yield from _numbers(one)
        if "string" in _types(one):
            yield from _texts(name, one, told)
        if one.get("type") == "array":
            yield from _lists(name, one, whole, told)


def _types(schema: Schema) -> Sequence[str]:
    said = schema.get("type") or ("string" if {"enum", "const"} & set(schema) else None)
    if said is None:  # anything at all
        return list(TYPES)
    return said if isinstance(said, list) else [said]


def _numbers(schema: Schema) -> Iterator[Any]:
    yield from (math.nan, math.inf, -math.inf, RAW + "1e400", HUGE, -HUGE)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    if low is not None:
        yield low - 1
        if "exclusiveMinimum" in schema:
            yield low
    if "maximum" in schema:
        yield schema["maximum"] + 1
    yield from ("5", "1,5", "1 000", "٥", "five")


def _texts(name: str, schema: Schema, told: Told) -> Iterator[Any]:
    yield from (*NOT_SEEN, "")
    if {"enum", "const"} & set(schema) or "pattern" in schema:
        yield NO_NAME
    elif schema.get("format") == "date" or name in told.days:
        yield from NOT_DAYS if schema.get("format") == "date" else (*NOT_DAYS[:5], "tomorrow")
    elif schema.get("format") == "date-time":
        yield from (*NOT_TIMES, *NO_ZONE)
    elif name in told.times:
        yield from NOT_TIMES
    elif name in told.names:
        yield NO_NAME
    else:
        assert name in told.words, f"{name}: words, a name of a list, a day or a time?"
    longest = schema.get("maxLength")
    if longest:
        yield "x" * (longest + 1)
    elif name in told.words:
        yield TOO_LONG


def _lists(name: str, schema: Schema, whole: Schema, told: Told) -> Iterator[Any]:
    items = found(schema.get("items", {}), whole)
    if "properties" in items:
        yield from (["5"], [None], [{}])
        return
    inside = list(misfits(name, items, whole, told)) if items else []
    yield from ([one] for one in inside)
    if "maxItems" in schema:
        yield [TYPES["string"]] * (schema["maxItems"] + 1)


@dataclass
class Turns:
    """Values to send the whole way: all of a list the first time, later some of it in turns.

    What reads a number or a day is one function for all fields; each field is still tried.
    """

    seen: set[str] = field(default_factory=set)
    turn: Iterator[int] = field(default_factory=itertools.count)

    def some(self, values: Iterable[Any]) -> Sequence[Any]:
        """Those that are to be sent now."""
        found = list(values)
        name = repr(found)
        if name not in self.seen:
            self.seen.add(name)
            return found
        first = next(self.turn) * AGAIN
        return [found[n % len(found)] for n in range(first, first + min(AGAIN, len(found)))]
