"""A model's system as it has been built, with what doses by each way in do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from antagonist.pharmacology.kernel import Ints, LinearSystem
from antagonist.pharmacology.varying import Quantity
from antagonist.pharmacology.ways import Infusion, Slot, SystemGradient


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
