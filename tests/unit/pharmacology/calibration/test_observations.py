"""Published rows as questions: values, ranges, units, statements, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.calibration.observations import (
    ASSUMED_SUBJECTS,
    Question,
    load_questions,
    question,
    transform,
)
from antagonist.pharmacology.calibration.table import read_rows
from antagonist.pharmacology.catalogue import formulations

HEADER = (
    "row_id,source,n,product,dose_mg,regimen,time_h,quantity,statistic,value,unit,low,high,"
    "challenge,provenance,note"
)
Z95 = 1.645
QUANTITIES: dict[str, dict[str, Any]] = {
    "level": {"kind": "level", "signal": "conc_ntx", "scale": "log", "sd": 0.3},
    "share": {"kind": "level", "signal": "mu_occupancy", "scale": "logit", "sd": 0.0},
    "plain": {"kind": "level", "signal": "mu_occupancy", "scale": "identity", "sd": 0.05},
    "half_life": {"kind": "half_life", "signal": "conc_ntx", "unit": "h", "scale": "log"},
    "clearance": {"kind": "parameter", "formula": "CL", "unit": "L/h", "scale": "log"},
    "holds": {"kind": "level", "scale": "logit", "statement": "above", "threshold": 0.8},
    "blocked": {"kind": "level", "signal": "blocked_subjective", "scale": "logit"},
    "food": {"kind": "none", "reason": "food is no covariate"},
}


def row(**changes: str) -> dict[str, str]:
    content = dict.fromkeys(HEADER.split(","), "")
    content |= {
        "row_id": "a-1",
        "source": "A 1990",
        "product": "oral_tablet",
        "dose_mg": "50",
        "regimen": "single",
        "time_h": "24",
        "quantity": "level",
        "statistic": "mean",
        "value": "2.5",
        "unit": "ng/mL",
        "provenance": "seen",
    }
    return content | changes


def ask(overrides: dict[str, Any] | None = None, **changes: str) -> Question:
    return question(row(**changes), QUANTITIES, overrides or {}, formulations(), "rows.csv")


def write(folder: Path, *lines: str) -> Path:
    path = folder / "rows.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_row_as_it_stands() -> None:
    found = ask(n="6")
    assert (found.use, found.value, found.sd, found.time_h) == ("calibrates", 2.5, 0.3, 24.0)
    assert (found.study, found.product, found.dose_mg) == ("A 1990", "oral_tablet", 50.0)
    assert (found.subjects, found.count, found.numeric, found.conversion) == (6, 1, True, 1.0)


@pytest.mark.parametrize(
    ("scale", "value", "want"),
    [
        ("identity", -2.0, -2.0),
        ("log", math.e, 1.0),
        ("logit", 0.2, math.log(0.25)),
        ("logit", 1.0, math.log(0.9999 / 0.0001)),
        ("logit", 0.0, math.log(0.0001 / 0.9999)),
    ],
)
def test_scales(scale: Any, value: float, want: float) -> None:
    assert transform(value, scale) == pytest.approx(want)


def test_a_range_gives_middle_and_sd_on_the_log_scale() -> None:
    """5-20: the geometric middle 10; the ends are the 5th and 95th percentile."""
    found = ask(value="", low="5", high="20")
    assert found.value == pytest.approx(10.0)
    assert found.sd == pytest.approx(math.hypot(0.3, math.log(4) / (2 * Z95)), rel=1e-3)


def test_a_range_on_the_identity_scale() -> None:
    found = ask(quantity="plain", value="", low="0.4", high="0.8")
    assert found.value == pytest.approx(0.6)
    assert found.sd == pytest.approx(math.hypot(0.05, 0.4 / (2 * Z95)), rel=1e-3)


def test_a_range_on_the_logit_scale() -> None:
    """0.2-0.8 are odds of 1/4 and 4: the middle is a half."""
    found = ask(quantity="share", value="", low="0.2", high="0.8")
    assert found.value == pytest.approx(0.5)
    assert found.sd == pytest.approx(2 * math.log(4) / (2 * Z95), rel=1e-3)


def test_a_value_wins_over_its_range() -> None:
    found = ask(value="7", low="5", high="20")
    assert (found.value, found.sd) == (7.0, 0.3)


def test_recalled_numbers_count_less() -> None:
    assert ask(provenance="recalled").sd == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("statistic", "side"), [("min", "above"), ("min_of_mean", "above"), ("max", "below")]
)
def test_an_extreme_becomes_a_statement(statistic: str, side: str) -> None:
    found = ask(statistic=statistic, value="1.2")
    assert (found.statement, found.threshold, found.value) == (side, 1.2, 1.0)
    assert not found.numeric


def test_a_statement_keeps_its_threshold_and_whether_it_holds() -> None:
    found = ask(quantity="holds", statistic="statement", value="0", unit="")
    assert (found.statement, found.threshold, found.value) == ("above", 0.8, 0.0)


def test_a_number_for_a_quantity_of_statements_is_a_number() -> None:
    found = ask(quantity="holds", statistic="mean", value="0.7")
    assert found.numeric
    assert found.value == 0.7


def test_one_person_is_one_subject_and_unknown_numbers_are_assumed() -> None:
    assert ask(statistic="individual", n="8").subjects == 1
    assert ask(n="").subjects == ASSUMED_SUBJECTS


@pytest.mark.parametrize(
    ("quantity", "unit", "factor"),
    [
        ("half_life", "h", 1.0),
        ("half_life", "d", 1 / 24),
        ("clearance", "L/h", 1.0),
        ("clearance", "mL/min", 1000 / 60),
    ],
)
def test_the_prediction_is_turned_into_the_row_s_unit(
    quantity: str, unit: str, factor: float
) -> None:
    assert ask(quantity=quantity, unit=unit).conversion == pytest.approx(factor)


@pytest.mark.parametrize(
    ("regimen", "count", "interval_h"),
    [
        ("single", 1, 24.0),
        ("", 1, 24.0),
        ("daily x5", 5, 24.0),
        ("q4w x3", 3, 672.0),
        ("q4w", 4, 672.0),
        ("q48h", 7, 48.0),
        ("three times a week", 12, 56.0),
    ],
)
def test_regimens(regimen: str, count: int, interval_h: float) -> None:
    found = ask(regimen=regimen)
    assert (found.count, found.interval_h) == (count, interval_h)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": "lavel"}, "no model output for this quantity (did you mean level?"),
        ({"quantity": "food"}, "food is no covariate"),
        ({"product": "tablet_x"}, "unknown product 'tablet_x'"),
        ({"product": "implant_gel"}, "no published levels"),
        ({"regimen": "now and then"}, "unknown regimen 'now and then'"),
        ({"regimen": "daily x0"}, "unknown regimen 'daily x0'"),
        ({"regimen": "q4w x0"}, "unknown regimen 'q4w x0'"),
        ({"regimen": "q0d"}, "unknown regimen 'q0d'"),
        ({"dose_mg": ""}, "dose not stated"),
        ({"value": ""}, "no value and no range"),
        ({"value": "", "low": "2"}, "no value and no range"),
        ({"quantity": "blocked", "value": "0.5"}, "no challenge dose"),
        ({"quantity": "blocked", "challenge": "codeine 30 mg iv"}, "challenge: "),
        ({"quantity": "blocked", "challenge": "heroin 30 mg oral"}, "one of iv"),
    ],
)
def test_what_the_model_cannot_answer_has_a_reason(changes: dict[str, str], words: str) -> None:
    found = ask(None, **changes)
    assert found.use == "not_modelled"
    assert words in found.reason


def test_a_challenge_is_read_with_its_dose_and_route() -> None:
    one = ask(quantity="blocked", value="0.5", challenge="heroin 25 mg iv").agonist
    assert one is not None
    assert (one.name, one.dose_mg, one.route) == ("heroin", 25.0, "iv")
    several = ask(quantity="blocked", value="0.5", challenge="hydromorphone 1-4 mg im").agonist
    assert several is not None
    assert several.dose_mg == 4.0


def test_what_is_said_of_a_row_wins_over_the_row() -> None:
    meaning = {"product": "oral_solution", "time_h": 3, "weight": 0.5, "use": "validates"}
    found = ask(meaning)
    assert (found.product, found.time_h, found.weight) == ("oral_solution", 3.0, 0.5)
    assert found.use == "validates"
    skipped = ask({"use": "not_modelled", "reason": "a press summary"})
    assert (skipped.use, skipped.reason) == ("not_modelled", "a press summary")


@pytest.mark.parametrize("field", ["value", "low", "high", "time_h", "dose_mg", "n"])
@pytest.mark.parametrize("text", ["two", "nan", "inf"])
def test_a_malformed_number_names_row_and_column(field: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(None, **{field: text})
    assert (caught.value.source, caught.value.field) == ("rows.csv", f"a-1.{field}")
    assert caught.value.value == text


@pytest.mark.parametrize("n", ["0", "-3"])
def test_no_subjects_are_refused(n: str) -> None:
    with pytest.raises(InputError, match="at least 1") as caught:
        ask(n=n)
    assert caught.value.field == "a-1.n"


def test_a_file_of_rows_is_read_with_the_meanings_of_the_package(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        HEADER,
        "x-1,X 2000,10,oral_tablet,50,single,24,conc_ntx,mean,0.5,ng/mL,,,,seen,a note",
        "x-2,X 2000,10,oral_tablet,50,single,,mystery,mean,1,kg,,,,seen,",
        "x-3,X 2000,10,xr_im_380,380,single,,thalf_ntx,mean,7,d,,,,seen,",
    )
    level, unknown, half_life = load_questions(path, formulations())
    assert (level.kind, level.signal, level.time_h) == ("level", "conc_ntx", 24.0)
    assert unknown.use == "not_modelled"
    assert half_life.conversion == pytest.approx(1 / 24)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_rows(write(tmp_path, "row_id,source,value", "a,b,1"))
    assert (caught.value.source, caught.value.field) == ("rows.csv", "columns")
    assert "quantity" in str(caught.value.value)


def test_empty_absent_and_unreadable_files(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="columns"):
        read_rows(path)
    with pytest.raises(InputError, match="at least one row"):
        read_rows(write(tmp_path, HEADER))
    with pytest.raises(InputError, match="a readable CSV file"):
        read_rows(tmp_path / "absent.csv")
    path.write_bytes(b"\xff\xfe\x00row_id")
    with pytest.raises(InputError, match="a readable CSV file"):
        read_rows(path)


def test_a_row_with_too_few_or_too_many_fields_is_named(tmp_path: Path) -> None:
    whole = "x-1,X,10,oral_tablet,50,single,24,conc_ntx,mean,0.5,ng/mL,,,,seen,"
    for line in ("x-2,X,10,oral_tablet", f"{whole.replace('x-1', 'x-2')},more"):
        with pytest.raises(InputError, match="as many fields") as caught:
            read_rows(write(tmp_path, HEADER, whole, line))
        assert caught.value.field == "row 2"


def test_two_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    """Predictions are kept by row: one of the two would be judged by the other's."""
    whole = "x-1,X,10,oral_tablet,50,single,24,conc_ntx,mean,0.5,ng/mL,,,,seen,"
    with pytest.raises(InputError, match="no other row") as caught:
        read_rows(write(tmp_path, HEADER, whole, whole))
    assert (caught.value.field, caught.value.value) == ("row 2.row_id", "x-1")
    with pytest.raises(InputError, match="no other row"):
        read_rows(write(tmp_path, HEADER, whole.replace("x-1", "")))
