"""Printed numbers: whole percent, two significant digits."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.pharmacology.results import Band
from antagonist.report.numbers import (
    bare,
    measured,
    percent,
    quantiles_at,
    two_digits,
    two_digits_down,
)
from antagonist.report.wording import wording


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0 %"),
        (0.004, "<1 %"),
        (0.006, "1 %"),
        (0.466, "47 %"),
        (0.994, "99 %"),
        (0.996, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_percent_never_rounds_to_none_or_all(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (0.0123, "0.012"),
        (1.04, "1.0"),
        (9.96, "10"),
        (123.0, "120"),
        (1860.0, "1900"),
    ],
)
def test_two_significant_digits(value: float, text: str) -> None:
    assert two_digits(value, "en") == text


@pytest.mark.parametrize(
    ("value", "text"), [(417.0, "410"), (0.0199, "0.019"), (9.99, "9.9"), (100.0, "100")]
)
def test_low_ends_are_rounded_down(value: float, text: str) -> None:
    assert two_digits_down(value, "en") == text


def test_russian_decimal_mark_and_unit() -> None:
    assert measured(1.26, "ng/mL", wording("ru")) == "1,3 нг/мл"
    assert measured(0.5, "fraction", wording("ru")) == "50 %"


def test_levels_under_what_assays_read() -> None:
    assert bare(0.0004, "ng/mL", "en") == "<0.01"
    assert bare(0.0004, "ng/mL", "ru") == "<0,01"


def test_quantiles_between_times() -> None:
    rows = np.arange(5.0)[:, None] * np.array([[1.0, 3.0]])
    band = Band("conc_ntx", "ng/mL", np.array([0.0, 4.0]), rows)
    assert quantiles_at(band, 1.0).tolist() == [0.0, 1.5, 3.0, 4.5, 6.0]
