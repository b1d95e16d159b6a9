"""The estimator's benchmark measures what it says: models, levels, ends that were checked."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.bench import estimation
from antagonist.pharmacology.estimation.estimate import map_estimate


def test_six_levels_of_two_substances_and_five_random_effects() -> None:
    of = estimation.problem("parent_metabolite")
    (one,) = estimation.simulated(of, estimation.ONE_PATIENT_HOURS, 1)
    assert len(of.names) == 5
    assert len(one.levels) == 6
    assert {x.output for x in one.levels} == {"conc", "conc_met"}


def test_simulated_patients_scatter_as_the_model_says() -> None:
    """400 patients' etas are shrunken towards 0, with little bias; every search ends."""
    of = estimation.problem("one_compartment")
    found = map_estimate(of, estimation.simulated(of, estimation.HOURS, 400))
    assert found.converged.all()
    sd = np.sqrt(np.diag(of.omega))
    assert np.abs(found.eta.mean(axis=0)).max() < sd.max() / 3
    assert (found.eta.std(axis=0) < 1.1 * sd).all()
    assert (found.eta.std(axis=0) > 0.5 * sd).all()


def test_figures_are_named_by_their_unit() -> None:
    found = estimation.measured(50)
    assert set(found) == {"map_of_one_patient_ms", "map_of_50_patients_s"}
    assert all(value > 0 for value in found.values())


def test_a_search_that_did_not_end_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        converged = np.array([True, False])

    monkeypatch.setattr(estimation, "map_estimate", lambda *_: Ended())
    with pytest.raises(ValueError, match="1 of 2"):
        estimation.many_s(2)
