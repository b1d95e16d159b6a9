"""A one-compartment model with closed forms, for tests that need a whole structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import solve
from antagonist.pharmacology.models import Formulation, Structure
from antagonist.pharmacology.signals import Scene

Floats = NDArray[np.float64]
SOURCED = {"source": "made up for a test", "provenance": "assumed"}
CL, V1, KA = 10.0, 50.0, 1.3
KE = CL / V1


def parameter(value: float, **changes: Any) -> dict[str, Any]:
    """Content of one parameter of a model file."""
    return {"value": value, "unit": "unit", **SOURCED, **changes}


PARAMETERS = {
    "CL": parameter(CL),
    "V1": parameter(V1),
    "V2": parameter(30.0),
    "ka": parameter(KA),
    "K_mu": parameter(0.5),
    "ratio_kappa": parameter(2.0),
    "ratio_delta": parameter(80.0),
    "w_6bn": parameter(0.1),
    "ed50_subjective": parameter(3.0),
    "hill_subjective": parameter(1.5),
    "ed50_physiological": parameter(1.5),
    "hill_physiological": parameter(1.2),
    "potency_morphine": parameter(0.4),
    "potency_hydromorphone": parameter(2.5),
}


def one_compartment(
    parameters: Mapping[str, Mapping[str, Any]] | None = None, **changes: Any
) -> Structure:
    """One compartment; the effect site is plasma itself, and no metabolite is formed.

    parameters: replaces or adds parameters. changes: replaces keys of the structure.
    """
    plasma = {"of": "central", "gain": "1000 / V1", "unit": "ng/mL"}
    none = {"of": "metabolite", "gain": "1", "unit": "ng/mL"}
    content: dict[str, Any] = {
        "id": "small",
        "version": "1",
        "title": "One compartment",
        "compartments": ["central", "metabolite"],
        "transfers": [
            {"from": "central", "rate": "CL / V1"},
            {"from": "metabolite", "rate": "0.3"},
        ],
        "entries": {"systemic": {"central": "1"}},
        "outputs": {
            "conc_ntx": plasma,
            "conc_6bn": none,
            "effect_ntx": plasma,
            "effect_6bn": none,
        },
        "parameters": {**PARAMETERS, **(parameters or {})},
    }
    return Structure.model_validate(content | changes)


def product(name: str, *release: Mapping[str, Any], **changes: Any) -> Formulation:
    """A formulation with a release profile."""
    content: dict[str, Any] = {
        "id": name,
        "version": "1",
        "title": {"en": name, "ru": name},
        "route": "iv",
        "max_dose_mg": 1000,
        "release": release,
        **SOURCED,
    }
    return Formulation.model_validate(content | changes)


PRODUCTS: Mapping[str, Formulation] = {
    "bolus": product("bolus", {"kind": "bolus"}),
    "absorbed": product("absorbed", {"kind": "exponential", "rate_per_h": "ka"}, route="oral"),
    "unpublished": product("unpublished", status="no_data"),
}


def heroin_only(name: str, route: str, values: Mapping[str, Floats]) -> Floats:
    """Every milligram counts as one of intravenous heroin."""
    del name, route
    return np.ones_like(next(iter(values.values())))


def scene(
    dose_mg: float,
    way: str = "bolus",
    *,
    last_dose_h: float = 0.0,
    agonist_mg: float = 25.0,
    **values: float | Floats,
) -> Scene:
    """One dose at last_dose_h, solved. values: parameters that are not as in PARAMETERS, (S,)."""
    structure = one_compartment()
    count = max((np.size(v) for v in values.values()), default=1)
    known = {
        name: np.broadcast_to(np.asarray(values.get(name, p.value), dtype=float), (count,))[:, None]
        for name, p in structure.parameters.items()
    }
    records = [EventRecord(last_dose_h, 1, dose_mg, product=way)]
    assembly = assemble(structure, PRODUCTS, known, records)
    jumps = jumps_of(assembly, structure, [records])
    solution = solve(assembly.system, jumps, start_h=min(0.0, last_dose_h), cumulative=True)
    return Scene(solution, known, tuple(structure.outputs), dose_mg, last_dose_h, agonist_mg)
