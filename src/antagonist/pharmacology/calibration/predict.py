"""Answer a question with the model, for many parameter vectors at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology import signals
from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.kernel import Solution, solve
from antagonist.pharmacology.models import Formulation, Parameter, Structure
from antagonist.pharmacology.signals import Scene, derived_values
from antagonist.pharmacology.subjects import values_of

Floats = NDArray[np.float64]
HeroinEquivalent = Callable[[str, str, Mapping[str, Floats]], Floats]
HORIZON_H = {
    "oral": 1000.0,
    "iv": 500.0,
    "intranasal": 500.0,
    "im": 4000.0,
    "sc": 4000.0,
    "implant": 16000.0,
}


@dataclass
class Predictor:
    """Predictions of one structure at one set of parameter vectors (a batch of S).

    Solved courses are kept, since rows of a study share them.
    phi: transformed parameters, each of shape (S,).
    equivalent: mg of intravenous heroin for 1 mg of (agonist, route) given parameter values.
    """

    structure: Structure
    products: Mapping[str, Formulation]
    parameters: Mapping[str, Parameter]
    phi: Mapping[str, Floats]
    equivalent: HeroinEquivalent
    _values: dict[tuple[tuple[str, str], ...], dict[str, Floats]] = field(default_factory=dict)
    _solved: dict[object, Solution] = field(default_factory=dict)

    def values(self, covariates: Mapping[str, str]) -> dict[str, Floats]:
        """Parameter values for covariates, each (S, 1)."""
        key = tuple(sorted(covariates.items()))
        if key not in self._values:
            self._values[key] = values_of(self.structure, self.parameters, self.phi, (covariates,))
        return self._values[key]

    def scene(
        self,
        product: str,
        dose_mg: float,
        count: int,
        interval_h: float,
        covariates: Mapping[str, str],
        agonist_mg: Floats | float = 25.0,
    ) -> Scene:
        """A course of equal doses, the last at hour 0, solved."""
        values = self.values(covariates)
        key = (product, dose_mg, count, interval_h, tuple(sorted(covariates.items())))
        if key not in self._solved:
            first_h = -(count - 1) * interval_h
            records = [
                EventRecord(first_h, 1, dose_mg, addl=count - 1, ii_h=interval_h, product=product)
            ]
            assembly = assemble(self.structure, self.products, values, records)
            jumps = jumps_of(assembly, self.structure, [records])
            self._solved[key] = solve(assembly.system, jumps, start_h=first_h, cumulative=True)
        outputs = tuple(self.structure.outputs)
        return Scene(self._solved[key], values, outputs, dose_mg, 0.0, agonist_mg)

    def predict(self, q: Question) -> Floats:
        """The row's quantity in its published unit, shape (S,)."""
        agonist_mg: Floats | float = 25.0
        if q.agonist is not None:
            values = self.values(q.covariates)
            agonist_mg = q.agonist.dose_mg * self.equivalent(
                q.agonist.name, q.agonist.route, values
            )
        if q.kind == "parameter":
            known = derived_values(self.values(q.covariates))
            shape = next(iter(known.values())).shape
            return np.broadcast_to(parse(q.formula)(known), shape)[:, 0] * q.conversion
        scene = self.scene(q.product, q.dose_mg, q.count, q.interval_h, q.covariates, agonist_mg)
        return self._functional(q, scene) * q.conversion

    def _functional(self, q: Question, scene: Scene) -> Floats:
        kind = q.of if q.kind in ("cv", "fold_range") else q.kind
        match kind:
            case "level":
                return signals.level(scene, q.signal, q.time_h)
            case "relative":
                reference = signals.level(scene, q.signal, q.reference_h)
                return signals.level(scene, q.signal, q.time_h) / reference
            case "peak":
                return signals.peak(scene, q.signal, q.window_h)
            case "peak_time":
                return signals.peak_time(scene, q.signal, q.window_h)
            case "half_life":
                return signals.half_life(scene, q.signal, q.window_h)
            case "range":
                return signals.middle_of_range(scene, q.signal, q.window_h)
            case "duration":
                horizon_h = HORIZON_H[self.products[q.product].route]
                days = signals.duration_d(scene, q.signal, q.above, horizon_h)
                return days * signals.DAY_H if q.hours else days
        return self._area(q, scene)

    def _area(self, q: Question, scene: Scene) -> Floats:
        area = scene.area(q.signal, 0.0, q.until_h)
        if q.share_of_dose:
            return area / q.dose_mg
        if q.relative_to is None:
            return area
        other = q.relative_to
        interval_h = other.interval_h or q.interval_h
        reference = self.scene(
            other.product or q.product, other.dose_mg or q.dose_mg, other.count, interval_h, {}
        )
        start_h = -(other.count - 1) * interval_h if other.start == "first" else 0.0
        return area / reference.area(q.signal, start_h, start_h + (other.until_h or q.until_h))
