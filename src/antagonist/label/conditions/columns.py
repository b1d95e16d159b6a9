"""The evaluator for a table of patients: two masks for each condition, true and known.

The table has one row a patient. For a fact ``f`` there may be the columns

    f            its value; null = not known. A set is a list of text.
    f.age_h      hours from the fact to the day asked for; null = no date.
    f.complete   of a set: whether the list is whole; without the column it is.

A fact without a column is not known for anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from antagonist.label.conditions.graph import Graph, Step
from antagonist.label.conditions.single import COMPARISONS

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Masks:
    """A condition over a table. ``true`` only where ``known``; shapes (N,)."""

    true: Mask
    known: Mask


def evaluated(graph: Graph, table: pa.Table, names: Sequence[str]) -> dict[str, Masks]:
    """Masks of some conditions for every row of a table.

    graph: of the conditions. table: columns as the module says. names: conditions of the graph.
    """
    columns = _Columns(table)
    results: dict[int, Masks] = {}
    for place in graph.needed(names):
        step = graph.steps[place]
        below = [results[child] for child in step.children]
        results[place] = _masks(step, below, columns)
    return {name: results[graph.roots[name]] for name in names}


class _Columns:
    """Columns of a table as arrays, each made once."""

    def __init__(self, table: pa.Table) -> None:
        self._table, self._names = table, frozenset(table.column_names)
        self.rows = table.num_rows
        self._present: dict[str, Mask] = {}
        self._ages: dict[str, NDArray[np.float64]] = {}

    def array(self, name: str) -> pa.ChunkedArray | None:
        return self._table.column(name) if name in self._names else None

    def fresh(self, fact: str, stale_h: float | None) -> Mask:
        if fact not in self._present:
            array = self.array(fact)
            present = np.zeros(self.rows, bool) if array is None else _bools(pc.is_valid(array))
            complete = self.array(f"{fact}.complete")
            if complete is not None:
                present = present & _bools(pc.fill_null(complete, False))
            self._present[fact] = present
        if stale_h is None:
            return self._present[fact]
        return self._present[fact] & (self._age_h(fact) <= stale_h)

    def _age_h(self, fact: str) -> NDArray[np.float64]:
        if fact not in self._ages:
            array = self.array(f"{fact}.age_h")
            self._ages[fact] = np.full(self.rows, np.nan) if array is None else _floats(array)
        return self._ages[fact]


def _bools(array: pa.ChunkedArray) -> Mask:
    return np.asarray(array, dtype=bool)


def _floats(array: pa.ChunkedArray) -> NDArray[np.float64]:
    filled = pc.fill_null(pc.cast(array, pa.float64()), float("nan"))
    return np.asarray(filled, dtype=np.float64)


def _masks(step: Step, below: Sequence[Masks], columns: _Columns) -> Masks:
    everyone = np.ones(columns.rows, bool)
    match step.op:
        case "always":
            return Masks(everyone, everyone)
        case "all":
            false = _any_of([b.known & ~b.true for b in below])
            true = np.logical_and.reduce([b.true for b in below])
            return Masks(true, true | false)
        case "any":
            true = _any_of([b.true for b in below])
            false = np.logical_and.reduce([b.known & ~b.true for b in below])
            return Masks(true, true | false)
        case "any_known":
            return Masks(_any_of([b.true for b in below]), _any_of([b.known for b in below]))
        case "not":
            return Masks(below[0].known & ~below[0].true, below[0].known)
        case "needing":
            wanted = zip(step.facts, step.stale_h, strict=True)
            whole = np.logical_and.reduce([columns.fresh(f, h) for f, h in wanted])
            return Masks(below[0].true, below[0].true | (below[0].known & whole))
        case "recent" | "known":
            limit = step.limits[0] if step.op == "recent" else step.stale_h[0]
            return Masks(columns.fresh(step.facts[0], limit), everyone)
        case "member":
            known = columns.fresh(step.facts[0], step.stale_h[0])
            true = _members(columns.array(step.facts[0]), step.members, columns.rows)
            return Masks(true, true | known)
        case "same_as":
            pairs = zip(step.facts, step.stale_h, strict=True)
            known = np.logical_and.reduce([columns.fresh(f, h) for f, h in pairs])
            return Masks(known & _same(step, columns), known)
        case _:
            known = columns.fresh(step.facts[0], step.stale_h[0])
            array = columns.array(step.facts[0])
            return Masks(known if array is None else known & _tested(step, array), known)


def _any_of(masks: Sequence[Mask]) -> Mask:
    result: Mask = np.logical_or.reduce(masks)
    return result


def _tested(step: Step, array: pa.ChunkedArray) -> Mask:
    if step.op == "yes":
        return _bools(pc.fill_null(array, False))
    if step.op == "one_of":
        wanted = pa.array(sorted(step.members), pa.string())
        return _bools(pc.is_in(pc.cast(array, pa.string()), value_set=wanted))
    values = _floats(array)
    if step.op == "compare":
        return np.asarray(COMPARISONS[step.comparison](values, step.limits[0]), bool)  # type: ignore[arg-type]
    low, high = step.limits
    above = values >= low if step.comparison[0] == "[" else values > low
    below = values <= high if step.comparison[1] == "]" else values < high
    return above & below


def _members(array: pa.ChunkedArray | None, members: frozenset[str], rows: int) -> Mask:
    found = np.zeros(rows, bool)
    if array is None:
        return found
    lists = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    inside = pc.is_in(pc.list_flatten(lists), value_set=pa.array(sorted(members), pa.string()))
    owners = np.asarray(pc.list_parent_indices(lists))
    found[owners[_bools(inside)]] = True
    return found


def _same(step: Step, columns: _Columns) -> Mask:
    one, other = (columns.array(fact) for fact in step.facts)
    if one is None or other is None:
        return np.zeros(columns.rows, bool)
    equal = pc.equal(pc.cast(one, pa.string()), pc.cast(other, pa.string()))
    return _bools(pc.fill_null(equal, False))
