"""The estimator over random patients: what order, company, units and starts may not change."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.estimation.batch import batch_of
from antagonist.pharmacology.estimation.estimate import Estimates, map_estimate
from antagonist.pharmacology.estimation.likelihood import evaluated
from antagonist.pharmacology.estimation.problem import History, Level, Problem, problem_of
from antagonist.pharmacology.models import Structure

Floats = NDArray[np.float64]
SOURCED = {"source": "made up for a test", "provenance": "assumed"}
EXAMPLES = 12


def effect(value: float, sd: float) -> dict[str, object]:
    return {"value": value, "unit": "unit", "between_subject": sd, **SOURCED}


@cache
def problem(scale: float = 1.0, lagged: bool = False) -> Problem:
    """One compartment with a depot; scale: levels are observed in a unit so many times smaller."""
    parameters = {"CL": effect(4, 0.4), "V": effect(30, 0.3), "ka": effect(1, 0.6)}
    inputs = {}
    if lagged:
        parameters["lag"] = effect(0.7, 0.5)
        inputs = {"depot": {"lag_h": "lag"}}
    content = {
        "id": "small",
        "version": "1",
        "title": "Small",
        "compartments": ["depot", "central"],
        "transfers": [
            {"from": "depot", "to": "central", "rate": "ka"},
            {"from": "central", "rate": "CL / V"},
        ],
        "dose_inputs": inputs,
        "outputs": {"conc": {"of": "central", "gain": f"{scale} / V", "unit": "mg/L"}},
        "parameters": parameters,
        "residuals": {"conc": {"proportional": 0.2, "additive": 0.05 * scale, **SOURCED}},
    }
    return problem_of(Structure.model_validate(content))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Doses at one interval and levels at random hours, near or far from what is predicted."""
    doses = draw(st.integers(1, 4))
    records = tuple(EventRecord(12.0 * n, 1, 100.0, cmt=1) for n in range(doses))
    hours = draw(st.lists(st.floats(0.2, 60.0), min_size=0, max_size=5, unique=True))
    values = draw(st.lists(st.floats(0.01, 8.0), min_size=len(hours), max_size=len(hours)))
    beyond = draw(st.lists(st.sampled_from([0, 0, 0, -1]), min_size=5, max_size=5))
    levels = tuple(
        Level(t, "conc", y, b) for t, y, b in zip(sorted(hours), values, beyond, strict=False)
    )
    return History("x", records, levels)


def same(one: Estimates, other: Estimates, mine: int = 0, its: int = 0) -> None:
    assert one.fit[mine] == pytest.approx(other.fit[its], rel=1e-9, abs=1e-9)
    assert one.eta[mine] == pytest.approx(other.eta[its], abs=1e-6)
    assert one.covariance[mine] == pytest.approx(other.covariance[its], abs=1e-6)


@settings(max_examples=EXAMPLES)
@given(st.lists(histories(), min_size=2, max_size=5), st.randoms())
def test_nobody_depends_on_the_order_and_the_others(
    everyone: list[History], random: object
) -> None:
    together = map_estimate(problem(), everyone)
    order = list(range(len(everyone)))
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = map_estimate(problem(), [everyone[n] for n in order])
    for place, n in enumerate(order):
        same(together, mixed, n, place)
        same(together, map_estimate(problem(), [everyone[n]]), n)


@settings(max_examples=EXAMPLES)
@given(histories())
def test_the_order_of_levels_changes_nothing(one: History) -> None:
    turned = replace(one, levels=one.levels[::-1])
    same(map_estimate(problem(), [one]), map_estimate(problem(), [turned]))


@settings(max_examples=EXAMPLES)
@given(histories(), st.sampled_from([1e-3, 1e3]))
def test_the_unit_of_the_levels_changes_no_eta(one: History, scale: float) -> None:
    scaled = replace(one, levels=tuple(replace(x, value=x.value * scale) for x in one.levels))
    plain, other = map_estimate(problem(), [one]), map_estimate(problem(scale), [scaled])
    assert other.eta == pytest.approx(plain.eta, abs=1e-6)
    measured = sum(x.beyond == 0 for x in one.levels)
    # Each variance is scale ** 2 times as large.
    assert other.fit - plain.fit == pytest.approx(2 * measured * np.log(scale), abs=1e-6)


@settings(max_examples=EXAMPLES)
@given(histories(), st.lists(st.floats(-6, 6), min_size=3, max_size=3))
def test_bad_starts_end_at_the_same_etas_and_never_above_their_start(
    one: History, start: list[float]
) -> None:
    batch, begun = batch_of(problem(), [one]), np.array([start])
    usual, found = map_estimate(problem(), batch), map_estimate(problem(), batch, start=begun)
    assert usual.converged.all()
    assert found.converged.all()
    assert found.fit[0] <= evaluated(batch, begun).value[0] + 1e-9
    assert found.fit[0] == pytest.approx(usual.fit[0], abs=1e-6)
    assert found.eta == pytest.approx(usual.eta, abs=1e-4)


@settings(max_examples=EXAMPLES)
@given(st.lists(histories(), min_size=1, max_size=3))
def test_gradient_is_that_of_the_objective(everyone: list[History]) -> None:
    batch = batch_of(problem(lagged=True), everyone)
    rng = np.random.default_rng(7)
    eta = rng.normal(0, 0.3, (len(everyone), 4))
    gradient = evaluated(batch, eta).gradient
    for n in range(4):
        sides = []
        for step in (1e-5, -1e-5, 2e-5, -2e-5):
            moved = eta.copy()
            moved[:, n] += step
            sides.append(evaluated(batch, moved).value)
        near, far = (sides[0] - sides[1]) / 4e-5, (sides[2] - sides[3]) / 8e-5
        smooth = np.abs(near - far) < 1e-4 * (1 + np.abs(near))  # not across a kink
        assert gradient[smooth, n] == pytest.approx(near[smooth], rel=1e-4, abs=1e-4)


def test_without_levels_etas_are_0_and_the_covariance_is_omega() -> None:
    dosed = History("x", (EventRecord(0.0, 1, 100.0, cmt=1),), ())
    for who in (dosed, History("y", (), ())):
        found = map_estimate(problem(lagged=True), [who])
        assert found.eta == pytest.approx(np.zeros((1, 4)), abs=1e-12)
        assert found.covariance[0] == pytest.approx(problem(lagged=True).omega)
        assert found.objective == pytest.approx(np.zeros(1), abs=1e-9)
        assert found.end == ("least",)
