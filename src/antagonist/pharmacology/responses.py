"""What an agonist dose still does: one effect curve for each endpoint.

E(d) = d^h / (ED50^h + d^h), d in mg of intravenous heroin or its equivalent. A competitive
antagonist divides the dose by the dose ratio 1 + odds (Schild).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Endpoint = Literal["subjective", "physiological"]
ENDPOINTS: tuple[Endpoint, ...] = ("subjective", "physiological")


def endpoint_of(name: str) -> Endpoint:
    """The endpoint of a name that was checked before."""
    return "subjective" if name == "subjective" else "physiological"


def effect(dose_mg: Floats, values: Mapping[str, Floats], endpoint: Endpoint) -> Floats:
    """Effect of a dose without antagonist, fraction of the maximum.

    dose_mg: intravenous heroin equivalent, mg, >= 0, shape broadcast with (S, 1) parameters.
    Returns in [0, 1). Source: Hill 1910; constants calibrated.
    """
    hill = values[f"hill_{endpoint}"]
    scaled = (np.maximum(dose_mg, 1e-12) / values[f"ed50_{endpoint}"]) ** hill
    result: Floats = scaled / (1.0 + scaled)
    return result


def remaining(
    dose_mg: Floats | float, odds: Floats, values: Mapping[str, Floats], endpoint: Endpoint
) -> Floats:
    """Effect left under blockade, fraction of the same dose's effect without it.

    dose_mg: heroin equivalent, mg, > 0. odds: shape (S, T). Returns shape (S, T), in (0, 1].
    Source: Arunlakshana and Schild 1959.
    """
    dose = np.asarray(dose_mg)
    return effect(dose / (1.0 + odds), values, endpoint) / effect(dose, values, endpoint)


def blocked(
    dose_mg: Floats | float, odds: Floats, values: Mapping[str, Floats], endpoint: Endpoint
) -> Floats:
    """Share of a dose's effect that is blocked, shape (S, T), in [0, 1)."""
    return 1.0 - remaining(dose_mg, odds, values, endpoint)


def odds_that_block(
    share: float, dose_mg: Floats | float, values: Mapping[str, Floats], endpoint: Endpoint
) -> Floats:
    """Odds at which a share of a dose's effect is blocked: the threshold line on the odds.

    share: in (0, 1). Returns shape of the parameters.
    Inverse of ``blocked``: with r = (1 - share) E(d), dose ratio = d / (ED50 (r / (1 - r))^(1/h)).
    """
    dose = np.asarray(dose_mg, dtype=float)
    left = (1.0 - share) * effect(dose, values, endpoint)
    reduced = values[f"ed50_{endpoint}"] * (left / (1.0 - left)) ** (1 / values[f"hill_{endpoint}"])
    result: Floats = dose / reduced - 1.0
    return result
