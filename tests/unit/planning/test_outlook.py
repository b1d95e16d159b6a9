"""What the model says of a plan, against full courses solved dose by dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from antagonist.foundation.clock import hours_between, same_clock_time
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble, ensemble
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.responses import blocked
from antagonist.pharmacology.settings import settings
from antagonist.planning.outlook import SEEN_WEEKS, outlook
from antagonist.planning.plan_model import DoseKind, PlannedDose
from antagonist.planning.response import over_line, response, stated_covariates, summed

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, 9, tzinfo=BERLIN)  # a Monday; clocks go forward on 29 March
CHOSEN = settings(draws=45, seed=5)
DAILY = [(day, 50.0) for day in range(7)]
MON_WED_FRI = [(0, 100.0), (2, 100.0), (4, 150.0)]


def weekly(pattern: Sequence[tuple[int, float]], weeks: int) -> list[PlannedDose]:
    days = [(7 * week + day, mg) for week in range(weeks) for day, mg in pattern]
    return [given(same_clock_time(START, day), mg, "oral") for day, mg in days]


def given(at: datetime, mg: float, kind: DoseKind) -> PlannedDose:
    return PlannedDose(at=at, dose_mg=mg, units=1.0, kind=kind, supervised=False)


def injections(count: int) -> list[PlannedDose]:
    return [given(same_clock_time(START, 28 * n), 380.0, "injection") for n in range(count)]


def solved(doses: Sequence[PlannedDose], product: str) -> Ensemble:
    """The same course solved dose by dose: the independent way."""
    records = tuple(
        EventRecord(hours_between(doses[0].at, d.at), amt_mg=d.dose_mg, product=product)
        for d in doses
    )
    return ensemble(
        parameter_set(CHOSEN.parameter_set),
        Subject("x", records),
        draws=CHOSEN.draws,
        rng=np.random.default_rng(CHOSEN.seed),
    )


@pytest.mark.parametrize(
    ("doses", "product", "span_h"),
    [(weekly(MON_WED_FRI, 5), "oral_tablet", 840), (injections(2), "xr_im_380", 1344)],
)
def test_odds_of_a_course_are_the_sum_of_its_doses(
    doses: list[PlannedDose], product: str, span_h: int
) -> None:
    unit = response(product, {}, CHOSEN, span_h)
    hours = [(round(hours_between(doses[0].at, d.at)), d.dose_mg) for d in doses]
    whole = solved(doses, product).signal("mu_odds", np.arange(span_h + 1.0))
    # what is left out after a dose does nothing any more is a hundred-thousandth of the line
    assert np.abs(summed(unit, hours, 0, span_h) - whole).max() < 1e-4 * unit.line.min()
    part = summed(unit, hours, 400, 500)
    assert np.allclose(part, whole[:, 400:501], atol=1e-4 * unit.line.min())


def test_doses_not_taken_add_nothing() -> None:
    unit = response("oral_tablet", {}, CHOSEN, 200)
    taken = np.zeros((CHOSEN.draws, 2), dtype=bool)
    taken[:, 1] = True
    some = summed(unit, [(0, 50.0), (24, 100.0)], 0, 100, taken)
    assert np.array_equal(some, summed(unit, [(24, 100.0)], 0, 100))


def test_a_dose_before_the_window_still_counts_in_it() -> None:
    unit = response("oral_tablet", {}, CHOSEN, 200)
    assert np.array_equal(summed(unit, [(-30, 50.0)], 0, 10), 50.0 * unit.odds_per_mg[:, 30:41])


def test_the_weakest_hour_and_shares_agree_with_the_full_course() -> None:
    doses = weekly(MON_WED_FRI, 5)
    found = outlook(doses, "oral_tablet", {}, CHOSEN, end=same_clock_time(START, 35))
    drawn = solved(doses, "oral_tablet")
    span_h = 35 * 24 - 1  # the clocks went forward
    odds = drawn.signal("mu_odds", np.arange(span_h + 1.0))
    unit = response("oral_tablet", {}, CHOSEN, 1)
    share = blocked(unit.agonist_mg, odds, drawn.held, "subjective")
    after = share[:, 168:]
    at_h = 168 + int(np.median(after, axis=0).argmin())
    assert hours_between(START, found.weakest_at) == at_h
    assert found.weakest_at.tzinfo is BERLIN
    assert found.weakest_blocked == pytest.approx(
        np.percentile(after.min(axis=1), (5, 50, 95)), abs=1e-4
    )
    counted = (share >= 0.9).mean(axis=1)
    assert found.protected_share == pytest.approx(np.percentile(counted, (5, 50, 95)), abs=0.01)
    assert (found.blocked_fraction, found.draws) == (0.9, CHOSEN.draws)
    assert found.parameters_sha256 == parameter_set(CHOSEN.parameter_set).sha256


def test_the_line_is_met_where_the_effect_is_blocked_by_its_share() -> None:
    unit = response("oral_tablet", {}, CHOSEN, 100)
    odds = summed(unit, [(0, 50.0)], 0, 100)
    share = blocked(unit.agonist_mg, odds, unit.held, "subjective")
    assert np.array_equal(over_line(unit, odds) > 0, share > 0.9)


def test_hours_are_elapsed_hours_across_a_clock_change() -> None:
    doses = injections(2)
    assert hours_between(doses[0].at, doses[1].at) == 28 * 24 - 1
    as_utc = [replace(dose, at=dose.at.astimezone(UTC)) for dose in doses]
    local, utc = (outlook(d, "xr_im_380", {}, CHOSEN) for d in (doses, as_utc))
    assert local.weakest_at == utc.weakest_at
    assert local.protected_share == utc.protected_share
    assert local.weakest_at.utcoffset() in (timedelta(hours=1), timedelta(hours=2))


def test_order_of_the_doses_does_not_matter() -> None:
    doses = weekly(MON_WED_FRI, 2)
    assert outlook(doses[::-1], "oral_tablet", {}, CHOSEN) == outlook(
        doses, "oral_tablet", {}, CHOSEN
    )


def test_missing_costs_what_the_course_without_the_dose_loses() -> None:
    doses = weekly(MON_WED_FRI, 5)
    missed = outlook(doses, "oral_tablet", {}, CHOSEN).missed
    assert missed is not None
    # of the three doses of a week the 150 mg before the weekend costs most
    assert missed.dose_mg == 150.0
    place = next(i for i, dose in enumerate(doses) if dose.at == missed.at)
    without = [dose for i, dose in enumerate(doses) if i != place]
    unit = response("oral_tablet", {}, CHOSEN, 1)
    first_h = hours_between(START, missed.at)
    time_h = first_h + np.arange(0.0, 168.01, 0.25)
    shares = []
    for course in (doses, without):
        drawn = solved(course, "oral_tablet")
        odds = drawn.signal("mu_odds", time_h)
        shares.append(blocked(unit.agonist_mg, odds, drawn.held, "subjective"))
    lost_h = 168.0 * ((shares[0] >= 0.9).mean(axis=1) - (shares[1] >= 0.9).mean(axis=1))
    assert missed.hours_lost == pytest.approx(np.percentile(lost_h, (5, 50, 95)), abs=1.5)
    assert missed.hours_lost[1] > 24.0
    assert missed.weakest_blocked == pytest.approx(
        np.percentile(shares[1].min(axis=1), (5, 50, 95)), abs=0.01
    )


def test_the_last_injection_is_the_one_left_out_and_a_single_dose_never_is() -> None:
    doses = injections(3)
    missed = outlook(doses, "xr_im_380", {}, CHOSEN).missed
    assert missed is not None
    assert missed.at == doses[-1].at
    assert 0.0 <= missed.hours_lost[0] <= missed.hours_lost[2] <= 28 * 24
    assert outlook(doses[:1], "xr_im_380", {}, CHOSEN).missed is None


def test_without_an_end_a_plan_lasts_one_more_interval() -> None:
    doses = weekly([(0, 100.0), (2, 100.0)], 4)  # the last gap is two days
    last = doses[-1].at
    given_end = outlook(doses, "oral_tablet", {}, CHOSEN, end=last + timedelta(days=2))
    assert outlook(doses, "oral_tablet", {}, CHOSEN) == given_end
    longer = outlook(doses, "oral_tablet", {}, CHOSEN, end=last + timedelta(days=9))
    assert longer.protected_share[1] < given_end.protected_share[1]


def test_only_the_first_weeks_of_a_long_plan_are_looked_at() -> None:
    seen, longer = (
        outlook(weekly(DAILY, weeks), "oral_tablet", {}, CHOSEN)
        for weeks in (SEEN_WEEKS + 1, SEEN_WEEKS + 12)
    )
    assert longer.protected_share == seen.protected_share
    assert longer.weakest_at == seen.weakest_at
    shorter = outlook(weekly(DAILY, SEEN_WEEKS - 12), "oral_tablet", {}, CHOSEN)
    assert shorter.protected_share != seen.protected_share


def test_the_first_week_does_not_give_the_weakest_hour() -> None:
    # a first dose that does little, then daily doses: the weakest hour comes after the first week
    found = outlook(weekly(DAILY, 3), "oral_tablet", {}, CHOSEN)
    assert hours_between(START, found.weakest_at) >= 168
    one_week = outlook(weekly(DAILY, 1), "oral_tablet", {}, CHOSEN)
    assert hours_between(START, one_week.weakest_at) < 168


def test_covariates_count_and_true_is_yes() -> None:
    words: dict[str, float | str | bool] = {"opioid_or_alcohol_dependent": "yes", "weight_kg": 70.0}
    flags: dict[str, float | str | bool] = {"opioid_or_alcohol_dependent": True, "weight_kg": 70.0}
    doses = weekly(DAILY, 2)
    plain = outlook(doses, "oral_tablet", {}, CHOSEN)
    spoken = outlook(doses, "oral_tablet", words, CHOSEN)
    assert outlook(doses, "oral_tablet", flags, CHOSEN) == spoken
    assert spoken.weakest_blocked != plain.weakest_blocked
    assert stated_covariates({"a": False, "b": 1.5, "c": "no"}) == {"a": "no", "b": 1.5, "c": "no"}


def test_what_cannot_be_looked_at_is_refused() -> None:
    with pytest.raises(InputError, match="at least one dose"):
        outlook([], "oral_tablet", {}, CHOSEN)
    with pytest.raises(InputError, match="no data"):
        outlook([given(START, 1000.0, "implant")], "implant_prodetoxone", {}, CHOSEN)
    with pytest.raises(InputError, match="did you mean oral_tablet"):
        outlook(weekly(DAILY, 1), "oral_tablett", {}, CHOSEN)
