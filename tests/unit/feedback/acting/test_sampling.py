"""The level that tells most, against a normal model whose posterior is known."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.feedback.acting.sampling import Assay, expected_width, sampling_times
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.parameter_sets import parameter_set

# Twice the 95th percentile of a standard normal.
NINETY = 2 * 1.6448536269514722


@pytest.mark.parametrize("sd", [0.3, 1.0, 3.0])
def test_a_normal_level_leaves_what_bayes_rule_says(sd: float) -> None:
    """A mean that is N(0, 1) and read with error sd has posterior variance sd^2 / (1 + sd^2)."""
    rng = np.random.default_rng(2)
    mean = rng.standard_normal(2500)
    told = expected_width(mean, 100.0 + mean, Assay("x", 0.0, sd), rng.standard_normal(2500))
    expected = NINETY * sd / np.sqrt(1 + sd**2)
    assert told[0] == pytest.approx(expected, rel=0.03)
    assert told[1] < 0.02 * expected


def test_a_level_of_something_else_leaves_all() -> None:
    rng = np.random.default_rng(3)
    target, level = rng.standard_normal((2, 1500))
    width, _ = expected_width(target, 50.0 + level, Assay("x", 0.0, 0.3), rng.standard_normal(1500))
    assert width == pytest.approx(NINETY, rel=0.05)


def test_below_the_limit_tells_only_that() -> None:
    """All levels read as 'less than 1,000': nothing is learnt. A limit between: something."""
    rng = np.random.default_rng(4)
    target, noise = rng.standard_normal((2, 1500))
    level = 100.0 + target

    def width(limit: float) -> float:
        return expected_width(target, level, Assay("x", 0.0, 0.3, limit), noise)[0]

    now = float(np.subtract(*np.quantile(target, (0.95, 0.05))))
    assert width(1000.0) == pytest.approx(now, rel=0.01)
    assert width(0.0) < width(100.0) < 0.95 * now


def test_the_most_telling_time_of_a_tablet() -> None:
    """Once the drug is gone a level tells nothing; the metabolite tells for longer."""
    dose = EventRecord(0.0, amt_mg=50.0, product="oral_tablet")
    drawn = ensemble(
        parameter_set(), Subject("x", (dose,)), draws=400, rng=np.random.default_rng(5)
    )
    line = np.full((400, 1), float(np.median(drawn.signal("mu_odds", np.array([36.0])))))
    ends_h = drawn.falls_after_h(line, np.full(400, 4.0), 400.0)
    assays = [Assay("conc_ntx", 0.15, 0.05, 0.1), Assay("conc_6bn", 0.15, 0.1, 0.25)]
    hours = np.array([6.0, 24.0, 48.0, 300.0])
    found = sampling_times(drawn, ends_h, hours, assays, horizon_h=400.0, seed=1)
    by = {(s.output, s.time_h): s for s in found}
    assert len(by) == 8
    assert found[0].width_h == min(s.width_h for s in found)
    assert found[0].width_h < 0.9 * found[0].width_now_h
    for output in ("conc_ntx", "conc_6bn"):
        late = by[output, 300.0]
        assert late.width_h == pytest.approx(late.width_now_h, rel=0.1)
    assert sampling_times(drawn, ends_h, hours, assays, horizon_h=400.0, seed=1) == found


def test_too_few_draws_and_no_candidates_are_refused() -> None:
    dose = EventRecord(0.0, amt_mg=50.0, product="oral_tablet")
    drawn = ensemble(parameter_set(), Subject("x", (dose,)), draws=20, rng=np.random.default_rng(5))
    assay = [Assay("conc_ntx", 0.15)]
    with pytest.raises(InputError, match="draws"):
        sampling_times(drawn, np.ones(20), np.array([3.0]), assay, horizon_h=9.0, seed=1)
    with pytest.raises(InputError, match="candidates_h"):
        sampling_times(drawn, np.ones(20), np.array([]), assay, horizon_h=9.0, seed=1)
