"""The jumps of many subjects' histories as one table, made once and filled for each trial.

Which jump stands where follows from the histories alone; how large it is and when it comes
depends on the parameters and is worked out for all subjects at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from antagonist.pharmacology.assembly import way_in
from antagonist.pharmacology.built import Assembly
from antagonist.pharmacology.dose_jumps import steady_state
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.estimation.problem import Floats, History, Problem
from antagonist.pharmacology.kernel import Ints, Jumps
from antagonist.pharmacology.schedule_jumps import Stacked
from antagonist.pharmacology.varying import Quantity, Varying, chosen, value_of


@dataclass(frozen=True)
class Doses:
    """Doses of one kind: same way in, and same RATE where that is not 0; N of them.

    subject, column: place of each dose's first jump. steady_ii_h: interval where these are
    the endless doses before a steady state (their jumps stand in columns of their own); else 0.
    time_h, amount_mg, regime: shape (N,). until_h: a reset that cancels what comes later.
    """

    way: str
    rate_mg_per_h: float
    steady_ii_h: float
    subject: Ints
    column: Ints
    time_h: Floats
    amount_mg: Floats
    regime: Ints
    until_h: Floats

    def part(self, place: Ints) -> Doses:
        """Doses of some subjects; place: their new number, -1 for those left out."""
        keep = place[self.subject] >= 0
        return replace(
            self,
            subject=place[self.subject[keep]],
            column=self.column[keep],
            time_h=self.time_h[keep],
            amount_mg=self.amount_mg[keep],
            regime=self.regime[keep],
            until_h=self.until_h[keep],
        )


@dataclass(frozen=True)
class Plan:
    """Jumps of S subjects in M columns, in the order of each one's records.

    time_h, regime, reset: shape (S, M) with what the parameters do not touch: resets and changes
    of covariates; the rest is filled from ``doses``. start_h: hour at which all are empty.
    regimes: their number P. used: records that say which ways in there are.
    """

    time_h: Floats
    regime: Ints
    reset: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    doses: tuple[Doses, ...]
    start_h: float
    regimes: int
    used: tuple[EventRecord, ...]

    def part(self, rows: Ints) -> Plan:
        """The plan of some subjects."""
        place = np.full(len(self.time_h), -1)
        place[rows] = np.arange(len(rows))
        time_h = self.time_h[rows]
        doses = tuple(d.part(place) for d in self.doses)
        return replace(
            self, time_h=time_h, regime=self.regime[rows], reset=self.reset[rows], doses=doses
        )


class _Columns:
    """The columns of one subject as they are dealt out."""

    def __init__(self) -> None:
        self.fixed: list[tuple[int, float, int, bool]] = []  # column, hour, regime, reset
        self.taken = 0

    def take(self, count: int) -> int:
        first, self.taken = self.taken, self.taken + count
        return first

    def fix(self, time_h: float, regime: int, reset: bool) -> None:
        self.fixed.append((self.take(1), time_h, regime, reset))


def plan_of(problem: Problem, histories: Sequence[History], width: dict[str, int]) -> Plan:
    """The plan of some histories. width: jumps that a dose of each way makes, ``|rate`` with RATE.

    Raises InputError for a compartment that the model does not have.
    """
    rows: dict[tuple[str, float, float], list[tuple[int, int, float, float, int, float]]] = {}
    dealt: list[_Columns] = []
    used: dict[tuple[str, bool], EventRecord] = {}
    for s, history in enumerate(histories):
        columns = _Columns()
        last_h = max((x.time_h for x in history.levels), default=-math.inf)
        records = [r for r in history.records if r.time_h <= last_h]
        changes = [r.time_h for r in records if r.evid == 2]
        regime = 0
        for n, record in enumerate(records):
            steady = record.evid in (1, 4) and record.ss == 1
            if record.evid == 2:
                regime += 1
                columns.fix(record.time_h, regime, False)
            if record.evid in (3, 4) or steady:
                columns.fix(record.time_h, -1, True)
            if record.evid not in (1, 4):
                continue
            way, rate = way_in(record, problem.structure), record.rate_mg_per_h
            used[(way, rate != 0)] = record
            until_h = _reset_after(records, n)
            size = width[_kind(way, rate)]
            if steady:
                row = (s, -1, record.time_h, record.amt_mg, regime, until_h)
                rows.setdefault((way, rate, record.ii_h), []).append(row)
            for k in range(record.addl + 1):
                time_h = record.time_h + k * record.ii_h
                if time_h > last_h or time_h > until_h:
                    break
                held = regime + (sum(c <= time_h for c in changes[regime:]) if k else 0)
                row = (s, columns.take(size), time_h, record.amt_mg, held, until_h)
                rows.setdefault((way, rate, 0.0), []).append(row)
        dealt.append(columns)
    return _plan(rows, dealt, tuple(used.values()), histories)


def _kind(way: str, rate_mg_per_h: float) -> str:
    return f"{way}|rate" if rate_mg_per_h else way


def _reset_after(records: Sequence[EventRecord], n: int) -> float:
    later = (r.time_h for r in records[n + 1 :] if r.evid in (3, 4) or (r.evid == 1 and r.ss == 1))
    return next(later, math.inf)


def _plan(
    rows: dict[tuple[str, float, float], list[tuple[int, int, float, float, int, float]]],
    dealt: Sequence[_Columns],
    used: tuple[EventRecord, ...],
    histories: Sequence[History],
) -> Plan:
    shape = (len(dealt), max(1, *(c.taken for c in dealt), 1))
    time_h = np.full(shape, np.inf)
    regime = np.full(shape, -1, dtype=np.intp)
    reset = np.zeros(shape, dtype=bool)
    for s, columns in enumerate(dealt):
        for column, hour, held, empties in columns.fixed:
            time_h[s, column], regime[s, column], reset[s, column] = hour, held, empties
    doses = []
    for (way, rate, steady_ii_h), found in rows.items():
        arrays = [np.array(one) for one in zip(*found, strict=True)]
        doses.append(Doses(way, rate, steady_ii_h, *arrays))
    hours = [time_h.min(), *(d.time_h.min() for d in doses)]
    hours += [x.time_h for h in histories for x in h.levels]
    start_h = float(min((h for h in hours if np.isfinite(h)), default=0.0))
    regimes = max(1, int(regime.max()) + 1)
    return Plan(time_h, regime, reset, tuple(doses), start_h, regimes, used)


@dataclass(frozen=True)
class _Placed:
    """Jumps of several subjects, one each: where they stand and what they are."""

    subject: Ints
    column: Ints | int
    time_h: Quantity
    target: int
    amount: Quantity


def _made(doses: Doses, assembly: Assembly) -> list[_Placed]:
    """The jumps of ordinary doses."""
    at = (doses.subject, doses.regime)
    if doses.rate_mg_per_h == 0:
        return [
            _Placed(
                doses.subject, doses.column + k, doses.time_h + slot.delay_h[at], slot.target,
                doses.amount_mg * slot.amount[at],
            )
            for k, slot in enumerate(assembly.slots[doses.way])
        ]  # fmt: skip
    found = []
    for k, infusion in enumerate(assembly.infusions[doses.way]):
        start = doses.time_h + infusion.slot.delay_h[at]
        rate, lasts_h = infusion.timed(doses.amount_mg, doses.rate_mg_per_h, at)
        held = np.ones(len(doses.subject)) * (rate * infusion.slot.amount[at])
        target, column = infusion.slot.target, doses.column + 2 * k
        found.append(_Placed(doses.subject, column, start, target, held))
        found.append(_Placed(doses.subject, column + 1, start + lasts_h, target, -held))
    return found


def _made_steady(doses: Doses, assembly: Assembly, column: int) -> list[_Placed]:
    """What endless earlier doses bring, in columns from ``column`` on."""
    alone = assembly.picked(doses.subject, doses.regime)
    record = EventRecord(0.0, 1, 1.0, doses.rate_mg_per_h, ii_h=doses.steady_ii_h, ss=1)
    jumps = steady_state(alone, doses.way, record, doses.amount_mg, 0)
    return [
        _Placed(doses.subject, column + k, doses.time_h + j.time_h, j.target, j.amount)
        for k, j in enumerate(jumps)
    ]


def filled(plan: Plan, assembly: Assembly) -> Stacked:
    """The jumps of a plan with the parameters of an assembly, in order of time."""
    placed: list[tuple[_Placed, Doses]] = []
    columns = plan.time_h.shape[1]
    for doses in plan.doses:
        if not len(doses.subject):
            continue
        found = (
            _made_steady(doses, assembly, columns) if doses.steady_ii_h else _made(doses, assembly)
        )
        if doses.steady_ii_h:
            columns += len(found)
        placed += [(one, doses) for one in found]
    return _stacked(plan, placed, columns, assembly.directions)


def _stacked(
    plan: Plan, placed: Sequence[tuple[_Placed, Doses]], columns: int, directions: int
) -> Stacked:
    wide = ((0, 0), (0, columns - plan.time_h.shape[1]))
    time_h = np.pad(plan.time_h, wide, constant_values=np.inf)
    regime = np.pad(plan.regime, wide, constant_values=-1)
    reset = np.pad(plan.reset, wide)
    amount, target = np.zeros(time_h.shape), np.zeros(time_h.shape, dtype=np.intp)
    moved = any(isinstance(p.time_h, Varying) for p, _ in placed)
    changed = any(isinstance(p.amount, Varying) for p, _ in placed)
    time_tangent = np.zeros((*time_h.shape, directions)) if moved else np.zeros((1, 1, directions))
    tangent = np.zeros((*time_h.shape, directions)) if changed else np.zeros((1, 1, directions))
    for one, doses in placed:
        hour, given = one.time_h, one.amount
        late = value_of(hour) > doses.until_h
        if doses.steady_ii_h:
            late |= value_of(hour) == doses.until_h
        if late.any():
            hour = chosen(~late, hour, 0.0) + np.where(late, doses.until_h, 0.0)
            given = chosen(~late, given, 0.0)
        at = (one.subject, one.column)
        time_h[at], amount[at], target[at] = value_of(hour), value_of(given), one.target
        if isinstance(hour, Varying):
            time_tangent[at] = hour.gradient
        if isinstance(given, Varying):
            tangent[at] = given.gradient
    order = np.argsort(time_h, axis=1, kind="stable")
    if (order[:, 1:] < order[:, :-1]).any():
        time_h, amount = (np.take_along_axis(a, order, axis=1) for a in (time_h, amount))
        target, regime = (np.take_along_axis(a, order, axis=1) for a in (target, regime))
        reset = np.take_along_axis(reset, order, axis=1)
        time_tangent, tangent = (
            np.take_along_axis(a, order[..., None], axis=1) if a.shape[1] > 1 else a
            for a in (time_tangent, tangent)
        )
    held = np.maximum.accumulate(np.maximum(regime, 0), axis=1)
    return Stacked(Jumps(time_h, target, amount, reset, held), tangent, time_tangent)
