"""The jumps that a dose makes, and those of endless doses before a steady state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.built import Assembly
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import endless, solve
from antagonist.pharmacology.kernel.sensitivity import solve_with_gradient
from antagonist.pharmacology.kernel.steady import endless_with_gradient
from antagonist.pharmacology.schedule_jumps import Jump, split, stack
from antagonist.pharmacology.varying import Quantity, Varying, gradient_of, value_of


def dose_jumps(
    assembly: Assembly,
    name: str,
    record: EventRecord,
    amount_mg: Quantity,
    time_h: float,
    regime: int,
) -> list[Jump]:
    """Jumps of one dose in a regime; amount_mg: one number or shape (S,)."""
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
        return dose_jumps(assembly, name, record, amount_mg, time_h, regime)

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
