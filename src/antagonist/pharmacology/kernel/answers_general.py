"""Answers of one subject whose modes are not to be trusted: a fine grid, then false position.

Slow and rare. Where two crossings lie within ``STEP_H`` of each other they may be taken for none.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from antagonist.pharmacology.kernel.packed import Packed
from antagonist.pharmacology.kernel.solution import Solution, solve
from antagonist.pharmacology.kernel.system import Floats, Ints, LinearSystem
from antagonist.pharmacology.kernel.window import Window

STEP_H = 0.05
_STEPS = 12
_REFINED = 8
_SOON = 60


class _Seen(Protocol):
    def __call__(self, time_h: Floats, *, before: bool = False) -> Floats: ...


def answered(
    system: LinearSystem,
    jumps: Packed,
    weights: Floats,
    level: float,
    window: Window,
    start_h: float,
    initial: Floats | None,
) -> tuple[Floats, Floats]:
    """A row of answers, shape (8,), in the order of the compiled loops, and the crossings."""
    solution = solve(system, jumps.jumps, start_h=start_h, initial=initial)

    def seen(time_h: Floats, *, before: bool = False) -> Floats:
        value: Floats = weights[0] @ solution.at(time_h, before=before)[0]
        return value

    time_h, value = _grid(solution, seen, window)
    over = value > level
    turns = np.flatnonzero(over[1:] != over[:-1])
    rising = over[turns + 1]
    crossed = _roots(seen, level, time_h[turns], time_h[turns + 1], value[turns], value[turns + 1])
    edges = np.concatenate([[window.from_h], crossed, [window.until_h]])
    spells = np.diff(edges)
    up = np.concatenate([[over[0]], rising])
    falls = [t for t, rises in zip(crossed, rising, strict=True) if not rises]
    down = [t for t in falls if t >= window.as_of_h]
    at = int(np.searchsorted(edges, window.as_of_h, side="right")) - 1
    now = not up[min(at, len(up) - 1)]
    first = window.as_of_h if now else min(down, default=np.inf)
    weakest_at, weakest = _lowest(time_h, value, seen, window)
    gaps = spells[~up]
    row = np.array(
        [
            spells[up].sum(), len(gaps), gaps.max(initial=0.0), weakest, weakest_at, first,
            len(crossed), 0.0,
        ]
    )  # fmt: skip
    return row, crossed


def _roots(
    seen: _Seen, level: float, low: Floats, high: Floats, at_low: Floats, at_high: Floats
) -> Floats:
    """Crossings of the level, one in each bracket, by false position that halves a stuck end.

    Source: Dowell and Jarratt 1971 (the Illinois method).
    """
    fa, fb = at_low - level, at_high - level
    root, side = low, np.zeros(len(low))
    for _ in range(_STEPS if len(low) else 0):
        apart = np.where(fa == fb, 1.0, fa - fb)
        root = np.clip(low + (high - low) * np.where(fa == fb, 0.0, fa / apart), low, high)
        f = seen(root) - level
        left = (f > 0) == (fa > 0)
        stuck = side == np.where(left, 1.0, -1.0)
        kept_a, kept_b = np.where(stuck, fa / 2, fa), np.where(stuck, fb / 2, fb)
        low, high = np.where(left, root, low), np.where(left, high, root)
        fa, fb = np.where(left, f, kept_a), np.where(left, kept_b, f)
        side = np.where(left, 1.0, -1.0)
    return root


def _grid(solution: Solution, seen: _Seen, window: Window) -> tuple[Floats, Floats]:
    """Times in order with what is seen there; jumps stand twice, before and after."""
    knots = solution.time_h[0]
    inside = np.unique(knots[(knots > window.from_h) & (knots < window.until_h)])
    edges = np.unique(np.concatenate([[window.from_h, window.weakest_from_h], inside]))
    ends = np.append(edges[1:], window.until_h)
    # all stretches in one call: a call costs far more than a moment in it
    parts = [_moments(float(a), float(b)) for a, b in zip(edges, ends, strict=True)]
    last = np.cumsum([len(part) for part in parts]) - 1
    time_h = np.concatenate(parts)
    value = seen(time_h)
    value[last] = seen(time_h[last], before=True)
    return _with_turns(time_h, value, last, seen)


def _moments(from_h: float, until_h: float) -> Floats:
    """Times from one jump to the next: even steps, and many soon after the first."""
    even = np.linspace(from_h, until_h, max(2, int(np.ceil((until_h - from_h) / STEP_H)) + 1))
    soon = from_h + np.geomspace(1e-4, 1.0, _SOON) * STEP_H * 20
    return np.unique(np.concatenate([even, soon[soon < until_h]]))


def _with_turns(
    time_h: Floats, value: Floats, last: Ints, seen: _Seen
) -> tuple[Floats, Floats]:  # fmt: skip
    """The same with the turning points in it, so that no crossing beside one is stepped over.

    last: the last place of each stretch between two jumps.
    """
    slope = np.diff(value)
    turning = np.append(False, slope[1:] * slope[:-1] < 0)
    # the last value of a stretch is that before a jump, which may not be looked up again
    for place in (last[:-1], last[:-1] + 1, last - 1):
        turning[place] = False
    turns = np.flatnonzero(turning)
    if not len(turns):
        return time_h, value
    sign = np.where(slope[turns - 1] > 0, 1.0, -1.0)
    low, high = time_h[turns - 1], time_h[turns + 1]
    rows = np.arange(len(turns))
    for _ in range(_REFINED):
        part = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, 9)
        best = np.argmax(sign[:, None] * seen(part.ravel()).reshape(part.shape), axis=1)
        low, high = part[rows, np.maximum(best - 1, 0)], part[rows, np.minimum(best + 1, 8)]
        at = part[rows, best]
    joined = np.concatenate([time_h, at])
    order = np.argsort(joined, kind="stable")
    return joined[order], np.concatenate([value, seen(at)])[order]


def _lowest(time_h: Floats, value: Floats, seen: _Seen, window: Window) -> tuple[float, float]:
    """When what is seen is lowest from the weak moment on, and how low."""
    # of two equal times the last: the first is what was seen before the jump
    first = int(np.searchsorted(time_h, window.weakest_from_h, side="right")) - 1
    i = first + int(np.argmin(value[first:]))
    at, least = float(time_h[i]), float(value[i])
    low, high = max(at - STEP_H, window.weakest_from_h), min(at + STEP_H, window.until_h)
    for _ in range(_REFINED):
        part = np.linspace(low, high, 9)
        # at the window's end what its jumps do is no longer in it
        found = np.where(part >= window.until_h, value[-1], seen(part))
        j = int(np.argmin(found))
        if found[j] < least:
            at, least = float(part[j]), float(found[j])
        low, high = part[max(j - 1, 0)], part[min(j + 1, 8)]
    return at, least
