"""Chances of patterns before any level: against every pattern written out, and by hand."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
from numpy.typing import NDArray

from antagonist.feedback.own_model.intake import intake_of
from antagonist.feedback.own_model.known import Dose, Known, PillCount, UrineResult, checked
from antagonist.feedback.own_model.weights import weights

CHANCES = (0.3, 0.5, 0.7, 0.9, 0.6, 0.2, 0.8, 0.45)


def known(chances: tuple[float, ...] = CHANCES) -> Known:
    """A tablet a day, with tests that share doses and two counts."""
    return checked(Known(
        tuple(Dose(24.0 * n, 50.0, "oral_tablet", "reported", c) for n, c in enumerate(chances)),
        urine=(
            UrineResult(50.0, True), UrineResult(80.0, True), UrineResult(130.0, False),
            UrineResult(170.0, True),
        ),
        pill_counts=(PillCount(0.0, 80.0, 2), PillCount(80.0, 160.0, 3)),
    ))  # fmt: skip


def shows(age_h: float) -> float:
    """Chance that a dose of an age shows, read off the file's table by hand."""
    if age_h <= 0:
        return 0.0
    return next((chance for until, chance in weights().urine.oral if age_h <= until), 0.0)


def by_hand(of: Known) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every pattern of the doses and its chance, straight from the definitions."""
    data = weights()
    patterns = np.array(list(product((0, 1), repeat=len(of.doses))))
    chances = []
    for pattern in patterns:
        chance = prod(
            float(d.chance or 0) if x else 1 - float(d.chance or 0)
            for x, d in zip(pattern, of.doses, strict=True)
        )
        for test in of.urine:
            silent = 1 - data.urine.false_positive
            for x, dose in zip(pattern, of.doses, strict=True):
                silent *= 1 - x * shows(test.time_h - dose.time_h)
            chance *= 1 - silent if test.positive else silent
        for count in of.pill_counts:
            taken = sum(
                int(x) for x, d in zip(pattern, of.doses, strict=True)
                if count.from_h <= d.time_h < count.until_h
            )  # fmt: skip
            chance *= data.pill_count.beyond.get(count.gone - taken, data.pill_count.any_other)
        chances.append(chance)
    found = np.array(chances)
    return patterns.astype(float), found / found.sum()


def test_chances_of_doses_are_those_of_all_patterns() -> None:
    patterns, chances = by_hand(known())
    np.testing.assert_allclose(
        intake_of(known(), weights()).marginal, chances @ patterns, rtol=1e-10
    )


def test_patterns_are_drawn_with_their_chances() -> None:
    patterns, chances = by_hand(known())
    drawn = intake_of(known(), weights()).drawn(100_000, np.random.default_rng(3))
    codes = drawn @ (1 << np.arange(drawn.shape[1]))[::-1]
    seen = np.bincount(codes, minlength=len(patterns)) / len(drawn)
    # 5 standard errors of a share
    assert (np.abs(seen - chances) <= 5 * np.sqrt(chances / len(drawn)) + 1e-4).all()


def test_relative_chances_of_a_block_hold_the_others_as_they_are() -> None:
    patterns, chances = by_hand(known())
    block = np.array([1, 2, 5])
    held = np.array([[True, False, False, True, True, False, False, True]])
    inside = np.array(list(product((False, True), repeat=3)))
    found = intake_of(known(), weights()).log_relative(held, block, inside)[0]
    wanted = []
    for row in inside:
        whole = held[0].copy()
        whole[block] = row
        wanted.append(chances[(patterns == whole).all(axis=1)][0])
    np.testing.assert_allclose(np.exp(found - found[0]), np.array(wanted) / wanted[0], rtol=1e-9)


def test_a_negative_urine_lowers_the_doses_in_its_window_by_bayes_rule() -> None:
    of = checked(Known(
        (Dose(0.0, 50.0, "oral_tablet", "reported", 0.7),), urine=(UrineResult(20.0, False),)
    ))  # fmt: skip
    missed = 1 - 0.98  # a dose under a day old shows in 98 %
    assert intake_of(of, weights()).marginal[0] == pytest.approx(
        0.7 * missed / (0.3 + 0.7 * missed)
    )


def test_a_count_of_none_gone_leaves_little_of_a_reported_dose() -> None:
    of = checked(Known(
        (Dose(0.0, 50.0, "oral_tablet", "reported", 0.7),), pill_counts=(PillCount(-1, 23, 0),)
    ))  # fmt: skip
    assert intake_of(of, weights()).marginal[0] == pytest.approx(
        0.7 * 0.04 / (0.7 * 0.04 + 0.3 * 0.77)
    )


def test_an_injection_by_staff_explains_a_positive_urine() -> None:
    doses = (
        Dose(0.0, 380.0, "xr_im_380", "given"), Dose(100.0, 50.0, "oral_tablet", "reported"),
    )  # fmt: skip
    of = checked(Known(doses, urine=(UrineResult(110.0, True),)))
    alone = checked(Known(doses[1:], urine=(UrineResult(110.0, True),)))
    assert intake_of(of, weights()).marginal[1] == pytest.approx(0.7, abs=0.02)
    assert intake_of(alone, weights()).marginal[0] > 0.99


def test_half_a_year_of_doses_counts_and_tests_is_exact_too() -> None:
    doses = tuple(Dose(24.0 * n, 50.0, "oral_tablet", "reported", 0.6) for n in range(180))
    counts = tuple(PillCount(720.0 * n, 720.0 * (n + 1), 18) for n in range(6))
    found = intake_of(checked(Known(doses, pill_counts=counts)), weights()).marginal
    # the doses of a count are alike, so one binomial says all
    taken = np.arange(31)
    data = weights().pill_count
    log = [np.log(np.arange(1, n + 1)).sum() for n in range(31)]
    binomial = np.exp([
        log[30] - log[n] - log[30 - n] + n * np.log(0.6) + (30 - n) * np.log(0.4) for n in taken
    ])  # fmt: skip
    weight = binomial * [data.beyond.get(18 - int(n), data.any_other) for n in taken]
    np.testing.assert_allclose(found, (weight @ taken) / weight.sum() / 30, rtol=1e-9)


def test_evidence_stands_in_the_order_of_the_measures() -> None:
    order = (
        "given", "observed_mouth_checked", "observed", "blood_level", "urine", "electronic_cap",
        "pill_count", "filled", "reported", "unknown", "missed",
    )  # fmt: skip
    chances = [weights().chance(name) for name in order]
    assert chances == sorted(chances, reverse=True)
    assert len(set(chances)) == len(chances)
