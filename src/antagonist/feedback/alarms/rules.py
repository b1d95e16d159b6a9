"""Alarm rules as data: what raises an alarm, how urgent it is, who must act by when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.feedback.contents import FEEDBACK_DATA
from antagonist.feedback.events import Role
from antagonist.foundation.data import Lines, check_known, content_hash, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.conditions.graph import Dictionary, Graph, Named, compiled
from antagonist.label.conditions.nodes import Condition, facts_of
from antagonist.label.conditions.single import Single
from antagonist.label.facts import Both, FactType, Provenance, fact_types
from antagonist.label.rulebook import Rulebook, rulebook
from antagonist.label.rules import Case, Fresh
from antagonist.label.side_effects import side_effects
from antagonist.label.value_sets import value_sets

DATA = FEEDBACK_DATA
Severity = Literal["stop", "urgent", "soon", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Act(_Entry):
    """What to do, who does it, and within how many hours."""

    role: Role
    within_h: float = Field(gt=0)
    text: Both


class AlarmRule(_Entry):
    """One rule. Field meanings stand at the head of data/alarms.yaml."""

    id: str
    topic: str
    severity: Severity
    when: Condition | None = None
    label_rule: str | None = None
    fresh: Mapping[str, Fresh] = {}
    key: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    text: Both
    act: Act
    rules: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    provenance: Provenance
    cases: tuple[Case, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> AlarmRule:
        if (self.when is None) == (self.label_rule is None):
            raise ValueError("when or label_rule, one of the two")
        if self.label_rule is not None and self.label_rule not in self.rules:
            raise ValueError("label_rule is one of the rules it rests on")
        if not self.rules and not self.source:
            raise ValueError("an alarm rests on rules of the label or names a source")
        if not {"true", "false"} <= {case.gives for case in self.cases}:
            raise ValueError("a case in which it is raised and one in which it is not")
        if places(self.text.en) != places(self.text.ru):
            raise ValueError("both languages have the same places")
        return self


class Sign(_Entry):
    """What a recorded symptom says of a fact. from_grade: CTCAE grade from which it does."""

    fact: str
    from_grade: int | None = Field(default=None, ge=1, le=5)


class Content(_Entry):
    """All of alarms.yaml. signs: by term of the label's coded list of side effects."""

    signs: Mapping[str, Sign]
    alarms: tuple[AlarmRule, ...]


@dataclass(frozen=True)
class AlarmBook:
    """Alarm rules that hold on a day, compiled. hash: of them and of the label's data."""

    rules: Mapping[str, AlarmRule]
    signs: Mapping[str, Sign]
    types: Mapping[str, FactType]
    graph: Graph
    single: Single
    hash: str

    def rule(self, name: str) -> AlarmRule:
        """One rule. Raises InputError with the nearest known id."""
        check_known(name, self.rules, "", "alarm")
        return self.rules[name]


def places(text: str) -> frozenset[str]:
    """Names of facts that a text has places for."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


@lru_cache(maxsize=1)
def alarm_fact_types() -> Mapping[str, FactType]:
    """The label's facts and those that only a record gives. Raises InputError for a bad entry."""
    path, found = DATA / "facts.yaml", dict(fact_types())
    for name, content in read_yaml(path).items():
        if name in found:
            raise InputError(path.name, name, None, "an id that the label does not use")
        lines = Lines(path).within(name)
        found[name] = validated(FactType, content, f"{path.name}: {name}", lines)
    return found


@lru_cache(maxsize=8)
def alarm_book(on: date) -> AlarmBook:
    """The alarm rules that come with the package, with the label's rules of a day."""
    return load_alarms(DATA / "alarms.yaml", rulebook(on))


def load_alarms(path: Path, label: Rulebook) -> AlarmBook:
    """Alarm rules of a file.

    label: rules that they rest on. Raises InputError naming file, line and field; also for an
    unknown rule, alarm, fact, unit or term.
    """
    content = validated(Content, read_yaml(path), path.name, Lines(path))
    rules = {rule.id: rule for rule in content.alarms}
    if len(rules) != len(content.alarms):
        raise InputError(path.name, "alarms", None, "each id once")
    types = alarm_fact_types()
    _check_signs(content.signs, types, path.name)
    for rule in content.alarms:
        _check_names(rule, rules, types, label, path.name)
    named = [_named(rule, label, path.name) for rule in content.alarms]
    graph = compiled(named, Dictionary(types, value_sets()))
    # one by one: together they would be hashed in the order of their folders
    own, facts = content_hash([path]), content_hash([DATA / "facts.yaml"])
    digest = hashlib.sha256(f"{own} {facts} {label.hash}".encode()).hexdigest()
    return AlarmBook(rules, content.signs, types, graph, Single(graph), digest)


def condition_of(rule: AlarmRule, label: Rulebook) -> Condition:
    """What raises an alarm: its own condition, or that of the label's rule it names."""
    if rule.when is not None:
        return rule.when
    assert rule.label_rule is not None
    return label.rule(rule.label_rule).when


def _named(rule: AlarmRule, label: Rulebook, source: str) -> Named:
    given: dict[str, Fresh] = {}
    if rule.label_rule is not None:
        given |= label.rule(rule.label_rule).fresh
    fresh_h = {name: limit.hours for name, limit in (given | dict(rule.fresh)).items()}
    return Named(rule.id, condition_of(rule, label), fresh_h, source)


def _check_signs(signs: Mapping[str, Sign], types: Mapping[str, FactType], source: str) -> None:
    for term, sign in signs.items():
        _known([term], side_effects().terms, source, "signs")
        _known([sign.fact], types, source, f"signs.{term}")


def _check_names(
    rule: AlarmRule,
    rules: Mapping[str, AlarmRule],
    types: Mapping[str, FactType],
    label: Rulebook,
    source: str,
) -> None:
    _known(rule.rules, label.rules, source, f"{rule.id}.rules")
    _known(rule.unless, rules, source, f"{rule.id}.unless")
    _known(rule.shows, types, source, f"{rule.id}.shows")
    facts = facts_of(condition_of(rule, label))
    _known((*rule.key, *rule.fresh), facts, source, f"{rule.id}.key or fresh")
    text = (*places(rule.text.en), *places(rule.act.text.en), *places(rule.act.text.ru))
    _known(text, facts, source, f"{rule.id}.text")


def _known(
    names: Sequence[str], known: Mapping[str, object] | Sequence[str], source: str, field: str
) -> None:
    for name in names:
        check_known(name, known, source, field)
