"""Payloads of use and its harm: alcohol, opioids, lapse, relapse, overdose, naloxone, calendars."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from antagonist.feedback.payloads.base import Amount, Count, Day, Payload, Text
from antagonist.foundation.errors import InputError
from antagonist.label.patient import DateText

Substance = Literal["opioid", "alcohol"]


class AlcoholDay(Payload):
    """What was drunk on a day: standard drinks of a country, or grams of ethanol."""

    date: Day
    drinks: Amount | None = None
    grams: Amount | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None

    @model_validator(mode="after")
    def _amount(self) -> AlcoholDay:
        if self.drinks is None and self.grams is None:
            raise InputError("", "drinks", None, "drinks or grams; 0 for a day without")
        return self


class OpioidUse(Payload):
    """Opioid use as reported, or seen by another."""

    opioid: Text
    amount: Text | None = None
    route: Text | None = None
    last_use: DateText
    reported_by: Text


class UseCalendar(Payload):
    """Days asked about one by one (timeline follow-back). days: with use; all others without."""

    substance: Substance
    first: Day
    last: Day
    days: tuple[Day, ...]

    @model_validator(mode="after")
    def _inside(self) -> UseCalendar:
        if self.last < self.first:
            raise InputError("", "last", self.last.isoformat(), "a day not before the first")
        outside = [day for day in self.days if not self.first <= day <= self.last]
        if outside:
            allowed = "days from the first to the last"
            raise InputError("", "days", outside[0].isoformat(), allowed)
        return self


class Lapse(Payload):
    """One return to a substance."""

    substance: Substance
    date: Day


class Relapse(Payload):
    """Relapse by a rule that is named."""

    substance: Substance
    rule: Text
    date: Day


class Overdose(Payload):
    """An overdose."""

    opioid: Text | None = None
    fatal: bool
    treated: bool
    naloxone_given: bool


class NaloxoneKit(Payload):
    """Naloxone to take home. trained: the patient or one close to them knows its use."""

    kits: Annotated[Count, Field(ge=1)]
    trained: bool


class OverrideAttempt(Payload):
    """The patient tried to overcome the block. felt: what of the opioid was felt."""

    opioid: Text | None = None
    felt: Literal["none", "partial", "full", "unknown"]


class Consent(Payload):
    """Consent given or withdrawn. until: the last day it holds."""

    to: Text
    given: bool
    until: Day | None = None
