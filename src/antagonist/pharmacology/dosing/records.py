"""Event records in NONMEM's words: the one form every dosing history takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Covariate = float | str
Evid = Literal[0, 1, 2, 3, 4]


@dataclass(frozen=True)
class EventRecord:
    """One row of a dosing history.

    time_h: hours since the subject's origin.
    evid: 0 observation, 1 dose, 2 other (covariate change), 3 reset, 4 reset and dose.
    amt_mg: dose amount, mg as stated on the product (0 on other rows).
    rate_mg_per_h: constant-rate infusion, mg/h; 0 = bolus; -1 rate, -2 duration of the model.
    cmt: compartment name or NONMEM number, when no product is named.
    addl, ii_h: additional doses and their interval, h.
    ss: 1 = at steady state of this dose and interval.
    product: release profile id, such as ``oral_tablet``.
    covariates: values that hold from this row on.
    dv: observed value on evid 0 rows.
    beyond: -1 = the true value is below ``dv``, a limit; 1 = above it.
    dvid: which quantity an observation is of, where the input numbers them.
    line: line of the input file.
    """

    time_h: float
    evid: Evid = 1
    amt_mg: float = 0.0
    rate_mg_per_h: float = 0.0
    cmt: str | int | None = None
    addl: int = 0
    ii_h: float = 0.0
    ss: Literal[0, 1] = 0
    product: str | None = None
    covariates: Mapping[str, Covariate] = field(default_factory=dict)
    dv: float | None = None
    beyond: Literal[-1, 0, 1] = 0
    dvid: int | None = None
    line: int | None = None


@dataclass(frozen=True)
class Subject:
    """One subject's records, in record order.

    origin: aware time of hour 0, or None where the input had hours only.
    covariates: values at the start; a covariate that is absent is unknown.
    """

    id: str
    records: tuple[EventRecord, ...]
    origin: datetime | None = None
    covariates: Mapping[str, Covariate] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """A named dosing history with its clock: what the main job runs on.

    as_of_h: the moment called 'now', hours since origin.
    horizon_h: last hour to forecast, hours since origin.
    timezone: IANA name used to print times.
    missed_h: planned doses that were not taken, hours since origin (for charts).
    """

    title: str
    subject: Subject
    as_of_h: float
    horizon_h: float
    timezone: str
    missed_h: tuple[float, ...] = ()
