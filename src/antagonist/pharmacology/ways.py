"""The ways in: what a dose of a product, or into a compartment, does to a model's state.

Parameters may carry derivatives (``Varying``); then all that comes of them does too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.kernel import LinearSystem
from antagonist.pharmacology.kernel.sensitivity import Tangents
from antagonist.pharmacology.models import DoseInput, Formulation, Release, Structure
from antagonist.pharmacology.schedule_jumps import Stacked
from antagonist.pharmacology.varying import Quantity, Varying, shaped, value_of

Floats = NDArray[np.float64]
Parameters = Mapping[str, Quantity]  # each of shape (S, P)


@dataclass(frozen=True)
class Slot:
    """One jump that a unit dose makes: state, amount per mg and delay, shapes (S, P)."""

    target: int
    amount: Quantity
    delay_h: Quantity

    def of_subject(self, s: int) -> Slot:
        """The same for one subject."""
        rows = slice(s, s + 1)
        return Slot(self.target, self.amount[rows], self.delay_h[rows])


@dataclass(frozen=True)
class Infusion:
    """A constant rate held in a state: per mg/h given, from ``delay_h`` on, shapes (S, P).

    lasting: duration over AMT / RATE.
    rate_mg_per_h, duration_h: of the model, for RATE -1 and RATE -2; None: it has none.
    """

    slot: Slot
    lasting: Quantity
    rate_mg_per_h: Quantity | None = None
    duration_h: Quantity | None = None

    def of_subject(self, s: int) -> Infusion:
        """The same for one subject."""
        rows = slice(s, s + 1)
        rate, lasts = self.rate_mg_per_h, self.duration_h
        return Infusion(
            self.slot.of_subject(s),
            self.lasting[rows],
            None if rate is None else rate[rows],
            None if lasts is None else lasts[rows],
        )

    def timed(self, amount_mg: Quantity, rate_mg_per_h: float, at: Any) -> tuple[Quantity, ...]:
        """Rate (mg/h) and duration (h) of doses with a RATE; ``at`` picks their places of (S, P).

        Raises InputError for a RATE -1 or -2 of which the model says nothing.
        """
        lasting = self.lasting[at]
        if rate_mg_per_h > 0:
            held: Quantity = np.asarray(rate_mg_per_h)
            return held, amount_mg / rate_mg_per_h * lasting
        modelled = self.rate_mg_per_h if rate_mg_per_h == -1 else self.duration_h
        if modelled is None or rate_mg_per_h not in (-1, -2):
            raise not_modelled(rate_mg_per_h)
        if rate_mg_per_h == -1:
            return modelled[at], amount_mg * lasting / modelled[at]
        return amount_mg * lasting / modelled[at], modelled[at]


def not_modelled(rate_mg_per_h: float) -> InputError:
    """The error for a RATE -1 or -2 of which the model says nothing."""
    named = "rate_mg_per_h" if rate_mg_per_h == -1 else "duration_h"
    allowed = f">= 0: the rate is not modelled (no {named} in dose_inputs)"
    return InputError("", "RATE", rate_mg_per_h, allowed)


@dataclass(frozen=True)
class SystemGradient:
    """How a system depends on q directions: shapes (S, P, q, m, m) and (S, P, q, o, m)."""

    rates_per_h: Floats
    outputs: Floats

    def of_subject(self, s: int) -> SystemGradient:
        """The same for one subject."""
        return SystemGradient(self.rates_per_h[s : s + 1], self.outputs[s : s + 1])

    def with_jumps(self, stacked: Stacked) -> Tangents:
        """The kernel's tangents of this system and some jumps."""
        return Tangents(self.rates_per_h, self.outputs, stacked.amount, stacked.time_h)


class Builder:
    """Grows the state vector: compartments first, then depots and constant-rate inputs."""

    def __init__(self, structure: Structure, parameters: Parameters) -> None:
        self.structure = structure
        self.values = parameters
        self.shape = np.broadcast_shapes(*(value_of(v).shape for v in parameters.values()))
        self.names = list(structure.compartments)
        self.rates: list[tuple[int, int, Quantity]] = []  # (row, column, 1/h)

    def of(self, formula: str) -> Quantity:
        """Value of a formula, shape (S, P). Raises InputError for a name no parameter has."""
        try:
            return shaped(parse(formula).of(self.values), self.shape)
        except KeyError as missing:
            known = ", ".join(sorted(self.values))
            name = str(missing.args[0])
            raise InputError(self.structure.id, formula, name, f"one of {known}") from None

    def index(self, name: str) -> int:
        """Place of a compartment in the state."""
        return self.names.index(name)

    def state(self, name: str) -> int:
        """Add a state; returns its place."""
        self.names.append(name)
        return len(self.names) - 1

    def flow(self, row: int, column: int, rate: Quantity) -> None:
        """What each unit of ``column`` adds to ``row`` per hour, shape (S, P)."""
        self.rates.append((row, column, rate))

    def compartments(self) -> None:
        """The flows among the compartments and into effect sites."""
        for transfer in self.structure.transfers:
            source, rate = self.index(transfer.source), self.of(transfer.rate)
            self.flow(source, source, -rate)
            if transfer.to is not None:
                self.flow(self.index(transfer.to), source, rate)
        for link in self.structure.links:
            site, rate = self.index(link.to), self.of(link.rate)
            self.flow(site, site, -rate)
            self.flow(site, self.index(link.of), rate * self.of(link.gain))

    def release(
        self, label: str, part: Release, arrivals: list[tuple[int, Quantity]], salt: float
    ) -> list[Slot]:
        """Jumps of one part of a release profile into (state, share) pairs, per mg of dose."""
        fraction, lag_h = self.of(part.fraction) * salt, self.of(part.lag_h)
        if part.kind == "bolus":
            return [Slot(target, fraction * share, lag_h) for target, share in arrivals]
        if part.kind == "exponential":
            assert part.rate_per_h is not None
            depot, rate = self.state(label), self.of(part.rate_per_h)
            self.flow(depot, depot, -rate)
            for target, share in arrivals:
                self.flow(target, depot, rate * share)
            if part.transit_rate_per_h is None:
                return [Slot(depot, fraction, lag_h)]
            transit, before = self.state(f"{label}.transit"), self.of(part.transit_rate_per_h)
            self.flow(transit, transit, -before)
            self.flow(depot, transit, before)
            return [Slot(transit, fraction, lag_h)]
        assert part.duration_h is not None
        duration_h, held = self.of(part.duration_h), self.state(label)
        for target, share in arrivals:
            self.flow(target, held, share)
        rate = fraction / duration_h
        return [Slot(held, rate, lag_h), Slot(held, -rate, lag_h + duration_h)]

    def infusion(
        self, label: str, arrivals: list[tuple[int, Quantity]], lag_h: Quantity, lasting: Quantity
    ) -> Infusion:
        """A state that holds a constant rate into (state, share) pairs."""
        held = self.state(label)
        for target, share in arrivals:
            self.flow(target, held, share)
        return Infusion(Slot(held, np.ones(self.shape), lag_h), lasting)

    def by_compartment(self, name: str, infused: bool) -> tuple[list[Slot], list[Infusion]]:
        """A dose that names a compartment, as a bolus and (where ``infused``) with a RATE."""
        given = self.structure.dose_inputs.get(name, DoseInput())
        if given.parts:
            return self.by_parts(name, given, infused), []
        target, one = self.index(name), self.of("1")
        fraction, lag_h = self.of(given.fraction), self.of(given.lag_h)
        slots = [Slot(target, fraction, lag_h)]
        if not infused:
            return slots, []
        # NONMEM: RATE is what arrives per hour, so the fraction shortens the infusion.
        infusion = self.infusion(f"cmt:{name}.rate", [(target, one)], lag_h, fraction)
        rate, lasts = (
            None if formula is None else self.of(formula)
            for formula in (given.rate_mg_per_h, given.duration_h)
        )
        return slots, [replace(infusion, rate_mg_per_h=rate, duration_h=lasts)]

    def by_parts(self, name: str, given: DoseInput, infused: bool) -> list[Slot]:
        """A dose that enters in several ways. Raises InputError for one with a RATE."""
        if infused:
            raise InputError("", "RATE", "other than 0", f"0 for {name}: its dose has parts")
        slots: list[Slot] = []
        for n, part in enumerate(given.parts, start=1):
            kind: Literal["bolus", "constant"] = "constant" if part.duration_h else "bolus"
            release = Release(
                kind=kind, fraction=part.fraction, lag_h=part.lag_h, duration_h=part.duration_h
            )
            arrival = [(self.index(part.to), self.of("1"))]
            slots += self.release(f"cmt:{name}.{n}", release, arrival, 1.0)
        return slots

    def by_product(
        self, name: str, product: Formulation, infused: bool
    ) -> tuple[list[Slot], list[Infusion]]:
        """A dose of a product; with a RATE only where all of it enters at once.

        Raises InputError for no published levels, an unknown entry, or a RATE on a depot.
        """
        if product.status == "no_data":
            raise InputError("", "product", name, "no data: no published levels for it")
        if product.entry not in self.structure.entries:
            known = ", ".join(self.structure.entries)
            raise InputError(name, "entry", product.entry, f"one of {known}")
        entry = self.structure.entries[product.entry]
        arrivals = [(self.index(name), self.of(share)) for name, share in entry.items()]
        slots: list[Slot] = []
        infusions: list[Infusion] = []
        for n, part in enumerate(product.release, start=1):
            slots += self.release(f"{name}.{n}", part, arrivals, product.salt_factor)
            if not infused:
                continue
            if part.kind != "bolus":
                raise InputError("", "RATE", "> 0", f"0 for {name}: it has its own release")
            fraction = self.of(part.fraction) * product.salt_factor
            entering = [(target, share * fraction) for target, share in arrivals]
            label, lag_h = f"{name}.{n}.rate", self.of(part.lag_h)
            infusions.append(self.infusion(label, entering, lag_h, self.of("1")))
        return slots, infusions

    def system(self) -> LinearSystem:
        """The system of all states so far."""
        size = len(self.names)
        rates = np.zeros((*self.shape, size, size))
        for row, column, rate in self.rates:
            rates[..., row, column] += value_of(rate)
        outputs = np.zeros((*self.shape, len(self.structure.outputs), size))
        for o, column, gain in self.gains():
            outputs[..., o, column] = value_of(gain)
        return LinearSystem(rates, outputs)

    def gains(self) -> list[tuple[int, int, Quantity]]:
        """Output, state and gain of all that is observed."""
        outputs = self.structure.outputs.values()
        return [(o, self.index(x.of), self.of(x.gain)) for o, x in enumerate(outputs)]

    def gradient(self) -> SystemGradient | None:
        """How the system depends on each direction; None where no parameter varies."""
        varying = [v for v in self.values.values() if isinstance(v, Varying)]
        if not varying:
            return None
        count, size = varying[0].gradient.shape[-1], len(self.names)
        # The directions last while they are added up: a formula has them there.
        rates = np.zeros((*self.shape, size, size, count))
        for row, column, rate in self.rates:
            if isinstance(rate, Varying):
                rates[..., row, column, :] += rate.gradient
        outputs = np.zeros((*self.shape, len(self.structure.outputs), size, count))
        for o, column, gain in self.gains():
            if isinstance(gain, Varying):
                outputs[..., o, column, :] = gain.gradient
        return SystemGradient(np.moveaxis(rates, -1, -3), np.moveaxis(outputs, -1, -3))
