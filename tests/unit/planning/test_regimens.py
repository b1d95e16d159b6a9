"""The label's regimens on the pharmacology's clock."""

from __future__ import annotations

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.regimens import regimens
from antagonist.planning.regimens import (
    checked,
    chosen_regimens,
    cycle_start_h,
    dosing,
    has_data,
    known_regimens,
)


def test_every_regimen_of_the_label_has_a_known_release_model() -> None:
    assert list(known_regimens()) == list(regimens())


def test_a_release_model_that_is_unknown_is_refused_with_the_nearest() -> None:
    wrong = regimens()["r6_50_daily"].model_copy(update={"release_model": "oral_tablett"})
    with pytest.raises(InputError, match="did you mean oral_tablet") as caught:
        checked({"mine": wrong})
    assert caught.value.source == "regimens.yaml: mine"
    assert caught.value.field == "release_model"


def test_only_products_with_levels_have_data() -> None:
    without = {name for name, regimen in known_regimens().items() if not has_data(regimen)}
    assert without == {"implant_gel", "implant_prodetoxone"}


def test_chosen_regimens_are_each_once_in_the_order_asked_and_all_for_none() -> None:
    asked = ["r6_50_daily", "implant_gel", "r6_50_daily"]
    assert list(chosen_regimens(asked)) == ["r6_50_daily", "implant_gel"]
    assert list(chosen_regimens(None)) == list(regimens())
    assert list(chosen_regimens([])) == list(regimens())


def test_doses_run_through_whole_cycles_to_the_one_looked_at() -> None:
    """12 weeks of run-in: 84 days are 28 cycles of three days, then the one looked at."""
    regimen = regimens()["r2_150_every_3_days"]
    events = dosing(regimen)
    assert cycle_start_h(regimen) == 84 * 24
    assert [event.time_h for event in events] == [n * 72.0 for n in range(29)]
    assert {(event.amt_mg, event.product) for event in events} == {(150.0, "oral_tablet")}


def test_a_single_dose_is_given_once_at_hour_zero() -> None:
    regimen = regimens()["implant_gomedical_1.7g"]
    events = dosing(regimen)
    assert cycle_start_h(regimen) == 0.0
    assert [(event.time_h, event.amt_mg) for event in events] == [(0.0, 1700.0)]
