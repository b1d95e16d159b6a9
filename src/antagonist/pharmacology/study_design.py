"""What a researcher asks of a study, checked, and the choices it is answered with."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.data import near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import DATA, formulations
from antagonist.pharmacology.receptors import RECEPTORS, Receptor

Basis = Literal["in_vivo", "ratio", "extrapolated"]
Route = Literal["oral", "iv", "intranasal", "im", "sc", "implant"]
MOST_PEOPLE, MOST_SESSIONS, LONGEST_WINDOW_H = 100_000, 1000, 26 * 168.0
_SUBSTANCES_OTHER_THAN_NALTREXONE = ("metabolite_systemic",)


class ReceptorBasis(BaseModel):
    """Why a receptor's figures are as certain as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    basis: Basis
    source: str


class Choices(BaseModel):
    """Choices of the answer; field meanings stand in data/study.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dose_limit_mg: float = Field(gt=0)
    dose_limit_source: str
    people_shares: tuple[float, ...]
    within_top: float = Field(gt=0, lt=1)
    washed_out_occupancy: float = Field(gt=0, lt=1)
    washed_out_share: float = Field(gt=0, lt=1)
    follow_weeks: Mapping[Route, int]
    window_points: int = Field(ge=2)
    table_doses_mg: tuple[float, ...]
    table_multiples: tuple[float, ...]
    table_doses_source: str
    divisible: Mapping[str, int]
    divisible_source: str
    receptors: Mapping[Receptor, ReceptorBasis]


@lru_cache(maxsize=1)
def choices() -> Choices:
    """The package's choices."""
    return validated(Choices, read_yaml(DATA / "study.yaml"), "study.yaml")


@dataclass(frozen=True)
class Design:
    """What is wanted of a study.

    occupancy: fraction to hold throughout window_h (hours after the dose, first and last).
    strength_mg: stated mg in one tablet (or other unit) of the product.
    price: of one such unit, in currency; None = unknown.
    """

    receptor: Receptor
    occupancy: float
    window_h: tuple[float, float]
    people: int
    sessions: int
    product: str
    strength_mg: float
    price: float | None = None
    currency: str | None = None


def _receptor(name: str) -> Receptor:
    for known in RECEPTORS:
        if name == known:
            return known
    raise InputError("", "receptor", name, near_match(name, RECEPTORS))


def _count(field: str, value: int, most: int) -> int:
    if not 1 <= value <= most:
        raise InputError("", field, value, f"1 to {most}")
    return value


def _window(window_h: tuple[float, float]) -> tuple[float, float]:
    start_h, end_h = window_h
    shown = f"{start_h:g}h-{end_h:g}h"
    if not 0 < start_h < end_h <= LONGEST_WINDOW_H:
        allowed = f"a start after 0 h and a later end, up to {LONGEST_WINDOW_H / 168:g} weeks"
        raise InputError("", "window", shown, allowed)
    return window_h


def _strength_mg(product: str, strength_mg: float | None) -> float:
    known = formulations()
    if product not in known:
        raise InputError("", "product", product, near_match(product, known))
    found = known[product]
    if found.status == "no_data":
        raise InputError("", "product", product, f"no data: {found.note or 'no published levels'}")
    if found.entry in _SUBSTANCES_OTHER_THAN_NALTREXONE:
        raise InputError("", "product", product, "a product that contains naltrexone")
    chosen = found.typical_dose_mg if strength_mg is None else strength_mg
    if chosen is None or not 0 < chosen <= found.max_dose_mg:
        allowed = f"more than 0, up to {found.max_dose_mg:g} mg for {product}, such as '50 mg'"
        raise InputError("", "strength", None if chosen is None else f"{chosen:g} mg", allowed)
    return chosen


def _price(price: float | None, currency: str | None) -> float | None:
    if price is not None and not (math.isfinite(price) and price >= 0):
        raise InputError("", "price-per-tablet", price, "0 or more")
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        raise InputError("", "currency", currency, "three capital letters, such as EUR or RUB")
    if price is not None and currency is None:
        raise InputError("", "currency", None, "needed with a price, such as EUR or RUB")
    return price


def design(
    receptor: str,
    occupancy: float,
    *,
    window_h: tuple[float, float] = (2.0, 8.0),
    people: int = 20,
    sessions: int = 1,
    product: str = "oral_tablet",
    strength_mg: float | None = None,
    price: float | None = None,
    currency: str | None = None,
) -> Design:
    """A checked design. strength_mg: default the product's usual one.

    Raises InputError naming the field, its value and what is allowed.
    """
    checked = _receptor(receptor)
    if not 0 < occupancy < 1:
        raise InputError("", "occupancy", occupancy, "between 0 and 1, as 0.9 for 90 %")
    return Design(
        receptor=checked,
        occupancy=occupancy,
        window_h=_window(window_h),
        people=_count("people", people, MOST_PEOPLE),
        sessions=_count("sessions", sessions, MOST_SESSIONS),
        product=product,
        strength_mg=_strength_mg(product, strength_mg),
        price=_price(price, currency),
        currency=currency,
    )
