"""CSV dosing histories with NONMEM's columns and NONMEM's meaning for each.

Readings that differ from NONMEM's: a missing covariate keeps its last value (NONMEM reads
0), a missing DV is no observation, and covariates hold from their row on unless asked
otherwise (NONMEM applies a row's values to the interval that ends there). And where F or a lag
changes with a covariate, a dose takes both at the hour it is given, each additional dose too
(NONMEM: the lag of the row that states the series; F at the hour the dose enters after its lag).
Source: NONMEM help, data items ID, TIME, AMT, RATE, ADDL, II, SS, EVID, CMT, MDV and DV; NONMEM
Users Guide VI (PREDPP), III.B.2, III.F.2 and V.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal, cast

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing._cells import (
    addl_of,
    censored,
    check_dose,
    check_no_dose,
    check_target,
    compartment,
    evid_of,
    interval_h,
    observed_of,
    product_of,
    rate_of,
    steady,
)
from antagonist.pharmacology.dosing._schema import (
    DEFAULT_FORECAST_H,
)
from antagonist.pharmacology.dosing._table import Row, Table, read_table
from antagonist.pharmacology.dosing.expand import expand_additional, last_dose_h
from antagonist.pharmacology.dosing.records import (
    Course,
    Covariate,
    EventRecord,
    Subject,
)

CovariateRule = Literal["from_row", "to_row"]
_TEXT_COVARIATES: Mapping[str, frozenset[str]] = {
    "sex": frozenset({"male", "female"}),
    "liver": frozenset({"normal", "compensated_cirrhosis", "decompensated_cirrhosis"}),
    "opioid_or_alcohol_dependent": frozenset({"yes", "no"}),
    "smoker": frozenset({"yes", "no"}),
}


def load_nonmem(
    path: Path,
    products: Collection[str],
    *,
    columns: Collection[str] | None = None,
    dose_limits_mg: Mapping[str, float] | None = None,
    covariates_hold: CovariateRule = "from_row",
    observed: bool = False,
) -> tuple[Subject, ...]:
    """Subjects of a CSV file with NONMEM's columns.

    path: ``.csv`` or ``.csv.gz``; columns id, time (h), amt (mg), and any of evid, cmt,
        addl, ii (h), rate (mg/h), ss, mdv, dv, product; letter case does not matter.
    products: known product ids. columns: names of the covariate columns accepted; None
        accepts any, spelled as in the file.
    dose_limits_mg: product -> largest dose that is accepted, mg; 20 g for others. Rows
        that name a compartment only have no limit.
    covariates_hold: ``from_row``: a row's values hold from it to the next row; ``to_row``:
        NONMEM's rule, they hold from the row before it (its dose still takes its own row's).
    observed: also read what a fit needs: DVID, values beyond a limit (BLQ with LLOQ, or CENS),
        and RATE -1 and -2.
    Returns one subject per ID, records in file order; covariates of the first row are the
    subject's, later ones stand on the record where they change: on the row itself, or with
    ``to_row`` on an EVID 2 record after the row before (and ADDL written out).
    Raises InputError naming file, line, column, value and what is allowed.
    """
    table = read_table(path, columns, observed=observed)
    limits = dose_limits_mg or {}
    _check_covariates(table)
    groups = groupby(table.rows, key=_subject_id)
    subjects: dict[str, Subject] = {}
    for subject_id, rows in groups:
        group = list(rows)
        if subject_id in subjects:
            allowed = "all rows of one ID together; this ID stands in two places"
            raise group[0].error("id", allowed)
        subject = _subject(subject_id, group, table.extra, products, limits, observed)
        early = covariates_hold == "to_row"
        subjects[subject_id] = _one_row_earlier(subject) if early else subject
    return tuple(subjects.values())


def course_from_subject(
    subject: Subject, title: str, *, forecast_h: float = DEFAULT_FORECAST_H
) -> Course:
    """Course of one subject of a table.

    'Now' is the last record's time or the last dose's, additional doses included, whichever is
    later; an EVID 2 row at a later time moves it.
    forecast_h: hours to forecast after now.
    Returns a course in UTC; its subject keeps origin None.
    Raises InputError for a subject without a dose, and where time restarts at a reset.
    """
    times_h = [record.time_h for record in subject.records]
    last_h = last_dose_h(subject.records)
    if last_h is None:
        raise InputError(title, f"subject {subject.id}", None, "at least one dose")
    if any(later < earlier for earlier, later in pairwise(times_h)):
        allowed = "one running clock; here time restarts at a reset (EVID 3 or 4)"
        raise InputError(title, f"subject {subject.id}", "time", allowed)
    now_h = max(times_h[-1], last_h)
    return Course(title, subject, now_h, now_h + forecast_h, "UTC")


def _subject_id(row: Row) -> str:
    text = row.cells.get("id")
    if text is None:
        raise row.error("id", "a subject number or name")
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text


def _subject(
    subject_id: str,
    rows: list[Row],
    extra: tuple[str, ...],
    products: Collection[str],
    limits: Mapping[str, float],
    observed: bool,
) -> Subject:
    records: list[EventRecord] = []
    held: dict[str, Covariate] = {}
    start: Mapping[str, Covariate] = {}
    for index, row in enumerate(rows):
        stated = {name: _covariate(row.cells[name]) for name in extra if name in row.cells}
        changed = {name: value for name, value in stated.items() if held.get(name) != value}
        held |= changed
        if index == 0:
            start, changed = dict(held), {}
        record = _record(row, changed, products, limits, observed)
        if records and record.time_h < records[-1].time_h and record.evid not in (3, 4):
            allowed = f"{records[-1].time_h:g} or more; time may go back only at EVID 3 or 4"
            raise row.error("time", allowed)
        records.append(record)
    return Subject(subject_id, tuple(records), None, start)


def _one_row_earlier(subject: Subject) -> Subject:
    """Each change on a record of its own after the row before it, so that row's dose is over."""
    changes = [record.covariates for record in subject.records[1:]]
    records: list[EventRecord] = []
    for record, change in zip(subject.records, [*changes, {}], strict=True):
        records.append(replace(record, covariates={}))
        if change:
            records.append(EventRecord(record.time_h, 2, covariates=change))
    # An additional dose at the very hour of a row comes before it, so before the change too.
    apart = expand_additional(records) if any(changes) else tuple(records)
    return replace(subject, records=apart)


