"""The shape of a YAML course, checked by pydantic with the field's own words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Self, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from antagonist.foundation.clock import TIME_ALLOWED, hours_between, parse_time
from antagonist.foundation.errors import InputError
from antagonist.foundation.units import DURATION_ALLOWED, MASS_ALLOWED, duration_h, mass_mg
from antagonist.pharmacology.dosing._near import one_of

DEFAULT_DOSE_LIMIT_MG = 20_000.0
DEFAULT_FORECAST_H = 14 * 24.0
MAX_FORECAST_H = 730 * 24.0
MAX_SPAN_H = 20 * 8766.0
MAX_SERIES = 5000
MAX_WEEKS = 700
MISSED_ALLOWED = "a date such as '2026-03-07', or the date and time of a dose"

REQUIRED: Mapping[str, str] = {
    "as_of": TIME_ALLOWED,
    "at": TIME_ALLOWED,
    "product": "the product's id, such as 'oral_tablet'",
    "doses": "a list of at least one dose",
}


@dataclass(frozen=True)
class Context:
    """What a field check needs from outside its own field."""

    tz: ZoneInfo | None
    products: Collection[str]
    dose_limits_mg: Mapping[str, float] = field(default_factory=dict)

    def dose_limit_mg(self, product: str) -> float:
        """Largest dose of a product that is not taken for a slip, mg."""
        return self.dose_limits_mg.get(product, DEFAULT_DOSE_LIMIT_MG)


def _number(low: float, high: float, unit: str) -> BeforeValidator:
    def check(value: object) -> float:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if plain and math.isfinite(value) and low <= value <= high:  # type: ignore[arg-type, operator]
            return float(value)  # type: ignore[arg-type]
        allowed = f"a number from {low:g} to {high:g}, in {unit}, written without the unit"
        raise InputError("", "", value, allowed)

    return BeforeValidator(check)


def _whole(high: int) -> BeforeValidator:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= high:
            return value
        raise InputError("", "", value, f"a whole number from 1 to {high}")

    return BeforeValidator(check)


def _choice(*known: str) -> BeforeValidator:
    def check(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise InputError("", "", value, one_of(value, known))

    return BeforeValidator(check)


def _positive(read: Callable[[object], float], allowed: str, high: float) -> BeforeValidator:
    def check(value: object) -> float:
        amount = read(value)
        if not 0 < amount <= high:
            raise InputError("", "", value, allowed)
        return amount

    return BeforeValidator(check)


def _duration(high_h: float) -> BeforeValidator:
    allowed = f"more than 0 and at most {high_h / 24:g} d, {DURATION_ALLOWED.split(';')[0]}"
    return _positive(duration_h, allowed, high_h)


def _yes_no(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.lower() in ("yes", "no"):
        return value.lower()
    raise InputError("", "", value, "yes or no")


def _text(value: object) -> str:
    text = str(value).strip() if isinstance(value, str | int) else ""
    if isinstance(value, bool) or not 0 < len(text) <= 200:
        raise InputError("", "", value, "text of 1 to 200 characters")
    return text


def _some(value: object) -> object:
    if isinstance(value, list | tuple) and not value:
        raise InputError("", "", value, REQUIRED["doses"])
    return value


def _context(info: ValidationInfo) -> Context:
    return cast(Context, info.context)


def _product(value: object, info: ValidationInfo) -> str:
    products = _context(info).products
    if isinstance(value, str) and value in products:
        return value
    raise InputError("", "", value, one_of(value, products))


def _time(value: object, info: ValidationInfo) -> datetime:
    return parse_time(value, _context(info).tz)


def _missed(value: object, info: ValidationInfo) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise InputError("", "", value, MISSED_ALLOWED) from None
    try:
        return parse_time(value, _context(info).tz)
    except InputError as error:
        allowed = MISSED_ALLOWED if error.allowed == TIME_ALLOWED else error.allowed
        raise InputError("", "", value, allowed) from None


YesNo = Annotated[str, BeforeValidator(_yes_no)]
Text = Annotated[str, BeforeValidator(_text)]
Time = Annotated[datetime, BeforeValidator(_time)]
Missed = Annotated[date | datetime, BeforeValidator(_missed)]
DoseMg = Annotated[
    float, _positive(mass_mg, f"more than 0, {MASS_ALLOWED.split(';')[0]}", math.inf)
]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PatientBlock(_Block):
    """What is known of the patient; an absent key is unknown."""

    id: Text = "patient"
    weight_kg: Annotated[float, _number(25, 350, "kg")] | None = None
    sex: Annotated[str, _choice("male", "female")] | None = None
    age_y: Annotated[float, _number(0, 120, "years")] | None = None
    liver: (
        Annotated[str, _choice("normal", "compensated_cirrhosis", "decompensated_cirrhosis")] | None
    ) = None
    creatinine_clearance_ml_per_min: Annotated[float, _number(0, 250, "mL/min")] | None = None
    opioid_or_alcohol_dependent: YesNo | None = None
    smoker: YesNo | None = None


class WeekBlock(_Block):
    """Dose on each weekday of a weekly pattern, mg."""

    monday: DoseMg | None = None
    tuesday: DoseMg | None = None
    wednesday: DoseMg | None = None
    thursday: DoseMg | None = None
    friday: DoseMg | None = None
    saturday: DoseMg | None = None
    sunday: DoseMg | None = None

    def doses_mg(self) -> dict[int, float]:
        """Weekday (Monday = 0) -> dose, mg; days without a dose left out."""
        doses = ((day, getattr(self, name)) for day, name in enumerate(DAYS))
        return {day: dose_mg for day, dose_mg in doses if dose_mg is not None}


class DoseBlock(_Block):
    """One dose or one series of doses of one product."""

    product: Annotated[str, BeforeValidator(_product)]
    dose_mg: DoseMg | None = Field(None, alias="dose")
    at: Time
    every_h: Annotated[float, _duration(MAX_SPAN_H)] | None = Field(None, alias="every")
    times: Annotated[int, _whole(MAX_SERIES)] | None = None
    until: Time | None = None
    weekdays: WeekBlock | None = None
    weeks: Annotated[int, _whole(MAX_WEEKS)] | None = None
    missed: tuple[Missed, ...] = ()
    duration_h: Annotated[float, _duration(MAX_SPAN_H)] | None = Field(None, alias="duration")

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Self:
        self._check_pattern()
        self._check_ends()
        self._check_limits(_context(info))
        return self

    def _check_pattern(self) -> None:
        if self.weekdays is None and self.dose_mg is None:
            raise InputError("", "dose", None, f"{MASS_ALLOWED}; or 'weekdays'")
        if self.weekdays is not None:
            for name, value in (("dose", self.dose_mg), ("every", self.every_h)):
                if value is not None:
                    raise InputError("", name, value, "either 'weekdays' or 'dose' with 'every'")
            if self.times is not None:
                raise InputError("", "times", self.times, "with 'weekdays', 'weeks' or 'until'")
            if not self.weekdays.doses_mg():
                raise InputError("", "weekdays", None, "at least one day, such as monday: 100 mg")
        elif self.weeks is not None:
            raise InputError("", "weeks", self.weeks, "only with 'weekdays'")

    def _check_ends(self) -> None:
        repeats = self.weekdays is not None or self.every_h is not None
        count_name = "times" if self.weekdays is None else "weeks"
        count = self.times if self.weekdays is None else self.weeks
        if repeats and (count is None) == (self.until is None):
            shown = None if count is None else count
            raise InputError("", count_name, shown, f"one of '{count_name}' and 'until'")
        if not repeats and (self.until is not None or (self.times or 1) > 1):
            raise InputError("", "every", None, "an interval such as '1 d' for a repeated dose")
        if self.until is not None and hours_between(self.at, self.until) < 0:
            raise InputError("", "until", f"{self.until:%Y-%m-%d %H:%M}", "not before 'at'")
        if self.every_h is not None and (self.times or 1) * self.every_h > MAX_SPAN_H:
            allowed = f"a series of at most {MAX_SPAN_H / 8766:g} years"
            raise InputError("", "times", self.times, allowed)

    def _check_limits(self, context: Context) -> None:
        limit_mg = context.dose_limit_mg(self.product)
        stated = (
            {"dose": self.dose_mg}
            if self.weekdays is None
            else {
                f"weekdays.{DAYS[day]}": dose_mg
                for day, dose_mg in self.weekdays.doses_mg().items()
            }
        )
        for name, dose_mg in stated.items():
            if dose_mg is not None and dose_mg > limit_mg:
                allowed = f"at most {limit_mg:g} mg of {self.product} in one dose"
                raise InputError("", name, f"{dose_mg:g} mg", allowed)


class CourseBlock(_Block):
    """The whole course file."""

    course: Text | None = None
    timezone: str | None = None
    as_of: Time
    forecast_h: Annotated[float, _duration(MAX_FORECAST_H)] = Field(
        DEFAULT_FORECAST_H, alias="forecast"
    )
    patient: PatientBlock = PatientBlock()
    doses: Annotated[tuple[DoseBlock, ...], BeforeValidator(_some)]


BLOCKS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): CourseBlock,
    ("patient",): PatientBlock,
    ("doses",): DoseBlock,
    ("doses", "weekdays"): WeekBlock,
}


def known_keys(path: tuple[str, ...]) -> list[str]:
    """Keys a block may have; path: names of the blocks it stands in, without indexes."""
    fields: dict[str, Any] = dict(BLOCKS[path].model_fields)
    return [info.alias or name for name, info in fields.items()]
