"""Small groups: no count of fewer than five people is shown, nor one to be had by subtraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from antagonist.feedback.outcomes.rules import whole


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of counts that add up to a total. parts, total: None = hidden."""

    parts: Mapping[str, int | None]
    total: int | None


def least_group() -> int:
    """The least number of people that is shown."""
    return whole("least_group")


def is_small(count: int, least: int | None = None) -> bool:
    """Whether a count is of some people and too few to be shown; none is no group."""
    return 0 < count < (least_group() if least is None else least)


def hides(k: int, n: int, least: int | None = None) -> bool:
    """Whether k of n people is hidden: k or the rest is a small group, or all together are."""
    return is_small(n, least) or is_small(k, least) or is_small(n - k, least)


def shown_parts(parts: Mapping[str, int], least: int | None = None) -> Shown:
    """Counts of disjoint groups and their sum, with small ones hidden.

    Where those hidden could be had from the rest (one alone, or all of them fewer than five
    people together), the next smallest is hidden with them, and at last the total.
    """
    least = least_group() if least is None else least
    hidden = {name for name, count in parts.items() if is_small(count, least)}
    total = sum(parts.values())
    rest = sorted((count, name) for name, count in parts.items() if name not in hidden and count)
    for _, name in rest:
        if not _gives_away(parts, hidden, least):
            break
        hidden.add(name)
    open_total = not (_gives_away(parts, hidden, least) or is_small(total, least))
    kept = {name: None if name in hidden else count for name, count in parts.items()}
    return Shown(kept, total if open_total else None)


def _gives_away(parts: Mapping[str, int], hidden: set[str], least: int) -> bool:
    return bool(hidden) and (len(hidden) == 1 or sum(parts[name] for name in hidden) < least)


def hidden_rows(
    table: Mapping[str, Mapping[str, tuple[int, int]]], least: int | None = None
) -> frozenset[tuple[str, str]]:
    """Cells (row, group) of a table of k of n that are hidden.

    table: row -> group -> (k, n); groups are disjoint, and a total over all of them is shown as
    the group ``all``. Hidden where k or n - k is a small group, and as many others of the row as
    are needed so that nothing hidden can be had from the total.
    """
    least = least_group() if least is None else least
    found: set[tuple[str, str]] = set()
    for row, cells in table.items():
        found |= {(row, group) for group in _row_hidden(cells, least)}
    return frozenset(found)


def _row_hidden(cells: Mapping[str, tuple[int, int]], least: int) -> set[str]:
    every = {g: kn for g, kn in cells.items() if g != "all"}
    hidden = {g for g, (k, n) in every.items() if hides(k, n, least)}
    rest: Sequence[str] = sorted(every, key=lambda g: (every[g][0], g))
    for group in rest:
        if not _row_gives_away(every, hidden, least):
            break
        hidden.add(group)
    total = cells.get("all")
    if total is not None and (hides(*total, least) or _row_gives_away(every, hidden, least)):
        hidden.add("all")
    return hidden


def _row_gives_away(every: Mapping[str, tuple[int, int]], hidden: set[str], least: int) -> bool:
    """Whether hidden cells follow from the total and the cells shown, as a small group."""
    if not hidden:
        return False
    k = sum(every[g][0] for g in hidden)
    n = sum(every[g][1] for g in hidden)
    return len(hidden) == 1 or hides(k, n, least)
