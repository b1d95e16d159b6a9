"""Signals and what is read off them, against closed forms of one compartment."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.pharmacology.small_models import CL, KA, KE, V1, scene

from antagonist.pharmacology import signals
from antagonist.pharmacology.signals import derived_values

DOSE_MG = 40.0
START = 1000 * DOSE_MG / V1  # ng/mL after a bolus
# Bateman 1910.
PEAK_H = np.log(KA / KE) / (KA - KE)
PEAK = START * KA / (KA - KE) * (np.exp(-KE * PEAK_H) - np.exp(-KA * PEAK_H))


def bateman(time_h: float) -> float:
    return float(START * KA / (KA - KE) * (np.exp(-KE * time_h) - np.exp(-KA * time_h)))


def test_level_counts_hours_from_the_last_dose() -> None:
    for late_h in (0.0, 30.0):
        found = signals.level(scene(DOSE_MG, last_dose_h=late_h), "conc_ntx", 6.0)
        assert found == pytest.approx([START * np.exp(-6 * KE)])


def test_occupancies_follow_from_levels_and_constants() -> None:
    """K_mu 0.5, kappa twice and delta 80 times that."""
    level = START * np.exp(-20 * KE)
    for receptor, constant in (("mu", 0.5), ("kappa", 1.0), ("delta", 40.0)):
        found = signals.level(scene(DOSE_MG), f"{receptor}_occupancy", 20.0)
        assert found == pytest.approx([level / (level + constant)])
        odds = signals.level(scene(DOSE_MG), f"{receptor}_odds", 20.0)
        assert odds == pytest.approx([level / constant])


def test_blocked_effect_uses_the_challenge_dose() -> None:
    """Subjective: ED50 3 mg, Hill 1.5."""
    level = START * np.exp(-40 * KE)
    ratio = 1 + level / 0.5

    def effect(dose_mg: float) -> float:
        return float(dose_mg**1.5 / (3**1.5 + dose_mg**1.5))

    for mg in (5.0, 25.0):
        found = signals.level(scene(DOSE_MG, agonist_mg=mg), "blocked_subjective", 40.0)
        assert found == pytest.approx([1 - effect(mg / ratio) / effect(mg)])


def test_a_formula_mixes_levels_parameters_and_the_dose() -> None:
    found = signals.level(scene(DOSE_MG), "dose_mg / conc_ntx + CL", 0.0)
    assert found == pytest.approx([DOSE_MG / START + CL])


def test_every_draw_has_its_own_level() -> None:
    volumes = np.array([25.0, 50.0, 100.0])
    found = scene(DOSE_MG, V1=volumes).signal("conc_ntx", np.array([0.0, 3.0]))
    rates = CL / volumes
    want = 1000 * DOSE_MG / volumes[:, None] * np.exp(-rates[:, None] * np.array([0.0, 3.0]))
    assert found == pytest.approx(want)


def test_peak_and_its_time() -> None:
    absorbed = scene(DOSE_MG, "absorbed")
    assert signals.peak(absorbed, "conc_ntx", (0.0, 12.0)) == pytest.approx([PEAK], rel=1e-4)
    assert signals.peak_time(absorbed, "conc_ntx", (0.0, 12.0)) == pytest.approx([PEAK_H], rel=5e-3)


def test_peak_at_an_end_of_the_window() -> None:
    """After a bolus the highest level is the first; before the peak's time it is the last."""
    assert signals.peak(scene(DOSE_MG), "conc_ntx", (0.0, 12.0)) == pytest.approx([START])
    assert signals.peak_time(scene(DOSE_MG), "conc_ntx", (0.0, 12.0)) == pytest.approx([1e-3])
    rising = scene(DOSE_MG, "absorbed")
    assert signals.peak(rising, "conc_ntx", (0.0, 1.0)) == pytest.approx([bateman(1.0)])
    assert signals.peak_time(rising, "conc_ntx", (0.0, 1.0)) == pytest.approx([1.0])


def test_half_life_of_an_exponential() -> None:
    found = signals.half_life(scene(DOSE_MG), "conc_ntx", (2.0, 30.0))
    assert found == pytest.approx([np.log(2) / KE])


def test_middle_of_range_is_the_geometric_mean_of_the_extremes() -> None:
    found = signals.middle_of_range(scene(DOSE_MG), "conc_ntx", (4.0, 20.0))
    assert found == pytest.approx([START * np.exp(-12 * KE)])


def test_area_under_an_exponential() -> None:
    found = scene(DOSE_MG).area("conc_ntx", 3.0, 11.0)
    assert found == pytest.approx([START / KE * (np.exp(-3 * KE) - np.exp(-11 * KE))])
    excreted = scene(DOSE_MG, last_dose_h=5.0).area("CL * conc_ntx / 1000", 0.0, 400.0)
    assert excreted == pytest.approx([DOSE_MG])


@pytest.mark.parametrize("above", [1.0, 5.0, 200.0])
def test_duration_above_a_level(above: float) -> None:
    found = signals.duration_d(scene(DOSE_MG), "conc_ntx", above, 1000.0)
    assert found == pytest.approx([np.log(START / above) / KE / 24], rel=1e-6)


def test_duration_of_occupancy_is_that_of_its_odds() -> None:
    """Occupancy 0.8 is odds of 4, a level of 2."""
    found = signals.duration_d(scene(DOSE_MG), "mu_occupancy", 0.8, 1000.0)
    assert found == pytest.approx([np.log(START / 2.0) / KE / 24], rel=1e-6)


def test_duration_counts_to_the_last_fall() -> None:
    """A level that first has to rise counts from the dose."""
    found = signals.duration_d(scene(DOSE_MG, "absorbed"), "conc_ntx", 10.0, 1000.0)[0]
    assert bateman(found * 24) == pytest.approx(10.0, rel=1e-3)
    assert found * 24 > PEAK_H


def test_duration_at_its_ends() -> None:
    """Beyond the horizon it is the horizon; never reached it is under half a day, less if lower."""
    beyond = signals.duration_d(scene(DOSE_MG), "conc_ntx", 1.0, 10.0)
    assert beyond == pytest.approx([10 / 24])
    near = signals.duration_d(scene(DOSE_MG), "conc_ntx", START * 1.1, 1000.0)[0]
    far = signals.duration_d(scene(DOSE_MG), "conc_ntx", START * 3.0, 1000.0)[0]
    assert 0 < far < near < 0.5


def test_derived_values_by_hand() -> None:
    """V1 + V2; with a deep compartment also Q3 over its rate. 80 % blocked: as for the line."""
    known = scene(DOSE_MG).held
    found = derived_values(known)
    assert found["V_ss"][0, 0] == pytest.approx(80.0)
    deep = {"Q3": np.array([[2.0]]), "deep_half_life_h": np.array([[10.0]])}
    assert derived_values(known | deep)["V_ss"][0, 0] == pytest.approx(80 + 20 / np.log(2))
    left = 0.2 * 25**1.5 / (3**1.5 + 25**1.5)
    reduced = 3.0 * (left / (1 - left)) ** (1 / 1.5)
    assert found["odds_that_block_80"][0, 0] == pytest.approx(25 / reduced - 1)
