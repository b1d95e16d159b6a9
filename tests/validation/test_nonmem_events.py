"""Corner cases of NONMEM's events, from a table to levels.

Each test states the rule as NONMEM's manuals have it: Guide VI is the NONMEM Users Guide, Part VI
(PREDPP); "help" is its on-line help, by data item. The answers are closed forms, or the course
followed by hand with SciPy's DOP853, restarted at every moment at which something happens.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.special import exprel
from tests.support.courses_by_hand import (
    Body,
    Floats,
    Moment,
    agree,
    by_hand,
    enters,
    history,
    infusion,
    series,
)
from tests.support.nonmem_tables import (
    HOURS,
    LAG_H,
    SALT,
    VALUES,
    F,
    Row,
    central_mg,
    gut,
    iv,
    other,
    table,
)

KE = VALUES["CL"] / VALUES["V1"]


# 1: absorption as fast as elimination


def absorbed(time_h: Floats, ka: float, ke: float) -> Floats:
    """Central amount of a unit in the gut at 0, with no division by ka - ke."""
    t = np.maximum(time_h, 0.0)
    found: Floats = ka * t * np.exp(-ke * t) * exprel((ke - ka) * t)
    return found


GAPS = [0.0, *(sign * 10.0**-n for n in range(3, 15) for sign in (1, -1))]


@pytest.mark.parametrize("gap", GAPS)
def test_ka_equal_to_clearance_over_volume(tmp_path: Path, gap: float) -> None:
    """ADVAN2 has KA = CL / V as a case of its own; near it, the textbook's form loses digits."""
    ka = KE * (1 + gap)
    seen = central_mg(tmp_path, table(gut(0, addl=2, ii=24)), HOURS, peripheral=False, ka=ka)
    each = [absorbed(HOURS - LAG_H - 24 * n, ka, KE) for n in range(3)]
    agree(seen, F * 50 * np.sum(each, axis=0))


def test_ka_equal_to_clearance_over_volume_at_steady_state(tmp_path: Path) -> None:
    """Guide VI, V.F.1: the endless series; sum of ka (t + 24 n) exp(-ke (t + 24 n)) over n."""
    seen = central_mg(tmp_path, table(gut(0, ss=1, ii=24)), HOURS, peripheral=False, ka=KE)
    # Up to the dose's lag it is the series without its last dose.
    t, kept = np.where(HOURS < LAG_H, HOURS + 24, HOURS) - LAG_H, np.exp(-24 * KE)
    closed = KE * np.exp(-KE * t) * (t / (1 - kept) + 24 * kept / (1 - kept) ** 2)
    agree(seen, F * 50 * closed, rtol=1e-11)


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-9, 1e-6, 1e-3])
def test_an_infusion_into_the_gut_where_the_rates_meet(tmp_path: Path, gap: float) -> None:
    """Guide VI, V.E: with RATE the available amount F AMT runs in at RATE, from the lag on."""
    rows = table(gut(0, 100, rate=10), other(4, 2, weight_kg=140), gut(20))
    ka = KE * (1 + gap)
    seen = central_mg(tmp_path, rows, HOURS, ka=ka, peripheral=False)
    runs = infusion(LAG_H, "gut", 10, 6)
    faster = Moment(4, body=Body(cl=16, ka=ka, q=0))
    agree(seen, by_hand([*runs, faster, enters(20 + LAG_H)], HOURS, Body(ka=ka, q=0)))


# 2: resets and lag times


def test_a_reset_cancels_a_dose_that_waits_out_its_lag(tmp_path: Path) -> None:
    """Guide VI, V.B and V.K: amounts to zero, and a dose record that is active is deactivated."""
    rows = table(iv(0), gut(0.5), other(1.5, 3), gut(4, 80))
    agree(
        central_mg(tmp_path, rows, HOURS),
        by_hand(
            [Moment(0, {"central": 50}), Moment(1.5, empties=True), enters(4 + LAG_H, 80)], HOURS
        ),
    )


def test_a_reset_at_the_very_end_of_a_lag(tmp_path: Path) -> None:
    """Whichever is thought to come first, nothing of the dose is left (Guide VI, V.B)."""
    rows = table(gut(0), other(LAG_H, 3), iv(5, 7))
    agree(central_mg(tmp_path, rows, HOURS), by_hand([Moment(5, {"central": 7})], HOURS))


