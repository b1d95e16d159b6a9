"""YAML courses: what they expand to, and one clear error for each fault."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing import Course, load_course, parse_course

PRODUCTS = ("oral_tablet", "oral_solution", "xr_im_380", "iv")
EXAMPLES = Path(__file__).parents[4] / "examples"
SINGLE = {"product": "oral_tablet", "dose": "50 mg", "at": "2026-03-02 09:00"}
DAILY = {**SINGLE, "every": "1 d", "times": 14}
PATTERN = {
    "product": "oral_tablet",
    "at": "2026-03-02 09:00",  # a Monday
    "weekdays": {"monday": "100 mg", "wednesday": "100 mg", "friday": "150 mg"},
    "weeks": 2,
}


def course(*doses: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Course mapping around doses; keys replace or add top-level keys."""
    base = {"course": "Example", "timezone": "Europe/Moscow", "as_of": "2026-03-16 09:00"}
    return {**base, "doses": [dict(dose) for dose in doses or (DAILY,)], **keys}


def parse(mapping: dict[str, Any], **limits: float) -> Course:
    return parse_course(mapping, "course.yaml", PRODUCTS, dose_limits_mg=limits)


def hours(parsed: Course) -> list[float]:
    return [record.time_h for record in parsed.subject.records]


def refused(mapping: dict[str, Any], **limits: float) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(mapping, **limits)
    assert str(caught.value).startswith("course.yaml: ")
    return caught.value


# --- what a course expands to -------------------------------------------------------------


def test_daily_doses_are_one_record_each() -> None:
    parsed = parse(course())
    assert hours(parsed) == [24.0 * day for day in range(14)]
    assert {r.evid for r in parsed.subject.records} == {1}
    assert {(r.amt_mg, r.product, r.addl) for r in parsed.subject.records} == {
        (50.0, "oral_tablet", 0)
    }
    assert parsed.subject.origin is not None
    assert parsed.subject.origin.astimezone(UTC) == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert (parsed.title, parsed.timezone) == ("Example", "Europe/Moscow")
    assert parsed.as_of_h == 14 * 24.0


def test_missed_days_are_left_out_and_told() -> None:
    parsed = parse(course({**DAILY, "missed": ["2026-03-02", "2026-03-07 09:00"]}))
    assert hours(parsed) == [24.0 * day for day in range(14) if day not in (0, 5)]
    assert parsed.missed_h == (0.0, 120.0)


def test_a_missed_day_takes_both_doses_of_that_day() -> None:
    twice = {**SINGLE, "every": "12 h", "times": 6, "missed": ["2026-03-03"]}
    parsed = parse(course(twice))
    assert parsed.missed_h == (24.0, 36.0)
    assert hours(parsed) == [0.0, 12.0, 48.0, 60.0]


@pytest.mark.parametrize(
    ("start", "expected_h"),
    [
        ("2026-03-28 09:00", [0.0, 23.0, 47.0]),
        ("2026-10-24 09:00", [0.0, 25.0, 49.0]),
    ],
)
@pytest.mark.parametrize("every", ["1 d", "24 h", "1440 min"])
def test_daily_doses_keep_clock_time_across_clock_changes(
    start: str, expected_h: list[float], every: str
) -> None:
    series = {**SINGLE, "at": start, "every": every, "times": 3}
    parsed = parse(course(series, timezone="Europe/Berlin", as_of="2026-11-01 09:00"))
    assert hours(parsed) == expected_h


def test_twelve_hours_stay_twelve_hours_across_clock_changes() -> None:
    series = {**SINGLE, "at": "2026-03-28 21:00", "every": "12 h", "times": 3}
    parsed = parse(course(series, timezone="Europe/Berlin", as_of="2026-04-01 09:00"))
    assert hours(parsed) == [0.0, 12.0, 24.0]


