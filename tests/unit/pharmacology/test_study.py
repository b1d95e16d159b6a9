"""Study plans: doses against direct solutions at those doses, algebra, rounding, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble, ensemble
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.settings import settings
from antagonist.pharmacology.study import dose_for, rounded_up, study
from antagonist.pharmacology.study_design import design
from antagonist.pharmacology.study_results import Answer, Study, StudyDocument

DRAWS, SEED = 100, 5
CHOSEN = settings(draws=DRAWS, seed=SEED)
ROOT = Path(__file__).parents[3]
WINDOW_H = np.linspace(2.0, 8.0, 121)


def solved(dose_mg: float) -> Ensemble:
    """The dose itself, solved without scaling."""
    record = EventRecord(0.0, amt_mg=dose_mg, product="oral_tablet")
    rng = np.random.default_rng(SEED)
    return ensemble(parameter_set(), Subject("x", (record,)), draws=DRAWS, rng=rng)


@pytest.fixture(scope="module")
def found() -> Study:
    return study(design("mu", 0.5, people=12, sessions=3, price=2.5, currency="EUR"), CHOSEN)


def answer(found: Study, share: float) -> Answer:
    return next(a for a in found.answers if a.people_share == share)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_the_exact_dose_holds_the_occupancy_in_that_share_and_less_does_not(
    found: Study, share: float
) -> None:
    exact_mg = answer(found, share).exact_dose_mg
    assert exact_mg is not None
    held = [
        int(np.sum(solved(f * exact_mg).signal("mu_occupancy", WINDOW_H).min(axis=1) >= 0.5))
        for f in (0.9999, 1.0001)
    ]
    assert held[1] >= share * DRAWS
    # the dose is that of the person who completes the share: a touch less leaves them out
    assert held[1] - held[0] == 1
    assert held[1] <= share * DRAWS + 1


def test_occupancy_09_takes_nine_times_the_dose_of_05(found: Study) -> None:
    # Gaddum: odds 0.9 / 0.1 = 9 against 0.5 / 0.5 = 1, and odds go with the dose
    more = study(design("mu", 0.9), CHOSEN)
    for a, b in zip(more.answers, found.answers, strict=True):
        assert a.exact_dose_mg is not None
        assert b.exact_dose_mg is not None
        assert a.exact_dose_mg / b.exact_dose_mg == pytest.approx(9.0, rel=1e-9)


def test_dose_for_takes_the_person_who_completes_the_share() -> None:
    odds = 1.0 / np.array([10.0, 20.0, 30.0, 40.0])
    assert dose_for(odds, 0.5, 0.5) == pytest.approx(30.0)
    assert dose_for(odds, 0.5, 0.95) == pytest.approx(40.0)
    assert dose_for(np.zeros(3), 0.5, 0.5) == np.inf


@pytest.mark.parametrize(
    ("dose_mg", "strength_mg", "parts", "units"),
    [
        (50.0, 50.0, 1, 1.0),
        (50.1, 50.0, 1, 2.0),
        (50.1, 50.0, 2, 1.5),
        (76.0, 50.0, 2, 2.0),
        (0.3, 50.0, 1, 1.0),
        (0.3, 50.0, 2, 0.5),
        (3 * 0.1, 0.1, 1, 3.0),
    ],
)
def test_doses_are_rounded_up(dose_mg: float, strength_mg: float, parts: int, units: float) -> None:
    given = rounded_up(dose_mg, strength_mg, parts)
    assert given.units == units
    assert given.dose_mg == pytest.approx(units * strength_mg)


def test_the_schedule_agrees_with_the_planned_dose_solved_directly(found: Study) -> None:
    plan = answer(found, 0.95)
    assert plan.planned is not None
    assert plan.schedule is not None
    drawn, schedule = solved(plan.planned.dose_mg), plan.schedule
    lowest = drawn.signal("mu_occupancy", WINDOW_H).min(axis=1)
    expected = np.percentile(lowest, (5, 50, 95))
    stated = schedule.lowest_in_window
    assert (stated.low, stated.median, stated.high) == pytest.approx(expected, rel=1e-6)
    near = np.linspace(schedule.near_top.from_h, schedule.near_top.to_h, 50)
    medians = np.median(drawn.signal("mu_occupancy", near), axis=0)
    assert medians.min() >= schedule.top_median - 0.02 - 1e-6
    outside = np.array([schedule.near_top.from_h * 0.9, schedule.near_top.to_h * 1.1])
    assert (np.median(drawn.signal("mu_occupancy", outside), axis=0) < schedule.top_median).all()
    assert schedule.above_wanted is not None
    above = np.linspace(schedule.above_wanted.from_h, schedule.above_wanted.to_h, 50)
    low = np.percentile(drawn.signal("mu_occupancy", above), 5, axis=0)
    assert low.min() >= 0.5 - 1e-6
    # the window itself lies within, since the dose holds it in 95 % throughout
    assert schedule.above_wanted.from_h <= 2.0
    assert schedule.above_wanted.to_h >= 8.0


def test_after_the_wash_out_95_percent_are_and_stay_under_5_percent(found: Study) -> None:
    plan = answer(found, 0.95)
    assert plan.planned is not None
    assert plan.schedule is not None
    washed_h = plan.schedule.washed_out_h
    assert washed_h is not None
    drawn = solved(plan.planned.dose_mg)
    later = drawn.signal("mu_occupancy", np.linspace(washed_h, 4000.0, 200))
    assert np.mean(later.max(axis=1) < 0.05) >= 0.95
    before = drawn.signal("mu_occupancy", np.array([0.93 * washed_h]))
    assert np.mean(before < 0.05) < 0.95


def test_supply_and_cost_are_people_times_sessions(found: Study) -> None:
    for each in found.answers:
        assert each.planned is not None
        assert each.supply is not None
        assert each.supply.units == each.planned.units * 12 * 3
        assert each.supply.cost == pytest.approx(each.supply.units * 2.5)


def test_an_unknown_price_is_missing_and_not_zero() -> None:
    free = study(design("mu", 0.5), CHOSEN)
    supplies = [a.supply for a in free.answers]
    assert [s.cost if s else 0.0 for s in supplies] == [None, None]
    assert "price_missing" in [note.key for note in free.warnings]


def test_the_table_agrees_with_each_dose_solved_directly(found: Study) -> None:
    listed = {row.dose_mg: row for row in found.table}
    assert {2.0, 50.0, 200.0} <= set(listed)
    assert max(listed) <= 200.0
    cells = listed[50.0].cells
    assert (cells[0].time_h, cells[-1].time_h) == (2.0, 8.0)
    seen = solved(50.0).signal("mu_occupancy", np.array([c.time_h for c in cells]))
    stated = np.array([[c.occupancy.low, c.occupancy.median, c.occupancy.high] for c in cells])
    expected = np.percentile(seen, (5, 50, 95), axis=0)
    assert stated == pytest.approx(expected.T, rel=1e-6)


def test_what_takes_more_than_the_limit_is_said_and_not_planned() -> None:
    much = study(design("delta", 0.95), CHOSEN)
    assert much.dose_limit_mg == 200.0
    assert "S1" in much.dose_limit_source
    for each in much.answers:
        assert each.exact_dose_mg is not None
        assert each.exact_dose_mg > 200.0
        assert (each.status, each.planned, each.schedule, each.supply) == (
            "over_limit", None, None, None,
        )  # fmt: skip
    assert much.share_at_limit < 0.5
    assert much.time_course is None
    keys = [note.key for note in much.warnings]
    assert keys.count("over_limit_oral") == 2
    assert "liver_limit" in keys


def test_a_dose_between_units_near_the_limit_is_not_rounded_over_it(found: Study) -> None:
    exact_mg = answer(found, 0.95).exact_dose_mg
    assert exact_mg is not None
    assert exact_mg < 200.0
    # one whole tablet passes the limit; half of it does, or neither
    for strength_mg, status in ((201.0, "planned"), (500.0, "no_unit_fits")):
        plan = answer(study(design("mu", 0.5, strength_mg=strength_mg), CHOSEN), 0.95)
        half = strength_mg / 2
        expected = status if exact_mg <= half or status == "no_unit_fits" else "no_unit_fits"
        assert plan.status == expected
        assert plan.planned is None or plan.planned.dose_mg <= 200.0


@pytest.mark.parametrize(
    ("receptor", "basis", "named"),
    [
        ("mu", "in_vivo", "PET in man"),
        ("kappa", "ratio", "de Laat 2021"),
        ("delta", "extrapolated", "no in-vivo observation"),
    ],
)
def test_the_basis_of_each_receptor_is_named(receptor: str, basis: str, named: str) -> None:
    plan = study(design(receptor, 0.3), settings(draws=10))
    assert plan.receptor_basis == basis
    assert named in plan.receptor_source
    assert f"receptor_{receptor}" in [note.key for note in plan.warnings]


def test_a_depot_has_its_own_limit_and_no_halves() -> None:
    asked = design("mu", 0.5, product="xr_im_380", window_h=(72.0, 240.0))
    plan = study(asked, settings(draws=10))
    assert asked.strength_mg == 380.0
    assert [a.in_parts for a in plan.answers] == [None, None]
    assert "limit_product" in [note.key for note in plan.warnings]
    assert "liver_limit" not in [note.key for note in plan.warnings]


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"receptor": "mue"}, "receptor", "did you mean mu"),
        ({"occupancy": 1.0}, "occupancy", "between 0 and 1"),
        ({"occupancy": 90.0}, "occupancy", "between 0 and 1"),
        ({"occupancy": float("nan")}, "occupancy", "between 0 and 1"),
        ({"window_h": (0.0, 8.0)}, "window", "a start after 0 h"),
        ({"window_h": (8.0, 2.0)}, "window", "a later end"),
        ({"people": 0}, "people", "1 to"),
        ({"sessions": 0}, "sessions", "1 to"),
        ({"product": "oral_tablett"}, "product", "did you mean oral_tablet"),
        ({"product": "implant_gel"}, "product", "no data"),
        ({"product": "6bn_iv"}, "product", "contains naltrexone"),
        ({"product": "iv"}, "strength", "up to"),
        ({"strength_mg": 0.0}, "strength", "more than 0"),
        ({"strength_mg": 5000.0}, "strength", "up to 1000 mg"),
        ({"price": -1.0, "currency": "EUR"}, "price-per-tablet", "0 or more"),
        ({"price": float("inf"), "currency": "EUR"}, "price-per-tablet", "0 or more"),
        ({"price": 1.0}, "currency", "needed with a price"),
        ({"price": 1.0, "currency": "euro"}, "currency", "three capital letters"),
    ],
)
def test_bad_input_names_field_and_what_is_allowed(
    change: dict[str, object], field: str, allowed: str
) -> None:
    asked: dict[str, object] = {"receptor": "mu", "occupancy": 0.9} | change
    with pytest.raises(InputError, match=allowed) as caught:
        design(**asked)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_the_documented_schema_is_current_and_takes_the_output(found: Study) -> None:
    path = ROOT / "docs" / "reference" / "schemas" / "study-1.json"
    documented = json.loads(path.read_text(encoding="utf-8"))
    assert documented == StudyDocument.model_json_schema(mode="serialization")
    for plan in (found, study(design("delta", 0.95), settings(draws=10))):
        content = json.loads(plan.model_dump_json())
        printed = {"schema": "antagonist.study/1", "disclaimer": "x", **content}
        StudyDocument.model_validate_json(json.dumps(printed))
        assert set(documented["required"]) == set(printed)
