"""The dictionary of facts: what can be known of a patient and a plan, with units and limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.foundation.data import Lines, check_known, read_yaml, validated
from antagonist.foundation.errors import InputError

# Set for replay only: a decision of the record is re-run on the data that it was made with.
DATA = Path(os.environ.get("ANTAGONIST_LABEL_DATA") or Path(__file__).parent / "data")
Language = Literal["en", "ru"]
Provenance = Literal["seen", "secondary", "recalled", "own"]
Kind = Literal["yes_no", "number", "category", "set", "text"]
State = Literal["known", "missing", "stale", "conflict", "unclear"]


class Both(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str = Field(min_length=1)
    ru: str = Field(min_length=1)


class FactType(BaseModel):
    """What a fact is. Field meanings stand at the head of data/facts/person.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Both
    kind: Kind
    unit: str | None = None
    units: Mapping[str, float] = {}
    values: Mapping[str, Both] = {}
    low: float | None = None
    high: float | None = None
    needs_upper_limit: bool = False
    stale_after_days: float | None = Field(default=None, gt=0)
    stale_after_h: float | None = Field(default=None, gt=0)
    derived: bool = False
    about: Literal["patient", "plan", "visit"] = "patient"
    order: Both | None = None
    note: Both | None = None
    provenance: Provenance = "own"

    @model_validator(mode="after")
    def _whole(self) -> FactType:
        if self.kind == "number" and self.unit is None:
            raise ValueError("a number needs its unit ('1' for a plain number)")
        if self.kind == "category" and not self.values:
            raise ValueError("a category needs its values")
        if self.stale_after_days is not None and self.stale_after_h is not None:
            raise ValueError("stale_after_days and stale_after_h are one or the other")
        return self

    @property
    def stale_h(self) -> float | None:
        """Hours after which the fact is stale; None = never."""
        if self.stale_after_days is not None:
            return self.stale_after_days * 24
        return self.stale_after_h

    def factor(self, unit: str) -> float | None:
        """What a number in ``unit`` is multiplied by to be in the fact's own; None = unknown."""
        return 1.0 if unit == self.unit else self.units.get(unit)


class Fact(NamedTuple):
    """One fact as the rules see it. ``value`` of a set is a frozenset.

    age_h: hours from the fact to the day that is asked for; None = no date that matters.
    on: its date as text. source: who says so. state: 'known', or why it is not.
    detail: key of a word about the state, which the reports have in both languages.
    """

    value: object
    age_h: float | None = None
    on: str | None = None
    source: str | None = None
    state: State = "known"
    detail: str | None = None


Facts = Mapping[str, Fact]


@lru_cache(maxsize=1)
def fact_types() -> Mapping[str, FactType]:
    """Every fact by id. Raises InputError naming file, line and field."""
    found: dict[str, FactType] = {}
    for path in sorted((DATA / "facts").glob("*.yaml")):
        for name, content in read_yaml(path).items():
            if name in found:
                raise InputError(path.name, name, None, "each fact once")
            found[name] = validated(
                FactType, content, f"{path.name}: {name}", Lines(path).within(name)
            )
    return found


def fact_type(name: str, source: str = "", field: str = "fact") -> FactType:
    """One fact by id. Raises InputError with the nearest known id."""
    known = fact_types()
    check_known(name, known, source, field)
    return known[name]
