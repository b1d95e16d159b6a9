"""Passes over doses in order of time: exact chances where counts and tests tie doses together.

The state is how many doses were taken since the last count, and which open tests are already
positive; the work is linear in the number of doses.
Source: Rabiner 1989, Proc IEEE 77:257 (forward and backward passes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bits = NDArray[np.bool_]
# More tests open at one time than this are too many states.
MOST_OPEN = 6


@dataclass(frozen=True)
class Counted:
    """A pill count. doses: their places. chance: of the count by how many were taken, (n + 1,)."""

    doses: Ints
    chance: Floats


@dataclass(frozen=True)
class Positive:
    """A positive urine test. doses: places in its window. shows: chance that each shows, (n,)."""

    doses: Ints
    shows: Floats
    false_positive: float


@dataclass(frozen=True)
class _Step:
    """What a dose does to the state. slots: of the open tests it may show in. ends: after it."""

    counts: bool
    shows: tuple[tuple[int, float], ...]
    count_ends: Floats | None
    test_ends: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Passes:
    """Chance of all later evidence by dose and state. left: dose not taken. stages: dose taken,
    before each test that it may show in has its say.
    """

    steps: tuple[_Step, ...]
    left: tuple[Floats, ...]
    stages: tuple[tuple[Floats, ...], ...]


def _steps(
    size: int, counted_of: Sequence[Counted], positive: Sequence[Positive]
) -> tuple[tuple[_Step, ...], int, int]:
    """Steps, the number of slots, and the most that can be counted."""
    slots, free = {}, list(range(MOST_OPEN))
    starts: dict[int, list[int]] = {}
    for k, test in enumerate(positive):
        starts.setdefault(int(test.doses[0]), []).append(k)
    counts = {int(d): c for c in counted_of for d in c.doses}
    found = []
    for d in range(size):
        for k in starts.get(d, ()):
            if free:
                slots[k] = free.pop(0)
        shows, ends = [], []
        for k, slot in list(slots.items()):
            test = positive[k]
            at = np.flatnonzero(test.doses == d)
            if len(at):
                shows.append((slot, float(test.shows[at[0]])))
            if int(test.doses[-1]) == d:
                ends.append((slot, test.false_positive))
                free.insert(0, slots.pop(k))
        counted = counts.get(d)
        over = None if counted is None or int(counted.doses[-1]) != d else counted.chance
        found.append(_Step(counted is not None, tuple(shows), over, tuple(ends)))
    used = 1 + max((s for step in found for s, _ in step.shows), default=-1)
    most = max((len(c.doses) for c in counted_of), default=0)
    return tuple(found), used, most


def _bit(slot: int, states: int) -> tuple[Ints, Bits]:
    """State with the slot's bit set, and whether it already is."""
    state = np.arange(states)
    return state | (1 << slot), (state >> slot & 1).astype(bool)


def backward(chance: Floats, counted: Sequence[Counted], positive: Sequence[Positive]) -> Passes:
    """Chances of all later evidence. chance: of each dose by itself, (D,)."""
    steps, slots, most = _steps(len(chance), counted, positive)
    states = 1 << slots
    later = np.ones((most + 1, states))
    left: list[Floats] = []
    stages: list[tuple[Floats, ...]] = []
    for d in range(len(steps) - 1, -1, -1):
        step = steps[d]
        for slot, false_positive in step.test_ends:
            set_, is_set = _bit(slot, states)
            later = np.where(is_set, 1.0, false_positive) * later[:, set_ & ~(1 << slot)]
        if step.count_ends is not None:
            padded = np.zeros(most + 1)
            padded[: len(step.count_ends)] = step.count_ends
            later = padded[:, None] * later[:1]
        taken, seen = later, [later]
        for slot, shows in step.shows:
            set_, is_set = _bit(slot, states)
            taken = np.where(is_set, taken, (1 - shows) * taken + shows * taken[:, set_])
            seen.append(taken)
        left.append(later)
        stages.append(tuple(seen))
        if step.counts:
            taken = np.vstack([taken[1:], np.zeros((1, states))])
        p = chance[d]
        later = (1 - p) * later + p * taken
        later = later / later.max()
    return Passes(steps, tuple(left[::-1]), tuple(stages[::-1]))


def _after(step: _Step, count: Ints, state: Ints) -> tuple[Ints, Ints]:
    for slot, _ in step.test_ends:
        state = state & ~(1 << slot)
    return (np.zeros_like(count) if step.count_ends is not None else count), state


def drawn(chance: Floats, passes: Passes, number: int, rng: np.random.Generator) -> Bits:
    """Patterns drawn from their chances, shape (number, D)."""
    found = np.zeros((number, len(chance)), dtype=bool)
    count, state = np.zeros((2, number), dtype=np.intp)
    for d, step in enumerate(passes.steps):
        p, left, stages = chance[d], passes.left[d], passes.stages[d]
        after = np.minimum(count + step.counts, len(left) - 1)
        yes, no = p * stages[-1][after, state], (1 - p) * left[count, state]
        if step.counts:
            yes = np.where(count + 1 < len(left), yes, 0.0)
        taken = rng.random(number) * (yes + no) < yes
        found[:, d] = taken
        count = np.where(taken, after, count)
        for k in range(len(step.shows) - 1, -1, -1):
            slot, shows = step.shows[k]
            with_, is_set = state | (1 << slot), (state >> slot & 1).astype(bool)
            hit, miss = shows * stages[k][count, with_], (1 - shows) * stages[k][count, state]
            show = taken & ~is_set & (rng.random(number) * (hit + miss) < hit)
            state = np.where(show, with_, state)
        count, state = _after(step, count, state)
    return found


def marginal(chance: Floats, passes: Passes) -> Floats:
    """Chance that each dose was taken given all the evidence, shape (D,)."""
    most, states = passes.left[0].shape if passes.left else (1, 1)
    now = np.zeros((most, states))
    now[0, 0] = 1.0
    found = np.zeros(len(chance))
    for d, step in enumerate(passes.steps):
        p = chance[d]
        taken = p * now
        if step.counts:
            taken = np.vstack([np.zeros((1, states)), taken[:-1]])
        for slot, shows in step.shows[::-1]:
            set_, is_set = _bit(slot, states)
            moved = np.where(is_set, 0.0, shows * taken)
            taken = taken - moved
            _moved_to(taken, set_, moved)
        no = (1 - p) * now
        yes_all, no_all = (taken * passes.left[d]).sum(), (no * passes.left[d]).sum()
        found[d] = yes_all / (yes_all + no_all)
        now = _carried(step, taken + no, states)
        now = now / now.sum()
    return found


def _carried(step: _Step, now: Floats, states: int) -> Floats:
    for slot, false_positive in step.test_ends:
        set_, is_set = _bit(slot, states)
        weighted = np.where(is_set, 1.0, false_positive) * now
        now = np.zeros_like(now)
        _moved_to(now, set_ & ~(1 << slot), weighted)
    if step.count_ends is not None:
        total = step.count_ends @ now[: len(step.count_ends)]
        now = np.zeros_like(now)
        now[0] = total
    return now


def _moved_to(table: Floats, states: Ints, amounts: Floats) -> None:
    """Add amounts (counts, states) to the columns of other states."""
    np.add.at(table.T, states, amounts.T)
