"""What a score is: its fields, how they add up, its bands. All of it is data, checked on load."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.label.facts import Both, Provenance

Value = float | int | str | bool
FieldKind = Literal["number", "points", "category", "yes_no"]


def rounded(value: float, decimals: int) -> float:
    """Value at so many decimals, halves away from zero (as laboratories and score sheets do)."""
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Span(_Model):
    """An interval of values as reported; both ends belong to it, None = open."""

    low: float | None = Field(default=None, alias="from")
    high: float | None = Field(default=None, alias="to")

    def holds(self, value: float) -> bool:
        """Whether a value (already rounded as reported) lies in the interval."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


class Cut(Span):
    """Points for a measured value in an interval."""

    points: int


class Band(Span):
    """A named part of a score's range."""

    id: str
    title: Both


class BandSet(_Model):
    """Bands by one publication. ``applies``: the context in which they count (e.g. sex)."""

    id: str
    title: Both | None = None
    applies: Mapping[str, str] = {}
    bands: tuple[Band, ...] = Field(min_length=1)
    source: str
    provenance: Provenance


class ScoreField(_Model):
    """One value that goes into a score, with its unit and what is accepted."""

    title: Both
    kind: FieldKind
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    allowed: tuple[int, ...] = ()
    values: Mapping[str, Both] = {}

    @model_validator(mode="after")
    def _whole(self) -> ScoreField:
        if self.kind == "number" and (self.unit is None or self.low is None or self.high is None):
            raise ValueError("a number needs unit, low and high")
        if self.kind == "points" and not self.allowed:
            raise ValueError("points need the allowed values")
        if self.kind == "category" and not self.values:
            raise ValueError("a category needs its values")
        return self


class Item(ScoreField):
    """A field that gives points: as they stand, by category, or by cuts of a measured value.

    decimals: digits at which a measured value meets its cuts.
    measured_as: another field that can be given instead, e.g. a rate for its points.
    asked_if: a yes/no item; if that is 'no', this one is not asked and counts as 'no'.
    """

    points: Mapping[str, int] = {}
    decimals: int = Field(default=0, ge=0)
    cuts: tuple[Cut, ...] = ()
    measured_as: Mapping[str, Item] = {}
    asked_if: str | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Item:
        if self.kind == "category" and set(self.points) != set(self.values):
            raise ValueError("every category needs its points")
        if self.cuts:
            check_contiguous(self.cuts, self.decimals, None, None)
        return self

    def points_for(self, value: Value) -> float:
        """Points of an accepted value."""
        if self.kind == "category":
            return self.points[str(value)]
        if self.cuts:
            measured = rounded(float(value), self.decimals)
            return next(cut.points for cut in self.cuts if cut.holds(measured))
        return float(value)


class Level(_Model):
    """A level of a triage: reached when any of the named answers is yes; the last needs none."""

    band: str
    value: int
    any_of: tuple[str, ...] = ()


class Note(_Model):
    """A text to show with a result; always, or while a field lies in an interval or is missing."""

    text: Both
    field: str | None = None
    span: Span | None = None
    while_missing: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Note:
        if (self.field is not None) != (self.span is not None or self.while_missing):
            raise ValueError("a field goes with a span or with while_missing")
        return self

    def shown(self, known: Mapping[str, Value]) -> bool:
        """Whether the text belongs to a result with these values."""
        if self.field is None:
            return True
        value = known.get(self.field)
        if value is None:
            return self.while_missing
        return self.span is not None and self.span.holds(float(value))


class Score(_Model):
    """A score with everything it needs. Field meanings stand in docs/reference/scores.md."""

    id: str
    title: Both
    kind: Literal["items", "formula", "triage"]
    unit: str = "1"
    decimals: int = Field(default=0, ge=0)
    low: float | None = None
    high: float | None = None
    items: Mapping[str, Item] = {}
    total_accepted: bool = False
    inputs: Mapping[str, ScoreField] = {}
    context: Mapping[str, ScoreField] = {}
    formula: str | None = None
    coefficients_of: str | None = None
    coefficients: Mapping[str, float] = {}
    levels: tuple[Level, ...] = ()
    band_sets: tuple[BandSet, ...] = ()
    notes: tuple[Note, ...] = ()
    licence: Both | None = None
    source: str
    provenance: Provenance

    @model_validator(mode="after")
    def _whole(self) -> Score:
        if (self.kind == "formula") != (self.formula is not None and bool(self.inputs)):
            raise ValueError("a formula, and only a formula, has 'formula' and 'inputs'")
        if (self.kind != "formula") != bool(self.items):
            raise ValueError("all but a formula have 'items'")
        if (self.kind == "triage") != bool(self.levels):
            raise ValueError("a triage, and only a triage, has 'levels'")
        if self.total_accepted and any(item.kind != "points" for item in self.items.values()):
            raise ValueError("a total stands for items in points only")
        if unknown := self._named_fields() - set(self.fields):
            raise ValueError(f"unknown fields {sorted(unknown)}")
        for group in self.band_sets:
            check_contiguous(group.bands, self.decimals, self.low, self.high)
            if unknown := set(group.applies) - set(self.context):
                raise ValueError(f"bands {group.id} apply by unknown context {sorted(unknown)}")
        return self

    def _named_fields(self) -> set[str]:
        """Fields that items, levels and notes refer to."""
        asked = {item.asked_if for item in self.items.values()}
        noted = {note.field for note in self.notes}
        named = asked | noted | {name for level in self.levels for name in level.any_of}
        return {name for name in named if name is not None}

    @property
    def fields(self) -> Mapping[str, ScoreField]:
        """Every field that a caller may give, by name."""
        found: dict[str, ScoreField] = {**self.items, **self.inputs, **self.context}
        for item in self.items.values():
            found.update(item.measured_as)
        return found


def check_contiguous(
    spans: Sequence[Span], decimals: int, low: float | None, high: float | None
) -> None:
    """Intervals follow each other without gap or overlap, from low to high.

    decimals: digits of the values that fall into them. low, high: ends; None = open.
    Raises ValueError naming the ends that do not meet.
    """
    step = 10.0**-decimals
    for before, after in itertools.pairwise(spans):
        if before.high is None or after.low is None:
            raise ValueError("only the outer ends may be open")
        if not math.isclose(before.high + step, after.low, abs_tol=step / 1000):
            raise ValueError(f"{before.high} is followed by {after.low}: gap or overlap")
    if spans[0].low != low or spans[-1].high != high:
        raise ValueError(f"the outer ends must be {low} and {high}")


@dataclass(frozen=True)
class ScoreResult:
    """A score of one patient.

    value: in the score's unit, rounded as reported; None while fields are missing.
    band: by the first set of bands that holds; None where it cannot be told.
    bands: band by every set of bands that holds.
    missing: fields that are still needed. at_least: of a triage, the level that stands whatever
    the missing answers are; None elsewhere.
    inputs: what was given. notes: texts to show with the result.
    """

    score_id: str
    value: float | None
    band: str | None
    bands: Mapping[str, str]
    missing: tuple[str, ...]
    at_least: str | None
    inputs: Mapping[str, Value]
    source: str
    provenance: Provenance
    notes: tuple[Both, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing
