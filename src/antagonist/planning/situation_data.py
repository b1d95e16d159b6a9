"""The words and rules of situations: data/situations.yaml of the label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from string import Formatter

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.foundation.data import Lines, near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.conditions.nodes import (
    AllOf,
    AnyKnown,
    AnyOf,
    Compare,
    Condition,
    Needing,
    Not,
)
from antagonist.label.facts import DATA, Both
from antagonist.label.rulebook import all_rules, rulebook
from antagonist.label.rules import Route
from antagonist.planning.situation_model import Amount, Step

SITUATIONS = DATA / "situations.yaml"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StepText(_Entry):
    """The words of a step, with the rules it rests on; field meanings: situations.yaml."""

    rules: tuple[str, ...]
    option: bool = False
    own: bool = False
    text: Both

    @property
    def places(self) -> frozenset[str]:
        """Names that the words have places for."""
        return _places(self.text.en)

    @model_validator(mode="after")
    def _same_places(self) -> StepText:
        if _places(self.text.en) != _places(self.text.ru):
            raise ValueError("both languages have the same places")
        if not self.rules and not self.own:
            raise ValueError("a step rests on a rule or says that it is our own")
        return self


class RuleFigure(_Entry):
    """A number with the rule it comes from."""

    value: float = Field(gt=0)
    rule: str


class SituationData(_Entry):
    """All of situations.yaml."""

    look_ahead_weeks: Mapping[Route, int]
    daily_tablet_mg: RuleFigure
    hold_rules: Mapping[Route, tuple[str, ...]]
    steps: Mapping[str, StepText]


def _places(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


@lru_cache(maxsize=1)
def situation_data() -> SituationData:
    """The words and rules of situations. Raises InputError naming file, line and field."""
    found = validated(SituationData, read_yaml(SITUATIONS), SITUATIONS.name, Lines(SITUATIONS))
    known = {rule.id for rule in all_rules()}
    named = {rule for step in found.steps.values() for rule in step.rules}
    named |= {rule for rules in found.hold_rules.values() for rule in rules}
    for name in sorted(named | {found.daily_tablet_mg.rule}):
        if name not in known:
            raise InputError(SITUATIONS.name, "rules", name, near_match(name, known))
    return found


def step(name: str, **values: Amount | datetime | date) -> Step:
    """A step with what its words have places for. Raises ValueError for other values."""
    text = situation_data().steps[name]
    if text.places != set(values):
        raise ValueError(f"{name}: {sorted(values)} for places {sorted(text.places)}")
    return Step(name, dict(values), text.rules, text.option, text.own)


def limit(rule: str, fact: str, on: date) -> Amount:
    """The figure that a rule compares a fact with.

    on: day whose rules count. Raises InputError for an unknown rule, ValueError where the rule
    does not compare the fact with one figure.
    """
    found = {
        (node.value, node.unit)
        for node in _comparisons(rulebook(on).rule(rule).condition)
        if node.fact == fact
    }
    if len(found) != 1:
        raise ValueError(f"{rule} compares {fact} with {len(found)} figures")
    return Amount(*found.pop())


def _comparisons(condition: Condition) -> Iterator[Compare]:
    match condition:
        case Compare():
            yield condition
        case AllOf() | AnyOf() | AnyKnown():
            for child in condition.of:
                yield from _comparisons(child)
        case Not() | Needing():
            yield from _comparisons(condition.of)
        case _:
            return
