"""Cells of a NONMEM table's row, each with what is allowed in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, cast

from antagonist.pharmacology.dosing._near import one_of
from antagonist.pharmacology.dosing._schema import DEFAULT_DOSE_LIMIT_MG, MAX_SERIES
from antagonist.pharmacology.dosing._table import Row
from antagonist.pharmacology.dosing.records import Evid

DOSE_COLUMNS = ("amt", "rate", "addl", "ii", "ss")
RATE_WORDS = "parameters for rate or duration are not supported; give a rate in mg/h"
SS_WORDS = "0 or 1; SS=2, added to what is already there, is not supported"


def evid_of(row: Row, amt_mg: float) -> Evid:
    """EVID; where there is none, 1 with an amount."""
    if "evid" in row.cells:
        return cast(Evid, row.whole("evid", 0, 4, "0, 1, 2, 3 or 4"))
    return 1 if amt_mg > 0 else 0


def rate_of(row: Row, observed: bool) -> float:
    """RATE; observed: -1 and -2 are allowed."""
    rate = row.number("rate", 0.0, "0 (bolus) or a rate in mg/h")
    if rate in (-1, -2):
        if observed:
            return rate
        raise row.error("rate", RATE_WORDS)
    if rate < 0:
        raise row.error("rate", "0 (bolus) or a rate in mg/h")
    return rate


def addl_of(row: Row) -> int:
    """ADDL."""
    return row.whole("addl", 0, MAX_SERIES, f"a whole number from 0 to {MAX_SERIES}")


def interval_h(row: Row) -> float:
    """II, hours."""
    ii_h = row.number("ii", 0.0, "hours, 0 or more")
    if ii_h < 0:
        raise row.error("ii", "hours, 0 or more")
    return ii_h


def steady(row: Row) -> Literal[0, 1]:
    """SS."""
    return cast(Literal[0, 1], row.whole("ss", 0, 1, SS_WORDS))


def product_of(row: Row, products: Collection[str]) -> str | None:
    """A known product, or None."""
    name = row.cells.get("product")
    if name is not None and name not in products:
        raise row.error("product", one_of(name, products))
    return name


def compartment(row: Row) -> int | str | None:
    """CMT by number or name; None for none or 0."""
    text = row.cells.get("cmt")
    if text is None or text.isidentifier():
        return text
    allowed = "a compartment number, 0 or more, or its name"
    return row.whole("cmt", 0, 10_000, allowed) or None


def check_dose(row: Row, amt_mg: float, addl: int, ii_h: float, ss: int) -> None:
    """Refuse a dose that cannot be."""
    if amt_mg <= 0:
        raise row.error("amt", "more than 0, mg, on a dosing row (EVID 1 or 4)")
    if addl > 0 and ii_h <= 0:
        raise row.error("ii", "more than 0, h, with ADDL")
    if ss == 1 and ii_h <= 0:
        raise row.error("ii", "more than 0, h, with SS=1")


def check_target(
    row: Row,
    amt_mg: float,
    product: str | None,
    cmt: int | str | None,
    limits: Mapping[str, float],
) -> None:
    """Refuse a dose without a way in, or too large."""
    if product is None and cmt is None:
        raise row.error("product", "a product, or a compartment in CMT, on a dosing row")
    limit_mg = limits.get(product or "", DEFAULT_DOSE_LIMIT_MG)
    if product is not None and amt_mg > limit_mg:
        raise row.error("amt", f"at most {limit_mg:g} mg of {product} in one dose")


def check_no_dose(row: Row, evid: int) -> None:
    """Refuse what belongs to doses on another row."""
    for column in DOSE_COLUMNS:
        if row.number(column, 0.0, "a number"):
            raise row.error(column, f"0 on a row that is no dose (EVID {evid})")


def observed_of(row: Row) -> float | None:
    """DV where it is one."""
    hidden = row.whole("mdv", 0, 1, "0 or 1")
    value = row.number("dv", 0.0, "a number, or '.' for none")
    return value if "dv" in row.cells and not hidden else None


def censored(row: Row, value: float | None) -> tuple[float | None, int]:
    """Value or limit, and -1 where the true value is below it, 1 where it is above."""
    if row.whole("mdv", 0, 1, "0 or 1"):
        return None, 0
    if "limit" in row.cells:
        raise row.error("limit", "nothing: values between two limits are not supported")
    beyond = row.whole("cens", -1, 1, "0, 1 (below DV) or -1 (above DV)")
    if row.whole("blq", 0, 1, "0 or 1"):
        if beyond:
            raise row.error("cens", "0 where BLQ is 1")
        limit = row.number("lloq", 0.0, "the limit, more than 0")
        if limit <= 0:
            raise row.error("lloq", "the limit, more than 0, where BLQ is 1")
        return limit, -1
    if beyond and value is None:
        raise row.error("dv", "the limit, where CENS is not 0")
    return value, -beyond