def test_weeks_keep_clock_time_too() -> None:
    series = {**SINGLE, "at": "2026-03-22 09:00", "every": "1 wk", "times": 2}
    parsed = parse(course(series, timezone="Europe/Berlin", as_of="2026-04-01 09:00"))
    assert hours(parsed) == [0.0, 167.0]


def test_until_is_included() -> None:
    series = {**SINGLE, "every": "2 d", "until": "2026-03-08 09:00"}
    assert hours(parse(course(series))) == [0.0, 48.0, 96.0, 144.0]


def test_weekday_pattern() -> None:
    parsed = parse(course(PATTERN))
    doses = [(r.time_h / 24, r.amt_mg) for r in parsed.subject.records]
    week = [(0.0, 100.0), (2.0, 100.0), (4.0, 150.0)]
    assert doses == week + [(day + 7, mg) for day, mg in week]


def test_weekday_pattern_from_the_middle_of_a_week() -> None:
    parsed = parse(course({**PATTERN, "at": "2026-03-05 09:00", "weeks": 1}))
    assert [r.amt_mg for r in parsed.subject.records] == [150.0, 100.0, 100.0]
    assert parsed.subject.origin is not None
    assert f"{parsed.subject.origin:%A}" == "Friday"


def test_weekday_pattern_until() -> None:
    pattern = {key: value for key, value in PATTERN.items() if key != "weeks"}
    parsed = parse(course({**pattern, "until": "2026-03-09 09:00"}))
    assert hours(parsed) == [0.0, 48.0, 96.0, 168.0]


def test_doses_out_of_order_are_sorted() -> None:
    later = {**SINGLE, "at": "2026-03-04 09:00", "dose": "100 mg"}
    parsed = parse(course(later, SINGLE))
    assert [(r.time_h, r.amt_mg) for r in parsed.subject.records] == [(0.0, 50.0), (48.0, 100.0)]


def test_doses_in_the_repeated_hour_are_sorted_by_real_time() -> None:
    first = {**SINGLE, "at": "2026-10-25 02:30+02:00"}
    second = {**SINGLE, "at": "2026-10-25 02:10+01:00"}
    parsed = parse(course(second, first, timezone="Europe/Berlin", as_of="2026-11-01 09:00"))
    assert hours(parsed) == pytest.approx([0.0, 2 / 3])


def test_infusion_rate() -> None:
    infusion = {"product": "iv", "dose": "10 mg", "at": "2026-03-02 09:00", "duration": "30 min"}
    assert parse(course(infusion)).subject.records[0].rate_mg_per_h == 20.0


def test_offsets_do_without_a_zone() -> None:
    mapping = course({**SINGLE, "at": "2026-03-02 09:00+03:00"}, as_of="2026-03-02 09:00Z")
    del mapping["timezone"]
    parsed = parse(mapping)
    assert (parsed.as_of_h, parsed.timezone) == (3.0, "UTC")


def test_horizon_follows_the_later_of_now_and_last_dose() -> None:
    assert parse(course()).horizon_h == (14 + 14) * 24.0
    planned = course({**DAILY, "times": 28}, forecast="3 d")
    assert parse(planned).horizon_h == (27 + 3) * 24.0


def test_patient_facts_are_covariates_and_the_unknown_is_absent() -> None:
    patient = {
        "id": 7,
        "weight_kg": 78,
        "sex": "female",
        "liver": "compensated_cirrhosis",
        "opioid_or_alcohol_dependent": True,
        "smoker": "No",
    }
    subject = parse(course(patient=patient)).subject
    assert subject.id == "7"
    assert subject.covariates == {
        "weight_kg": 78.0,
        "sex": "female",
        "liver": "compensated_cirrhosis",
        "opioid_or_alcohol_dependent": "yes",
        "smoker": "no",
    }
    assert parse(course()).subject.covariates == {}


def test_the_mapping_is_left_as_it_was() -> None:
    mapping = course({**DAILY, "missed": ["2026-03-07"]}, patient={"weight_kg": 78})
    before = copy.deepcopy(mapping)
    parse(mapping)
    assert mapping == before