def test_a_reset_cancels_infusions_running_waiting_and_additional(tmp_path: Path) -> None:
    """Help, EVID and ADDL: a reset ends what runs, what is in its lag and what is still to come."""
    rows = table(
        iv(0, 60, rate=10),  # runs until 6
        gut(3.5, 60, rate=10),  # would start at 5.5
        gut(0, addl=9, ii=3),  # enters at 2, and would at 5, 8, ...
        other(4, 3),
        other(5, 0),
        gut(8, 20, rate=5),
    )
    rows[1:] = sorted(rows[1:], key=lambda line: float(line.split(",")[1]))
    before = [*infusion(0, "central", 10, 6)[:1], enters(2), Moment(4, empties=True)]
    after = infusion(8 + LAG_H, "gut", 5, F * 20 / 5)
    agree(central_mg(tmp_path, rows, HOURS), by_hand([*before, *after], HOURS))


@pytest.mark.parametrize("rate", [0.0, 10.0])
def test_reset_and_dose_keeps_its_own_lag(tmp_path: Path, rate: float) -> None:
    """Guide VI, V.B: at EVID 4 the system is reset first, then the dose is given, with its lag.

    The additional doses that the row asks for are its own, so they stay.
    """
    rows = table(
        gut(0, 900, addl=5, ii=4), gut(1.0, 30, evid=4, rate=rate, addl=1, ii=24), other(90, 0)
    )
    starts = (1 + LAG_H, 25 + LAG_H)
    moments = [enters(t, 30) for t in starts]
    if rate:
        moments = [m for t in starts for m in infusion(t, "gut", rate, F * 30 / rate)]
    agree(central_mg(tmp_path, rows, HOURS), by_hand(moments, HOURS))


# 3: simultaneous doses


def test_simultaneous_doses_in_any_order_of_rows(tmp_path: Path) -> None:
    """Guide VI, V.C: equal times are allowed. Two compartments, two products, a bolus, an infusion.

    Each dose acts for itself, so the order of the rows cannot matter.
    """
    at_once: list[Row] = [
        gut(4, 80),
        iv(4, 40, rate=8),
        {"time": 4, "amt": 100, "evid": 1, "product": "oral_tablet"},
        {"time": 4, "amt": 20, "evid": 1, "product": "iv"},
    ]
    moments = [
        enters(LAG_H),
        Moment(4, {"tablet": SALT * 100, "central": SALT * 20}),
        *infusion(4, "central", 8, 5),
        enters(4 + LAG_H, 80),
    ]
    expected = by_hand(moments, HOURS)
    for order in permutations(at_once):
        agree(central_mg(tmp_path, table(gut(0), *order, other(9, 0)), HOURS), expected)


@pytest.mark.parametrize("dose_first", [True, False])
def test_a_reset_at_the_time_of_a_dose_goes_by_the_order_of_rows(
    tmp_path: Path, dose_first: bool
) -> None:
    """Guide VI, V.C: rows of one time are taken as they stand; EVID 3 after a dose removes it."""
    pair = [iv(4, 40), other(4, 3)] if dose_first else [other(4, 3), iv(4, 40)]
    rows = table(iv(0), *pair, iv(10, 5))
    moments = [
        Moment(0, {"central": 50}),
        Moment(4, {"central": 0.0 if dose_first else 40.0}, empties=True),
        Moment(10, {"central": 5}),
    ]
    agree(central_mg(tmp_path, rows, HOURS), by_hand(moments, HOURS))


# 4: steady state


@pytest.mark.parametrize("lag_h", [0.0, 2.0, 8.0])
def test_a_changed_dose_after_steady_state(tmp_path: Path, lag_h: float) -> None:
    """Guide VI, V.F.2 and V.F.4, note 3: all implied doses are lagged, then doses follow as usual.

    With II = 24 and a lag of 8 the amounts at the row's own time are those 16 h after a dose.
    """
    rows = table(gut(0, 50, ss=1, ii=24), gut(24, 100, addl=2, ii=24), other(90, 0))
    taken = history(enters(lag_h, 50), 24) + series(enters(24 + lag_h, 100), 24, 3)
    agree(central_mg(tmp_path, rows, HOURS, lag=lag_h), by_hand(taken, HOURS))


