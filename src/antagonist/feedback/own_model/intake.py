"""Which doses were taken, before any level: evidence of each dose, urine, pill counts.

The chance of a pattern x (0 or 1 for each dose) is a product over the doses, times the chance of
every pill count given how many of its doses were taken, times that of every urine result:
    negative: (1 - f) prod (1 - s_d) over doses taken in its window; positive: 1 - that.
Negatives change single doses. Counts and positives tie doses together, so the doses are gone
through in order of time with a state: how many were taken since the last count, and which open
tests are already positive. Exact, and linear in the number of doses.
Source: Rabiner 1989, Proc IEEE 77:257 (forward and backward passes); Pearl 1988, Probabilistic
Reasoning in Intelligent Systems, section 4.3 (several causes, each enough).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.weights import Counting, Urine, Weights
from antagonist.pharmacology.catalogue import formulations

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bits = NDArray[np.bool_]
# More tests open at one time than this are too many states; later ones are left out.
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
class Intake:
    """Chances of patterns of D doses.

    chance: of each dose from its own evidence and negative tests, shape (D,).
    stated: the same without the tests, shape (D,).
    """

    stated: Floats
    chance: Floats
    counted: tuple[Counted, ...]
    positive: tuple[Positive, ...]

    @cached_property
    def _passes(self) -> _Passes:
        return _backward(self)

    @cached_property
    def marginal(self) -> Floats:
        """Chance that each dose was taken given all evidence but levels, shape (D,)."""
        return _marginal(self, self._passes)

    def drawn(self, count: int, rng: np.random.Generator) -> Bits:
        """Patterns drawn from their chances, shape (count, D)."""
        return _drawn(self, self._passes, count, rng)

    def log_relative(self, taken: Bits, block: Ints, patterns: Bits) -> Floats:
        """Log chances of patterns of a block with the other doses held, up to a constant.

        taken: (N, D), of which the block's columns do not count. block: places, (K,).
        patterns: (M, K). Returns shape (N, M).
        """
        p = np.clip(self.chance[block], 1e-300, 1 - 1e-16)
        own: Floats = patterns @ np.log(p) + ~patterns @ np.log1p(-p)
        found = np.broadcast_to(own, (len(taken), len(patterns))).copy()
        place = {int(d): k for k, d in enumerate(block)}
        for counted in self.counted:
            inside = [place[int(d)] for d in counted.doses if int(d) in place]
            if inside:
                rest = taken[:, _without(counted.doses, place)].sum(axis=1)
                more = patterns[:, inside].sum(axis=1)
                found += np.log(counted.chance)[rest[:, None] + more]
        for test in self.positive:
            columns = [k for k, d in enumerate(test.doses) if int(d) in place]
            if columns:
                others = [k for k, d in enumerate(test.doses) if int(d) not in place]
                silent = np.log1p(-test.shows)
                rest_log = taken[:, test.doses[others]] @ silent[others]
                inside = [place[int(test.doses[k])] for k in columns]
                more_log = patterns[:, inside] @ silent[columns]
                missed = (1 - test.false_positive) * np.exp(rest_log[:, None] + more_log)
                found += np.log1p(-missed)
        return found

    def log_chance(self, patterns: Bits) -> Floats:
        """Log chances of whole patterns (M, D), up to a constant; shape (M,)."""
        everything = np.arange(len(self.chance))
        none = np.zeros((1, len(self.chance)), dtype=bool)
        return self.log_relative(none, everything, patterns)[0]


def _without(doses: Ints, place: dict[int, int]) -> list[int]:
    return [int(d) for d in doses if int(d) not in place]


def intake_of(known: Known, weights: Weights) -> Intake:
    """The chances of what is known, its doses in order of time.

    Raises InputError for evidence that the weights do not name.
    """
    time_h = np.array([d.time_h for d in known.doses])
    stated = np.array([
        weights.chance(d.evidence) if d.chance is None else d.chance for d in known.doses
    ])  # fmt: skip
    oral = np.array([formulations()[d.product].route == "oral" for d in known.doses])
    chance = stated.copy()
    positive = []
    for test in known.urine:
        shows = _shows(weights.urine, test.time_h - time_h, oral)
        if test.positive:
            positive.append(_positive(shows, stated, weights.urine.false_positive))
        else:
            chance = chance * (1 - shows) / (1 - chance * shows)
    counted = [
        Counted(doses, _count_chances(weights.pill_count, len(doses), c.gone))
        for c in known.pill_counts
        if len(doses := np.flatnonzero((time_h >= c.from_h) & (time_h < c.until_h) & oral))
    ]
    return Intake(stated, chance, tuple(counted), _few_open(positive))


def _positive(shows: Floats, stated: Floats, false_positive: float) -> Positive:
    """A test of the doses that may have been taken; those that certainly were are no question."""
    certain = stated == 1
    doses = np.flatnonzero((shows > 0) & (stated > 0) & ~certain)
    silent = (1 - false_positive) * float(np.prod(1 - shows[certain]))
    return Positive(doses, shows[doses], 1 - silent)


def _few_open(tests: Sequence[Positive]) -> tuple[Positive, ...]:
    """Tests that a dose may bear on, without those that come while too many are open."""
    kept: list[Positive] = []
    for test in tests:
        if len(test.doses):
            open_ = sum(int(k.doses[-1]) >= int(test.doses[0]) for k in kept)
            kept += [test] * (open_ < MOST_OPEN)
    return tuple(kept)


def _shows(urine: Urine, age_h: Floats, oral: Bits) -> Floats:
    """Chance that each dose of an age makes a test positive, shape (D,)."""
    found = np.zeros(len(age_h))
    for rows, steps in ((oral, urine.oral), (~oral, urine.other)):
        until, chances = (np.array([s[n] for s in steps]) for n in (0, 1))
        at = np.searchsorted(until, age_h, side="left")
        inside = rows & (age_h > 0) & (at < len(until))
        found[inside] = chances[at[inside]]
    return found


def _count_chances(counting: Counting, doses: int, gone: int) -> Floats:
    beyond = [counting.beyond.get(gone - n, counting.any_other) for n in range(doses + 1)]
    return np.array(beyond)


@dataclass(frozen=True)
class _Step:
    """What a dose does to the state. slots: of the open tests it may show in. ends: after it."""

    counts: bool
    shows: tuple[tuple[int, float], ...]
    count_ends: Floats | None
    test_ends: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class _Passes:
    """Chance of all later evidence by dose and state. left: dose not taken. stages: dose taken,
    before each test that it may show in has its say.
    """

    steps: tuple[_Step, ...]
    left: tuple[Floats, ...]
    stages: tuple[tuple[Floats, ...], ...]


def _steps(intake: Intake) -> tuple[tuple[_Step, ...], int, int]:
    """Steps, the number of slots, and the most that can be counted."""
    size = len(intake.chance)
    slots, free = {}, list(range(MOST_OPEN))
    starts: dict[int, list[int]] = {}
    for k, test in enumerate(intake.positive):
        starts.setdefault(int(test.doses[0]), []).append(k)
    counts = {int(d): c for c in intake.counted for d in c.doses}
    found = []
    for d in range(size):
        for k in starts.get(d, ()):
            if free:
                slots[k] = free.pop(0)
        shows, ends = [], []
        for k, slot in list(slots.items()):
            test = intake.positive[k]
            at = np.flatnonzero(test.doses == d)
            if len(at):
                shows.append((slot, float(test.shows[at[0]])))
            if int(test.doses[-1]) == d:
                ends.append((slot, test.false_positive))
                free.insert(0, slots.pop(k))
        counted = counts.get(d)
        over = counted is not None and int(counted.doses[-1]) == d
        found.append(
            _Step(counted is not None, tuple(shows), counted.chance if over else None, tuple(ends))  # type: ignore[union-attr]
        )
    used = 1 + max((s for step in found for s, _ in step.shows), default=-1)
    most = max((len(c.doses) for c in intake.counted), default=0)
    return tuple(found), used, most


def _bit(slot: int, states: int) -> tuple[Ints, Bits]:
    """State with the slot's bit set, and whether it already is."""
    state = np.arange(states)
    return state | (1 << slot), (state >> slot & 1).astype(bool)


