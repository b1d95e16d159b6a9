"""Regimens that keep a stated blockade: patterns, adherence, ranks, limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from antagonist.label.formulary.catalogue import products
from antagonist.label.formulary.models import Price
from antagonist.label.regimens import regimens
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.responses import blocked
from antagonist.pharmacology.settings import settings
from antagonist.planning.adherence import (
    SEEN_DAYS,
    course,
    is_supervised,
    kept_shares,
    patterns,
    protected_shares,
    rotated,
)
from antagonist.planning.response import Response, response
from antagonist.planning.search import search
from antagonist.planning.search_limits import within_limits
from antagonist.planning.search_model import Candidate, SearchRequest

CHOSEN = settings(draws=60, seed=7)
ON = date(2026, 11, 25)
MONDAY = frozenset({0})
SUPERVISED: Any = ("mon", "wed", "fri")


def request(**values: Any) -> SearchRequest:
    return SearchRequest(**{"indication": "opioid", "on": ON, "adherence": 1.0, **values})


def found(**values: Any) -> tuple[Candidate, ...]:
    return search(request(**values), chosen=CHOSEN)


def one_day_each(draws: int = 400) -> Response:
    """A made-up drug: 1 mg is over the line for 24 h and does nothing afterwards."""
    odds = np.zeros((draws, 25))
    odds[:, :24] = 2.0
    return Response(odds, {}, np.full((draws, 1), 25.0), np.ones((draws, 1)))


# Patterns


def test_weeks_are_counted_as_necklaces() -> None:
    # Burnside: (4^7 + 6 * 4) / 7 necklaces of seven days and four sizes, less the empty one
    assert len(patterns((50.0, 100.0, 150.0), rotations=False)) == (4**7 + 6 * 4) // 7 - 1
    assert len(patterns((50.0, 100.0, 150.0), rotations=True)) == 4**7 - 1
    assert len(patterns((50.0,), rotations=False)) == (2**7 + 6 * 2) // 7 - 1


def test_one_rotation_of_each_week_is_kept() -> None:
    kept = patterns((50.0, 100.0), rotations=False)
    for week in ((0.0, 0.0, 50.0, 0.0, 100.0, 0.0, 0.0), (50.0,) * 7):
        assert sum(turned in kept for turned in set(rotated(week))) == 1


# Courses and adherence


@pytest.mark.parametrize("cycle_days", [1, 2, 3, 7, 28])
def test_a_course_has_whole_cycles_before_what_is_looked_at(cycle_days: int) -> None:
    doses = course(((1, 50.0),), cycle_days, 84)
    hours = [hour for hour, _ in doses]
    assert 0 in hours
    assert hours[0] <= -84 * 24
    assert hours[-1] == (SEEN_DAYS - cycle_days) * 24
    assert set(np.diff(hours)) == {cycle_days * 24}


def test_supervised_hours_are_those_of_their_weekday() -> None:
    assert is_supervised(0, MONDAY)
    assert is_supervised(-168, MONDAY)
    assert is_supervised(23, MONDAY)
    assert not is_supervised(24, MONDAY)
    assert not is_supervised(-24, MONDAY)


@pytest.mark.parametrize("adherence", [0.25, 0.8])
def test_time_protected_is_the_share_of_doses_taken(adherence: float) -> None:
    # 24 h for each dose taken: protected time is binomial with this mean
    unit, days = one_day_each(), [(24 * day, 1.0) for day in range(SEEN_DAYS)]
    shares = protected_shares(
        unit, days, SEEN_DAYS * 24, adherence, [False] * len(days), np.random.default_rng(1)
    )
    # between the last protected hour and the next lies part of an hour
    assert shares.mean() == pytest.approx(adherence, abs=0.03)
    assert shares.std() == pytest.approx(np.sqrt(adherence * (1 - adherence) / SEEN_DAYS), rel=0.2)
    weeks = kept_shares(unit, [(1.0,) * 7], adherence, frozenset(), 50, np.random.default_rng(1))
    assert weeks[0] == pytest.approx(adherence, abs=0.03)


def test_doses_at_the_clinic_are_taken_surely() -> None:
    unit, days = one_day_each(40), [(24 * day, 1.0) for day in range(SEEN_DAYS)]
    mondays = [is_supervised(hour, MONDAY) for hour, _ in days]
    shares = protected_shares(unit, days, SEEN_DAYS * 24, 1e-9, mondays, np.random.default_rng(1))
    # the hour in which the made-up effect ends counts in part
    assert shares == pytest.approx(1 / 7, abs=1 / 168)
    week = [(1.0,) + (0.0,) * 6, (0.0, 1.0) + (0.0,) * 5]
    kept = kept_shares(unit, week, 1e-9, MONDAY, 50, np.random.default_rng(1))
    assert kept == pytest.approx([1 / 7, 0.0])


def test_patterns_agree_with_full_courses_at_steady_state() -> None:
    weeks = [(100.0, 0.0, 100.0, 0.0, 150.0, 0.0, 0.0), (50.0,) * 7]
    unit = response("oral_tablet", {}, CHOSEN, 84 * 24)
    kept = kept_shares(unit, weeks, 1.0, frozenset(), 50, np.random.default_rng(1))
    for week, share in zip(weeks, kept, strict=True):
        records = tuple(
            EventRecord(24.0 * (7 * n + day), amt_mg=mg, product="oral_tablet")
            for n in range(9)
            for day, mg in enumerate(week)
            if mg
        )
        drawn = ensemble(
            parameter_set(CHOSEN.parameter_set),
            Subject("x", records),
            draws=CHOSEN.draws,
            rng=np.random.default_rng(CHOSEN.seed),
        )
        odds = drawn.signal("mu_odds", 8 * 168 + np.arange(0.0, 168.0, 0.25))
        over = blocked(unit.agonist_mg, odds, drawn.held, "subjective") > 0.9
        # every two hours: a cell of 0.012 at each end of an unprotected stretch
        assert share == pytest.approx(np.median(over.mean(axis=1)), abs=0.02)


# What is found


def test_labelled_regimens_come_first_and_all_keep_what_is_asked() -> None:
    kept = found(adherence=0.9, share=0.85)
    labelled = [one.labelled for one in kept]
    assert labelled == sorted(labelled, reverse=True)
    assert True in labelled
    assert False in labelled
    for one in kept:
        assert one.kept_share >= 0.85
        assert one.protected_share[0] <= one.kept_share <= one.protected_share[2]
        assert (one.regimen is None) is not one.labelled
        assert one.products


def test_a_regimen_is_kept_up_to_its_own_share() -> None:
    daily = next(one for one in found(share=0.01) if one.regimen == "r2_150_every_3_days")
    at, over = (
        [one.regimen for one in found(share=share, beyond_label=False)]
        for share in (daily.kept_share, np.nextafter(daily.kept_share, 2.0))
    )
    assert "r2_150_every_3_days" in at
    assert "r2_150_every_3_days" not in over


def test_a_stricter_blockade_adherence_or_patient_keeps_no_more() -> None:
    base = {one.regimen for one in found(share=0.6, beyond_label=False)}
    for stricter in ({"keep_blocked": 0.97}, {"adherence": 0.6}, {"percentile": 10.0}):
        fewer = {one.regimen for one in found(share=0.6, beyond_label=False, **stricter)}
        assert fewer < base


@pytest.mark.parametrize("by", ["doses", "visits"])
def test_the_least_comes_first(by: str) -> None:
    kept = found(share=0.5, by=by, supervised_days=SUPERVISED, adherence=0.8)
    for labelled in (True, False):
        ranked = [
            one.doses_per_week if by == "doses" else one.visits_per_week
            for one in kept
            if one.labelled is labelled
        ]
        assert ranked == sorted(ranked)
        assert len(ranked) > 1


def test_visits_are_doses_at_the_clinic() -> None:
    kept = {one.regimen: one for one in found(share=0.01, supervised_days=SUPERVISED)}
    assert kept["r3_monday_wednesday_friday"].visits_per_week == 3
    assert kept["r6_50_daily"].visits_per_week == 3
    assert kept["r1_weekdays_50_saturday_100"].doses_per_week == 6
    assert kept["r2_100_every_2_days"].visits_per_week == pytest.approx(1.5)
    assert kept["r2_150_every_3_days"].mg_per_week == pytest.approx(350.0)
    injection = kept["injection_380_every_4_weeks"]
    assert (injection.visits_per_week, injection.doses_per_week) == (0.25, 0.25)


def test_an_injection_does_not_depend_on_adherence() -> None:
    sure, poor = (
        next(one for one in found(share=0.01, adherence=a) if one.route == "im_xr")
        for a in (1.0, 0.1)
    )
    assert sure.protected_share == poor.protected_share


def price(product: str, amount: float) -> Price:
    return Price(
        product=product,
        low=amount,
        high=amount + 10,
        currency="RUB",
        pack_units=10 if "tablet" in product else 1,
        priced_on=date(2026, 1, 9),
        source="clinic",
        provenance="own",
    )


def test_costs_come_from_whole_packs_and_an_unknown_one_is_last() -> None:
    asked = request(share=0.01, by="cost", beyond_label=False)
    prices = [price("seed-tablet-50", 700.0)]
    kept = search(asked, chosen=CHOSEN, prices=prices)
    costs = [one.cost_per_week for one in kept]
    known = [cost for cost in costs if cost is not None]
    assert costs[: len(known)] == sorted(known, key=lambda cost: cost.low)
    assert costs[len(known) :] == [None] * (len(costs) - len(known))
    assert None in costs
    daily = next(one for one in kept if one.regimen == "r6_50_daily").cost_per_week
    # 84 tablets in 12 weeks are 9 packs of 10
    assert daily is not None
    assert (daily.low, daily.high) == pytest.approx((9 * 700 / 12, 9 * 710 / 12))
    assert (daily.currency, daily.priced_on) == ("RUB", date(2026, 1, 9))


def test_patterns_of_no_label_are_new_and_none_only_adds_to_another() -> None:
    beyond = [one for one in found(share=0.8, at_most=30) if not one.labelled]
    assert 1 < len(beyond) <= 30
    labelled = {
        tuple((d.day, d.dose_mg) for d in r.doses) for r in regimens().values() if r.cycle_days == 7
    }
    assert not labelled & {one.doses for one in beyond}
    weeks = [tuple(dict(one.doses).get(day, 0.0) for day in range(1, 8)) for one in beyond]
    assert (50.0,) * 7 not in weeks
    assert {mg for week in weeks for mg in week} <= {0.0, 50.0, 100.0, 150.0}
    for place, less in enumerate(weeks):
        for more in weeks[place + 1 :]:
            assert not any(
                all(a >= b for a, b in zip(more, turned, strict=True)) for turned in rotated(less)
            )


def test_patterns_can_be_left_out_and_are_at_most_so_many() -> None:
    assert all(one.labelled for one in found(share=0.5, beyond_label=False))
    assert all(one.route == "im_xr" for one in found(share=0.01, routes=("im_xr",)))
    assert len([one for one in found(share=0.5, at_most=2) if not one.labelled]) == 2


def test_alcohol_has_its_own_doses_only() -> None:
    kept = found(indication="alcohol", share=0.01)
    labelled = {one.regimen for one in kept if one.labelled}
    assert labelled == {"r6_50_daily", "injection_380_every_4_weeks"}
    assert {mg for one in kept if one.route == "oral" for _, mg in one.doses} == {50.0}


def test_only_products_that_can_be_planned_and_make_the_doses() -> None:
    for one in found(share=0.3):
        for name in one.products:
            item = products()[name]
            assert item.plannable
            assert (item.route, item.release_model) == (one.route, one.release_model)
            assert item.strength_mg is not None
            step = item.strength_mg / (2 if item.halves == "yes" else 1)
            assert all(mg % step == 0 for _, mg in one.doses)


def test_a_chosen_label_leaves_its_own_products() -> None:
    kept = found(share=0.01, jurisdiction="uk")
    assert kept
    assert all(
        "uk" in products()[name].label_jurisdictions for one in kept for name in one.products
    )
    assert "injection_380_every_4_weeks" not in {one.regimen for one in kept}


# Limits of the label


@pytest.mark.parametrize(("mg", "allowed"), [(200.0, True), (200.1, False)])
def test_not_more_than_200_mg_a_day_by_mouth(mg: float, allowed: bool) -> None:
    assert within_limits(request(), "oral", ((1, mg),), 7) is allowed
    assert within_limits(request(), "implant", ((1, 10 * mg),), None)


@pytest.mark.parametrize(
    ("mg", "days", "allowed"), [(380.0, 28, True), (380.0, 27, False), (379.0, 28, False)]
)
def test_the_injection_has_one_dose_and_a_shortest_interval(
    mg: float, days: int, allowed: bool
) -> None:
    assert within_limits(request(), "im_xr", ((1, mg),), days) is allowed


def test_nothing_is_found_where_nothing_keeps_it() -> None:
    assert found(adherence=0.05, share=1.0, keep_blocked=0.99, percentile=5.0) == ()


def test_the_share_asked_for_is_the_line_of_the_figures() -> None:
    lower = found(share=0.01, keep_blocked=0.5, beyond_label=False)
    same = search(
        request(share=0.01, keep_blocked=0.5, beyond_label=False),
        chosen=replace(CHOSEN, threshold=replace(CHOSEN.threshold, blocked_fraction=0.99)),
    )
    assert lower == same
