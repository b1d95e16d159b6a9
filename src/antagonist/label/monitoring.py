"""The monitoring schedule: what is looked at under treatment, when, and by whose text."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, takewhile
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.foundation.data import Lines, check_known, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.conditions.graph import Dictionary, Named, compiled
from antagonist.label.conditions.nodes import Condition, facts_of
from antagonist.label.conditions.single import Single
from antagonist.label.facts import DATA, Both, Facts, Provenance, fact_types
from antagonist.label.jurisdictions import jurisdictions
from antagonist.label.rules import Indication, Route
from antagonist.label.value_sets import value_sets


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Timing(_Entry):
    """When a check is due. Field meanings stand at the head of data/monitoring.yaml."""

    before_first_dose_days: int | None = Field(default=None, gt=0)
    months: tuple[int, ...] = ()
    then_every_months: int | None = Field(default=None, gt=0)
    early_days: int = Field(default=0, ge=0)
    each: Literal["visit", "injection", "later_injection"] | None = None
    at_start: bool = False
    at_end: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Timing:
        named = (self.before_first_dose_days, self.months, self.each, self.at_start, self.at_end)
        if not any(named):
            raise ValueError("a check needs a time")
        if list(self.months) != sorted(set(self.months)) or min(self.months, default=1) < 1:
            raise ValueError("months are 1 or more, each once, in order")
        if self.then_every_months is not None and not self.months:
            raise ValueError("then_every_months needs months to go on from")
        return self


class Check(_Entry):
    """One thing to look at. Field meanings stand at the head of data/monitoring.yaml."""

    id: str
    title: Both
    kind: Literal["laboratory", "urine", "question", "examination", "visit", "advice"]
    looks_at: tuple[str, ...]
    when: Timing
    unless: Condition | None = None
    indications: tuple[Indication, ...] = Field(min_length=1)
    routes: tuple[Route, ...] = Field(min_length=1)
    jurisdictions: tuple[str, ...] = Field(min_length=1)
    rules: tuple[str, ...] = Field(min_length=1)
    source: tuple[str, ...] = Field(min_length=1)
    provenance: Provenance
    note: Both | None = None


@dataclass(frozen=True)
class Due:
    """A check on a day. It counts when done from ``not_before`` to ``on``, both included."""

    check: str
    on: date
    not_before: date


def load_schedule(path: Path) -> tuple[Check, ...]:
    """Checks of a file, in its order.

    Raises InputError naming file, line and field; also for an unknown fact or jurisdiction.
    """
    entries = read_yaml(path).get("checks")
    if not isinstance(entries, dict):
        raise InputError(path.name, "checks", None, "a mapping of ids to checks")
    return tuple(_check(name, content, path) for name, content in entries.items())


def _check(name: str, content: Mapping[str, object], path: Path) -> Check:
    source = f"{path.name}: {name}"
    if not isinstance(content, dict):
        raise InputError(source, "", content, "a mapping of keys to values")
    lines = Lines(path).within("checks", name)
    found = validated(Check, {**content, "id": name}, source, lines)
    facts = (*found.looks_at, *(facts_of(found.unless) if found.unless else ()))
    for field, names, known in (
        ("looks_at", facts, fact_types()),
        ("jurisdictions", found.jurisdictions, jurisdictions()),
    ):
        for entry in names:
            check_known(entry, known, source, field)
    return found


@lru_cache(maxsize=1)
def schedule() -> tuple[Check, ...]:
    """Every check that comes with the package, in the order they are listed."""
    return load_schedule(DATA / "monitoring.yaml")


def checks_for(
    indication: Indication, route: Route, counting: Collection[str]
) -> tuple[Check, ...]:
    """Checks of a plan. counting: jurisdictions that count for it."""
    return tuple(
        check
        for check in schedule()
        if indication in check.indications
        and route in check.routes
        and any(name in counting for name in check.jurisdictions)
    )


def falls_away(check: Check, facts: Facts) -> bool:
    """Whether a check is not for this patient: only where that is known, never where it is not."""
    return check.unless is not None and _unless().truth(facts, check.id) is True


@lru_cache(maxsize=1)
def _unless() -> Single:
    named = [Named(c.id, c.unless, {}, "monitoring.yaml") for c in schedule() if c.unless]
    return Single(compiled(named, Dictionary(fact_types(), value_sets())))


def due(
    check: Check,
    first_dose: date,
    end: date,
    visits: Sequence[date] = (),
    injections: Sequence[date] = (),
) -> tuple[Due, ...]:
    """Days on which a check is due in a plan, in order, each day once.

    first_dose, end: first and last day of the plan, in the clinic's zone. visits: every visit,
    of which an injection is one. injections: every injection.
    Raises InputError for an end before the first dose.
    """
    if end < first_dose:
        raise InputError("", "end", end, f"a day from {first_dose} on")
    found: dict[date, Due] = {}
    for entry in _due(check, first_dose, end, visits, injections):
        found.setdefault(entry.on, entry)
    return tuple(found[day] for day in sorted(found))


def _due(
    check: Check,
    first_dose: date,
    end: date,
    visits: Sequence[date],
    injections: Sequence[date],
) -> Iterator[Due]:
    when = check.when
    if when.before_first_dose_days is not None:
        not_before = first_dose - timedelta(days=when.before_first_dose_days)
        yield Due(check.id, first_dose, not_before)
    in_order = sorted(injections)
    for day in takewhile(lambda day: day <= end, _monthly(when, first_dose)):
        yield Due(check.id, day, day - timedelta(days=when.early_days))
    days = {
        "visit": sorted({*visits, *injections}),
        "injection": in_order,
        "later_injection": in_order[1:],
        None: [],
    }[when.each]
    if when.at_start:
        days = [first_dose, *days]
    if when.at_end:
        days = [*days, end]
    for day in days:
        if first_dose <= day <= end:
            yield Due(check.id, day, day)


def _monthly(when: Timing, first_dose: date) -> Iterator[date]:
    for month in when.months:
        yield months_later(first_dose, month)
    if when.then_every_months is not None:
        for month in count(when.months[-1] + when.then_every_months, when.then_every_months):
            yield months_later(first_dose, month)


def months_later(day: date, months: int) -> date:
    """The same day of a later month; its last day where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
