"""NONMEM tables: each column's meaning, and one clear error for each fault."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing import (
    EventRecord,
    Subject,
    course_from_subject,
    expand_additional,
    load_nonmem,
)

PRODUCTS = ("oral_tablet", "xr_im_380", "iv")
ALL = "id,time,amt,evid,cmt,addl,ii,rate,ss,mdv,dv,product"


def write(folder: Path, text: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(folder: Path, *lines: str) -> tuple[Subject, ...]:
    return load_nonmem(write(folder, "\n".join(lines) + "\n"), PRODUCTS)


def refused(folder: Path, *lines: str, columns: tuple[str, ...] | None = None) -> InputError:
    path = write(folder, "\n".join(lines) + "\n")
    with pytest.raises(InputError) as caught:
        load_nonmem(path, PRODUCTS, columns=columns)
    assert caught.value.source == "data.csv"
    assert str(caught.value).startswith("data.csv: ")
    return caught.value


# --- what is read -------------------------------------------------------------------------


def test_every_column_is_read(tmp_path: Path) -> None:
    (subject,) = load(
        tmp_path,
        ALL,
        "1,0,50,1,.,13,24,.,1,1,.,oral_tablet",
        "1,1.5,.,0,2,,,,,0,8.6,.",
        "1,2,10,4,central,0,0,20,0,1,.,",
        "1,3,.,2,.,.,.,.,.,1,.,.",
    )
    assert subject.id == "1"
    assert subject.origin is None
    assert subject.records == (
        EventRecord(0.0, 1, 50.0, addl=13, ii_h=24.0, ss=1, product="oral_tablet"),
        EventRecord(1.5, 0, cmt=2, dv=8.6),
        EventRecord(2.0, 4, 10.0, rate_mg_per_h=20.0, cmt="central"),
        EventRecord(3.0, 2),
    )


def test_names_match_in_any_case_and_order(tmp_path: Path) -> None:
    (subject,) = load(tmp_path, "AMT,Product,TIME,Id", "50,iv,0,7")
    assert subject == Subject("7", (EventRecord(0.0, 1, 50.0, product="iv"),))


def test_without_evid_an_amount_makes_a_dose(tmp_path: Path) -> None:
    (subject,) = load(tmp_path, "id,time,amt,cmt,dv", "1,0,50,1,.", "1,1,0,2,3.5")
    assert [(r.evid, r.dv) for r in subject.records] == [(1, None), (0, 3.5)]


def test_mdv_hides_an_observation(tmp_path: Path) -> None:
    (subject,) = load(tmp_path, "id,time,amt,mdv,dv", "1,0,.,1,3.5", "1,1,.,0,.", "1,2,.,0,0")
    assert [r.dv for r in subject.records] == [None, None, 0.0]


def test_covariates_hold_until_they_change(tmp_path: Path) -> None:
    (subject,) = load(
        tmp_path,
        "id,time,amt,cmt,weight_kg,sex",
        "1,0,50,1,70,male",
        "1,24,50,1,.,male",
        "1,48,50,1,75,male",
        "1,72,50,1,70,.",
    )
    assert subject.covariates == {"weight_kg": 70.0, "sex": "male"}
    assert [dict(r.covariates) for r in subject.records] == [
        {},
        {},
        {"weight_kg": 75.0},
        {"weight_kg": 70.0},
    ]


def test_nonmems_own_rule_moves_a_change_one_row_up(tmp_path: Path) -> None:
    path = write(tmp_path, "id,time,amt,cmt,bw\n1,0,50,1,70\n1,24,50,1,75\n1,48,50,1,75\n")
    (subject,) = load_nonmem(path, PRODUCTS, covariates_hold="to_row")
    assert subject.covariates == {"bw": 70.0}
    assert [(r.time_h, r.evid, dict(r.covariates)) for r in subject.records] == [
        (0.0, 1, {}),
        (0.0, 2, {"bw": 75.0}),
        (24.0, 1, {}),
        (48.0, 1, {}),
    ]


def test_an_unknown_covariate_is_absent_until_it_is_stated(tmp_path: Path) -> None:
    (subject,) = load(tmp_path, "id,time,amt,cmt,age_y", "1,0,50,1,.", "1,24,50,1,41")
    assert subject.covariates == {}
    assert subject.records[1].covariates == {"age_y": 41.0}


def test_covariates_do_not_leak_between_subjects(tmp_path: Path) -> None:
    first, second = load(tmp_path, "id,time,amt,cmt,bw", "1,0,50,1,70", "2,0,50,1,.")
    assert (first.covariates, second.covariates) == ({"bw": 70.0}, {})


def test_known_columns_are_spelled_as_the_model_spells_them(tmp_path: Path) -> None:
    path = write(tmp_path, "id,time,amt,cmt,WEIGHT_KG\n1,0,50,1,70\n")
    (subject,) = load_nonmem(path, PRODUCTS, columns=["weight_kg"])
    assert subject.covariates == {"weight_kg": 70.0}


def test_time_may_restart_at_a_reset(tmp_path: Path) -> None:
    rows = ("1,0,50,1,1", "1,24,.,0,2", "1,0,.,3,.", "1,0,50,1,1", "1,5,.,0,2", "1,1,50,4,1")
    (subject,) = load(tmp_path, "id,time,amt,evid,cmt", *rows)
    assert [r.time_h for r in subject.records] == [0.0, 24.0, 0.0, 0.0, 5.0, 1.0]


def test_negative_times_are_read(tmp_path: Path) -> None:
    (subject,) = load(tmp_path, "id,time,amt,cmt", "1,-2,.,2", "1,0,50,1")
    assert subject.records[0].time_h == -2.0


def test_gzip_byte_order_mark_comments_and_blank_lines(tmp_path: Path) -> None:
    text = "\ufeff# made by hand\nid,time,amt,cmt\n\n1,0,50,1\n#1,1,50,1\n2,0,50,1\n"
    path = write(tmp_path, gzip.compress(text.encode()), "data.csv.gz")
    assert [s.id for s in load_nonmem(path, PRODUCTS)] == ["1", "2"]


def test_one_and_one_point_zero_are_the_same_subject(tmp_path: Path) -> None:
    (subject,) = load(tmp_path, "id,time,amt,cmt", "1,0,50,1", "1.0,24,50,1")
    assert (subject.id, len(subject.records)) == ("1", 2)


# --- one clear error for each fault -------------------------------------------------------

CELL_FAULTS: list[tuple[str, str, str | None, str]] = [
    (".,24,50,1,1,0,0,0,0,1,.,.", "id", None, "a subject number"),
    ("1,.,50,1,1,0,0,0,0,1,.,.", "time", None, "hours as a number"),
    ("1,08:00,50,1,1,0,0,0,0,1,.,.", "time", "08:00", "clock times and dates are not supported"),
    ("1,nan,50,1,1,0,0,0,0,1,.,.", "time", "nan", "hours as a number"),
    ("1,23,50,1,1,0,0,0,0,1,.,.", "time", "23", "24 or more"),
    ("1,24,-50,1,1,0,0,0,0,1,.,.", "amt", "-50", "0 or more, mg"),
    ("1,24,1_000,1,1,0,0,0,0,1,.,.", "amt", "1_000", "0 or more, mg"),
    ("1,24,50 mg,1,1,0,0,0,0,1,.,.", "amt", "50 mg", "0 or more, mg"),
    ("1,24,inf,1,1,0,0,0,0,1,.,.", "amt", "inf", "0 or more, mg"),
    ("1,24,0,1,1,0,0,0,0,1,.,.", "amt", "0", "more than 0, mg, on a dosing row"),
    ("1,24,0,4,1,0,0,0,0,1,.,.", "amt", "0", "more than 0, mg, on a dosing row"),
    ("1,24,50,0,1,0,0,0,0,1,.,.", "amt", "50", "0 on a row that is no dose (EVID 0)"),
    ("1,24,.,3,1,0,12,0,0,1,.,.", "ii", "12", "0 on a row that is no dose (EVID 3)"),
    ("1,24,50,5,1,0,0,0,0,1,.,.", "evid", "5", "0, 1, 2, 3 or 4"),
    ("1,24,50,1.5,1,0,0,0,0,1,.,.", "evid", "1.5", "0, 1, 2, 3 or 4"),
    ("1,24,50,1,-1,0,0,0,0,1,.,.", "cmt", "-1", "a compartment number"),
    ("1,24,50,1,1a,0,0,0,0,1,.,.", "cmt", "1a", "a compartment number"),
    ("1,24,50,1,.,0,0,0,0,1,.,.", "product", None, "a product, or a compartment in CMT"),
    ("1,24,50,1,0,0,0,0,0,1,.,.", "product", None, "a product, or a compartment in CMT"),
    ("1,24,50,1,1,3,0,0,0,1,.,.", "ii", "0", "more than 0, h, with ADDL"),
    ("1,24,50,1,1,3,-24,0,0,1,.,.", "ii", "-24", "hours, 0 or more"),
    ("1,24,50,1,1,-1,24,0,0,1,.,.", "addl", "-1", "from 0 to 5000"),
    ("1,24,50,1,1,1.5,24,0,0,1,.,.", "addl", "1.5", "from 0 to 5000"),
    ("1,24,50,1,1,5001,24,0,0,1,.,.", "addl", "5001", "from 0 to 5000"),
    ("1,24,50,1,1,0,0,-1,0,1,.,.", "rate", "-1", "give a rate in mg/h"),
    ("1,24,50,1,1,0,0,-2,0,1,.,.", "rate", "-2", "give a rate in mg/h"),
    ("1,24,50,1,1,0,0,-3,0,1,.,.", "rate", "-3", "a rate in mg/h"),
    ("1,24,50,1,1,0,0,0,1,1,.,.", "ii", "0", "more than 0, h, with SS=1"),
    ("1,24,50,1,1,0,24,0,2,1,.,.", "ss", "2", "SS=2"),
    ("1,24,.,0,2,0,0,0,0,2,1,.", "mdv", "2", "0 or 1"),
    ("1,24,.,0,2,0,0,0,0,0,BLQ,.", "dv", "BLQ", "a number"),
    ("1,24,50,1,.,0,0,0,0,1,.,oral_tablets", "product", "oral_tablets", "mean 'oral_tablet'"),
    ("1,24,20001,1,.,0,0,0,0,1,.,iv", "amt", "20001", "at most 20000 mg of iv"),
]


@pytest.mark.parametrize(("row", "column", "value", "allowed"), CELL_FAULTS)
def test_a_fault_in_a_cell(
    tmp_path: Path, row: str, column: str, value: str | None, allowed: str
) -> None:
    error = refused(tmp_path, ALL, "1,24,50,1,1,0,0,0,0,1,.,.", row)
    assert (error.field, error.value) == (f"line 3, column {column}", value)
    assert allowed in error.allowed


def test_a_product_has_its_own_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "id,time,amt,product\n1,0,1001,iv\n")
    with pytest.raises(InputError, match=r"line 2, column amt: '1001'.*at most 1000 mg of iv"):
        load_nonmem(path, PRODUCTS, dose_limits_mg={"iv": 1000.0})


def test_a_compartment_has_no_limit(tmp_path: Path) -> None:
    (subject,) = load(tmp_path, "id,time,amt,cmt", "1,0,30000,1")
    assert subject.records[0].amt_mg == 30000.0


def test_a_subject_in_two_places(tmp_path: Path) -> None:
    error = refused(tmp_path, "id,time,amt,cmt", "1,0,50,1", "2,0,50,1", "1,24,50,1")
    assert (error.field, error.value) == ("line 4, column id", "1")
    assert "together" in error.allowed


@pytest.mark.parametrize(("column", "cell"), [("weight_kg", "7O"), ("sex", "mail")])
def test_a_covariate_that_is_no_number_nor_known_word(
    tmp_path: Path, column: str, cell: str
) -> None:
    error = refused(tmp_path, f"id,time,amt,cmt,{column}", "1,0,50,1,.", f"1,1,50,1,{cell}")
    assert (error.field, error.value) == (f"line 3, column {column}", cell)
    assert "a number" in error.allowed


HEADER_FAULTS: list[tuple[str, str, str | None, str]] = [
    ("time,amt,cmt", "line 1, column id", None, "required: id, time, amt"),
    ("id,time,cmt", "line 1, column amt", None, "required: id, time, amt"),
    ("id,time,amt,AMT", "line 1, column amt", "amt", "each column once"),
    ("id,time,amt,", "line 1", "column 4", "a name for each column"),
    ("id,time,amt,prodct", "line 1, column prodct", "prodct", "did you mean 'product'"),
    ("id,time,amt,adl", "line 1, column adl", "adl", "did you mean 'addl'"),
]


@pytest.mark.parametrize(("header", "field", "value", "allowed"), HEADER_FAULTS)
def test_a_fault_in_the_header(
    tmp_path: Path, header: str, field: str, value: str | None, allowed: str
) -> None:
    error = refused(tmp_path, header, ",".join(["1"] * len(header.split(","))))
    assert (error.field, error.value) == (field, value)
    assert allowed in error.allowed


def test_a_column_the_model_does_not_know(tmp_path: Path) -> None:
    lines = ("id,time,amt,cmt,wieght_kg", "1,0,50,1,70")
    error = refused(tmp_path, *lines, columns=("weight_kg",))
    assert (error.field, error.value) == ("line 1, column wieght_kg", "wieght_kg")
    assert "did you mean 'weight_kg'" in error.allowed


def test_a_row_of_the_wrong_length(tmp_path: Path) -> None:
    error = refused(tmp_path, "id,time,amt,cmt", "1,0,50,1", "1,24,50")
    assert (error.field, error.value, error.allowed) == ("line 3", "3 cells", "4 cells")


def test_a_quote_that_never_ends(tmp_path: Path) -> None:
    error = refused(tmp_path, "id,time,amt,cmt", '1,0,"50,1')
    assert error.field.startswith("line ")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"\n \n", "an empty file"),
        (b"id,time,amt,cmt\n", "a header without rows"),
        (b"id,time,amt\n1,0,\xff\n", "bytes that are no UTF-8"),
    ],
)
def test_a_file_without_subjects(tmp_path: Path, content: bytes, found: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        load_nonmem(path, PRODUCTS)
    assert (caught.value.source, caught.value.value) == ("data.csv", found)


@pytest.mark.parametrize(
    "content",
    [b"not gzip", gzip.compress(b"id,time,amt\n1,0,50\n")[:-12]],
    ids=["not gzip", "cut short"],  # gzip writes the time: two processes would name it differently
)
def test_a_broken_gzip_file(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content, "data.csv.gz")
    with pytest.raises(InputError, match=r"data\.csv\.gz: .*a readable CSV file"):
        load_nonmem(path, PRODUCTS)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv: 'no such file"):
        load_nonmem(tmp_path / "nowhere.csv", PRODUCTS)


# --- additional doses ---------------------------------------------------------------------


def test_additional_doses_are_written_out() -> None:
    # The example of NONMEM's help on ADDL: doses at 10, 22 and 34 about one at 20.
    records = (
        EventRecord(10.0, 1, 15.0, addl=2, ii_h=12.0),
        EventRecord(15.0, 0, dv=25.7),
        EventRecord(20.0, 1, 10.0),
        EventRecord(36.0, 0),
    )
    assert expand_additional(records) == (
        EventRecord(10.0, 1, 15.0),
        EventRecord(15.0, 0, dv=25.7),
        EventRecord(20.0, 1, 10.0),
        EventRecord(22.0, 1, 15.0),
        EventRecord(34.0, 1, 15.0),
        EventRecord(36.0, 0),
    )


def test_additional_doses_after_steady_state_are_plain() -> None:
    dose = EventRecord(0.0, 4, 50.0, rate_mg_per_h=25.0, product="iv", addl=1, ii_h=24.0, ss=1)
    first, second = expand_additional([dose])
    assert (first.evid, first.ss, first.ii_h, first.addl) == (4, 1, 24.0, 0)
    assert second == EventRecord(24.0, 1, 50.0, rate_mg_per_h=25.0, product="iv")


def test_an_additional_dose_comes_before_a_record_at_its_time() -> None:
    dose = EventRecord(0.0, 1, 50.0, addl=1, ii_h=24.0)
    expanded = expand_additional([dose, EventRecord(24.0, 0)])
    assert [(r.time_h, r.evid) for r in expanded] == [(0.0, 1), (24.0, 1), (24.0, 0)]


@pytest.mark.parametrize(("reset_h", "given_h"), [(30.0, [0.0, 24.0]), (0.0, [0.0])])
def test_a_reset_cancels_pending_doses(reset_h: float, given_h: list[float]) -> None:
    dose = EventRecord(0.0, 1, 50.0, addl=3, ii_h=24.0)
    expanded = expand_additional([dose, EventRecord(10.0, 0), EventRecord(reset_h, 3)])
    assert [r.time_h for r in expanded if r.evid == 1] == given_h
    assert expanded[-1].evid == 3


# --- a course from a subject --------------------------------------------------------------


def test_a_subject_becomes_a_course() -> None:
    subject = Subject("1", (EventRecord(0.0, 1, 50.0, product="iv"), EventRecord(30.0, 0)))
    course = course_from_subject(subject, "Study A")
    assert (course.title, course.subject, course.timezone) == ("Study A", subject, "UTC")
    assert (course.as_of_h, course.horizon_h) == (30.0, 30.0 + 336.0)
    assert course.subject.origin is None


def test_the_horizon_follows_the_last_additional_dose() -> None:
    subject = Subject("1", (EventRecord(0.0, 1, 50.0, product="iv", addl=13, ii_h=24.0),))
    course = course_from_subject(subject, "Study A", forecast_h=24.0)
    assert (course.as_of_h, course.horizon_h) == (13 * 24.0, 14 * 24.0)


def test_a_subject_without_a_dose_is_no_course() -> None:
    with pytest.raises(InputError, match=r"Study A: subject 1: .*at least one dose"):
        course_from_subject(Subject("1", (EventRecord(0.0, 0),)), "Study A")


def test_a_restarted_clock_is_no_course() -> None:
    records = (EventRecord(5.0, 1, 50.0, product="iv"), EventRecord(0.0, 4, 50.0, product="iv"))
    with pytest.raises(InputError, match="one running clock"):
        course_from_subject(Subject("1", records), "Study A")
