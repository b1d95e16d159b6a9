"""Many conditions as one graph: equal parts are stored, and evaluated, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from antagonist.foundation.errors import InputError
from antagonist.label.conditions import nodes as n
from antagonist.label.facts import FactType, Kind

KINDS: Mapping[str, tuple[Kind, ...]] = {
    "yes": ("yes_no",),
    "compare": ("number",),
    "between": ("number",),
    "one_of": ("category",),
    "member": ("set",),
    "same_as": ("category", "text"),
}


@dataclass(frozen=True)
class Step:
    """One node of the graph.

    op: the operator. facts: fact ids it reads. stale_h: per fact, hours after which it is stale.
    children: places of the nodes below it, all earlier. limits: numbers in the fact's own unit.
    members: values or members. comparison: of ``compare``; of ``between`` which ends belong.
    """

    op: str
    facts: tuple[str, ...] = ()
    stale_h: tuple[float | None, ...] = ()
    children: tuple[int, ...] = ()
    limits: tuple[float, ...] = ()
    members: frozenset[str] = frozenset()
    comparison: str = ""


Place = Callable[[Step], int]


@dataclass(frozen=True)
class Graph:
    """Steps in an order in which children come first, and the step of each named condition."""

    steps: tuple[Step, ...]
    roots: Mapping[str, int]

    def needed(self, names: Sequence[str]) -> tuple[int, ...]:
        """Places of the steps that some conditions need, in order."""
        wanted: set[int] = set()
        waiting = [self.roots[name] for name in names]
        while waiting:
            place = waiting.pop()
            if place not in wanted:
                wanted.add(place)
                waiting.extend(self.steps[place].children)
        return tuple(sorted(wanted))


@dataclass(frozen=True)
class Named:
    """A condition to compile. fresh_h: fact -> stale limit that replaces the dictionary's."""

    name: str
    condition: n.Condition
    fresh_h: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Dictionary:
    """What conditions are checked against."""

    facts: Mapping[str, FactType]
    value_sets: Mapping[str, frozenset[str]]


def compiled(conditions: Sequence[Named], dictionary: Dictionary) -> Graph:
    """The graph of some conditions.

    Raises InputError for an unknown fact, a kind that does not fit, a unit or value set that
    is not known.
    """
    places: dict[Step, int] = {}

    def place(step: Step) -> int:
        return places.setdefault(step, len(places))

    roots = {
        named.name: _Compiler(named, dictionary, place).of(named.condition) for named in conditions
    }
    return Graph(tuple(places), roots)


class _Compiler:
    def __init__(self, named: Named, dictionary: Dictionary, place: Place) -> None:
        self._named, self._dictionary, self._place = named, dictionary, place

    def of(self, node: n.Condition) -> int:
        """Place of a node, its children placed before it."""
        match node:
            case n.Always():
                step = Step("always")
            case n.AllOf() | n.AnyOf() | n.AnyKnown():
                step = Step(node.op, children=tuple(self.of(child) for child in node.of))
            case n.Not():
                step = Step("not", children=(self.of(node.of),))
            case n.Needing():
                inner = self.of(node.of)
                step = self._leaf("needing", *node.facts, children=(inner,))
            case n.SameAs():
                step = self._leaf("same_as", node.fact, node.other)
            case n.Compare():
                limit = node.value * self._factor(node.fact, node.unit)
                step = self._leaf("compare", node.fact, limits=(limit,), comparison=node.is_)
            case n.Between():
                factor = self._factor(node.fact, node.unit)
                ends = ("[" if node.low_included else "(") + ("]" if node.high_included else ")")
                limits = (node.low * factor, node.high * factor)
                step = self._leaf("between", node.fact, limits=limits, comparison=ends)
            case n.OneOf():
                self._check_values(node)
                step = self._leaf("one_of", node.fact, members=frozenset(node.values))
            case n.Member():
                step = self._leaf("member", node.fact, members=self._value_set(node.value_set))
            case n.Recent():
                step = self._leaf("recent", node.fact, limits=(node.days * 24,))
            case n.Yes() | n.Known():
                step = self._leaf(node.op, node.fact)
        return self._place(step)

    def _leaf(
        self,
        op: str,
        *facts: str,
        children: tuple[int, ...] = (),
        limits: tuple[float, ...] = (),
        members: frozenset[str] = frozenset(),
        comparison: str = "",
    ) -> Step:
        for fact in facts:
            kind = self._type(fact).kind
            if kind not in KINDS.get(op, (kind,)):
                allowed = f"a fact of kind {' or '.join(KINDS[op])}; {fact} is {kind}"
                raise InputError(self._named.source, f"{self._named.name}.{op}", fact, allowed)
        stale = tuple(self._stale_h(fact) for fact in facts)
        return Step(op, facts, stale, children, limits, members, comparison)

    def _type(self, fact: str) -> FactType:
        try:
            return self._dictionary.facts[fact]
        except KeyError:
            allowed = "a fact of the dictionary (data/facts)"
            raise InputError(self._named.source, self._named.name, fact, allowed) from None

    def _stale_h(self, fact: str) -> float | None:
        return self._named.fresh_h.get(fact, self._type(fact).stale_h)

    def _factor(self, fact: str, unit: str) -> float:
        factor = self._type(fact).factor(unit)
        if factor is None:
            known = ", ".join(str(u) for u in (self._type(fact).unit, *self._type(fact).units))
            where = f"{self._named.name}: unit of {fact}"
            raise InputError(self._named.source, where, unit, f"one of {known}")
        return factor

    def _check_values(self, node: n.OneOf) -> None:
        known = self._type(node.fact).values
        for value in node.values:
            if value not in known:
                where = f"{self._named.name}: values of {node.fact}"
                raise InputError(self._named.source, where, value, f"one of {', '.join(known)}")

    def _value_set(self, name: str) -> frozenset[str]:
        try:
            return self._dictionary.value_sets[name]
        except KeyError:
            known = ", ".join(sorted(self._dictionary.value_sets))
            where = f"{self._named.name}: value_set"
            raise InputError(self._named.source, where, name, f"one of {known}") from None
