"""The main job on short courses: reproducible, ordered, monotone, and on the right clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import Course, Covariate, EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble, ensemble
from antagonist.pharmacology.forecast import (
    COVARIATES,
    QUANTITIES,
    crossings_h,
    signals_of,
    simulate,
    stated_times,
)
from antagonist.pharmacology.parameter_sets import DEFAULT_SET, parameter_set
from antagonist.pharmacology.protection import Statement
from antagonist.pharmacology.results import Floats, Forecast, Threshold
from antagonist.pharmacology.settings import Settings, settings

SETTINGS = settings(draws=40, seed=5)
# At the moment of a dose the modes cancel to nought but for rounding.
ROUNDING = 1e-9


def course(
    *doses_mg: float, as_of_h: float = 60.5, missed: tuple[int, ...] = (), **covariates: Covariate
) -> Course:
    """One tablet a day of the given milligrams, apart from those missed."""
    records = tuple(
        EventRecord(24.0 * day, 1, mg, product="oral_tablet")
        for day, mg in enumerate(doses_mg)
        if day not in missed
    )
    person = Subject("one", records, datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("UTC")), covariates)
    return Course("a test", person, as_of_h, 120.0, "UTC", tuple(24.0 * day for day in missed))


def drawn(history: Course) -> Ensemble:
    rng = np.random.default_rng(SETTINGS.seed)
    return ensemble(parameter_set(), history.subject, draws=40, rng=rng)


@pytest.fixture(scope="module")
def answer() -> Forecast:
    return simulate(course(50, 50, 50), SETTINGS)


def test_the_same_seed_gives_the_same_answer(answer: Forecast) -> None:
    again = simulate(course(50, 50, 50), SETTINGS)
    assert again.stated == answer.stated
    assert again.challenges == answer.challenges
    assert again.width_shares == answer.width_shares
    for name, band in answer.bands.items():
        assert (again.bands[name].quantiles == band.quantiles).all()
    other = simulate(course(50, 50, 50), replace(SETTINGS, seed=6))
    assert other.now.values["conc_ntx"] != answer.now.values["conc_ntx"]


def test_bands_are_ordered_and_in_range(answer: Forecast) -> None:
    assert set(answer.bands) == set(QUANTITIES)
    for name, band in answer.bands.items():
        assert band.quantiles.shape == (5, band.time_h.size)
        assert (np.diff(band.quantiles, axis=0) >= 0).all(), name
        assert (band.quantiles >= -ROUNDING).all(), name
        if band.unit == "fraction":
            assert (band.quantiles <= 1).all(), name


def test_the_time_axis_holds_now(answer: Forecast) -> None:
    time_h = answer.bands["conc_ntx"].time_h
    assert 60.5 in time_h
    assert (time_h[0], time_h[-1]) == (0.0, 120.0)
    assert (np.diff(time_h) > 0).all()
    i = int(np.flatnonzero(time_h == 60.5)[0])
    for name, band in answer.bands.items():
        assert answer.now.values[name] == tuple(band.quantiles[[0, 2, 4], i]), name
        assert answer.now.units[name] == band.unit


def test_more_drug_never_occupies_less() -> None:
    time_h = np.arange(0.0, 120.0, 3.0)
    small, large = drawn(course(50, 50, 50)), drawn(course(50, 75, 100))
    for quantity in ("mu_occupancy", "kappa_occupancy", "delta_occupancy", "conc_6bn"):
        low, high = small.signal(quantity, time_h), large.signal(quantity, time_h)
        assert (high >= low - 1e-9 * high.max()).all(), quantity
        assert (high[:, time_h > 24] > low[:, time_h > 24]).all(), quantity


def test_levels_are_proportional_to_the_dose() -> None:
    time_h = np.arange(0.0, 120.0, 3.0)
    once, twice = drawn(course(50, 50)), drawn(course(100, 100))
    found = twice.signal("conc_ntx", time_h)
    assert found == pytest.approx(2 * once.signal("conc_ntx", time_h), rel=1e-9)


def test_a_missed_dose_lowers_what_comes_after() -> None:
    time_h = np.arange(0.0, 120.0, 3.0)
    all_taken, missed = drawn(course(50, 50, 50)), drawn(course(50, 50, 50, missed=(1,)))
    here, there = (e.signal("mu_occupancy", time_h) for e in (all_taken, missed))
    before = time_h <= 24
    assert there[:, before] == pytest.approx(here[:, before], abs=1e-12)
    assert (there[:, ~before] < here[:, ~before]).all()


def test_a_first_dose_that_was_missed_gives_an_answer() -> None:
    found = simulate(course(50, 50, 50, missed=(0,)), SETTINGS)
    level = found.bands["conc_ntx"]
    assert (np.abs(level.quantiles[:, level.time_h <= 24]) < ROUNDING).all()
    assert (level.quantiles[:, level.time_h == 26] > 0.1).all()


def test_every_unknown_covariate_is_named(answer: Forecast) -> None:
    def unknown(found: Forecast) -> set[str]:
        notes = [n for n in found.notes if n.key == "typical_covariate"]
        return {str(n.values["covariate"]) for n in notes}

    assert unknown(answer) == set(COVARIATES)
    known = simulate(course(50, weight_kg=80.0, sex="male"), SETTINGS)
    assert unknown(known) == set(COVARIATES) - {"weight_kg", "sex"}


def test_what_is_assumed_is_noted(answer: Forecast) -> None:
    keys = [n.key for n in answer.notes]
    assert {"receptor_constants", "delta_extrapolated", "product_note"} <= set(keys)
    assert "compensated_assumed" not in keys
    ill = simulate(course(50, liver="compensated_cirrhosis"), SETTINGS)
    assert "compensated_assumed" in [n.key for n in ill.notes]


def test_width_is_split_by_source(answer: Forecast) -> None:
    keys = {"parameter", "structure", "between_study", "between_subject"}
    assert set(answer.width_shares) == keys
    assert all(share >= 0 for share in answer.width_shares.values())
    many = simulate(course(50, 50, 50), replace(SETTINGS, draws=600)).width_shares
    drawn_from = [many[name] for name in keys - {"structure"}]
    assert all(0.05 < share < 0.95 for share in drawn_from)
    # What is independent and nearly normal adds up in squares.
    assert 0.6 < sum(share**2 for share in drawn_from) < 1.4


def test_the_answer_says_which_numbers_made_it(answer: Forecast) -> None:
    found = answer.provenance
    assert found.parameter_set == DEFAULT_SET
    assert (found.draws, found.seed) == (40, 5)
    assert len(found.sha256) == 64
    assert sum(found.structures.values()) == pytest.approx(1)
    assert answer.threshold == SETTINGS.threshold


def test_the_three_times_stand_in_their_order(answer: Forecast) -> None:
    names = [s.name for s in answer.stated]
    assert names == [
        "protected_until_at_least",
        "opioids_may_be_blunted_until",
        "overdose_danger_from",
    ]
    for stated in answer.stated:
        assert (stated.at_h is None) == (stated.state != "at")
        assert stated.at_h is None or 60.5 < stated.at_h <= 121.5


def test_a_lower_bar_is_passed_for_longer() -> None:
    """A hundred days after an injection has begun, on the same draws."""
    person = Subject("one", (EventRecord(0.0, 1, 380.0, product="xr_im_380"),))
    rng = np.random.default_rng(1)
    found = ensemble(parameter_set(), person, draws=40, rng=rng)
    lines = [Statement("x", "subjective", share, 5.0) for share in (0.9, 0.5, 0.1)]
    ends = crossings_h(found, SETTINGS.threshold, lines, 48.0, 2399.0).T
    alone = crossings_h(found, SETTINGS.threshold, lines[1:2], 48.0, 2399.0)[:, 0]
    np.testing.assert_array_equal(ends[1], alone)
    assert (ends[0] <= ends[1]).all()
    assert (ends[1] <= ends[2]).all()
    assert (ends[0] < ends[2]).any()


def test_a_crossing_is_where_the_blocked_share_meets_the_line() -> None:
    found = drawn(course(50, 50, 50))
    line = Statement("x", "subjective", 0.6, 5.0)
    at_h = crossings_h(found, SETTINGS.threshold, [line], 60.0, 1999.0)[:, 0]
    inside = np.isfinite(at_h) & (at_h > 60.0)
    assert inside.sum() > 10
    for s in np.flatnonzero(inside)[:10]:
        seen = signals_of(found, SETTINGS.threshold, at_h[[s]])["blocked_subjective"][s, 0]
        assert seen == pytest.approx(0.6, abs=1e-9)


def test_the_threshold_s_opioid_counts_by_its_heroin_equivalent() -> None:
    """0.1 mg of fentanyl is morphine's potency times ten milligrams, draw by draw."""
    found, at = drawn(course(50, 50, 50)), np.array([60.0, 90.0])
    fentanyl = Threshold("subjective", 0.9, "fentanyl", "iv", 0.1)
    seen = signals_of(found, fentanyl, at)["blocked_subjective"]
    odds, mg = found.signal("mu_odds", at), 10.0 * found.values("potency_morphine")
    ed50, hill = found.values("ed50_subjective"), found.values("hill_subjective")

    def effect(dose_mg: Floats) -> Floats:
        return 1.0 / (1.0 + (ed50 / dose_mg) ** hill)

    assert seen == pytest.approx(1 - effect(mg / (1 + odds)) / effect(mg), abs=1e-9)


