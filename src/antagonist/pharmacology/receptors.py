"""Receptor occupancy: competitive binding of naltrexone and 6-beta-naltrexol.

The constants are in-vivo ones, fitted to PET and challenge studies and stated in plasma-equivalent
ng/mL at the effect site; test-tube affinities enter only as the ratios between receptors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Receptor = Literal["mu", "kappa", "delta"]
RECEPTORS: tuple[Receptor, ...] = ("mu", "kappa", "delta")
_RATIO: Mapping[Receptor, str | None] = {
    "mu": None,
    "kappa": "ratio_kappa",
    "delta": "ratio_delta",
}


def constant_ng_per_ml(values: Mapping[str, Floats], receptor: Receptor) -> Floats:
    """Effect-site level of naltrexone that occupies half of a receptor.

    values: parameters ``K_mu``, ``ratio_kappa``, ``ratio_delta``, any shape.
    Returns ng/mL, same shape.
    """
    ratio = _RATIO[receptor]
    return values["K_mu"] if ratio is None else values["K_mu"] * values[ratio]


def antagonist_odds(
    effect_ntx_ng_per_ml: Floats,
    effect_6bn_ng_per_ml: Floats,
    values: Mapping[str, Floats],
    receptor: Receptor = "mu",
) -> Floats:
    """Occupied over free receptors, both antagonists competing.

    effect_*: effect-site levels, shape (S, T). values: parameters of shape (S, 1).
    Returns shape (S, T), >= 0. The dose ratio of a competing agonist is 1 + odds.
    Source: Gaddum 1957; Arunlakshana and Schild 1959.
    """
    weighted = effect_ntx_ng_per_ml + values["w_6bn"] * effect_6bn_ng_per_ml
    return np.maximum(weighted, 0.0) / constant_ng_per_ml(values, receptor)


def odds_of(mu_odds: Floats, values: Mapping[str, Floats], receptor: Receptor) -> Floats:
    """Odds of a receptor from those of mu: only the constants differ. Shapes broadcast."""
    ratio = _RATIO[receptor]
    return mu_odds if ratio is None else mu_odds / values[ratio]


def occupancy(odds: Floats) -> Floats:
    """Fraction of receptors occupied at equilibrium, any shape, in [0, 1).

    Source: Gaddum 1957.
    """
    return odds / (1.0 + odds)


def odds_weights(
    values: Mapping[str, Floats], outputs: tuple[str, ...], receptor_ng_per_ml: Floats
) -> Floats:
    """Weights of the outputs that add up to a receptor's odds, shape (N, outputs).

    receptor_ng_per_ml: ``constant_ng_per_ml``, shape (N, 1). Source: Gaddum 1957.
    """
    held = {name: value[:, -1] for name, value in values.items()}
    constant = receptor_ng_per_ml[:, -1]
    found = np.zeros((len(constant), len(outputs)))
    found[:, outputs.index("effect_ntx")] = 1 / constant
    found[:, outputs.index("effect_6bn")] = held["w_6bn"] / constant
    return found
