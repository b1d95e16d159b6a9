"""From model files and parameter values to the kernel's system and jumps.

Parameter values that carry derivatives (``Varying``) give a system and jumps that do too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import Ints, Jumps, LinearSystem, endless, solve
from antagonist.pharmacology.kernel.sensitivity import Tangents, solve_with_gradient
from antagonist.pharmacology.kernel.steady import endless_with_gradient
from antagonist.pharmacology.models import Formulation, Structure
from antagonist.pharmacology.schedule_jumps import Jump, Stacked, split, stack
from antagonist.pharmacology.varying import Quantity, Varying, gradient_of, value_of
from antagonist.pharmacology.ways import Builder, Infusion, Parameters, Slot, SystemGradient

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Assembly:
    """A system with, for each way in (product or compartment), what a dose does to the state.

    slots: way in -> jumps of a bolus. infusions: way in -> what a dose with RATE starts.
    gradient: how the system depends on the directions, where a parameter varies.
    """

    system: LinearSystem
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    slots: Mapping[str, tuple[Slot, ...]]
    infusions: Mapping[str, tuple[Infusion, ...]]
    gradient: SystemGradient | None = None

    def of_subject(self, s: int) -> Assembly:
        """The same assembly for one subject."""
        rows = slice(s, s + 1)
        return Assembly(
            LinearSystem(self.system.rates_per_h[rows], self.system.outputs[rows]),
            self.names,
            self.outputs,
            {name: tuple(x.of_subject(s) for x in ways) for name, ways in self.slots.items()},
            {name: tuple(x.of_subject(s) for x in ways) for name, ways in self.infusions.items()},
            None if self.gradient is None else self.gradient.of_subject(s),
        )

    def picked(self, subjects: Ints, regimes: Ints) -> Assembly:
        """Some subjects, each in one of its regimes for ever; both shape (N,)."""

        def part(quantity: Quantity) -> Quantity:
            return quantity[subjects, regimes][:, None]

        def slot(x: Slot) -> Slot:
            return Slot(x.target, part(x.amount), part(x.delay_h))

        def infusion(x: Infusion) -> Infusion:
            held, lasts = x.rate_mg_per_h, x.duration_h
            rate = None if held is None else part(held)
            lasts = None if lasts is None else part(lasts)
            return Infusion(slot(x.slot), part(x.lasting), rate, lasts)

        system, gradient = self.system, self.gradient
        if gradient is not None:
            gradient = SystemGradient(
                gradient.rates_per_h[subjects, regimes][:, None],
                gradient.outputs[subjects, regimes][:, None],
            )
        return Assembly(
            LinearSystem(
                system.rates_per_h[subjects, regimes][:, None],
                system.outputs[subjects, regimes][:, None],
            ),
            self.names,
            self.outputs,
            {name: tuple(slot(x) for x in ways) for name, ways in self.slots.items()},
            {name: tuple(infusion(x) for x in ways) for name, ways in self.infusions.items()},
            gradient,
        )

    def of_regime(self, regime: int) -> Assembly:
        """The same system in one regime for ever; the ways in are not for it."""
        which = slice(regime, regime + 1)
        system, gradient = self.system, self.gradient
        if gradient is not None:
            gradient = SystemGradient(gradient.rates_per_h[:, which], gradient.outputs[:, which])
        held = LinearSystem(system.rates_per_h[:, which], system.outputs[:, which])
        return Assembly(held, self.names, self.outputs, {}, {}, gradient)

    @property
    def directions(self) -> int:
        """Number of directions q in which anything varies."""
        return 0 if self.gradient is None else self.gradient.rates_per_h.shape[2]


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

    parameters: every name the model files use, arrays of shape (S, P) or, for those that vary,
        arrays with their derivatives by the directions.
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
    names, outputs = tuple(builder.names), tuple(structure.outputs)
    return Assembly(builder.system(), names, outputs, slots, infusions, builder.gradient())


def _dose_jumps(
    assembly: Assembly,
    name: str,
    record: EventRecord,
    amount_mg: Quantity,
    time_h: float,
    regime: int,
) -> list[Jump]:
    if record.rate_mg_per_h == 0:
        return [
            Jump(
                time_h + slot.delay_h[:, regime],
                slot.target,
                amount_mg * slot.amount[:, regime],
            )
            for slot in assembly.slots[name]
        ]
    jumps = []
    for infusion in assembly.infusions[name]:
        start = time_h + infusion.slot.delay_h[:, regime]
        at = (slice(None), regime)
        rate, duration_h = infusion.timed(amount_mg, record.rate_mg_per_h, at)
        rate = rate * infusion.slot.amount[:, regime]
        jumps.append(Jump(start, infusion.slot.target, rate))
        jumps.append(Jump(start + duration_h, infusion.slot.target, -rate))
    return jumps


def _checked(record: EventRecord) -> EventRecord:
    if record.rate_mg_per_h < 0 and record.rate_mg_per_h not in (-1, -2):
        raise InputError("", "RATE", record.rate_mg_per_h, ">= 0: the rate is not modelled")
    if (record.ss == 1 or record.addl > 0) and not record.ii_h > 0:
        raise InputError("", "II", record.ii_h, "> 0 with SS or ADDL")
    return record


def _record_jumps(
    assembly: Assembly,
    structure: Structure,
    records: Sequence[EventRecord],
    doses: Mapping[int, Floats],
) -> list[Jump]:
    """Jumps of one schedule, in the order of its records; doses: see ``jumps_with_gradient``."""
    changes = [r.time_h for r in records if r.evid == 2 and r.covariates]
    subjects, regimes = assembly.system.rates_per_h.shape[:2]
    if len(changes) >= regimes:
        raise ValueError(f"{len(changes)} changes of covariates need {len(changes) + 1} regimes")
    none = np.zeros(subjects)
    jumps: list[Jump] = []
    regime, dose = 0, -1
    for record in records:
        start, dosed = none + record.time_h, record.evid in (1, 4)
        if record.evid == 2 and record.covariates:
            regime += 1
            jumps.append(Jump(start, 0, none, regime=regime))
        # Both empty the compartments and cancel what earlier doses would still bring.
        if record.evid in (3, 4) or (dosed and record.ss == 1):
            jumps = [*split(jumps, record.time_h)[0], Jump(start, 0, none, reset=True)]
        if not dosed:
            continue
        name, dose = way_in(_checked(record), structure), dose + 1
        given = np.asarray(record.amt_mg, dtype=float)
        amount_mg = Varying(given, doses[dose]) if dose in doses else given
        if record.ss == 1:
            jumps += steady_state(assembly, name, record, amount_mg, regime)
        for n in range(record.addl + 1):
            time_h = record.time_h + n * record.ii_h
            held = regime + (sum(c <= time_h for c in changes[regime:]) if n else 0)
            jumps += _dose_jumps(assembly, name, record, amount_mg, time_h, held)
    return jumps


def steady_state(
    assembly: Assembly, name: str, record: EventRecord, amount_mg: Quantity, regime: int
) -> list[Jump]:
    """What endless earlier doses have left at the record's time, and what they still bring.

    Doses that may not yet be released in full are taken one by one, all before them as a sum.
    name: way in. amount_mg: of one dose, one number or shape (S,).
    Returns jumps of all subjects. Raises InputError where there is no steady state.
    """
    interval_h, subjects = record.ii_h, assembly.system.rates_per_h.shape[0]
    held = assembly.of_regime(regime)

    def dose(time_h: float) -> list[Jump]:
        return _dose_jumps(assembly, name, record, amount_mg, time_h, regime)

    lasts_h = max((float(value_of(j.time_h).max()) for j in dose(0.0)), default=0.0)
    recent = int(np.ceil(lasts_h / interval_h))
    try:
        left = _endless(held, _state(held, dose(0.0), (recent + 1) * interval_h), interval_h)
    except ValueError as error:
        raise InputError("", "SS", 1, str(error)) from None
    past = [j for n in range(recent, 0, -1) for j in dose(record.time_h - n * interval_h)]
    done, later = split(past, record.time_h)
    left = left + _state(held, done, record.time_h)
    at = np.full(subjects, record.time_h)
    return [Jump(at, i, left[:, i]) for i in range(value_of(left).shape[1])] + later


def _state(assembly: Assembly, jumps: Sequence[Jump], time_h: float) -> Quantity:
    """State that some jumps leave at a time in a single regime, shape (S, m)."""
    held = [Jump(j.time_h, j.target, j.amount) for j in jumps]
    start_h = min((float(value_of(j.time_h).min()) for j in held), default=time_h)
    subjects = assembly.system.rates_per_h.shape[0]
    stacked = stack([held], subjects, assembly.directions)
    if assembly.gradient is None:
        return solve(assembly.system, stacked.jumps, start_h=start_h).state_at(time_h)
    tangents = assembly.gradient.with_jumps(stacked)
    solution = solve_with_gradient(assembly.system, stacked.jumps, tangents, start_h=start_h)
    value, gradient = solution.state_at(time_h)
    return Varying(value, np.swapaxes(gradient, 1, 2))


def _endless(assembly: Assembly, state: Quantity, interval_h: float) -> Quantity:
    """What doses without end leave, of one dose's state, in a single regime, shape (S, m)."""
    rates = assembly.system.rates_per_h[:, 0]
    if assembly.gradient is None:
        return endless(rates, value_of(state), interval_h)
    tangent = np.swapaxes(gradient_of(state, assembly.directions), 1, 2)
    driven = assembly.gradient.rates_per_h[:, 0]
    value, gradient = endless_with_gradient(rates, driven, value_of(state), tangent, interval_h)
    return Varying(value, np.swapaxes(gradient, 1, 2))


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
    return _stacked(assembly, structure, schedules, {}).jumps


