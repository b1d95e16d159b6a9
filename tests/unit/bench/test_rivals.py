"""Rivals give the engine's answers, or say why they give none; nothing here is timed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from antagonist.bench import rivals
from antagonist.bench.rival_tools import (
    NUMPY_BLOCK,
    Doses,
    Odds,
    diffsl,
    dose_by_dose,
    doses_of,
    numpy_odds,
    pydiffsol_odds,
)
from antagonist.bench.rivals import (
    RIVALS,
    Rival,
    Row,
    deviation,
    hours_above,
    measured,
    rows,
    rows_here,
)
from antagonist.bench.work import Floats, Work, common_work, hours, odds_at, solved

NUMPY, SCIPY, DIFFSOL = RIVALS
MANY = NUMPY_BLOCK + 6  # the last block is not full


def work_of(subjects: int, own_schedules: bool) -> Work:
    return common_work(subjects, own_schedules=own_schedules)


@pytest.mark.parametrize("own_schedules", [False, True])
def test_numpy_gives_the_engines_odds(own_schedules: bool) -> None:
    work = work_of(MANY, own_schedules)
    assert deviation(Rival("", numpy_odds, MANY), work) < 1e-8
    shapes = [(which, odds.shape) for which, odds in numpy_odds(work)]
    full, rest = slice(0, NUMPY_BLOCK), slice(NUMPY_BLOCK, MANY)
    assert shapes == [(full, (NUMPY_BLOCK, 4369)), (rest, (6, 4369))]


@pytest.mark.parametrize("own_schedules", [False, True])
def test_scipy_gives_the_engines_odds(own_schedules: bool) -> None:
    assert deviation(SCIPY, work_of(1, own_schedules)) < 1e-4


@pytest.mark.parametrize("own_schedules", [False, True])
def test_diffsol_gives_the_engines_odds(own_schedules: bool) -> None:
    pytest.importorskip("pydiffsol")
    assert deviation(DIFFSOL, work_of(2, own_schedules)) < 1e-4


@pytest.mark.parametrize("own_schedules", [False, True])
def test_hours_above_are_counted_on_the_grid(own_schedules: bool) -> None:
    work = work_of(MANY, own_schedules)
    odds = odds_at(work, solved(work), hours())
    found = hours_above(NUMPY, work)
    assert found.keys() == {"clinical", "low", "high"}
    for name, threshold in work.thresholds.items():
        assert found[name].tolist() == (odds > threshold[:, None]).sum(axis=1).tolist()
        assert found[name].max() > 0


def test_a_deviation_is_found_relative_to_the_engine() -> None:
    work = work_of(2, own_schedules=False)
    engine = odds_at(work, solved(work), hours())

    def off(wrong: Floats) -> float:
        def answers(_: Work) -> Odds:
            yield slice(0, 2), wrong

        return deviation(Rival("", answers, 2), work)

    assert off(engine) == 0
    wrong = engine.copy()
    wrong[1, 2000] *= 1.003
    assert off(wrong) == pytest.approx(0.003)
    small = engine.copy()
    small[:, 0] = 1e-4 * engine.max()  # hour 0, where there is nothing yet
    assert off(small) == 0


# What every rival starts from


def test_doses_are_the_amounts_that_enter() -> None:
    work = work_of(3, own_schedules=True)
    doses = doses_of(work)
    assert doses.rates_per_h.shape == (3, 8, 8)
    assert doses.target == 7
    np.testing.assert_allclose(doses.amount, 0.9035 * work.dose_mg, rtol=1e-15)
    assert (doses.time_h == work.dose_time_h).all()


def test_dose_by_dose_with_an_exact_step() -> None:
    """One state: doses before hour 0, between hours, at an hour, and one of nothing."""
    rate = np.array([[-0.1]])
    time_h, amount = np.array([[-0.5, 1.25, 3.0, 4.5]]), np.array([[8.0, 4.0, 2.0, 0.0]])
    doses = Doses(rate[None], np.array([[3.0]]), time_h, amount, 0)

    def step(state: Floats, after_h: Floats) -> Floats:
        return np.stack([expm(rate * t) @ state for t in after_h], axis=1)

    grid = np.arange(7.0)
    passed_h = grid[:, None] - time_h
    expected = 3 * (amount * np.where(passed_h >= 0, np.exp(-0.1 * passed_h), 0.0)).sum(axis=1)
    np.testing.assert_allclose(dose_by_dose(doses, 0, step, 7), expected, rtol=1e-13)
    late = replace(doses, time_h=time_h + 2.0)
    assert dose_by_dose(late, 0, step, 7)[:2].tolist() == [0.0, 0.0]


def test_a_compiled_solver_gets_the_rates_that_are_there() -> None:
    assert diffsl(((0, 0), (1, 0), (1, 1)), 2).splitlines() == [
        "in_i { k0c0 = 1, k1c0 = 1, k1c1 = 1, s0 = 0, s1 = 0 }",
        "u_i { x0 = s0, x1 = s1 }",
        "F_i { 0 + k0c0 * x0, 0 + k1c0 * x0 + k1c1 * x1 }",
    ]


# Rows


def test_a_row_of_figures() -> None:
    rival = Rival("some", numpy_odds, 3)
    row = measured(rival, work_of(5, own_schedules=False), repeats=1)
    assert (row.name, row.note, row.subjects) == ("some", "", 3)
    assert row.deviation is not None
    assert row.deviation < 1e-8
    assert row.subjects_per_s is not None
    assert row.subjects_per_s > 0
    assert row.cores_used is not None


def test_a_rival_that_is_not_installed_says_so() -> None:
    rival = Rival("some", pydiffsol_odds, 3, "no_such_package_anywhere")
    row = measured(rival, work_of(1, own_schedules=False))
    assert row.note == "not installed (pip install no_such_package_anywhere)"
    assert row.subjects_per_s is None
    assert row.deviation is None


def test_every_rival_is_measured_on_one_work(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Work] = []

    def row_of(rival: Rival, work: Work) -> Row:
        seen.append(work)
        return Row(rival.name, "")

    monkeypatch.setattr(rivals, "RIVALS", tuple(replace(r, subjects=2) for r in RIVALS))
    monkeypatch.setattr(rivals, "measured", row_of)
    assert [row.name for row in rows_here(3, True)] == [rival.name for rival in RIVALS]
    expected = common_work(2, seed=3, own_schedules=True)
    assert all((work.dose_time_h == expected.dose_time_h).all() for work in seen)


def test_rows_come_from_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def printed_by(*command: str) -> list[dict[str, object]]:
        asked.append(command)
        return [{"name": "some", "note": "", "subjects": 3, "subjects_per_s": 7.0}]

    monkeypatch.setattr(rivals, "printed_by", printed_by)
    assert rows(seed=4, own_schedules=True) == [Row("some", "", 3, 7.0)]
    assert rows() == [Row("some", "", 3, 7.0)]
    module = "antagonist.bench.rivals"
    assert asked == [(module, "4", "own"), (module, "1", "shared")]
