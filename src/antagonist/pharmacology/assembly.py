"""From model files and parameter values to the kernel's system and jumps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import Jumps, LinearSystem, endless, solve
from antagonist.pharmacology.models import Formulation, Structure
from antagonist.pharmacology.ways import Builder, Infusion, Parameters, Slot

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Assembly:
    """A system with, for each way in (product or compartment), what a dose does to the state.

    slots: way in -> jumps of a bolus. infusions: way in -> what a dose with RATE starts.
    """

    system: LinearSystem
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    slots: Mapping[str, tuple[Slot, ...]]
    infusions: Mapping[str, tuple[Infusion, ...]]

    def of_subject(self, s: int) -> Assembly:
        """The same assembly for one subject."""
        rows = slice(s, s + 1)
        return Assembly(
            LinearSystem(self.system.rates_per_h[rows], self.system.outputs[rows]),
            self.names,
            self.outputs,
            {name: tuple(x.of_subject(s) for x in ways) for name, ways in self.slots.items()},
            {name: tuple(x.of_subject(s) for x in ways) for name, ways in self.infusions.items()},
        )


def way_in(record: EventRecord, structure: Structure) -> str:
    """Name of the way a dose record enters: its product, or ``cmt:NAME``.

    Raises InputError for a compartment the structure does not have.
    """
    if record.product is not None:
        return record.product
    names = structure.compartments
    if isinstance(record.cmt, int) and 1 <= record.cmt <= len(names):
        return f"cmt:{names[record.cmt - 1]}"
    if record.cmt in names:
        return f"cmt:{record.cmt}"
    raise InputError("", "CMT", record.cmt, f"1..{len(names)} or one of {', '.join(names)}")


def assemble(
    structure: Structure,
    formulations: Mapping[str, Formulation],
    parameters: Parameters,
    records: Sequence[EventRecord],
) -> Assembly:
    """Build the system that the records need.

    parameters: every name the model files use, arrays of shape (S, P).
    records: those of all subjects; only ways in that they use get depots.
    Raises InputError for an unknown product or one without published levels, an unknown
    compartment, and a name in a formula that no parameter has.
    """
    builder = Builder(structure, parameters)
    builder.compartments()
    doses = [(way_in(r, structure), r) for r in records if r.evid in (1, 4)]
    infused = {name for name, record in doses if record.rate_mg_per_h != 0}
    slots: dict[str, tuple[Slot, ...]] = {}
    infusions: dict[str, tuple[Infusion, ...]] = {}
    for name in dict.fromkeys(name for name, _ in doses):
        if name.startswith("cmt:"):
            ways = builder.by_compartment(name[4:], name in infused)
        elif name in formulations:
            ways = builder.by_product(name, formulations[name], name in infused)
        else:
            raise InputError("", "product", name, f"one of {', '.join(formulations)}")
        slots[name], infusions[name] = tuple(ways[0]), tuple(ways[1])
    return Assembly(
        builder.system(), tuple(builder.names), tuple(structure.outputs), slots, infusions
    )


@dataclass(frozen=True)
class _Jump:
    time_h: Floats  # (S,)
    target: int
    amount: Floats  # (S,)
    reset: bool
    regime: int


def _dose_jumps(
    assembly: Assembly, name: str, record: EventRecord, time_h: float, regime: int
) -> list[_Jump]:
    if record.rate_mg_per_h == 0:
        return [
            _Jump(
                time_h + slot.delay_h[:, regime],
                slot.target,
                record.amt_mg * slot.amount[:, regime],
                False,
                -1,
            )
            for slot in assembly.slots[name]
        ]
    jumps = []
    for infusion in assembly.infusions[name]:
        start = time_h + infusion.slot.delay_h[:, regime]
        duration_h = record.amt_mg / record.rate_mg_per_h * infusion.lasting[:, regime]
        rate = record.rate_mg_per_h * infusion.slot.amount[:, regime]
        jumps.append(_Jump(start, infusion.slot.target, rate, False, -1))
        jumps.append(_Jump(start + duration_h, infusion.slot.target, -rate, False, -1))
    return jumps


def _checked(record: EventRecord) -> EventRecord:
    if record.rate_mg_per_h < 0:
        raise InputError("", "RATE", record.rate_mg_per_h, ">= 0: the rate is not modelled")
    if (record.ss == 1 or record.addl > 0) and not record.ii_h > 0:
        raise InputError("", "II", record.ii_h, "> 0 with SS or ADDL")
    return record


def _record_jumps(
    assembly: Assembly, structure: Structure, records: Sequence[EventRecord]
) -> list[_Jump]:
    """Jumps of one schedule, in the order of its records."""
    changes = [r.time_h for r in records if r.evid == 2 and r.covariates]
    subjects, regimes = assembly.system.rates_per_h.shape[:2]
    if len(changes) >= regimes:
        raise ValueError(f"{len(changes)} changes of covariates need {len(changes) + 1} regimes")
    none = np.zeros(subjects)
    jumps: list[_Jump] = []
    regime = 0
    for record in records:
        start, dosed = none + record.time_h, record.evid in (1, 4)
        if record.evid == 2 and record.covariates:
            regime += 1
            jumps.append(_Jump(start, 0, none, False, regime))
        # Both empty the compartments and cancel what earlier doses would still bring.
        if record.evid in (3, 4) or (dosed and record.ss == 1):
            jumps = [*_split(jumps, record.time_h)[0], _Jump(start, 0, none, True, -1)]
        if dosed:
            name = way_in(_checked(record), structure)
            if record.ss == 1:
                jumps += _steady_state(assembly, name, record, regime)
            for n in range(record.addl + 1):
                time_h = record.time_h + n * record.ii_h
                held = regime + (sum(c <= time_h for c in changes[regime:]) if n else 0)
                jumps += _dose_jumps(assembly, name, record, time_h, held)
    return jumps


def _split(jumps: Sequence[_Jump], time_h: float) -> tuple[list[_Jump], list[_Jump]]:
    """What has happened by a time and what is still to come, subject by subject."""
    by_then, to_come = [], []
    for j in jumps:
        done = j.time_h <= time_h
        if done.any():
            at = np.minimum(j.time_h, time_h)
            by_then.append(_Jump(at, j.target, np.where(done, j.amount, 0.0), j.reset, j.regime))
        if not done.all():
            at = np.maximum(j.time_h, time_h)
            to_come.append(_Jump(at, j.target, np.where(done, 0.0, j.amount), j.reset, j.regime))
    return by_then, to_come


def _steady_state(assembly: Assembly, name: str, record: EventRecord, regime: int) -> list[_Jump]:
    """What endless earlier doses have left at the record's time, and what they still bring.

    Doses that may not yet be released in full are taken one by one, all before them as a sum.
    """
    interval_h, subjects = record.ii_h, assembly.system.rates_per_h.shape[0]
    system = LinearSystem(
        assembly.system.rates_per_h[:, regime, None], assembly.system.outputs[:, regime, None]
    )

    def dose(time_h: float) -> list[_Jump]:
        return _dose_jumps(assembly, name, record, time_h, regime)

    def state(jumps: list[_Jump], time_h: float) -> Floats:
        held = [_Jump(j.time_h, j.target, j.amount, False, 0) for j in jumps]
        start_h = min((float(j.time_h.min()) for j in held), default=time_h)
        return solve(system, _stack([held], subjects), start_h=start_h).state_at(time_h)

    lasts_h = max((float(j.time_h.max()) for j in dose(0.0)), default=0.0)
    recent = int(np.ceil(lasts_h / interval_h))
    try:
        left = state(dose(0.0), (recent + 1) * interval_h)
        left = endless(system.rates_per_h[:, 0], left, interval_h)
    except ValueError as error:
        raise InputError("", "SS", 1, str(error)) from None
    past = [j for n in range(recent, 0, -1) for j in dose(record.time_h - n * interval_h)]
    done, later = _split(past, record.time_h)
    left = left + state(done, record.time_h)
    at = np.full(subjects, record.time_h)
    return [_Jump(at, i, left[:, i], False, -1) for i in range(left.shape[1])] + later


def _stack(schedules: Sequence[list[_Jump]], subjects: int) -> Jumps:
    """Sort each subject's jumps in time and pad to the longest."""
    shape = (subjects, max(1, *(len(jumps) for jumps in schedules), 1))
    time_h, amount = np.full(shape, np.inf), np.zeros(shape)
    target, regime = np.zeros(shape, dtype=np.intp), np.full(shape, -1, dtype=np.intp)
    reset = np.zeros(shape, dtype=bool)
    for s, jumps in enumerate(schedules):
        rows = slice(None) if len(schedules) == 1 else slice(s, s + 1)
        for m, jump in enumerate(jumps):
            time_h[rows, m], amount[rows, m] = jump.time_h, jump.amount
            target[rows, m], reset[rows, m], regime[rows, m] = jump.target, jump.reset, jump.regime
    order = np.argsort(time_h, axis=1, kind="stable")
    time_h, amount, target, reset, regime = (
        np.take_along_axis(a, order, axis=1) for a in (time_h, amount, target, reset, regime)
    )
    held = np.maximum.accumulate(np.maximum(regime, 0), axis=1)
    return Jumps(time_h, target, amount, reset, held)


def jumps_of(
    assembly: Assembly, structure: Structure, schedules: Sequence[Sequence[EventRecord]]
) -> Jumps:
    """Jumps of the schedules, in the kernel's form.

    schedules: one for all subjects, or one for each, in order of time.
    ADDL, II, SS, RATE, EVID 2-4 and lag times as NONMEM means them; the n-th EVID 2 row with
    covariates starts regime n (of P, counted from 0). A dose takes fraction, lag and duration
    from the regime at its own time.
    Raises InputError for a RATE < 0, an II that is not > 0 with SS or ADDL, and an SS where
    there is no steady state; ValueError for too few regimes or schedules.
    """
    subjects = assembly.system.rates_per_h.shape[0]
    if len(schedules) not in (1, subjects):
        raise ValueError(f"{len(schedules)} schedules for {subjects} subjects")
    if len(schedules) == 1:
        return _stack([_record_jumps(assembly, structure, schedules[0])], subjects)
    each = [
        _record_jumps(assembly.of_subject(s), structure, records)
        for s, records in enumerate(schedules)
    ]
    return _stack(each, subjects)
