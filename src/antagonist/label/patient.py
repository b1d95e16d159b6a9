"""A patient's file: facts with value, unit, date and source, as written in YAML or JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from antagonist.foundation.data import Lines, read_yaml, validated
from antagonist.foundation.errors import InputError

Indication = Literal["opioid", "alcohol"]
Scalar = bool | int | float | str
Pattern = Literal["single", "occasional", "regular", "maintenance", "unknown"]
Result = Literal["negative", "positive", "invalid"]


def _as_text(value: Any, info: ValidationInfo) -> Any:
    """JSON has text for dates; in YAML a bare one needs no quotes."""
    return value if info.mode == "json" else _dates_as_text(value)


def _dates_as_text(value: Any) -> Any:
    """YAML reads a bare date as a date; the file's own text is what is kept."""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _dates_as_text(item) for key, item in value.items()}
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Span(BaseModel):
    """An approximate date: some moment from ``from`` to ``to``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_: str = Field(alias="from")
    to: str


DateText = Annotated[str | Span, BeforeValidator(_as_text)]
Moment = Annotated[str, BeforeValidator(_as_text)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Part):
    """One statement of a fact. A laboratory value has its unit and the laboratory's upper limit."""

    value: Scalar
    unit: str | None = None
    upper_limit: float | None = Field(default=None, gt=0)
    date: DateText | None = None
    source: str = Field(min_length=1)


class Exposure(_Part):
    """One opioid of the history."""

    opioid: str = Field(min_length=1)
    route: str | None = None
    dose: str | None = None
    pattern: Pattern = "unknown"
    last_use: DateText | None = None
    removed: DateText | None = Field(default=None, description="Last patch, or every rod")
    release_ended: DateText | None = Field(default=None, description="Of a depot, as documented")
    source: str = Field(min_length=1)


class OpioidHistory(_Part):
    """The opioid history: what was asked, by name, and what was answered."""

    asked_on: DateText
    ever: Literal["none", "past", "current"]
    asked_about: tuple[str, ...] | Literal["all"] = Field(
        description="Classes of data/exposures.yaml that were asked about by name, or 'all'"
    )
    exposures: tuple[Exposure, ...] = ()
    source: str = Field(min_length=1)


class UrineTest(_Part):
    """One urine sample."""

    taken: Moment
    method: Literal["immunoassay", "mass_spectrometry"]
    results: Mapping[str, Result] = Field(min_length=1)
    creatinine: float | None = Field(default=None, ge=0)
    creatinine_unit: str | None = None
    source: str = Field(min_length=1)


class Provocation(_Part):
    """One provocation test as it was done."""

    drug: Literal["naloxone", "naltrexone"]
    route: Literal["iv", "sc", "im"]
    total_mg: float = Field(gt=0, le=10)
    done_at: Moment
    result: Literal["negative", "positive", "interrupted"]
    signs: tuple[str, ...] = ()
    source: str = Field(min_length=1)


class Medicine(_Part):
    """One medicine taken now, by its active ingredients."""

    name: str = Field(min_length=1)
    ingredients: tuple[str, ...] = Field(min_length=1)
    reviewed_not_opioid: bool = False
    tablets_per_day: float | None = Field(default=None, ge=0)


class Medicines(_Part):
    """The list of medicines, taken on a day; an empty list means none are taken."""

    asked_on: DateText
    taken: tuple[Medicine, ...] = ()
    source: str = Field(min_length=1)


class Allergies(_Part):
    """What the patient reacts to; an empty list means nothing is known to."""

    asked_on: DateText
    to: tuple[str, ...] = ()
    unrelated: tuple[str, ...] = Field(
        default=(), description="Substances checked not to be in any naltrexone product"
    )
    source: str = Field(min_length=1)


