"""Occupancy and effect curves over random constants: monotone, bounded, and inverted exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antagonist.pharmacology.receptors import RECEPTORS, Receptor, antagonist_odds, occupancy
from antagonist.pharmacology.responses import (
    ENDPOINTS,
    Endpoint,
    blocked,
    effect,
    odds_that_block,
    remaining,
)

levels = st.floats(0.0, 1e3)
constants = st.fixed_dictionaries(
    {
        "K_mu": st.floats(0.01, 10),
        "ratio_kappa": st.floats(0.2, 50),
        "ratio_delta": st.floats(2, 2000),
        "w_6bn": st.floats(0, 1),
    }
)
curves = st.fixed_dictionaries(
    {f"ed50_{e}": st.floats(0.05, 30) for e in ENDPOINTS}
    | {f"hill_{e}": st.floats(0.4, 6) for e in ENDPOINTS}
)
endpoints = st.sampled_from(ENDPOINTS)
doses_mg = st.floats(0.5, 500)


def column(values: dict[str, float]) -> dict[str, np.ndarray]:
    return {name: np.array([[value]]) for name, value in values.items()}


@given(constants, levels, levels, st.sampled_from(RECEPTORS))
def test_occupancy_is_that_of_two_competing_ligands(
    values: dict[str, float], ntx: float, metabolite: float, receptor: Receptor
) -> None:
    """Gaddum: (A/Ka + B/Kb) / (1 + A/Ka + B/Kb)."""
    ratio = {"mu": 1.0, "kappa": values["ratio_kappa"], "delta": values["ratio_delta"]}[receptor]
    bound = ntx / (values["K_mu"] * ratio)
    bound += values["w_6bn"] * metabolite / (values["K_mu"] * ratio)
    odds = antagonist_odds(np.array([[ntx]]), np.array([[metabolite]]), column(values), receptor)
    assert occupancy(odds)[0, 0] == pytest.approx(bound / (1 + bound), rel=1e-12, abs=1e-300)
    assert 0 <= occupancy(odds)[0, 0] <= 1


@given(constants, levels, levels, st.floats(0, 100), st.sampled_from(RECEPTORS))
def test_more_antagonist_never_occupies_less(
    values: dict[str, float], ntx: float, metabolite: float, more: float, receptor: Receptor
) -> None:
    def occupied(extra_ntx: float, extra_metabolite: float) -> float:
        here = np.array([[ntx + extra_ntx]]), np.array([[metabolite + extra_metabolite]])
        return float(occupancy(antagonist_odds(*here, column(values), receptor))[0, 0])

    assert occupied(more, 0.0) >= occupied(0.0, 0.0)
    assert occupied(0.0, more) >= occupied(0.0, 0.0)


@given(curves, endpoints, doses_mg, st.floats(0.01, 0.99))
def test_odds_that_block_is_the_inverse_of_blocked(
    values: dict[str, float], endpoint: Endpoint, dose_mg: float, share: float
) -> None:
    held = column(values)
    odds = odds_that_block(share, dose_mg, held, endpoint)
    assert odds[0, 0] > 0
    assert blocked(dose_mg, odds, held, endpoint)[0, 0] == pytest.approx(share, abs=1e-9)


@given(curves, endpoints, doses_mg, st.floats(0.0, 1e4), st.floats(0.001, 1e3))
def test_blockade_rises_with_odds_and_falls_with_dose(
    values: dict[str, float], endpoint: Endpoint, dose_mg: float, odds: float, more: float
) -> None:
    held, here, beyond = column(values), np.array([[odds]]), np.array([[odds + more]])
    weak = blocked(dose_mg, here, held, endpoint)[0, 0]
    assert blocked(dose_mg, beyond, held, endpoint)[0, 0] >= weak - 1e-12
    assert blocked(dose_mg * 2, here, held, endpoint)[0, 0] <= weak + 1e-12
    assert -1e-12 <= weak <= 1 + 1e-12


@given(curves, endpoints, doses_mg, st.floats(0.0, 1e4))
def test_a_dose_times_the_dose_ratio_acts_as_without_antagonist(
    values: dict[str, float], endpoint: Endpoint, dose_mg: float, odds: float
) -> None:
    """Schild: the curve moves by 1 + odds and keeps its shape."""
    held, here = column(values), np.array([[odds]])
    raised_mg = dose_mg * (1 + odds)
    left = remaining(raised_mg, here, held, endpoint) * effect(np.array(raised_mg), held, endpoint)
    assert left[0, 0] == pytest.approx(effect(np.array(dose_mg), held, endpoint)[0, 0], rel=1e-9)
