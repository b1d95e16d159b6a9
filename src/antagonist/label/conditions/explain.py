"""Why a condition came out as it did: a tree of its parts with the facts that decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from antagonist.label.conditions.graph import Graph, Step
from antagonist.label.conditions.single import Truth, fresh
from antagonist.label.facts import Fact, Facts, State

Word = Literal["true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class FactUse:
    """One fact as a condition saw it."""

    fact: str
    state: State
    value: bool | float | str | tuple[str, ...] | None
    on: str | None = None
    source: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part of a condition: what it asks, what came out, on which facts."""

    op: str
    result: Word
    facts: tuple[FactUse, ...] = ()
    limits: tuple[float, ...] = ()
    comparison: str = ""
    members: tuple[str, ...] = ()
    of: tuple[Explanation, ...] = ()


def word(truth: Truth) -> Word:
    """A truth value as a word."""
    return "unknown" if truth is None else "true" if truth else "false"


def explained(graph: Graph, name: str, facts: Facts, results: Sequence[Truth]) -> Explanation:
    """The tree of one condition. results: of every step, as ``Single.results`` gives them."""
    return _tree(graph, graph.roots[name], facts, results)


def _tree(graph: Graph, place: int, facts: Facts, results: Sequence[Truth]) -> Explanation:
    step = graph.steps[place]
    return Explanation(
        op=step.op,
        result=word(results[place]),
        facts=tuple(used(name, facts.get(name), stale_h) for name, stale_h in _uses(step)),
        limits=step.limits,
        comparison=step.comparison,
        members=tuple(sorted(step.members)) if step.op == "one_of" else (),
        of=tuple(_tree(graph, child, facts, results) for child in step.children),
    )


def _uses(step: Step) -> tuple[tuple[str, float | None], ...]:
    return tuple(zip(step.facts, step.stale_h, strict=True))


def used(name: str, fact: Fact | None, stale_h: float | None) -> FactUse:
    """A fact as one condition sees it: missing, stale for this condition, or known."""
    if fact is None:
        return FactUse(fact=name, state="missing", value=None)
    state = fact.state
    if state == "known" and not fresh(fact, stale_h):
        state = "stale"
    return FactUse(
        fact=name,
        state=state,
        value=_plain(fact.value),
        on=fact.on,
        source=fact.source,
        detail=fact.detail,
    )


def _plain(value: object) -> bool | float | str | tuple[str, ...] | None:
    if isinstance(value, frozenset):
        return tuple(sorted(str(item) for item in value))
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None  # never: the fact's detail says so
    return float(value) if isinstance(value, int) else str(value)


def deciding(
    graph: Graph, name: str, facts: Facts, results: Sequence[Truth]
) -> tuple[FactUse, ...]:
    """Facts that made a condition what it is: of a true one those that made it true, of an
    unknown one those that are missing, stale or in conflict; each once.
    """
    found: dict[str, FactUse] = {}
    _collect(graph, graph.roots[name], facts, results, results[graph.roots[name]], found)
    return tuple(found.values())


def _collect(
    graph: Graph,
    place: int,
    facts: Facts,
    results: Sequence[Truth],
    wanted: Truth,
    found: dict[str, FactUse],
) -> None:
    step = graph.steps[place]
    if results[place] is not wanted:
        return
    if step.op == "not":
        below = None if wanted is None else not wanted
        _collect(graph, step.children[0], facts, results, below, found)
        return
    for child in step.children:
        _collect(graph, child, facts, results, wanted, found)
    for name, stale_h in _uses(step):
        use = used(name, facts.get(name), stale_h)
        if wanted is not None or use.state != "known":
            found.setdefault(name, use)