class NaltrexoneDose(_Part):
    """One earlier dose of naltrexone, or ``times`` equal ones, ``every_days`` apart."""

    route: Literal["oral", "im_xr", "implant"]
    at: DateText
    dose_mg: float = Field(gt=0, le=10_000)
    product: str | None = None
    every_days: int | None = Field(default=None, ge=1, le=366)
    times: int = Field(default=1, ge=1, le=1000)

    @model_validator(mode="after")
    def _series(self) -> NaltrexoneDose:
        if self.times > 1 and (self.every_days is None or not isinstance(self.at, str)):
            field = "every_days" if self.every_days is None else "at"
            allowed = "every_days and one date or time of the first, for several times"
            raise InputError("", field, None, allowed)
        return self


class NaltrexoneHistory(_Part):
    """Naltrexone taken so far; an empty list means none."""

    asked_on: DateText
    doses: tuple[NaltrexoneDose, ...] = ()
    source: str = Field(min_length=1)


class AlcoholHistory(_Part):
    """The last drink, as asked."""

    asked_on: DateText
    last_drink: DateText | None = None
    source: str = Field(min_length=1)


class ScoreSheet(_Part):
    """Items of a clinical score, or its total, on a day."""

    score: str
    date: DateText
    values: Mapping[str, Scalar] = Field(min_length=1)
    source: str = Field(min_length=1)


class DepartureRecord(_Part):
    """Going on although the base text closes: why, and the two people who answer for it."""

    rule: str
    reason: str = Field(min_length=3)
    first_person: str = Field(min_length=1)
    second_person: str = Field(min_length=1)
    date: DateText

    @model_validator(mode="after")
    def _two_people(self) -> DepartureRecord:
        if self.first_person.strip().casefold() == self.second_person.strip().casefold():
            raise ValueError("second_person is someone else than first_person")
        return self


class Patient(_Part):
    """A patient's file. Every part that is absent is unknown, never 'no'."""

    schema_name: Literal["antagonist.patient/1"] = Field(
        default="antagonist.patient/1", alias="schema"
    )
    patient: str = Field(min_length=1, description="The clinic's own code, never a name")
    timezone: str
    as_of: Moment | None = Field(default=None, description="Day or moment asked for")
    indication: Indication | Literal["other"] | None = None
    birth_date: Moment | None = None
    facts: Mapping[str, tuple[Entry, ...]] = {}
    opioid_history: OpioidHistory | None = None
    urine_tests: tuple[UrineTest, ...] = ()
    provocation_tests: tuple[Provocation, ...] | None = Field(
        default=None, description="An empty list says that none was done"
    )
    medicines: Medicines | None = None
    allergies: Allergies | None = None
    naltrexone: NaltrexoneHistory | None = None
    alcohol: AlcoholHistory | None = None
    scores: tuple[ScoreSheet, ...] = ()
    departures: tuple[DepartureRecord, ...] = ()

    @property
    def source(self) -> str:
        """How errors name the file where its path is not known."""
        return f"patient {self.patient}"


def treated_indication(patient: Patient) -> Indication:
    """What a patient is treated for. Raises InputError where that is not stated or other."""
    if patient.indication not in ("opioid", "alcohol"):
        raise InputError(patient.source, "indication", patient.indication, "opioid or alcohol")
    return patient.indication


def parse_patient(
    content: Mapping[str, Any],
    source: str,
    lines: Lines | None = None,
) -> Patient:
    """A patient's file from a mapping. Raises InputError with the first field that is wrong."""
    facts = content.get("facts", {})
    if isinstance(facts, Mapping):
        content = {**content, "facts": {k: _listed(v, k, source) for k, v in facts.items()}}
    return validated(Patient, content, source, lines=lines)


def _listed(entries: Any, fact: str, source: str) -> list[Any]:
    if isinstance(entries, Mapping):
        return [entries]
    if isinstance(entries, list) and entries:
        return entries
    allowed = "a mapping with value and source, or a list of them"
    raise InputError(source, f"facts.{fact}", entries, allowed)


def load_patient(path: Path) -> Patient:
    """A patient's file. Raises InputError naming file, line, field and what is allowed."""
    return parse_patient(read_yaml(path), path.name, Lines(path))
