"""Small groups: no count of fewer than five people is shown, nor one to be had by subtraction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from antagonist.feedback.outcomes.rules import whole

ALL = "all"
Cell = tuple[str, str]  # group, category
Line = tuple[
    tuple[Cell, ...], Cell | None
]  # cells that add up to the last one, or to what is known
Table = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of people by group and category; None = hidden. ``all`` is the sum over groups."""

    cells: Mapping[str, Mapping[str, int | None]]

    def count(self, group: str, category: str) -> int | None:
        """What is shown of a cell."""
        return self.cells[group][category]


def least_group() -> int:
    """The least number of people that is shown."""
    return whole("least_group")


def is_small(count: int, least: int | None = None) -> bool:
    """Whether a count is of some people and too few to be shown; none is no group."""
    return 0 < count < (least_group() if least is None else least)


def hides(k: int, n: int, least: int | None = None) -> bool:
    """Whether k of n people is hidden: k, the rest or all together are a small group."""
    return is_small(n, least) or is_small(k, least) or is_small(n - k, least)


def open_groups(sizes: Mapping[str, int], least: int | None = None) -> frozenset[str]:
    """Groups of which figures may be shown, ``all`` among them where their sum may be.

    sizes: people in each of some disjoint groups. Where a single group is small, the next smallest
    is hidden with it, since the figure of all less those of the others is its own.
    """
    if not sizes:
        return frozenset()
    one = {group: {"people": n} for group, n in sizes.items()}
    found = shown_table(one, least, sizes_known=False)
    return frozenset(g for g, cells in found.cells.items() if cells["people"])


def shown_table(
    table: Table, least: int | None = None, *, sizes_known: bool = True, sums_first: bool = False
) -> ShownTable:
    """A table of people with small cells hidden, and those that would give them away.

    table: group -> category -> people; groups and categories are disjoint. The sum over groups is
    added as ``all``. sizes_known: whether each group's size, the sum of its categories, is shown
    elsewhere, so that one hidden cell follows from the others. sums_first: whether a sum over
    groups is hidden before another group is. A cell is safe where what is shown
    does not determine it, nor the sum of hidden ones of a line to be a small group.
    """
    least = least_group() if least is None else least
    groups, names = list(table), list(next(iter(table.values()), {}))
    full = {(g, c): table[g][c] for g in groups for c in names}
    full |= {(ALL, c): sum(table[g][c] for g in groups) for c in names}
    lines: list[Line] = [(tuple((g, c) for g in groups), (ALL, c)) for c in names]
    if sizes_known:
        lines += [(tuple((g, c) for c in names), None) for g in (*groups, ALL)]
    hidden = {cell for cell, count in full.items() if is_small(count, least)}
    while (more := _next_to_hide(full, lines, hidden, least, sums_first)) is not None:
        hidden.add(more)
    return ShownTable(
        {g: {c: None if (g, c) in hidden else full[g, c] for c in names} for g in (*groups, ALL)}
    )


def _next_to_hide(
    full: Mapping[Cell, int],
    lines: Sequence[Line],
    hidden: set[Cell],
    least: int,
    sums_first: bool,
) -> Cell | None:
    """Another cell to hide, the smallest that helps; None where nothing is given away."""
    for cells, total in lines:
        here = [cell for cell in cells if cell in hidden]
        if total is not None and total in hidden:
            continue
        if here and (len(here) == 1 or sum(full[cell] for cell in here) < least):
            rest = [c for c in (*cells, total) if c is not None and c not in hidden and full[c]]
            if rest:
                return min(rest, key=lambda c: ((c == total) != sums_first, full[c], c))
    given = [cell for cell in _determined(lines, hidden) if is_small(full[cell], least)]
    beside = {
        cell
        for cells, total in lines
        for cell in (*cells, total)
        if cell is not None and any(g in (*cells, total) for g in given)
    }
    rest = [cell for cell in beside if cell not in hidden and full[cell]]
    return min(rest, key=lambda c: (full[c], c), default=None)


def _determined(lines: Iterable[Line], hidden: set[Cell]) -> list[Cell]:
    """Hidden cells that follow from the sums: every solution of them has the same value there."""
    order = sorted(hidden)
    if not order:
        return []
    place = {cell: i for i, cell in enumerate(order)}
    rows = []
    for cells, total in lines:
        row = np.zeros(len(order))
        for cell in cells:
            if cell in place:
                row[place[cell]] += 1
        if total is not None and total in place:
            row[place[total]] -= 1
        rows.append(row)
    _, values, vectors = np.linalg.svd(np.array(rows))
    rank = int((values > 1e-9).sum())
    free = np.abs(vectors[rank:]).max(axis=0, initial=0.0)
    return [cell for cell in order if free[place[cell]] < 1e-9]
