"""Every rule that holds on a day, compiled once, and which of them a question asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from antagonist.foundation.data import check_known, content_hash, near_match
from antagonist.foundation.errors import InputError
from antagonist.label.conditions.graph import Dictionary, Graph, Named, compiled
from antagonist.label.conditions.single import Single
from antagonist.label.facts import DATA, fact_types
from antagonist.label.jurisdictions import BASE, jurisdictions, labels_for
from antagonist.label.rules import Indication, Question, Route, Rule, load_rules
from antagonist.label.value_sets import value_sets


@dataclass(frozen=True)
class Asked:
    """Which rules an answer rests on.

    label: what the clinic chose, a label or a country; None = nothing, then all labels count.
    """

    question: Question
    indication: Indication
    route: Route
    label: str | None = None


@dataclass(frozen=True)
class Selection:
    """The rules of one question, with what is the same for every patient.

    names, rules, roots: in the order of the files. base: those of the base text, guidelines and
    this project. departing: base rows that a chosen label may soften.
    """

    names: tuple[str, ...]
    rules: tuple[Rule, ...]
    roots: tuple[int, ...]
    base: tuple[bool, ...]
    departing: tuple[bool, ...]


@dataclass(frozen=True)
class Rulebook:
    """Rules that hold on one day, with their compiled conditions."""

    rules: Mapping[str, Rule]
    graph: Graph
    single: Single
    hash: str
    _selections: dict[Asked, Selection] = field(default_factory=dict, compare=False)

    def names(self, asked: Asked) -> tuple[str, ...]:
        """Ids of the rules that a question asks, in the order of the files."""
        return self.selection(asked).names

    def selection(self, asked: Asked) -> Selection:
        """The rules that a question asks."""
        if asked not in self._selections:
            counting = counting_jurisdictions(asked.route, asked.label)
            rules = tuple(r for r in self.rules.values() if _asks(r, asked, counting))
            self._selections[asked] = Selection(
                names=tuple(rule.id for rule in rules),
                rules=rules,
                roots=tuple(self.graph.roots[rule.id] for rule in rules),
                base=tuple(_in_base(rule) for rule in rules),
                departing=tuple(rule.departs and rule.jurisdictions == (BASE,) for rule in rules),
            )
        return self._selections[asked]

    def rule(self, name: str) -> Rule:
        """One rule. Raises InputError with the nearest known id."""
        check_known(name, self.rules, "", "rule")
        return self.rules[name]


def _in_base(rule: Rule) -> bool:
    return BASE in rule.jurisdictions or any(j.startswith("guideline:") for j in rule.jurisdictions)


def _asks(rule: Rule, asked: Asked, counting: frozenset[str]) -> bool:
    return (
        asked.question in rule.asked
        and asked.indication in rule.indications
        and asked.route in rule.routes
        and not counting.isdisjoint(rule.jurisdictions)
    )


def counting_jurisdictions(route: str, label: str | None) -> frozenset[str]:
    """Jurisdictions that count: base, guidelines and project always; the chosen label, or all.

    A choice that has no label for the route leaves all labels of that route in force.
    """
    always = {name for name, entry in jurisdictions().items() if entry.kind != "label"}
    return frozenset(always | set(labels_for(label, route)))


@lru_cache(maxsize=1)
def rule_files() -> tuple[Path, ...]:
    """Files of the rules that come with the package."""
    return tuple(sorted((DATA / "rules").glob("*.yaml")))


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every version of every rule that comes with the package."""
    rules = load_rules(rule_files())
    for rule in rules:
        for name in rule.jurisdictions:
            if name not in jurisdictions():
                allowed = near_match(name, jurisdictions())
                raise InputError(rule.category, f"{rule.id}.jurisdictions", name, allowed)
    return rules


@lru_cache(maxsize=32)
def rulebook(on: date) -> Rulebook:
    """The rules that come with the package and hold on a day."""
    return _book(tuple(i for i, rule in enumerate(all_rules()) if rule.valid.holds(on)))


@lru_cache(maxsize=8)
def _book(places: tuple[int, ...]) -> Rulebook:
    return compiled_book([all_rules()[i] for i in places], content_hash(label_files()))


def compiled_book(rules: Sequence[Rule], digest: str) -> Rulebook:
    """A rulebook of some rules. digest: content hash of the files they came from."""
    named = [
        Named(rule.id, rule.condition, {k: f.hours for k, f in rule.fresh.items()}, rule.category)
        for rule in rules
    ]
    graph = compiled(named, Dictionary(fact_types(), value_sets()))
    return Rulebook({rule.id: rule for rule in rules}, graph, Single(graph), digest)


@lru_cache(maxsize=1)
def label_files() -> tuple[Path, ...]:
    """Every data file of the label, for its content hash."""
    return tuple(sorted(DATA.rglob("*.yaml")))


def with_clinic_rules(book: Rulebook, extra: Iterable[Rule], digest: str) -> Rulebook:
    """A rulebook with a clinic's own rules after it."""
    return compiled_book([*book.rules.values(), *extra], f"{book.hash}+{digest}")
