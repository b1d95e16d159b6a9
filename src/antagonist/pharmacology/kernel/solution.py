"""Linear compartment systems, exactly, for many subjects at once.

Between two events the state follows dx/dt = K x, so x(t) = V exp(lambda t) W x(0) with the
modes (lambda, V, W = V^-1) of K. There is no step size. Subjects with real modes are carried by
compiled loops, the others the general way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel import general
from antagonist.pharmacology.kernel.compiled.load import loop
from antagonist.pharmacology.kernel.limits import MAX_CONDITION
from antagonist.pharmacology.kernel.modes import Modal, Modes, exponential, modes_of
from antagonist.pharmacology.kernel.packed import Packed, packed
from antagonist.pharmacology.kernel.parallel import share_out
from antagonist.pharmacology.kernel.system import Floats, Ints, Jumps, LinearSystem

# One block of observations the general way stays in the processor's cache: doubles.
_BLOCK_DOUBLES = 100_000


def by_loops(modes: Modes) -> NDArray[np.bool_]:
    """Subjects that the compiled loops serve: real modes that are trusted; shape (S,)."""
    if np.iscomplexobj(modes.values):
        return np.zeros(len(modes.values), dtype=bool)
    plain: NDArray[np.bool_] = np.any(modes.plain, axis=1)
    return ~plain


@dataclass(frozen=True)
class Solution:
    """The state after every jump, from which any moment follows without stepping."""

    system: LinearSystem
    modes: Modes
    time_h: Floats  # (S, M + 1), first column the start
    regime: Ints  # (S, M + 1)
    state: Modal  # (S, M + 1, m), modal
    total: Floats | None  # (S, M + 1, o), integral of the outputs up to each jump
    jumps: Jumps

    def part(self, which: slice) -> Solution:
        """Some of the subjects."""
        return Solution(
            self.system.part(which), self.modes.part(which),
            self.time_h[which], self.regime[which], self.state[which],
            None if self.total is None else self.total[which], self.jumps.part(which),
        )  # fmt: skip

    def at(self, time_h: Floats, *, cumulative: bool = False, before: bool = False) -> Floats:
        """Outputs at times, or their integral since the start.

        time_h: shape (T,) for all subjects or (S, T), hours, not before the start.
        before: at the very moment of a jump, the value before it.
        Returns shape (S, o, T).
        Raises ValueError for a time before the start, and for an integral not solved for.
        """
        if cumulative and self.total is None:
            raise ValueError("the integral was not carried: solve(..., cumulative=True)")
        subjects = self.state.shape[0]
        times = np.ascontiguousarray(np.atleast_2d(time_h), dtype=np.float64)
        if not (times >= self.time_h[:, :1]).all():
            raise ValueError("a time lies before the start of the solution")
        result = np.empty((subjects, self.system.outputs.shape[2], times.shape[1]))
        looped = by_loops(self.modes)
        if looped.any():
            self._loops(times, result, looped, cumulative, before)
        for s in np.flatnonzero(~looped):
            row = times[s if len(times) > 1 else 0]
            long = max(1, _BLOCK_DOUBLES // self.state.shape[2])
            for t in range(0, len(row), long):
                when = slice(t, t + long)
                result[s, :, when] = self._one(int(s), row[when], cumulative, before)
        return result

    def _loops(
        self, times: Floats, result: Floats, looped: NDArray[np.bool_], cumulative: bool,
        before: bool,
    ) -> None:  # fmt: skip
        subjects, outputs, count = result.shape
        regimes, size = self.modes.values.shape[1:]
        knots = self.time_h.shape[1]
        skip = (~looped).astype(np.uint8)
        seen = np.ascontiguousarray(self.system.outputs @ self.modes.vectors)
        totals = self.total if self.total is not None else np.empty((subjects, knots, 0))
        shared = len(times) == 1 and regimes == 1 and not cumulative
        table, place = _delay_table(self.time_h, times[0], before) if shared else _NO_TABLE
        place = place if len(place) else np.full(count, -1, dtype=np.int64)

        def work(part: slice) -> None:
            room = np.empty((len(table) + 1) * size + 2 * count)
            mine = times if len(times) == 1 else times[part]
            loop("viewed")(
                self.modes.values[part], seen[part], skip[part], self.time_h[part],
                self.regime[part], self.state[part], totals[part],
                mine, table, place, result[part], room,
                len(skip[part]), regimes, size, outputs, knots, count, len(mine),
                len(table), int(cumulative), int(before),
            )  # fmt: skip

        share_out(subjects, count * size, work)

    def of_draw(self, s: int, time_h: Floats) -> Floats:
        """Outputs of one draw the general way, shape (o, T); time_h: shape (T,)."""
        return self._one(s, time_h, cumulative=False, before=False)

    def _one(self, s: int, times: Floats, cumulative: bool, before: bool) -> Floats:
        """Outputs of one subject the general way, shape (o, T)."""
        knots = self.time_h[s]
        index = np.searchsorted(knots, times, side="left" if before else "right")
        index = np.maximum(index - 1, 0)
        rows = np.array([s])
        seen: Floats = general.view(
            self.modes.part(rows),
            self.system.outputs[rows],
            self.regime[rows][:, index],
            self.state[rows][:, index],
            (times - knots[index])[None],
            cumulative,
        )[0]
        if cumulative and self.total is not None:
            seen += self.total[s, index].T
        return seen

    def state_at(self, time_h: float) -> Floats:
        """State (not modal) of every subject at one time after all jumps up to it, shape (S, m)."""
        subjects = np.arange(self.state.shape[0])
        index = np.maximum((self.time_h <= time_h).sum(axis=1) - 1, 0)
        regime = self.regime[subjects, index]
        dt_h = time_h - self.time_h[subjects, index]
        moved = general.advance(self.modes, regime, self.state[subjects, index], dt_h)
        state: Floats = (self.modes.vectors[subjects, regime] @ moved[..., None])[..., 0].real
        return state


_NO_TABLE: tuple[Floats, Ints] = (np.empty(0), np.empty(0, dtype=np.int64))


def _delay_table(knots_h: Floats, times_h: Floats, before: bool) -> tuple[Floats, Ints]:
    """Delays since the last jump that repeat from interval to interval, and each time's place.

    knots_h: shape (S, M + 1). times_h: shape (T,). Empty where subjects' jumps differ, times are
    not in order or little repeats. place: where a run of times stands in the table, else -1.
    """
    if not ((knots_h == knots_h[0]).all() and (np.diff(times_h) >= 0).all()):
        return _NO_TABLE
    index = np.searchsorted(knots_h[0], times_h, side="left" if before else "right") - 1
    index = np.maximum(index, 0)
    delay = times_h - knots_h[0][index]
    begins = np.flatnonzero(np.diff(index, prepend=-1))
    ends = np.append(begins[1:], len(times_h))
    longest = int(np.argmax(ends - begins)) if len(begins) else 0
    if len(begins) < 3:
        return _NO_TABLE
    table = delay[begins[longest] : ends[longest]]
    place = np.full(len(times_h), -1, dtype=np.int64)
    for a, b in zip(begins, ends, strict=True):
        at = int(np.searchsorted(table, delay[a]))
        if np.array_equal(table[at : at + b - a], delay[a:b]):
            place[a:b] = np.arange(at, at + b - a)
    return np.ascontiguousarray(table), place


def solve(
    system: LinearSystem,
    jumps: Jumps,
    *,
    start_h: float = 0.0,
    initial: Floats | None = None,
    cumulative: bool = False,
) -> Solution:
    """Solve a linear system through its jumps.

    system, jumps: see there; S is taken from ``system``.
    start_h: hour at which ``initial`` (shape (S, m), default empty) holds; not after any jump.
    cumulative: also carry the integral of the outputs, for ``Solution.at(cumulative=True)``.
    Returns the Solution. Raises ValueError for jumps out of order or before the start.
    Source of the method: Moler and Van Loan 2003, methods 3 and 14.
    """
    subjects, size = system.rates_per_h.shape[0], system.rates_per_h.shape[-1]
    count = jumps.time_h.shape[1]
    given = packed(jumps, start_h=start_h)
    modes = modes_of(system.rates_per_h)
    states = np.zeros((subjects, count + 1, size), dtype=modes.vectors.dtype)
    seen = system.outputs.shape[2] if cumulative else 0
    totals = np.zeros((subjects, count + 1, seen))
    if initial is not None:
        states[:, 0] = (modes.inverse[:, 0] @ initial[..., None])[..., 0]
    looped = by_loops(modes)
    if looped.any():
        _carry(system, modes, given, states, totals, looped, start_h)
    rest = np.flatnonzero(~looped)
    if rest.size:
        part, part_totals = states[rest], totals[rest]
        general.carry(
            modes.part(rest), system.outputs[rest], given.part(rest), part,
            part_totals if cumulative else None, start_h,
        )  # fmt: skip
        states[rest], totals[rest] = part, part_totals
    knots, held = (
        np.full((subjects, count + 1), float(start_h)),
        np.zeros((subjects, count + 1), np.intp),
    )
    knots[:, 1:], held[:, 1:] = given.time_h, given.regime
    return Solution(system, modes, knots, held, states, totals if cumulative else None, jumps)


def _carry(
    system: LinearSystem, modes: Modes, given: Packed, states: Floats, totals: Floats,
    looped: NDArray[np.bool_], start_h: float,
) -> None:  # fmt: skip
    subjects, regimes, size = modes.values.shape
    outputs, skip = totals.shape[2], (~looped).astype(np.uint8)
    seen = np.ascontiguousarray((system.outputs @ modes.vectors)[:, :, :outputs])

    def work(part: slice) -> None:
        mine = given.part(part)
        count = len(skip[part])
        loop("carried")(
            modes.values[part], modes.vectors[part], modes.inverse[part], seen[part], skip[part],
            *mine.arrays, states[part], totals[part], np.empty(2 * size), count, regimes, size,
            outputs, mine.time_h.shape[1], *mine.rows, start_h,
        )  # fmt: skip

    share_out(subjects, states.shape[1] * size, work)


def endless(rates_per_h: Floats, state: Floats, interval_h: float) -> Floats:
    """Sum of what is left of a state, now and after 1, 2, 3, ... intervals without end.

    rates_per_h: shape (S, m, m); state: shape (S, m), empty where nothing ever leaves.
    Returns shape (S, m): (1 - exp(K interval))^-1 state.
    Raises ValueError where the sum has no end: something stays for ever.
    """
    keeps = np.diagonal(rates_per_h, axis1=1, axis2=2) == 0
    identity = np.eye(rates_per_h.shape[-1])
    lost = np.where(keeps[..., None], identity, identity - exponential(rates_per_h * interval_h))
    gathers = keeps & (rates_per_h != 0).any(axis=2)
    stays = gathers & (np.abs(state) > 1e-9 * np.abs(state).max(axis=1, keepdims=True))
    if stays.any() or not (np.linalg.cond(lost) < MAX_CONDITION).all():
        raise ValueError("there is no steady state: something never leaves the body")
    total: Floats = np.linalg.solve(lost, np.where(keeps, 0.0, state)[..., None])[..., 0]
    return total