@pytest.mark.parametrize("amt", [50.0, 120.0, 150.0])
def test_infusions_at_steady_state_then_another_dose(tmp_path: Path, amt: float) -> None:
    """Guide VI, V.F.4, note 2: durations under, at and over II; the last infusion runs on."""
    rows = table(iv(0, amt, rate=10, ss=1, ii=12), iv(30, 20), other(90, 0))
    pairs = zip(
        history(Moment(0, runs={"central": 10}), 12),
        history(Moment(amt / 10, runs={"central": -10}), 12),
        strict=True,
    )
    moments = [m for pair in pairs for m in pair]
    agree(
        central_mg(tmp_path, rows, HOURS), by_hand([*moments, Moment(30, {"central": 20})], HOURS)
    )


def test_a_lagged_infusion_at_steady_state(tmp_path: Path) -> None:
    """Guide VI, V.F.1: lag and F act at all implied dose times; F AMT runs in at RATE."""
    rows = table(gut(0, 60, rate=12, ss=1, ii=24, addl=1), other(90, 0))
    moments = history(Moment(LAG_H, runs={"gut": 12}), 24)
    moments += history(Moment(LAG_H + F * 60 / 12, runs={"gut": -12}), 24)
    moments += infusion(24 + LAG_H, "gut", 12, F * 60 / 12)
    agree(central_mg(tmp_path, rows, HOURS), by_hand(moments, HOURS))


def test_steady_state_replaces_what_came_before(tmp_path: Path) -> None:
    """Help, SS = 1: earlier amounts are zeroed, infusions and pending doses are cancelled."""
    rows = table(
        gut(0, 900, addl=50, ii=1.5),
        iv(3, 900, rate=100),
        gut(3.5, 900),  # still in its lag at 5
        gut(5, 50, ss=1, ii=24),
        other(90, 0),
    )
    late = HOURS[HOURS >= 5]
    agree(central_mg(tmp_path, rows, late), by_hand(history(enters(5 + LAG_H), 24), late))


def test_a_second_steady_state_forgets_the_first(tmp_path: Path) -> None:
    """Help, SS = 1: the amounts are reset to the steady state of this row's dose."""
    rows = table(iv(0, 50, ss=1, ii=12, addl=9), iv(30, 80, ss=1, ii=24), other(90, 0))
    first, second = HOURS[HOURS < 30], HOURS[HOURS >= 30]
    taken = history(Moment(0, {"central": 50}), 12) + series(Moment(12, {"central": 50}), 12, 2)
    agree(central_mg(tmp_path, rows, first), by_hand(taken, first))
    again = history(Moment(30, {"central": 80}), 24)
    agree(central_mg(tmp_path, rows, second), by_hand(again, second))


# 5: ends of infusions


def test_an_infusion_that_ends_at_an_observation(tmp_path: Path) -> None:
    """Guide VI, III.B.2: the end of an infusion is a state time; that it is an event time too is
    a coincidence. 0.1 + 0.2 is not 0.3 in binary, so there the observation comes a hair early.
    """
    rows = table(
        iv(0.1, 3, rate=15), other(0.3, 0, dv=1), iv(1, 50, rate=10), other(6, 0, dv=1), other(9, 0)
    )
    time_h = np.unique([*HOURS, 0.2, 0.3, 0.31])
    moments = [*infusion(0.1, "central", 15, 0.2), *infusion(1, "central", 10, 5)]
    agree(central_mg(tmp_path, rows, time_h), by_hand(moments, time_h))


def test_one_infusion_after_another_without_a_gap(tmp_path: Path) -> None:
    """One ends as the next starts: together they are one infusion of both amounts."""
    split = table(iv(1, 50, rate=10), other(6, 0), iv(6, 25, rate=10), iv(8.5, 25, rate=10))
    agree(central_mg(tmp_path, split, HOURS), by_hand(infusion(1, "central", 10, 10), HOURS))