def _backward(intake: Intake) -> _Passes:
    steps, slots, most = _steps(intake)
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
        p = intake.chance[d]
        later = (1 - p) * later + p * taken
        later = later / later.max()
    return _Passes(steps, tuple(left[::-1]), tuple(stages[::-1]))


def _after(step: _Step, count: Ints, state: Ints) -> tuple[Ints, Ints]:
    for slot, _ in step.test_ends:
        state = state & ~(1 << slot)
    return (np.zeros_like(count) if step.count_ends is not None else count), state


def _drawn(intake: Intake, passes: _Passes, number: int, rng: np.random.Generator) -> Bits:
    found = np.zeros((number, len(intake.chance)), dtype=bool)
    count, state = np.zeros((2, number), dtype=np.intp)
    for d, step in enumerate(passes.steps):
        p, left, stages = intake.chance[d], passes.left[d], passes.stages[d]
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


def _marginal(intake: Intake, passes: _Passes) -> Floats:
    """Forward pass over the same states."""
    most, states = passes.left[0].shape if passes.left else (1, 1)
    now = np.zeros((most, states))
    now[0, 0] = 1.0
    found = np.zeros(len(intake.chance))
    for d, step in enumerate(passes.steps):
        p = intake.chance[d]
        taken = p * now
        if step.counts:
            taken = np.vstack([np.zeros((1, states)), taken[:-1]])
        for slot, shows in step.shows[::-1]:
            set_, is_set = _bit(slot, states)
            moved = np.where(is_set, 0.0, shows * taken)
            taken = taken - moved
            np.add.at(taken, (slice(None), set_), moved)
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
        np.add.at(now, (slice(None), set_ & ~(1 << slot)), weighted)
    if step.count_ends is not None:
        total = step.count_ends @ now[: len(step.count_ends)]
        now = np.zeros_like(now)
        now[0] = total
    return now


def all_patterns(size: int) -> Bits:
    """Every pattern of so many doses, shape (2 ** size, size)."""
    return (np.arange(1 << size)[:, None] >> np.arange(size) & 1).astype(bool)


def questionable(intake: Intake) -> Bits:
    """Doses that may or may not have been taken, shape (D,)."""
    return (intake.marginal > 1e-6) & (intake.marginal < 1 - 1e-6)


def sequence(items: Sequence[int]) -> Ints:
    """Places as an array."""
    return np.array(items, dtype=np.intp)
