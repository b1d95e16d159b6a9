"""YAML courses: products, doses, clock times, repeats and missed doses, as event records."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice, takewhile
from pathlib import Path
from typing import Any

from antagonist.foundation.clock import hours_between, same_clock_time
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing._checked import checked
from antagonist.pharmacology.dosing._schema import (
    MAX_SERIES,
    MAX_SPAN_H,
    Context,
    CourseBlock,
    DoseBlock,
)
from antagonist.pharmacology.dosing._yaml import load_mapping
from antagonist.pharmacology.dosing.records import Course, EventRecord, Subject

MAX_DOSES = 20_000


@dataclass(frozen=True)
class _Planned:
    """One planned dose. field: where it stands in the file. taken: False = missed."""

    at: datetime
    dose_mg: float
    product: str
    duration_h: float | None
    field: str
    taken: bool = True


def load_course(
    path: Path,
    products: Collection[str],
    *,
    dose_limits_mg: Mapping[str, float] | None = None,
) -> Course:
    """Course of a YAML file.

    path: the file. products: known product ids.
    dose_limits_mg: product -> largest dose that is accepted, mg; 20 g for others.
    Returns the course with one EVID 1 record per dose taken, sorted by time, hours
    counted from the first planned dose.
    Raises InputError for anything unreadable or not allowed, naming file and field.
    """
    return parse_course(load_mapping(path), path.name, products, dose_limits_mg=dose_limits_mg)


def parse_course(
    mapping: Mapping[str, Any],
    source: str,
    products: Collection[str],
    *,
    dose_limits_mg: Mapping[str, float] | None = None,
) -> Course:
    """Course of a mapping in the form of the YAML file.

    mapping: keys as in the file. source: its name, for errors and as default title.
    products, dose_limits_mg, returns and raises: as load_course.
    """
    context = Context(None, products, dose_limits_mg or {})
    block = checked(mapping, source, context)
    planned = sorted(_all_planned(block, source), key=lambda dose: dose.at.astimezone(UTC))
    _refuse_repeated(planned, source)
    taken = [dose for dose in planned if dose.taken]
    if not taken:
        raise InputError(source, "doses", None, "at least one dose taken; all are missed")
    origin = planned[0].at
    as_of_h = hours_between(origin, block.as_of)
    _check_span(block, origin, planned[-1], source)
    records = tuple(_record(dose, origin) for dose in taken)
    covariates = block.patient.model_dump(exclude={"id"}, exclude_none=True)
    return Course(
        title=block.course or Path(source).stem or "course",
        subject=Subject(block.patient.id, records, origin, covariates),
        as_of_h=as_of_h,
        horizon_h=max(as_of_h, records[-1].time_h) + block.forecast_h,
        timezone=block.timezone or "UTC",
        missed_h=tuple(hours_between(origin, dose.at) for dose in planned if not dose.taken),
    )


def _all_planned(block: CourseBlock, source: str) -> list[_Planned]:
    planned: list[_Planned] = []
    for index, dose in enumerate(block.doses):
        field = f"doses[{index}]"
        planned += _with_missed(dose, _series(dose, source, field), source, field)
        if len(planned) > MAX_DOSES:
            raise InputError(source, field, len(planned), f"at most {MAX_DOSES} doses in all")
    return planned


def _series(block: DoseBlock, source: str, field: str) -> list[_Planned]:
    times = _weekly(block) if block.weekdays is not None else _repeated(block)
    until = block.until
    if until is not None:
        times = takewhile(lambda dose: hours_between(dose[0], until) >= 0, times)
    doses = list(islice(times, MAX_SERIES + 1))
    end = "until" if until is not None else "weeks"
    if not doses:
        raise InputError(source, f"{field}.{end}", getattr(block, end), "no dose falls in it")
    if len(doses) > MAX_SERIES:
        raise InputError(source, f"{field}.{end}", _minute(until), f"at most {MAX_SERIES} doses")
    return [_Planned(at, mg, block.product, block.duration_h, field) for at, mg in doses]


def _repeated(block: DoseBlock) -> Iterator[tuple[datetime, float]]:
    """Doses of a plain series, without end where 'until' ends it."""
    dose_mg, every_h = block.dose_mg or 0.0, block.every_h
    if every_h is None:
        return iter([(block.at, dose_mg)])
    steps = count() if block.times is None else iter(range(block.times))
    days = round(every_h / 24)
    if days and abs(every_h - 24 * days) < 1e-6:
        return ((same_clock_time(block.at, days * step), dose_mg) for step in steps)
    start, tz = block.at.astimezone(UTC), block.at.tzinfo
    return (((start + timedelta(hours=every_h * step)).astimezone(tz), dose_mg) for step in steps)


def _weekly(block: DoseBlock) -> Iterator[tuple[datetime, float]]:
    """Doses of a weekday pattern from the day of 'at', without end where 'until' ends it."""
    pattern = block.weekdays.doses_mg() if block.weekdays is not None else {}
    days = count() if block.weeks is None else iter(range(7 * block.weeks))
    local = (same_clock_time(block.at, day) for day in days)
    return ((at, pattern[at.weekday()]) for at in local if at.weekday() in pattern)


def _with_missed(
    block: DoseBlock, doses: list[_Planned], source: str, field: str
) -> list[_Planned]:
    missed: set[int] = set()
    for index, stated in enumerate(block.missed):
        found = {i for i, dose in enumerate(doses) if _matches(dose.at, stated)}
        if not found or found <= missed:
            reason = "stated once" if found else "on which this series has a dose"
            span = f"{doses[0].at:%Y-%m-%d} to {doses[-1].at:%Y-%m-%d}"
            shown = _minute(stated) if isinstance(stated, datetime) else str(stated)
            allowed = f"a day or time {reason}, {span}"
            raise InputError(source, f"{field}.missed[{index}]", shown, allowed)
        missed |= found
    return [
        _Planned(d.at, d.dose_mg, d.product, d.duration_h, d.field, taken=i not in missed)
        for i, d in enumerate(doses)
    ]


def _matches(at: datetime, stated: date | datetime) -> bool:
    if isinstance(stated, datetime):
        return at.astimezone(UTC) == stated.astimezone(UTC)
    return at.date() == stated


def _refuse_repeated(planned: list[_Planned], source: str) -> None:
    seen: dict[tuple[str, datetime], _Planned] = {}
    for dose in planned:
        key = (dose.product, dose.at.astimezone(UTC))
        first = seen.setdefault(key, dose)
        if first is not dose:
            allowed = f"one dose of {dose.product} at one time; {first.field} has it too"
            raise InputError(source, f"{dose.field}.at", _minute(dose.at), allowed)


def _check_span(block: CourseBlock, origin: datetime, last: _Planned, source: str) -> None:
    first = _minute(origin)
    if hours_between(origin, block.as_of) < 0:
        allowed = f"not before the first dose, {first}"
        raise InputError(source, "as_of", _minute(block.as_of), allowed)
    for field, time in ((f"{last.field}.at", last.at), ("as_of", block.as_of)):
        if hours_between(origin, time) > MAX_SPAN_H:
            allowed = f"within {MAX_SPAN_H / 8766:g} years of the first dose, {first}"
            raise InputError(source, field, _minute(time), allowed)


def _record(dose: _Planned, origin: datetime) -> EventRecord:
    rate = 0.0 if dose.duration_h is None else dose.dose_mg / dose.duration_h
    return EventRecord(
        time_h=hours_between(origin, dose.at),
        amt_mg=dose.dose_mg,
        rate_mg_per_h=rate,
        product=dose.product,
    )


def _minute(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(sep=" ", timespec="minutes")