# --- one clear error for each fault -------------------------------------------------------

SERIES_FAULTS: list[tuple[dict[str, Any], str, object, str]] = [
    ({"product": "oral_tablets"}, "product", "oral_tablets", "did you mean 'oral_tablet'"),
    ({"dose": "50"}, "dose", "50", "such as '50 mg'"),
    ({"dose": 50}, "dose", 50, "such as '50 mg'"),
    ({"dose": "-50 mg"}, "dose", "-50 mg", "0 or more"),
    ({"dose": "0 mg"}, "dose", "0 mg", "more than 0"),
    ({"dose": "21 g"}, "dose", "21000 mg", "at most 20000 mg of oral_tablet"),
    ({"dose": None}, "dose", None, "such as '50 mg'"),
    ({"at": "2026-03-02"}, "at", "2026-03-02", "a date and time such as"),
    ({"every": "1"}, "every", "1", "such as '24 h'"),
    ({"every": "0 h"}, "every", "0 h", "more than 0"),
    ({"times": 0}, "times", 0, "from 1 to 5000"),
    ({"times": 5001}, "times", 5001, "from 1 to 5000"),
    ({"times": True}, "times", True, "from 1 to 5000"),
    ({"times": 2.5}, "times", 2.5, "from 1 to 5000"),
    ({"every": "10 d", "times": 5000}, "times", 5000, "at most 20 years"),
    ({"weeks": 4}, "weeks", 4, "only with 'weekdays'"),
    ({"until": "2026-03-20 09:00"}, "times", 14, "one of 'times' and 'until'"),
    ({"duration": "0 min"}, "duration", "0 min", "more than 0"),
    ({"missed": ["2026-04-07"]}, "missed[0]", "2026-04-07", "2026-03-02 to 2026-03-15"),
    ({"missed": ["2026-03-07 10:00"]}, "missed[0]", "2026-03-07 10:00+03:00", "has a dose"),
    ({"missed": ["2026-03-07", "2026-03-07"]}, "missed[1]", "2026-03-07", "stated once"),
    ({"missed": ["7 March"]}, "missed[0]", "7 March", "a date such as"),
    ({"missed": ["2026-02-30"]}, "missed[0]", "2026-02-30", "a date such as"),
    ({"missed": "2026-03-07"}, "missed", "2026-03-07", "a list"),
    ({"evry": "1 d"}, "evry", "evry", "did you mean 'every'"),
]


@pytest.mark.parametrize(("change", "field", "value", "allowed"), SERIES_FAULTS)
def test_a_fault_in_a_series(
    change: dict[str, Any], field: str, value: object, allowed: str
) -> None:
    before = {**SINGLE, "at": "2026-03-01 09:00"}
    error = refused(course(before, {**DAILY, **change}))
    assert (error.field, error.value) == (f"doses[1].{field}", value)
    assert allowed in error.allowed


PATTERN_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"weekdays": {"mondey": "100 mg"}}, "weekdays.mondey", "did you mean 'monday'"),
    ({"weekdays": {"monday": "100"}}, "weekdays.monday", "such as '50 mg'"),
    ({"weekdays": {"monday": "30 g"}}, "weekdays.monday", "at most 20000 mg"),
    ({"weekdays": {}}, "weekdays", "at least one day"),
    ({"weekdays": "monday"}, "weekdays", "a mapping of keys"),
    ({"dose": "50 mg"}, "dose", "either 'weekdays' or 'dose'"),
    ({"every": "1 d"}, "every", "either 'weekdays' or 'dose'"),
    ({"times": 4}, "times", "'weeks' or 'until'"),
    ({"until": "2026-03-20 09:00"}, "weeks", "one of 'weeks' and 'until'"),
    ({"weeks": 701}, "weeks", "from 1 to 700"),
]


