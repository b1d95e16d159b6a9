"""Settings: defaults, what overrides them, and what is refused."""

from __future__ import annotations

import math

import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.parameter_sets import DEFAULT_SET
from antagonist.pharmacology.results import Threshold
from antagonist.pharmacology.settings import defaults, settings


def test_the_default_threshold_is_that_of_the_first_issue() -> None:
    """90 % of the subjective effect of 25 mg intravenous heroin."""
    assert settings().threshold == Threshold("subjective", 0.9, "heroin", "iv", 25.0)


def test_defaults_fill_what_is_not_given() -> None:
    found = settings()
    assert (found.draws, found.seed) == (defaults().draws, defaults().seed)
    assert found.parameter_set == DEFAULT_SET


def test_what_is_given_holds() -> None:
    found = settings(draws=7, seed=0, threshold_blocked_fraction=0.5)
    assert (found.draws, found.seed, found.threshold.blocked_fraction) == (7, 0, 0.5)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 90.0, math.nan])
def test_a_threshold_outside_nought_and_one_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1") as caught:
        settings(threshold_blocked_fraction=share)
    assert caught.value.field == "threshold"


@pytest.mark.parametrize("draws", [0, -5])
def test_no_draws_are_refused(draws: int) -> None:
    with pytest.raises(InputError, match="at least 1") as caught:
        settings(draws=draws)
    assert (caught.value.field, caught.value.value) == ("draws", draws)


def test_danger_is_read_on_the_physiological_endpoint() -> None:
    """Breathing and liking are not blocked alike: the danger line stands on breathing."""
    assert defaults().danger.endpoint == "physiological"
    assert defaults().blunted.blocked_fraction < defaults().threshold.blocked_fraction
