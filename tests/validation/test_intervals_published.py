"""Intervals against printed tables."""

from __future__ import annotations

import pytest

from antagonist.feedback.outcomes.intervals import clopper_pearson, mean_interval, rate, wilson

# Newcombe 1998 Stat Med 17:857, table I, methods 3 and 5 (recalled).
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("k", "n", "score", "exact"), NEWCOMBE)
def test_shares(k: int, n: int, score: tuple[float, float], exact: tuple[float, float]) -> None:
    for made, printed in ((wilson(k, n), score), (clopper_pearson(k, n), exact)):
        assert made is not None
        assert (made.low, made.high) == pytest.approx(printed, abs=6e-5)


def test_shares_as_r_prints_them() -> None:
    # binom::binom.confint(3, 312), printed on a public page (seen): two digits
    made, score = clopper_pearson(3, 312), wilson(3, 312)
    assert made is not None
    assert score is not None
    assert (made.low, made.high) == pytest.approx((0.0020, 0.028), abs=5e-4)
    assert (score.low, score.high) == pytest.approx((0.0033, 0.028), abs=5e-4)


# Exact limits of a Poisson count: Garwood 1936 Biometrika 28:437; Pearson and Hartley, table 40
# (recalled).
@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.69), (1, 0.0253, 5.57), (10, 4.80, 18.39)]
)
def test_rates(events: int, low: float, high: float) -> None:
    found = rate(events, 100).interval
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((events, low, high), abs=5e-3)


def test_a_mean() -> None:
    # Student 1908, the sleep data: ten differences, mean 1.58, 95 % interval 0.70 to 2.46
    # (recalled, as R prints it by t.test(paired = TRUE))
    found = mean_interval([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((1.58, 0.70, 2.46), abs=5e-3)


def test_an_interval_of_shares_ends_where_shares_do() -> None:
    whole = mean_interval([0.9, 1.0, 0.95, 1.0, 0.6])
    share = mean_interval([0.9, 1.0, 0.95, 1.0, 0.6], within=(0.0, 1.0))
    assert whole is not None
    assert whole.high is not None
    assert whole.high > 1.0
    assert share is not None
    assert (share.value, share.low, share.high) == (whole.value, whole.low, 1.0)
