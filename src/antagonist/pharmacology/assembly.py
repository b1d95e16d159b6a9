"""From model files and parameter values to the kernel's system and jumps.

Parameter values that carry derivatives (``Varying``) give a system and jumps that do too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.built import Assembly
from antagonist.pharmacology.dose_jumps import dose_jumps, steady_state
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import Jumps
from antagonist.pharmacology.kernel.sensitivity import Tangents
from antagonist.pharmacology.models import Formulation, Structure
from antagonist.pharmacology.schedule_jumps import Jump, Stacked, split, stack
from antagonist.pharmacology.varying import Varying
from antagonist.pharmacology.ways import Builder, Infusion, Parameters, Slot

Floats = NDArray[np.float64]


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
            jumps += dose_jumps(assembly, name, record, amount_mg, time_h, held)
    return jumps


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