def jumps_with_gradient(
    assembly: Assembly,
    structure: Structure,
    schedules: Sequence[Sequence[EventRecord]],
    doses: Mapping[int, Floats] | None = None,
) -> tuple[Jumps, Tangents]:
    """Jumps as ``jumps_of``, with the derivatives of system and jumps.

    doses: n -> derivative of the AMT of the n-th dose row (counted from 0) of each schedule by
        the directions, shape (q,); additional doses of that row change with it.
    Raises also ValueError for an assembly without derivatives.
    """
    if assembly.gradient is None:
        raise ValueError("no parameter of the assembly varies")
    stacked = _stacked(assembly, structure, schedules, doses or {})
    return stacked.jumps, assembly.gradient.with_jumps(stacked)


def _stacked(
    assembly: Assembly,
    structure: Structure,
    schedules: Sequence[Sequence[EventRecord]],
    doses: Mapping[int, Floats],
) -> Stacked:
    subjects = assembly.system.rates_per_h.shape[0]
    if len(schedules) not in (1, subjects):
        raise ValueError(f"{len(schedules)} schedules for {subjects} subjects")
    if len(schedules) == 1:
        each = [_record_jumps(assembly, structure, schedules[0], doses)]
    else:
        each = [
            _record_jumps(assembly.of_subject(s), structure, records, doses)
            for s, records in enumerate(schedules)
        ]
    return stack(each, subjects, assembly.directions)
