"""Opioids of a challenge: their dose in the model's currency, mg of intravenous heroin."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.data import near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import DATA
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.models import Formula, Provenance
from antagonist.pharmacology.responses import Endpoint

Floats = NDArray[np.float64]


class Agonist(BaseModel):
    """One opioid; field meanings stand in data/agonists.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Mapping[Literal["en", "ru"], str]
    potency: Formula
    half_life_h: float = Field(gt=0)
    routes: Mapping[str, float]
    fitted: Mapping[Endpoint, bool]
    source: str
    provenance: Provenance
    note: str = ""


@lru_cache(maxsize=1)
def agonists() -> Mapping[str, Agonist]:
    """Every opioid the challenge knows, by name."""
    content = read_yaml(DATA / "agonists.yaml")["agonists"]
    return {n: validated(Agonist, a, f"agonists.yaml: {n}") for n, a in content.items()}


def agonist(name: str, route: str) -> Agonist:
    """An opioid by name, checked for the route. Raises InputError for an unknown one."""
    known = agonists()
    if name not in known:
        raise InputError("", "agonist", name, near_match(name, known))
    if route not in known[name].routes:
        raise InputError("", f"{name}.route", route, f"one of {', '.join(known[name].routes)}")
    return known[name]


def heroin_equivalent(name: str, route: str, values: Mapping[str, Floats]) -> Floats:
    """Mg of intravenous heroin that 1 mg of an opioid by a route equals.

    values: parameters of shape (S, 1). Returns shape (S, 1).
    """
    found = agonist(name, route)
    shape = next(iter(values.values())).shape
    return np.broadcast_to(parse(found.potency)(values) * found.routes[route], shape)