@pytest.mark.parametrize(("change", "field", "allowed"), PATTERN_FAULTS)
def test_a_fault_in_a_weekday_pattern(change: dict[str, Any], field: str, allowed: str) -> None:
    error = refused(course({**PATTERN, **change}))
    assert error.field == f"doses[0].{field}"
    assert allowed in error.allowed


def test_a_pattern_without_an_end() -> None:
    pattern = {key: value for key, value in PATTERN.items() if key != "weeks"}
    error = refused(course(pattern))
    assert (error.field, error.value) == ("doses[0].weeks", None)


def test_a_pattern_in_which_no_dose_falls() -> None:
    pattern = {key: value for key, value in PATTERN.items() if key != "weeks"}
    late = {**pattern, "at": "2026-03-07 09:00", "until": "2026-03-08 09:00"}
    error = refused(course(late))
    assert error.field == "doses[0].until"
    assert "2026-03-08 09:00" in str(error.value)


@pytest.mark.parametrize("key", ["times", "until"])
def test_a_repeat_without_interval(key: str) -> None:
    value = {"times": 3, "until": "2026-03-20 09:00"}[key]
    error = refused(course({**SINGLE, key: value}))
    assert (error.field, error.value) == ("doses[0].every", None)
    assert "'1 d'" in error.allowed


def test_an_interval_without_end() -> None:
    error = refused(course({**SINGLE, "every": "1 d"}))
    assert (error.field, error.value) == ("doses[0].times", None)


def test_until_before_at() -> None:
    error = refused(course({**SINGLE, "every": "1 d", "until": "2026-03-01 09:00"}))
    assert error.field == "doses[0].until"
    assert "not before 'at'" in error.allowed


def test_too_many_doses_until() -> None:
    error = refused(course({**SINGLE, "every": "1 min", "until": "2026-03-20 09:00"}))
    assert error.field == "doses[0].until"
    assert "at most 5000 doses" in error.allowed


def test_too_many_doses_in_all() -> None:
    series = [
        {**SINGLE, "at": f"2026-03-02 09:0{minute}", "every": "12 h", "times": 5000}
        for minute in range(5)
    ]
    error = refused(course(*series))
    assert (error.field, error.value) == ("doses[4]", 25000)


COURSE_FAULTS: list[tuple[dict[str, Any], str, object, str]] = [
    ({"timezone": "Europe/Moskow"}, "timezone", "Europe/Moskow", "did you mean 'Europe/Moscow'"),
    ({"timezone": 3}, "timezone", 3, "an IANA time zone"),
    ({"as_of": "yesterday"}, "as_of", "yesterday", "a date and time such as"),
    ({"as_of": "2026-03-02 08:59"}, "as_of", "2026-03-02 08:59+03:00", "2026-03-02 09:00+03:00"),
    ({"as_of": "2047-03-02 08:59"}, "as_of", "2047-03-02 08:59+03:00", "within 20 years"),
    ({"forecast": "14"}, "forecast", "14", "such as '24 h'"),
    ({"forecast": "731 d"}, "forecast", "731 d", "at most 730 d"),
    ({"course": ""}, "course", "", "text of 1 to 200"),
    ({"doses": []}, "doses", "an empty list", "at least one"),
    ({"doses": "none"}, "doses", "none", "a list"),
    ({"doses": ["50 mg"]}, "doses[0]", "50 mg", "a mapping of keys"),
    ({"dosis": []}, "dosis", "dosis", "did you mean 'doses'"),
    ({"patient": {"weight_kg": 24}}, "patient.weight_kg", 24, "from 25 to 350, in kg"),
    ({"patient": {"weight_kg": "78 kg"}}, "patient.weight_kg", "78 kg", "without the unit"),
    ({"patient": {"weight_kg": float("nan")}}, "patient.weight_kg", None, "from 25 to 350"),
    ({"patient": {"age_y": 121}}, "patient.age_y", 121, "from 0 to 120"),
    ({"patient": {"sex": "mail"}}, "patient.sex", "mail", "did you mean 'male'"),
    ({"patient": {"liver": "cirrhosis"}}, "patient.liver", "cirrhosis", "compensated_cirrhosis"),
    (
        {"patient": {"creatinine_clearance_ml_per_min": -1}},
        "patient.creatinine_clearance_ml_per_min",
        -1,
        "from 0 to 250, in mL/min",
    ),
    ({"patient": {"smoker": "maybe"}}, "patient.smoker", "maybe", "yes or no"),
    ({"patient": {"wieght_kg": 78}}, "patient.wieght_kg", "wieght_kg", "did you mean 'weight_kg'"),
]


