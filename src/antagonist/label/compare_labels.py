"""Two labels side by side, by subject: where they say the same, differ, or one is silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from antagonist.foundation.data import check_known
from antagonist.label.jurisdictions import jurisdictions
from antagonist.label.rulebook import rulebook
from antagonist.label.rules import SEVERITIES, Rule

Difference = Literal["same", "stricter_first", "stricter_second", "only_first", "only_second"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One subject under two jurisdictions.

    same: the same severities on the same conditions. A subject that one of them has no rule for
    is not proof that its text is silent: only parts of most texts were read.
    """

    topic: str
    first: tuple[Rule, ...]
    second: tuple[Rule, ...]
    difference: Difference


def diff(first: str, second: str, on: date) -> tuple[Compared, ...]:
    """Subjects of two jurisdictions on a day, in order of subject.

    Raises InputError for a jurisdiction that is not known.
    """
    for name in (first, second):
        check_known(name, jurisdictions(), "", "jurisdiction")
    rules = list(rulebook(on).rules.values())
    topics = sorted({r.topic for r in rules if {first, second} & set(r.jurisdictions)})
    return tuple(_compared(topic, rules, first, second) for topic in topics)


def _compared(topic: str, rules: Iterable[Rule], first: str, second: str) -> Compared:
    here = [r for r in rules if r.topic == topic]
    one = tuple(r for r in here if first in r.jurisdictions)
    other = tuple(r for r in here if second in r.jurisdictions)
    return Compared(topic, one, other, _difference(one, other))


def _difference(one: tuple[Rule, ...], other: tuple[Rule, ...]) -> Difference:
    if not other:
        return "only_first"
    if not one:
        return "only_second"
    if _strictest(one) != _strictest(other):
        return "stricter_first" if _strictest(one) < _strictest(other) else "stricter_second"
    return "same"


def _strictest(rules: tuple[Rule, ...]) -> int:
    return min(SEVERITIES.index(rule.severity) for rule in rules)
