"""A YAML course with evidence of its doses, levels, urine results and pill counts.

As docs/reference/course.md, and beside it: ``evidence`` in a block of doses, and the lists
``levels``, ``urine`` and ``pill_counts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from antagonist.feedback.own_model.case import Case
from antagonist.feedback.own_model.known import (
    Analyte,
    Dose,
    Known,
    MeasuredLevel,
    PillCount,
    UrineResult,
)
from antagonist.feedback.own_model.weights import weights
from antagonist.foundation.clock import hours_between, parse_time, zone
from antagonist.foundation.data import validated
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing import load_mapping, parse_course
from antagonist.pharmacology.dosing.records import Course

LISTS = ("levels", "urine", "pill_counts")
USUAL_EVIDENCE = "reported"
B = TypeVar("B", bound=BaseModel)


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelBlock(_Block):
    """One plasma level: a value, or the limit that it is below. error_cv: the assay's, if known."""

    at: str
    analyte: Analyte
    value_ng_per_ml: float | None = Field(None, ge=0)
    below_ng_per_ml: float | None = Field(None, gt=0)
    error_cv: float | None = Field(None, ge=0, le=2)


class UrineBlock(_Block):
    """Whether 6-beta-naltrexol was found."""

    at: str
    positive: bool


class CountBlock(_Block):
    """Tablets gone of those for the doses from one count to the next."""

    start: str = Field(alias="from")
    until: str
    gone: int = Field(ge=0)


def load_case(path: Path) -> Case:
    """A course with what is known of it.

    Raises InputError naming file, field and what is allowed.
    """
    return parse_case(load_mapping(path), path.name)


def parse_case(content: Mapping[str, Any], source: str) -> Case:
    """As ``load_case``, from a mapping with the keys of the file."""
    plain = {key: value for key, value in content.items() if key not in LISTS}
    blocks = plain.get("doses")
    evidence = []
    if isinstance(blocks, list):
        evidence = [_evidence(block, source, n) for n, block in enumerate(blocks)]
        plain["doses"] = [_without(block, "evidence") for block in blocks]
    limits = {name: f.max_dose_mg for name, f in formulations().items()}
    course = parse_course(plain, source, set(limits), dose_limits_mg=limits)
    doses = _doses(plain, evidence, course, limits, source)
    tz = zone(course.timezone, source, "timezone")
    known = Known(
        doses,
        tuple(_level(b, course, tz, source, n) for n, b in _blocks(content, "levels", LevelBlock,
                                                                   source)),
        tuple(UrineResult(_hour(b.at, course, tz, source, f"urine[{n}].at"), b.positive)
              for n, b in _blocks(content, "urine", UrineBlock, source)),
        tuple(_count(b, course, tz, source, n)
              for n, b in _blocks(content, "pill_counts", CountBlock, source)),
        dict(course.subject.covariates),
    )  # fmt: skip
    return Case(course, known)


def _without(block: object, key: str) -> object:
    return {k: v for k, v in block.items() if k != key} if isinstance(block, dict) else block


def _evidence(block: object, source: str, n: int) -> str:
    found = block.get("evidence", USUAL_EVIDENCE) if isinstance(block, dict) else USUAL_EVIDENCE
    try:
        weights().chance(str(found))
    except InputError as error:
        raise InputError(source, f"doses[{n}].evidence", found, error.allowed) from None
    return str(found)


def _doses(
    plain: Mapping[str, Any], evidence: list[str], course: Course, limits: Mapping[str, float],
    source: str,
) -> tuple[Dose, ...]:  # fmt: skip
    """Every planned dose of every block, those not taken as such."""
    missed, found = set(course.missed_h), []
    origin = course.subject.origin
    assert origin is not None
    for block, how in zip(plain["doses"], evidence, strict=True):
        every = {**plain, "doses": [_without(block, "missed")]}
        own = parse_course(
            {**every, "as_of": _late(every, source)}, source, set(limits), dose_limits_mg=limits
        )
        assert own.subject.origin is not None
        shift_h = hours_between(origin, own.subject.origin)
        skipped = bool(block.get("missed"))
        for record in own.subject.records:
            time_h = record.time_h + shift_h
            out = skipped and any(abs(time_h - h) < 1e-6 for h in missed)
            found.append(Dose(time_h, record.amt_mg, str(record.product), "missed" if out else how))
    return tuple(sorted(found, key=lambda d: d.time_h))


def _late(plain: Mapping[str, Any], source: str) -> object:
    """An as_of that no block of doses comes after: its own would be refused as too early."""
    tz = zone(plain.get("timezone") or "UTC", source, "timezone")
    stated = parse_time(plain["as_of"], tz, source, "as_of")
    first = parse_time(plain["doses"][0]["at"], tz, source, "doses.at")
    return max(stated, first)


def _blocks(
    content: Mapping[str, Any], key: str, kind: type[B], source: str
) -> list[tuple[int, B]]:
    given = content.get(key) or []
    if not isinstance(given, list):
        raise InputError(source, key, type(given).__name__, "a list")
    found = []
    for n, block in enumerate(given):
        if not isinstance(block, dict):
            raise InputError(source, f"{key}[{n}]", block, "a mapping such as 'at: ...'")
        try:
            found.append((n, validated(kind, block, source)))
        except InputError as error:
            where = f"{key}[{n}].{error.field}"
            raise InputError(source, where, error.value, error.allowed) from None
    return found


def _hour(text: str, course: Course, tz: ZoneInfo, source: str, field: str) -> float:
    at: datetime = parse_time(text, tz, source, field)
    assert course.subject.origin is not None
    return hours_between(course.subject.origin, at)


def _level(block: LevelBlock, course: Course, tz: ZoneInfo, source: str, n: int) -> MeasuredLevel:
    if (block.value_ng_per_ml is None) == (block.below_ng_per_ml is None):
        allowed = "one of value_ng_per_ml and below_ng_per_ml"
        raise InputError(source, f"levels[{n}].value_ng_per_ml", block.value_ng_per_ml, allowed)
    return MeasuredLevel(
        _hour(block.at, course, tz, source, f"levels[{n}].at"), block.analyte,
        block.value_ng_per_ml, block.below_ng_per_ml, block.error_cv,
    )  # fmt: skip


def _count(block: CountBlock, course: Course, tz: ZoneInfo, source: str, n: int) -> PillCount:
    start_h = _hour(block.start, course, tz, source, f"pill_counts[{n}].from")
    until_h = _hour(block.until, course, tz, source, f"pill_counts[{n}].until")
    if until_h <= start_h:
        raise InputError(source, f"pill_counts[{n}].until", block.until, "later than 'from'")
    return PillCount(start_h, until_h, block.gone)