@pytest.mark.parametrize(("change", "field", "value", "allowed"), COURSE_FAULTS)
def test_a_fault_in_the_course(
    change: dict[str, Any], field: str, value: object, allowed: str
) -> None:
    error = refused(course(**change))
    assert error.field == field
    assert allowed in error.allowed
    if value is not None:
        assert error.value == value


@pytest.mark.parametrize("key", ["as_of", "doses"])
def test_a_missing_key(key: str) -> None:
    mapping = course()
    del mapping[key]
    error = refused(mapping)
    assert (error.field, error.value) == (key, None)
    assert error.allowed.startswith("required: ")


@pytest.mark.parametrize("key", ["product", "dose", "at"])
def test_a_missing_key_of_a_dose(key: str) -> None:
    error = refused(course({name: value for name, value in SINGLE.items() if name != key}))
    assert (error.field, error.value) == (f"doses[0].{key}", None)


def test_naive_times_need_a_zone() -> None:
    mapping = course()
    del mapping["timezone"]
    error = refused(mapping)
    assert (error.field, error.value) == ("as_of", "2026-03-16 09:00")
    assert "'timezone'" in error.allowed


def test_a_skipped_clock_time() -> None:
    late = {**SINGLE, "at": "2026-03-29 02:30"}
    error = refused(course(late, timezone="Europe/Berlin", as_of="2026-04-01 09:00"))
    assert (error.field, error.value) == ("doses[0].at", "2026-03-29 02:30")
    assert "skipped in Europe/Berlin" in error.allowed


def test_the_same_dose_twice() -> None:
    error = refused(course(DAILY, {**SINGLE, "at": "2026-03-04 09:00"}))
    assert (error.field, error.value) == ("doses[1].at", "2026-03-04 09:00+03:00")
    assert "doses[0] has it too" in error.allowed


def test_two_products_at_one_time_are_allowed() -> None:
    other = {**SINGLE, "product": "oral_solution"}
    assert hours(parse(course(SINGLE, other))) == [0.0, 0.0]


def test_a_product_has_its_own_limit() -> None:
    error = refused(course({**SINGLE, "dose": "1001 mg"}), oral_tablet=1000.0)
    assert (error.field, error.value) == ("doses[0].dose", "1001 mg")
    assert parse(course({**SINGLE, "dose": "1000 mg"}), oral_tablet=1000.0)


def test_all_doses_missed() -> None:
    error = refused(course({**SINGLE, "missed": ["2026-03-02"]}))
    assert error.field == "doses"
    assert "at least one dose taken" in error.allowed


def test_doses_decades_apart() -> None:
    error = refused(course(SINGLE, {**SINGLE, "at": "2062-03-02 09:00"}))
    assert error.field == "doses[1].at"
    assert "within 20 years" in error.allowed


@pytest.mark.parametrize("doses_first", [True, False])
def test_the_first_fault_in_the_file_is_the_one_told(doses_first: bool) -> None:
    bad_doses = {"doses": [{**SINGLE, "evry": "1 d", "dose": "50"}]}
    bad_patient = {"patient": {"weight_kg": 1}}
    parts = (bad_doses, bad_patient) if doses_first else (bad_patient, bad_doses)
    base = {"timezone": "Europe/Moscow", "as_of": "2026-03-16 09:00"}
    error = refused({**base, **parts[0], **parts[1]})
    assert error.field == ("doses[0].dose" if doses_first else "patient.weight_kg")


