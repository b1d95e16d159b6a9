"""Which events of a patient do not fit, where the chain as a whole does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from antagonist.feedback.chain import FIRST, event_hash

Misfit = Literal["altered", "missing", "reordered", "cut_off", "unlogged"]


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it lies in the table. columns: those its hash covers, in order."""

    n: int
    columns: Sequence[str | int | None]
    hash: str


def misfits(
    rows: Sequence[Row], logged: Mapping[int, str], whole: bool
) -> list[tuple[Misfit, int, str]]:
    """Kind, number and detail of what does not fit in a patient's chain.

    rows: in the order they were written. logged: hash of the last event, by how many events the
    patient had, for every entry of the log that can be believed. whole: all of them can be.
    """
    return [*_counted(rows, logged, whole), *_compared(rows, logged)]


def _counted(
    rows: Sequence[Row], logged: Mapping[int, str], whole: bool
) -> list[tuple[Misfit, int, str]]:
    """Events that are not there, and events that the log does not know."""
    present = {0} | {row.n for row in rows}  # 0: the start
    last, last_logged = max(present), max(logged, default=0)
    found: list[tuple[Misfit, int, str]] = []
    for start in (n for n in range(1, last) if n not in present and n - 1 in present):
        end = next(n for n in range(start, last) if n + 1 in present)
        found.append(("missing", start, f"events {start} to {end} are not there"))
    if last < last_logged:
        detail = f"the log knows {last_logged} events; those after {last} are not there"
        found.append(("cut_off", last + 1, detail))
    if whole and last > last_logged:
        detail = f"the log knows {last_logged} events; events {last_logged + 1} to {last} are not"
        found.append(("unlogged", last_logged + 1, f"{detail} in it"))
    return found


def _compared(rows: Sequence[Row], logged: Mapping[int, str]) -> list[tuple[Misfit, int, str]]:
    """Events in another place than written, and events whose hash is not theirs."""
    found: list[tuple[Misfit, int, str]] = []
    before = Row(0, (), FIRST)
    before_place = 0
    for row, place in zip(rows, sorted(row.n for row in rows), strict=True):
        if row.n != place:
            detail = f"it was written as event {place} or not at all"
            found.append(("reordered", row.n, detail))
        elif logged.get(place, row.hash) != row.hash:
            found.append(("altered", row.n, "its hash is not the one in the log"))
        else:
            bound = before.hash if before_place == place - 1 else None
            previous = logged.get(place - 1, bound)
            if previous is not None and event_hash(previous, row.columns) != row.hash:
                detail = "its hash is not that of its content and the event before"
                found.append(("altered", row.n, detail))
        before, before_place = row, place
    return found
