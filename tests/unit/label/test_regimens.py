"""The label's regimens as data, against the words of the seed rows and the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from antagonist.foundation.errors import InputError
from antagonist.label.regimens import Regimen, load_regimens, regimens

# Seed rows R1, R2 (two), R3 (literal, and Monday/Wednesday/Friday) and R6: mg by day of the cycle.
LABEL = {
    "r1_weekdays_50_saturday_100": ("R1", [50, 50, 50, 50, 50, 100, 0]),
    "r2_100_every_2_days": ("R2", [100, 0]),
    "r2_150_every_3_days": ("R2", [150, 0, 0]),
    "r3_as_written": ("R3", [100, 100, 0, 0, 150, 0, 0]),
    "r3_monday_wednesday_friday": ("R3", [100, 0, 100, 0, 150, 0, 0]),
    "r6_50_daily": ("R6", [50]),
}
ONE = """\
regimens:
  mine:
    title: {en: "Mine", ru: "Мой"}
    indications: [opioid]
    route: oral
    rows: []
    jurisdictions: [base, us_oral]
    release_model: oral_tablet
    cycle_days: 2
    doses:
      - {day: 1, dose_mg: 50}
    follow_weeks: 8
    source: "made up for this test"
    provenance: recalled
    pattern: other
"""


@pytest.mark.parametrize(("name", "row", "by_day"), [(n, *v) for n, v in LABEL.items()])
def test_a_regimen_gives_what_the_seed_row_says(name: str, row: str, by_day: list[float]) -> None:
    regimen = regimens()[name]
    given = dict.fromkeys(range(1, len(by_day) + 1), 0.0)
    given.update({dose.day: dose.dose_mg for dose in regimen.doses})
    assert [given[day] for day in sorted(given)] == by_day
    assert regimen.cycle_days == len(by_day)
    assert regimen.period_mg == sum(by_day)
    assert regimen.rows == (row,)
    assert row in regimen.source
    assert regimen.route == "oral"
    assert "base" in regimen.jurisdictions


def test_rows_and_routes_that_a_plan_can_ask_for_are_all_there() -> None:
    """Rows R1-R3, R6 and R8 are regimens or implants; P5 is the injection, P6 the gel."""
    found = regimens().values()
    assert {row for r in found for row in r.rows} == {"R1", "R2", "R3", "R6", "R8", "P5", "P6"}
    asked = {(i, r.route) for r in found for i in r.indications}
    assert asked == {(i, r) for i in ("opioid", "alcohol") for r in ("oral", "im_xr", "implant")}


def test_the_injection_is_that_of_its_labels() -> None:
    """380 mg every 4 weeks: rule xr-dose of the US and Russian labels."""
    regimen = regimens()["injection_380_every_4_weeks"]
    assert [(dose.day, dose.dose_mg) for dose in regimen.doses] == [(1, 380)]
    assert regimen.cycle_days == 28
    assert regimen.jurisdictions == ("us_xr", "ru_xr")


def test_only_daily_50_is_for_alcohol_by_mouth() -> None:
    """Row R6; rule dose-usual-max-alcohol warns above 50 mg a day."""
    oral = [r for r in regimens().values() if r.route == "oral" and "alcohol" in r.indications]
    assert [r.id for r in oral] == ["r6_50_daily"]


def written(folder: Path, text: str) -> Path:
    path = folder / "regimens.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_regimen_is_one_entry_of_a_file(tmp_path: Path) -> None:
    found = load_regimens(written(tmp_path, ONE))
    assert list(found) == ["mine"]
    assert found["mine"].id == "mine"
    assert found["mine"].title.ru == "Мой"


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ("route: oral", "route: nasal", "route (line 5)"),
        ("dose_mg: 50", "dose_mg: 0", "doses[0].dose_mg (line 11)"),
        ("us_oral", "us_orl", "jurisdictions[1] (line 7)"),
        ("rows: []", "rows: [row one]", "rows[0] (line 6)"),
        ("[opioid]", "[]", "indications (line 4)"),
        ("release_model", "product", "release_model (line 2)"),
        ("recalled", "assumed", "provenance (line 14)"),
        (', ru: "Мой"', "", "title.ru (line 3)"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(
    tmp_path: Path, right: str, wrong: str, field: str
) -> None:
    assert right in ONE
    with pytest.raises(InputError) as caught:
        load_regimens(written(tmp_path, ONE.replace(right, wrong)))
    assert (caught.value.source, caught.value.field) == ("regimens.yaml: mine", field)


def test_an_unknown_jurisdiction_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean us_oral"):
        load_regimens(written(tmp_path, ONE.replace("us_oral", "us_orl")))


@pytest.mark.parametrize("text", ["regimens:\n  mine: 50 mg\n", "regimens: []\n", "other: {}\n"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"regimens\.yaml.*a mapping of"):
        load_regimens(written(tmp_path, text))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"doses": [{"day": 1, "dose_mg": 50}, {"day": 1, "dose_mg": 50}]}, "one day twice"),
        ({"doses": [{"day": 3, "dose_mg": 50}]}, "beyond day 2"),
        ({"doses": []}, "beyond day 2"),
        ({"cycle_days": None}, "needs view_weeks"),
        ({"doses": [{"day": 1, "dose_mg": 0}]}, "greater than 0"),
    ],
)
def test_a_wrong_regimen_in_data_is_refused(change: dict[str, object], words: str) -> None:
    content = regimens()["r2_100_every_2_days"].model_dump() | change
    with pytest.raises(ValidationError, match=words):
        Regimen.model_validate(content)


def test_the_last_day_of_the_cycle_is_allowed() -> None:
    content = regimens()["r2_100_every_2_days"].model_dump()
    found = Regimen.model_validate(content | {"doses": [{"day": 2, "dose_mg": 50}]})
    assert found.period_mg == 50
