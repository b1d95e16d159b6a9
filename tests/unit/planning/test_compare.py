"""Regimens side by side: figures against independent logic."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.regimens import regimens
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.forecast import lines_of, stated_by
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.settings import settings
from antagonist.planning.compare import (
    Compared,
    CompareDocument,
    Comparison,
    compare,
    share_over,
)
from antagonist.planning.lasting import BLUNTED, ends_h, lasting_h
from antagonist.planning.regimens import cycle_start_h, dosing

DRAWS, SEED = 60, 11
ROOT = Path(__file__).parents[3]
REPEATED = [name for name, r in regimens().items() if r.cycle_days is not None]


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(chosen=settings(draws=DRAWS, seed=SEED))


def row(found: Comparison, name: str) -> Compared:
    return next(r for r in found.regimens if r.id == name)


def test_share_over_agrees_with_counting_on_a_fine_grid() -> None:
    rng = np.random.default_rng(3)
    time_h = np.sort(rng.uniform(0.0, 50.0, 40))
    over = rng.normal(size=(6, 40))
    fine = np.linspace(time_h[0], time_h[-1], 400_001)
    counted = [np.mean(np.interp(fine, time_h, each) > 0) for each in over]
    assert share_over(time_h, over) == pytest.approx(counted, abs=1e-4)


def test_share_over_of_always_and_never() -> None:
    time_h = np.array([0.0, 1.0, 5.0])
    over = np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0], [0.0, 0.0, 0.0]])
    assert share_over(time_h, over).tolist() == [1.0, 0.0, 0.0]


def test_lasting_counts_from_the_dose_to_the_fall_after_the_peak() -> None:
    """Against a grid of half a minute: the late start of a tablet is not the end."""
    dose = EventRecord(100.0, amt_mg=50.0, product="oral_tablet")
    drawn = ensemble(
        parameter_set(), Subject("x", (dose,)), draws=DRAWS, rng=np.random.default_rng(SEED)
    )
    after_h = np.append(0.0, np.geomspace(0.25, 200.0, 100))
    fine_h = np.arange(0.0, 200.0, 1 / 120)
    odds = drawn.signal("mu_odds", 100.0 + fine_h)
    # some reach it, some do not; 1e-3 of its peak is not left by some
    for line in (np.full((DRAWS, 1), np.median(odds.max(axis=1))), 1e-3 * odds.max(1)[:, None]):
        found = lasting_h(drawn, line, 100.0, after_h)
        over = odds > line
        last = np.where(over.any(axis=1), fine_h[over.shape[1] - 1 - over[:, ::-1].argmax(1)], 0.0)
        expected = np.where(over[:, -1], np.inf, last)
        assert found == pytest.approx(expected, abs=1 / 60)
        assert not over[:, 0].any()


@pytest.mark.parametrize(
    ("product", "mg", "from_h"),
    [("oral_tablet", 50.0, 0.0), ("oral_tablet", 50.0, 30.0)]
    + [("xr_im_380", 380.0, h) for h in (0.0, 100.0, 400.0)],
)
def test_the_end_after_the_highest_point_misses_none(
    product: str, mg: float, from_h: float
) -> None:
    """Against the highest of every hour, a dose to come among them."""
    doses = tuple(EventRecord(h, amt_mg=mg, product=product) for h in (0.0, 72.0))
    drawn = ensemble(
        parameter_set(), Subject("x", doses), draws=DRAWS, rng=np.random.default_rng(SEED)
    )
    told = [each for each in stated_by(settings().threshold) if each.name == BLUNTED]
    until_h = from_h + 1500.0
    found = ends_h(drawn, settings().threshold, told, 72.0, from_h, until_h)[:, 0]
    line = lines_of(drawn, settings().threshold, told)
    expected = from_h + lasting_h(drawn, line, from_h, np.arange(0.0, 1501.0))
    assert len(np.unique(expected)) > DRAWS / 2
    assert found == pytest.approx(expected, abs=1e-6)


def test_falls_after_an_hour_of_each_draw_s_own() -> None:
    """Three doses, crossed up to six times; counted on a grid of half a minute."""
    doses = tuple(EventRecord(h, amt_mg=50.0, product="oral_tablet") for h in (0.0, 60.0, 130.0))
    drawn = ensemble(
        parameter_set(), Subject("x", doses), draws=DRAWS, rng=np.random.default_rng(SEED)
    )
    fine_h = np.arange(0.0, 200.0, 1 / 120)
    odds = drawn.signal("mu_odds", fine_h)
    line = 0.5 * odds.max(axis=1, keepdims=True)
    from_h = fine_h[np.random.default_rng(1).integers(0, 20_000, DRAWS)]
    under = (odds <= line) & (fine_h >= from_h[:, None])
    expected = np.where(under.any(axis=1), fine_h[under.argmax(axis=1)], np.inf)
    assert len(np.unique(expected)) > 20
    assert drawn.falls_after_h(line, from_h, 199.99) == pytest.approx(expected, abs=1 / 60)


@pytest.mark.parametrize("name", REPEATED)
def test_the_cycle_looked_at_repeats_itself(name: str) -> None:
    regimen = regimens()[name]
    drawn = ensemble(
        parameter_set(),
        Subject(name, dosing(regimen)),
        draws=DRAWS,
        rng=np.random.default_rng(SEED),
    )
    start_h, cycle_h = cycle_start_h(regimen), 24.0 * (regimen.cycle_days or 0)
    ends = drawn.signal("mu_odds", np.array([start_h, start_h + cycle_h - 1e-6]))
    assert ends[:, 1] == pytest.approx(ends[:, 0], rel=2e-3)


def test_time_protected_and_weakest_hour_agree_with_a_steady_state_record(
    found: Comparison,
) -> None:
    """The same question by NONMEM's SS and by counting blocked hours, not odds over a line."""
    drawn = ensemble(
        parameter_set(),
        Subject("ss", (EventRecord(0.0, amt_mg=100.0, product="oral_tablet", ss=1, ii_h=48.0),)),
        draws=DRAWS,
        rng=np.random.default_rng(SEED),
    )
    time_h = np.linspace(0.0, 47.999, 961)
    given = row(found, "r2_100_every_2_days").protection
    for part in given:
        seen = drawn.signal(f"blocked_{part.endpoint}", time_h)
        shares = np.percentile(np.mean(seen >= 0.9, axis=1), (5, 50, 95))
        lowest = np.percentile(seen.min(axis=1), (5, 50, 95))
        stated = part.time_protected
        assert (stated.low, stated.median, stated.high) == pytest.approx(shares, abs=0.01)
        weakest = part.weakest.blocked
        assert (weakest.low, weakest.median, weakest.high) == pytest.approx(lowest, abs=2e-3)


