"""NONMEM tables whose covariates change, from a table to levels.

Citations as in ``test_nonmem_events``; the answers are followed by hand with SciPy's DOP853.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.courses_by_hand import (
    Body,
    Moment,
    agree,
    by_hand,
    enters,
    history,
    infusion,
)
from tests.support.nonmem_tables import HOURS, LAG_H, central_mg, gut, iv, other, table

from antagonist.pharmacology.dosing.nonmem import CovariateRule

# Doses over a change of parameters


def test_additional_doses_over_a_change_of_clearance_and_fraction(tmp_path: Path) -> None:
    """Guide VI, III.B.2 and III.F.2: F acts when a dose enters, clearance all the time."""
    rows = table(gut(0, addl=3, ii=24, weight_kg=70, meal=0), other(40, 2, weight_kg=140, meal=1))
    moments = [
        enters(LAG_H),
        enters(24 + LAG_H),
        Moment(40, body=Body(cl=16)),
        enters(48 + LAG_H, 75),
        enters(72 + LAG_H, 75),
    ]
    agree(central_mg(tmp_path, rows, HOURS), by_hand(moments, HOURS))


def test_additional_infusions_over_a_change_of_fraction(tmp_path: Path) -> None:
    """Help, dose event record: duration is F AMT / RATE with F as it is when the dose enters."""
    rows = table(
        gut(0, 60, rate=6, addl=2, ii=24, meal=0), other(20, 0, meal=1), other(90, 0, meal=1)
    )
    moments = [
        *infusion(LAG_H, "gut", 6, 6),
        *infusion(24 + LAG_H, "gut", 6, 9),
        *infusion(48 + LAG_H, "gut", 6, 9),
    ]
    agree(central_mg(tmp_path, rows, HOURS), by_hand(moments, HOURS))


def test_a_lag_and_a_fraction_that_change_hold_from_each_doses_own_hour(tmp_path: Path) -> None:
    """Here this package differs from NONMEM, as ``dosing.nonmem`` says.

    NONMEM (help, dose event record) keeps the lag of the row that states the series, and takes F
    when a lagged dose enters: the dose of 24 h would enter at 26 h with the later F, the dose of
    48 h at 50 h. A person takes each dose as they are at that hour, so the package takes both then.
    """
    rows = table(
        gut(0, addl=2, ii=24, late_h=0, meal=0), other(25, 2, late_h=6, meal=1), other(90, 0)
    )
    moments = [enters(LAG_H), enters(24 + LAG_H), enters(48 + LAG_H + 6, 75)]
    agree(central_mg(tmp_path, rows, HOURS), by_hand(moments, HOURS))


def test_an_infusion_over_a_change_of_parameters(tmp_path: Path) -> None:
    """Help, dose event record: what is in progress keeps rate and duration; clearance changes."""
    rows = table(
        gut(0, 100, rate=10, weight_kg=70, meal=0),
        other(5, 0, weight_kg=140, meal=1),
        other(7.5, 0, weight_kg=35, meal=1),
    )
    moments = [*infusion(LAG_H, "gut", 10, 6), Moment(5, body=Body(cl=16))]
    moments.append(Moment(7.5, body=Body(cl=4)))
    agree(central_mg(tmp_path, rows, HOURS), by_hand(moments, HOURS))


# Rows of any kind.
# NONMEM (Guide VI, III.B.2): the parameters over the interval that ends at a row come from that
# row's covariates, back to the row before it; F of a dose comes from the row at whose hour it
# enters, or the next one. That is ``covariates_hold="to_row"``. The package's own rule,
# ``from_row``: what a row states holds from that row on, its own dose included.

WEIGHTS_AT_DOSES = table(
    iv(0, weight_kg=70),
    iv(10, weight_kg=140),
    iv(24, weight_kg=35),
    other(40, 0, weight_kg=35),
    iv(48, weight_kg=70),
    other(90, 0, weight_kg=70),
)


def doses(*at_h: float) -> list[Moment]:
    return [Moment(t, {"central": 50}) for t in at_h]


def test_a_weight_that_changes_at_doses_holds_from_the_row_on(tmp_path: Path) -> None:
    """The package's rule."""
    changes = [(10, 16), (24, 4), (48, 8)]
    moments = doses(0, 10, 24, 48) + [Moment(t, body=Body(cl=cl)) for t, cl in changes]
    agree(central_mg(tmp_path, WEIGHTS_AT_DOSES, HOURS), by_hand(moments, HOURS))


def test_a_weight_that_changes_at_doses_holds_back_to_the_row_before(tmp_path: Path) -> None:
    """NONMEM's rule: over (0, 10] the row of 10 h, over (40, 48] and after it the row of 48 h."""
    changes = [(0, 16), (10, 4), (40, 8)]
    moments = doses(0, 10, 24, 48) + [Moment(t, body=Body(cl=cl)) for t, cl in changes]
    seen = central_mg(tmp_path, WEIGHTS_AT_DOSES, HOURS, hold="to_row")
    agree(seen, by_hand(moments, HOURS))


FRACTIONS_AT_DOSES = table(gut(0, meal=1), gut(24, meal=0), gut(48, meal=1), other(90, 0, meal=0))


def test_a_fraction_that_changes_at_doses_is_each_rows_own(tmp_path: Path) -> None:
    """The package's rule: a dose takes what its own row states."""
    moments = [enters(LAG_H, 75), enters(24 + LAG_H), enters(48 + LAG_H, 75)]
    agree(central_mg(tmp_path, FRACTIONS_AT_DOSES, HOURS), by_hand(moments, HOURS))


