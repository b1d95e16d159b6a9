"""Payloads of what is found: levels, laboratory, urine, vital signs, symptoms, scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from antagonist.feedback.payloads.base import Amount, Aware, Count, Day, Number, Payload, Text
from antagonist.foundation.errors import InputError
from antagonist.label.patient import DateText, Moment, Result, Scalar

Specimen = Literal["blood", "urine", "not_stated"]


class Level(Payload):
    """A measured level. limit_ng_per_ml: the least that the assay can tell."""

    analyte: Literal["naltrexone", "6_beta_naltrexol"]
    matrix: Literal["plasma", "urine"]
    value_ng_per_ml: Amount | None = None
    below_limit: bool
    limit_ng_per_ml: Annotated[Number, Field(gt=0)]

    @model_validator(mode="after")
    def _one_of_both(self) -> Level:
        if self.below_limit == (self.value_ng_per_ml is not None):
            raise InputError("", "value_ng_per_ml", None, "a value, or below the limit, not both")
        return self


class LabV1(Payload):
    """A laboratory result, before the specimen was kept. test: id of a fact."""

    test: Text
    value: Scalar
    unit: Text | None = None
    upper_limit: Annotated[Number, Field(gt=0)] | None = None


class Lab(LabV1):
    """A laboratory result with its specimen."""

    specimen: Specimen


class UrineDrugTest(Payload):
    """One urine sample, read by one method. taken: a day, or a time with its zone."""

    taken: Moment
    method: Literal["immunoassay", "mass_spectrometry"]
    results: Annotated[Mapping[str, Result], Field(min_length=1)]
    creatinine: Amount | None = None
    creatinine_unit: Text | None = None


class NoProvocationTest(Payload):
    """It was asked, and no provocation test was done: the record alone cannot say so."""

    asked_on: Day
    source: Text


class VitalSigns(Payload):
    """What was measured of pulse, pressure, temperature, breathing, oxygen and weight."""

    pulse_per_min: Annotated[Number, Field(ge=0, le=350)] | None = None
    systolic_mmhg: Annotated[Number, Field(ge=0, le=350)] | None = None
    diastolic_mmhg: Annotated[Number, Field(ge=0, le=250)] | None = None
    temperature_c: Annotated[Number, Field(ge=20, le=46)] | None = None
    breaths_per_min: Annotated[Number, Field(ge=0, le=100)] | None = None
    oxygen_saturation: Annotated[Number, Field(ge=0, le=100, description="%")] | None = None
    weight_kg: Annotated[Number, Field(ge=20, le=350)] | None = None

    @model_validator(mode="after")
    def _something(self) -> VitalSigns:
        if not self.model_fields_set or all(value is None for _, value in self):
            raise InputError("", "pulse_per_min", None, "one sign at least, of whichever")
        return self


class Symptom(Payload):
    """A symptom or side effect, present or asked about and not present.

    term: id of label/data/side_effects.yaml, or a code of the clinic's own. words: as said.
    ctcae_version: goes with each grade, since grades differ between versions.
    """

    term: Text
    words: Text | None = None
    organ_system: Text | None = None
    snomed: Annotated[str, Field(pattern=r"^[1-9][0-9]{5,17}$")] | None = None
    ctcae_grade: Annotated[Count, Field(ge=1, le=5)] | None = None
    ctcae_version: Text | None = None
    onset: Aware | None = None
    outcome: Literal["recovered", "recovering", "not_recovered", "fatal", "unknown"] | None = None
    relation: Literal["unlikely", "possible", "probable", "certain", "not_assessed"] | None = None
    present: bool

    @model_validator(mode="after")
    def _graded(self) -> Symptom:
        if (self.ctcae_grade is None) != (self.ctcae_version is None):
            allowed = "ctcae_grade and ctcae_version together"
            raise InputError("", "ctcae_grade", self.ctcae_grade, allowed)
        if self.ctcae_grade is not None and not self.present:
            allowed = "a grade of a symptom that is present only"
            raise InputError("", "ctcae_grade", self.ctcae_grade, allowed)
        return self


class ScoreSheet(Payload):
    """A filled-in score. total and band: as stated by the one who scored it."""

    score: Text
    values: Mapping[str, Scalar]
    total: Number | None = None
    band: Text | None = None


class GlobalImpression(Payload):
    """The clinician's global impression; 0 = not assessed."""

    scale: Literal["CGI-S", "CGI-I"]
    value: Annotated[Count, Field(le=7)]


class Rating(Payload):
    """What somebody thinks of a product. item: id of feedback/data/rating_items.yaml.

    by: the patient, or a clinician about the patient's treatment. value: on the item's scale.
    """

    item: Text
    by: Literal["patient", "clinician"]
    product: Text
    value: bool | Number


class Words(Payload):
    """The patient's own words."""

    text: Text


class Fact(Payload):
    """A fact of the patient's file, stated. date: of the fact, where the event's time is not it."""

    fact: Text
    value: Scalar
    unit: Text | None = None
    upper_limit: Annotated[Number, Field(gt=0)] | None = None
    date: DateText | None = None
    source: Text