# --- files --------------------------------------------------------------------------------


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "course.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


HEAD = "timezone: Europe/Moscow\nas_of: 2026-03-16 09:00\n"
TAIL = "doses:\n  - {product: oral_tablet, dose: 50 mg, at: 2026-03-02 09:00}\n"


def test_a_file_is_read_as_it_looks(tmp_path: Path) -> None:
    patient = "patient: {id: 007, smoker: no, opioid_or_alcohol_dependent: yes, age_y: 41}\n"
    parsed = load_course(write(tmp_path, "course: 12:30\n" + HEAD + patient + TAIL), PRODUCTS)
    assert parsed.title == "12:30"
    assert parsed.subject.id == "007"
    assert parsed.subject.covariates == {
        "age_y": 41.0,
        "opioid_or_alcohol_dependent": "yes",
        "smoker": "no",
    }


def test_the_title_defaults_to_the_name_of_the_file(tmp_path: Path) -> None:
    assert load_course(write(tmp_path, HEAD + TAIL), PRODUCTS).title == "course"


FILE_FAULTS: list[tuple[str | bytes, str, str]] = [
    ("", "", "the file is empty"),
    ("# nothing\n", "", "the file is empty"),
    ("- a\n- b\n", "", "a mapping of keys"),
    ("just text\n", "", "a mapping of keys"),
    (HEAD + HEAD + TAIL, "line 3", "'timezone' stands twice"),
    (HEAD + TAIL.replace("dose:", "dose: 5 mg, dose:"), "line 4", "'dose' stands twice"),
    (HEAD + "doses: [\n", "line 4", "valid YAML"),
    ("as_of: 2026-03-16 09:00: x\n", "line 1", "valid YAML"),
    ("a: &x 1\nb: *x\n", "line 2", "references"),
    ("? [a, b]\n: 1\n", "line 1", "a key must be plain text"),
    ("a: !!python/object:os.system x\n", "line 1", "valid YAML"),
    ("a: 1\n--- \nb: 2\n", "line 2", "valid YAML"),
    ("a: !!int x\n", "", "valid YAML"),
    ("a: " + "[" * 20_000, "", "valid YAML"),
    ("a: \x00\n", "", "valid YAML"),
    (b"a: \xff\xfe\n", "", "text in UTF-8"),
    ("#" * 1_000_001, "", "at most 1000000 bytes"),
]


@pytest.mark.parametrize(("text", "field", "allowed"), FILE_FAULTS)
def test_a_file_that_is_no_course(
    tmp_path: Path, text: str | bytes, field: str, allowed: str
) -> None:
    with pytest.raises(InputError) as caught:
        load_course(write(tmp_path, text), PRODUCTS)
    assert caught.value.source == "course.yaml"
    assert caught.value.field == field
    assert allowed in caught.value.allowed


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml: .*no such file"):
        load_course(tmp_path / "nowhere.yaml", PRODUCTS)


def test_a_folder_is_no_course(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a readable YAML file"):
        load_course(tmp_path, PRODUCTS)


@pytest.mark.parametrize(
    ("name", "doses", "missed_h", "as_of_h"),
    [
        ("daily_tablet.yaml", 12, (120.0, 312.0), 336.0),
        ("monthly_injection.yaml", 2, (), 816.0),
        ("mon_wed_fri.yaml", 12, (), 648.0),
    ],
)
def test_the_examples(name: str, doses: int, missed_h: tuple[float, ...], as_of_h: float) -> None:
    parsed = load_course(EXAMPLES / name, PRODUCTS)
    assert len(parsed.subject.records) == doses
    assert (parsed.missed_h, parsed.as_of_h) == (missed_h, as_of_h)
