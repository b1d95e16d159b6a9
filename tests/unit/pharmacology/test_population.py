"""Virtual populations: the same answers as subject by subject, in blocks and streams."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from antagonist.bench.work import common_work, hours, odds_at, population_of, solved
from antagonist.foundation.errors import InputError
from antagonist.pharmacology import population as module
from antagonist.pharmacology.kernel.trajectories import Steps
from antagonist.pharmacology.kernel.window import Window
from antagonist.pharmacology.population import (
    Population,
    assembly_of,
    hourly_batches,
    hourly_odds,
    protection,
    protection_of,
)

WORKS = {own: common_work(12, own_schedules=own) for own in (False, True)}
WINDOW = Window.between(0.0, 26 * 168.0)
STEPS = Steps(0.0, 1.0, 26 * 168 + 1)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("threshold", ["low", "clinical", "high"])
def test_hours_over_a_level_are_those_of_a_fine_grid(own: bool, threshold: str) -> None:
    work = WORKS[own]
    level = work.thresholds[threshold]
    told = protection(population_of(work), level, WINDOW)
    step_h = 0.05
    time_h = np.arange(step_h / 2, WINDOW.until_h, step_h)
    over = odds_at(work, solved(work), time_h) > level[:, None]
    counted = step_h * np.count_nonzero(over, axis=1)
    assert (np.abs(told.above_h - counted) <= step_h * (told.crossings + 1)).all()
    np.testing.assert_array_equal(
        told.gaps, 1 - over[:, 0] + np.sum(over[:, :-1] & ~over[:, 1:], 1)
    )


@pytest.mark.parametrize("own", [False, True])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    work = WORKS[own]
    population, level = population_of(work), work.thresholds["high"]
    whole = protection(population, level, WINDOW, threads=1)
    monkeypatch.setattr(module, "BLOCK", 5)
    parts = protection(population, level, WINDOW, threads=2)
    for name in ("above_h", "gaps", "longest_gap_h", "weakest", "weakest_at_h", "falls_at_h"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12)


def test_a_stream_gives_one_answer_for_each_population() -> None:
    work = WORKS[True]
    population, level = population_of(work), work.thresholds["clinical"]
    halves = [(population.part(s), level[s]) for s in (slice(0, 6), slice(6, 12))]
    whole = protection(population, level, WINDOW)
    told = np.concatenate([a.above_h for a in protection_of(halves, WINDOW)])
    np.testing.assert_allclose(told, whole.above_h, rtol=1e-12)


@pytest.mark.parametrize(("single", "digits"), [(False, 1e-11), (True, 1e-6)])
def test_hourly_odds_are_the_engines(
    monkeypatch: pytest.MonkeyPatch, single: bool, digits: float
) -> None:
    monkeypatch.setattr(module, "BLOCK", 5)
    work = WORKS[True]
    expected = odds_at(work, solved(work), hours())
    for which, odds in hourly_odds(population_of(work), STEPS, single_precision=single, threads=1):
        assert odds.dtype == (np.float32 if single else np.float64)
        peak = expected[which].max(axis=1, keepdims=True)
        np.testing.assert_allclose(odds / peak, expected[which] / peak, atol=digits)


def test_arrow_batches_hold_every_subject_once() -> None:
    work = WORKS[False]
    table = pa.Table.from_batches(hourly_batches(population_of(work), STEPS))
    assert table["subject"].to_pylist() == list(range(12))
    expected = odds_at(work, solved(work), hours())
    found = np.array(table["mu_odds"].to_pylist())
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_product_without_levels_is_refused() -> None:
    work = WORKS[False]
    unknown = Population(work.structure, work.values, "aspirin", work.dose_time_h, work.dose_mg)
    with pytest.raises(InputError, match="product"):
        assembly_of(unknown)