@pytest.mark.parametrize("hold", ["from_row", "to_row"])
def test_a_dose_that_enters_at_once_takes_its_own_rows_fraction(
    tmp_path: Path, hold: CovariateRule
) -> None:
    """Both rules agree here (Guide VI, III.F.2): F acts at the event time, by the row of that time.

    Under NONMEM's rule the next row's covariates hold from this row on, but after its dose.
    """
    moments = [enters(0, 75), enters(24), enters(48, 75)]
    seen = central_mg(tmp_path, FRACTIONS_AT_DOSES, HOURS, hold=hold, lag=0.0)
    agree(seen, by_hand(moments, HOURS))


@pytest.mark.parametrize(("hold", "from_h"), [("from_row", (6.0, 30.0)), ("to_row", (0.0, 6.0))])
def test_a_weight_that_changes_at_observations(
    tmp_path: Path, hold: CovariateRule, from_h: tuple[float, float]
) -> None:
    """An observation row's covariates count as a dose row's do (Guide VI, III.B.2)."""
    rows = table(
        iv(0, weight_kg=70),
        other(6, 0, weight_kg=140, dv=1),
        other(30, 0, weight_kg=35, dv=1),
        other(90, 0, weight_kg=35),
    )
    first_h, second_h = from_h
    changes = [Moment(first_h, body=Body(cl=16)), Moment(second_h, body=Body(cl=4))]
    moments = [*doses(0), *changes]
    agree(central_mg(tmp_path, rows, HOURS, hold=hold), by_hand(moments, HOURS))


@pytest.mark.parametrize(("hold", "from_h"), [("from_row", 10.0), ("to_row", 6.0)])
@pytest.mark.parametrize("evid", [3, 4])
def test_a_weight_that_changes_at_a_reset(
    tmp_path: Path, evid: int, hold: CovariateRule, from_h: float
) -> None:
    """Guide VI, V.B: a reset row is an event record like any other, so its covariates count."""
    reset = iv(10, weight_kg=140, evid=4) if evid == 4 else other(10, 3, weight_kg=140)
    rows = table(iv(0, weight_kg=70), other(6, 0, weight_kg=70), reset, iv(24, 20, weight_kg=140))
    left = Moment(10, {"central": 50.0 if evid == 4 else 0.0}, empties=True)
    moments = [*doses(0), Moment(from_h, body=Body(cl=16)), left, Moment(24, {"central": 20})]
    agree(central_mg(tmp_path, rows, HOURS, hold=hold), by_hand(moments, HOURS))


@pytest.mark.parametrize("hold", ["from_row", "to_row"])
def test_a_steady_state_row_makes_all_its_implied_doses(
    tmp_path: Path, hold: CovariateRule
) -> None:
    """Guide VI, V.F.1: values come from the steady-state row and hold back without end.

    What holds after the row is another matter: there the two rules differ, and the weight of 35
    comes at 30 h or right after the row.
    """
    rows = table(
        gut(0, weight_kg=70, meal=0),
        gut(10, ss=1, ii=24, weight_kg=140, meal=1),
        other(30, 0, weight_kg=35, meal=1),
        other(90, 0, weight_kg=35, meal=1),
    )
    later = Moment(30.0 if hold == "from_row" else 10.0, body=Body(cl=4))
    late = HOURS[HOURS >= 10]
    moments = [*history(enters(10 + LAG_H, 75), 24), later]
    seen = central_mg(tmp_path, rows, late, hold=hold)
    agree(seen, by_hand(moments, late, Body(cl=16)))


@pytest.mark.parametrize(
    ("hold", "amounts_mg"), [("from_row", (50, 75, 50)), ("to_row", (50, 75, 75))]
)
def test_an_additional_dose_at_the_hour_of_a_row(
    tmp_path: Path, hold: CovariateRule, amounts_mg: tuple[float, ...]
) -> None:
    """Guide VI, III.B.2: at an event time the argument record is the row of that time.

    NONMEM reads the additional doses of 24 and 48 h by the rows of 24 and 48 h, whose values hold
    back to the row before; under the package's rule the rows' values begin there.
    """
    rows = table(
        gut(0, addl=2, ii=24, meal=0),
        other(24, 0, meal=1),
        other(48, 0, meal={"from_row": 0, "to_row": 1}[hold]),
        other(90, 0, meal=0),
    )
    moments = [enters(24.0 * n, amt) for n, amt in enumerate(amounts_mg)]
    seen = central_mg(tmp_path, rows, HOURS, hold=hold, lag=0.0)
    agree(seen, by_hand(moments, HOURS))


def test_additional_doses_between_rows_take_the_next_rows_covariates_in_nonmem(
    tmp_path: Path,
) -> None:
    """Guide VI, III.B.2: a nonevent dose time's argument record is the first row after it."""
    rows = table(
        gut(0, addl=3, ii=24, weight_kg=70, meal=0),
        other(40, 2, weight_kg=140, meal=1),
        other(90, 0, weight_kg=35, meal=0),
    )
    moments = [
        enters(0),
        Moment(0.0, body=Body(cl=16)),
        enters(24, 75),
        Moment(40, body=Body(cl=4)),
        enters(48),
        enters(72),
    ]
    seen = central_mg(tmp_path, rows, HOURS, hold="to_row", lag=0.0)
    agree(seen, by_hand(moments, HOURS))
