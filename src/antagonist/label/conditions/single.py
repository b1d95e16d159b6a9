"""The evaluator for one patient: each step of a graph once, in order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from antagonist.label.conditions.graph import Graph, Step
from antagonist.label.facts import Fact, Facts

Truth = bool | None
Evaluator = Callable[[Facts, list[Truth]], Truth]

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def fresh(fact: Fact | None, stale_h: float | None) -> bool:
    """Whether a fact counts: known, and not older than its limit where it has one.

    stale_h: hours; None = never stale. A fact with a limit and no date does not count.
    """
    if fact is None or fact.state != "known":
        return False
    return stale_h is None or (fact.age_h is not None and fact.age_h <= stale_h)


class Single:
    """A graph made ready for one patient at a time."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._evaluators = tuple(_evaluator(step) for step in graph.steps)
        self._needed = lru_cache(maxsize=512)(graph.needed)

    def results(self, facts: Facts, names: tuple[str, ...]) -> list[Truth]:
        """Truth of every step that some conditions need; None elsewhere.

        facts: by id. names: conditions of the graph. Returns one value per step of the graph.
        """
        results: list[Truth] = [None] * len(self._evaluators)
        evaluators = self._evaluators
        for place in self._needed(names):
            results[place] = evaluators[place](facts, results)
        return results

    def truth(self, facts: Facts, name: str) -> Truth:
        """Truth of one condition."""
        return self.results(facts, (name,))[self._graph.roots[name]]


def _evaluator(step: Step) -> Evaluator:
    children = step.children
    match step.op:
        case "always":
            return lambda _facts, _results: True
        case "all":
            return lambda _facts, results: _all([results[c] for c in children])
        case "any":
            return lambda _facts, results: _any([results[c] for c in children])
        case "any_known":
            return lambda _facts, results: _any_known([results[c] for c in children])
        case "not":
            return lambda _facts, results: _not(results[children[0]])
        case "needing":
            return _needing(step)
        case "recent" | "known":
            return _about(step)
        case "member":
            return _member(step)
        case "same_as":
            return _same_as(step)
        case _:
            return _test(step)


def _all(values: Sequence[Truth]) -> Truth:
    if False in values:
        return False
    return None if None in values else True


def _any(values: Sequence[Truth]) -> Truth:
    if True in values:
        return True
    return None if None in values else False


def _any_known(values: Sequence[Truth]) -> Truth:
    if True in values:
        return True
    return False if False in values else None


def _not(value: Truth) -> Truth:
    return None if value is None else not value


def _needing(step: Step) -> Evaluator:
    (child,), wanted = step.children, tuple(zip(step.facts, step.stale_h, strict=True))

    def evaluate(facts: Facts, results: list[Truth]) -> Truth:
        if results[child] is not False:
            return results[child]
        return False if all(fresh(facts.get(f), h) for f, h in wanted) else None

    return evaluate


def _about(step: Step) -> Evaluator:
    (name,), stale = step.facts, step.limits[0] if step.op == "recent" else step.stale_h[0]
    return lambda facts, _results: fresh(facts.get(name), stale)


def _member(step: Step) -> Evaluator:
    (name,), (stale,), members = step.facts, step.stale_h, step.members

    def evaluate(facts: Facts, _results: list[Truth]) -> Truth:
        fact = facts.get(name)
        if fact is None:
            return None
        if isinstance(fact.value, frozenset) and not members.isdisjoint(fact.value):
            return True
        return False if fresh(fact, stale) else None

    return evaluate


def _same_as(step: Step) -> Evaluator:
    (first, second), (stale, other_stale) = step.facts, step.stale_h

    def evaluate(facts: Facts, _results: list[Truth]) -> Truth:
        one, other = facts.get(first), facts.get(second)
        if one is None or other is None or not (fresh(one, stale) and fresh(other, other_stale)):
            return None
        return one.value == other.value

    return evaluate


def _test(step: Step) -> Evaluator:
    (name,), (stale,), test = step.facts, step.stale_h, _predicate(step)

    def evaluate(facts: Facts, _results: list[Truth]) -> Truth:
        fact = facts.get(name)
        if fact is None or fact.state != "known":
            return None
        if stale is not None and (fact.age_h is None or fact.age_h > stale):
            return None
        return test(fact.value)

    return evaluate


def _predicate(step: Step) -> Callable[[object], bool]:
    if step.op == "yes":
        return lambda value: value is True
    if step.op == "one_of":
        return lambda value: value in step.members
    if step.op == "compare":
        compare, limit = COMPARISONS[step.comparison], step.limits[0]
        return lambda value: compare(value, limit)  # type: ignore[arg-type]
    (low, high), ends = step.limits, step.comparison
    above = operator.ge if ends[0] == "[" else operator.gt
    below = operator.le if ends[1] == "]" else operator.lt
    return lambda value: above(value, low) and below(value, high)  # type: ignore[arg-type]