def _record(
    row: Row,
    covariates: Mapping[str, Covariate],
    products: Collection[str],
    limits: Mapping[str, float],
    observed: bool,
) -> EventRecord:
    if "time" not in row.cells:
        raise row.error("time", "hours as a number")
    time_h = row.number("time", 0.0, "hours as a number; clock times and dates are not supported")
    amt_mg = row.number("amt", 0.0, "0 or more, mg")
    if amt_mg < 0:
        raise row.error("amt", "0 or more, mg")
    evid = evid_of(row, amt_mg)
    rate, addl, ii_h, ss = rate_of(row, observed), addl_of(row), interval_h(row), steady(row)
    product, cmt = product_of(row, products), compartment(row)
    if evid in (1, 4):
        check_dose(row, amt_mg, addl, ii_h, ss)
        check_target(row, amt_mg, product, cmt, limits)
    else:
        check_no_dose(row, evid)
    value, beyond = (observed_of(row), 0) if evid == 0 else (None, 0)
    if observed and evid == 0:
        value, beyond = censored(row, value)
    return EventRecord(
        time_h=time_h,
        evid=evid,
        amt_mg=amt_mg,
        rate_mg_per_h=rate,
        cmt=cmt,
        addl=addl,
        ii_h=ii_h,
        ss=ss,
        product=product,
        covariates=covariates,
        dv=value,
        beyond=cast(Literal[-1, 0, 1], beyond),
        dvid=row.whole("dvid", 0, 10_000, "a whole number") or None if observed else None,
        line=row.line if observed else None,
    )


def _covariate(text: str) -> Covariate:
    try:
        return float(text)
    except ValueError:
        return text


def _check_covariates(table: Table) -> None:
    """Refuse covariate cells that are neither numbers nor known words."""
    for name in table.extra:
        words = _TEXT_COVARIATES.get(name, frozenset())
        for row in table.rows:
            if row.cells.get(name) not in words:
                hint = f", or one of {', '.join(sorted(words))}" if words else ""
                row.number(name, 0.0, f"a number, '.' for none{hint}")