def test_an_untreated_moment_is_never_protected() -> None:
    """At the very first dose nothing is blocked yet: not protected, and danger, now."""
    stated = {s.name: s for s in stated_times(drawn(course(50)), SETTINGS.threshold, 0.0, 120.0)}
    assert stated["protected_until_at_least"].state == "never"
    assert stated["overdose_danger_from"].state == "never"
    assert stated["protected_until_at_least"].share_over_now == 0


def test_a_course_of_a_product_without_levels_is_refused() -> None:
    gel = Subject("one", (EventRecord(0.0, 1, 500.0, product="implant_gel"),))
    with pytest.raises(InputError, match="no data"):
        simulate(Course("gel", gel, 0.0, 24.0, "UTC"), SETTINGS)


def test_challenges_stand_at_the_wanted_hours() -> None:
    found = simulate(
        course(50, 50, 50), SETTINGS, challenge=("fentanyl", "iv", 0.1), challenge_at_h=[61.0, 90.0]
    )
    assert {(p.time_h, p.agonist, p.dose_mg) for p in found.challenges} == {
        (61.0, "fentanyl", 0.1),
        (90.0, "fentanyl", 0.1),
    }
    assert all(
        0 < p.remaining[0] <= p.remaining[1] <= p.remaining[2] <= 1 for p in found.challenges
    )


def test_the_threshold_s_opioid_is_the_default_challenge(answer: Forecast) -> None:
    assert {(p.agonist, p.route, p.dose_mg) for p in answer.challenges} == {("heroin", "iv", 25.0)}
    assert answer.challenges[0].time_h == 60.5


def test_settings_may_be_left_out() -> None:
    assert isinstance(SETTINGS, Settings)
    assert simulate(course(50)).provenance.draws == settings().draws