def test_protection_after_the_last_dose_agrees_with_counting(found: Comparison) -> None:
    regimen = regimens()["r1_weekdays_50_saturday_100"]
    drawn = ensemble(
        parameter_set(),
        Subject("x", dosing(regimen)),
        draws=DRAWS,
        rng=np.random.default_rng(SEED),
    )
    after_h = np.arange(0.0, 1344.0, 0.25)
    saturday_h = cycle_start_h(regimen) + 5 * 24.0
    blocked = drawn.signal("blocked_subjective", saturday_h + after_h) >= 0.9
    last = np.array([after_h[np.flatnonzero(b)[-1]] if b.any() else 0.0 for b in blocked])
    stated = row(found, regimen.id).protection[0].after_last_dose
    ranked = np.sort(last)
    assert stated.at_least_h == pytest.approx(ranked[int(0.05 * (DRAWS - 1))], abs=0.5)
    assert stated.median_h == pytest.approx(ranked[int(0.5 * (DRAWS - 1))], abs=0.5)
    assert stated.reached == pytest.approx(np.mean(last > 0))


def test_the_weakest_hour_ends_the_longest_gap(found: Comparison) -> None:
    gaps = {
        "r3_as_written": 72,
        "r3_monday_wednesday_friday": 72,
        "r1_weekdays_50_saturday_100": 48,
    }
    for name, gap_h in gaps.items():
        weakest = row(found, name).protection[0].weakest
        # the effect lags: the lowest point may come shortly after the next dose
        assert gap_h - 1 <= weakest.after_dose_h <= gap_h + 2


def test_a_single_dose_is_judged_after_its_first_week(found: Comparison) -> None:
    implants = [r for r in found.regimens if not r.steady_state and r.protection]
    assert len(implants) >= 4
    for implant in implants:
        for part in implant.protection:
            assert part.weakest.at_h >= 168.0
            assert part.weakest.blocked.median > 0.0


def test_products_without_levels_are_listed_and_never_imitated(found: Comparison) -> None:
    for name in ("implant_gel", "implant_prodetoxone"):
        listed = row(found, name)
        assert (listed.status, listed.protection) == ("no_data", ())
        assert listed.reason
    gel = row(found, "implant_gel")
    assert (gel.doses_in_period, gel.mg_in_period, gel.mg_per_week) == (None, None, None)
    assert row(found, "implant_prodetoxone").mg_in_period == 1000.0


def test_doses_and_milligrams_follow_the_weeks() -> None:
    chosen = settings(draws=4, seed=SEED)
    names = ["r2_150_every_3_days", "implant_gomedical_1.7g"]
    every3, implant = compare(names, weeks=3, chosen=chosen).regimens
    assert (every3.doses_in_period, every3.mg_in_period) == (7.0, 1050.0)
    assert every3.mg_per_week == 350.0
    assert (implant.doses_in_period, implant.mg_in_period, implant.period_weeks) == (1, 1700, 26)


def test_both_endpoints_carry_the_threshold_and_a_higher_one_protects_less(
    found: Comparison,
) -> None:
    names = ["r6_50_daily"]
    low = compare(
        names, chosen=settings(draws=DRAWS, seed=SEED, threshold_blocked_fraction=0.5)
    ).regimens[0]
    for weak, strict in zip(low.protection, row(found, names[0]).protection, strict=True):
        assert (weak.blocked_fraction, strict.blocked_fraction) == (0.5, 0.9)
        assert weak.time_protected.median >= strict.time_protected.median
        assert weak.weakest == strict.weakest
    assert [part.endpoint for part in low.protection] == ["subjective", "physiological"]


def test_an_unknown_regimen_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"regimen: 'r6_50_dayly' .*did you mean r6_50_daily"):
        compare(["r6_50_dayly"])


@pytest.mark.parametrize("weeks", [0, -1, 53])
def test_weeks_out_of_range_are_refused(weeks: int) -> None:
    with pytest.raises(InputError, match=r"weeks: .*1 to 52"):
        compare(["r6_50_daily"], weeks=weeks)


def test_the_documented_schema_is_current_and_takes_the_output(found: Comparison) -> None:
    path = ROOT / "docs" / "reference" / "schemas" / "compare-1.json"
    documented = json.loads(path.read_text(encoding="utf-8"))
    assert documented == CompareDocument.model_json_schema(mode="serialization")
    printed = {
        "schema": "antagonist.compare/1",
        "disclaimer": "x",
        **json.loads(found.model_dump_json()),
    }
    CompareDocument.model_validate_json(json.dumps(printed))
    assert set(documented["required"]) == set(printed)
