"""Facts as they are stated: checked, converted to their unit, the latest chosen, conflicts kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.label.dates import When
from antagonist.label.exposure import date_of
from antagonist.label.facts import Fact, FactType, fact_types
from antagonist.label.patient import Entry, Patient


def stated_facts(patient: Patient, as_of: datetime) -> dict[str, Fact]:
    """Facts under ``facts:`` of a patient's file.

    Several statements of one fact: the latest date counts; different values on the latest date,
    or from different sources where the fact does not change by itself, are a conflict, and a fact
    in conflict is not known.
    Raises InputError for an unknown fact, a derived one, a wrong kind, unit, range or date.
    """
    facts: dict[str, Fact] = {}
    for name, entries in patient.facts.items():
        kind = _kind(name, patient.source)
        read = [
            _read(kind, entry, as_of, patient.source, f"facts.{name}" + _index(entries, i))
            for i, entry in enumerate(entries)
        ]
        facts[name] = _chosen(kind, read)
        if kind.needs_upper_limit:
            facts |= _relative(name, kind, entries, read)
    return facts


def _index(entries: Sequence[Entry], place: int) -> str:
    return f"[{place}]" if len(entries) > 1 else ""


@lru_cache(maxsize=1)
def stated_types() -> Mapping[str, FactType]:
    """Facts that a file may state by id; the others are made from its other parts."""
    return {n: k for n, k in fact_types().items() if not k.derived and k.kind != "set"}


def _kind(name: str, source: str) -> FactType:
    known = stated_types()
    if name not in known:
        if name in fact_types():
            allowed = "a fact that is stated; this one is made from other parts of the file"
        else:
            allowed = near_match(name, known)
        raise InputError(source, "facts", name, allowed)
    return known[name]


def _read(kind: FactType, entry: Entry, as_of: datetime, source: str, field: str) -> Fact:
    value = _value(kind, entry, source, field)
    dated = date_of(entry.date, as_of, source, f"{field}.date")
    return Fact(value, _age_h(dated, as_of), dated.text if dated else None, entry.source)


def _age_h(dated: When | None, as_of: datetime) -> float | None:
    return dated.age_h(as_of) if dated is not None else None


def _value(kind: FactType, entry: Entry, source: str, field: str) -> object:
    value = entry.value
    if kind.kind == "yes_no":
        if not isinstance(value, bool):
            raise InputError(source, f"{field}.value", value, "yes or no")
        return value
    if kind.kind in ("category", "text"):
        if kind.values and value not in kind.values:
            allowed = "one of " + ", ".join(kind.values)
            raise InputError(source, f"{field}.value", value, allowed)
        return str(value)
    return _number(kind, entry, source, field)


def _number(kind: FactType, entry: Entry, source: str, field: str) -> float:
    value = entry.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(source, f"{field}.value", value, f"a number in {kind.unit}")
    factor = 1.0 if kind.unit == "1" and entry.unit is None else None
    if entry.unit is not None:
        factor = kind.factor(entry.unit)
    if factor is None:
        allowed = "a unit: " + ", ".join([str(kind.unit), *kind.units])
        raise InputError(source, f"{field}.unit", entry.unit, allowed)
    number = value * factor
    low, high = kind.low, kind.high
    if not (low is None or low <= number) or not (high is None or number <= high):
        allowed = f"{low:g} to {high:g} {kind.unit}" if low is not None and high else "in range"
        raise InputError(source, f"{field}.value", value, allowed)
    return float(number)


def _chosen(kind: FactType, read: Sequence[Fact]) -> Fact:
    if len(read) == 1:
        return read[0]
    youngest = min((fact.age_h for fact in read if fact.age_h is not None), default=None)
    latest = [f for f in read if f.age_h == youngest]
    # A laboratory value changes from day to day; what people say of a yes or no should agree.
    rivals = latest if kind.kind == "number" else _latest_by_source(read)
    if len({f.value for f in rivals}) == 1:
        return latest[0]
    sources = "; ".join(f"{f.source}: {_shown(f.value)}" for f in rivals)
    return latest[0]._replace(value=None, state="conflict", source=sources, detail="conflict")


def _latest_by_source(read: Sequence[Fact]) -> list[Fact]:
    """The latest statement of each source; one without a date is as old as can be."""
    found: dict[str | None, Fact] = {}
    for fact in sorted(read, key=lambda f: -(f.age_h if f.age_h is not None else float("inf"))):
        found[fact.source] = fact
    return list(found.values())


def _shown(value: object) -> str:
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def _relative(
    name: str, kind: FactType, entries: Sequence[Entry], read: Sequence[Fact]
) -> dict[str, Fact]:
    """The multiple of the laboratory's own upper limit; without that limit it is unknown."""
    target = f"{name}_xuln"
    if target not in fact_types():
        return {}
    fact = _chosen(kind, read)
    if fact.state != "known":
        return {target: fact}
    entry = entries[read.index(fact)]
    if entry.upper_limit is None:
        return {target: fact._replace(value=None, state="unclear", detail="no_upper_limit")}
    assert isinstance(entry.value, int | float)
    return {target: fact._replace(value=float(entry.value) / entry.upper_limit)}
