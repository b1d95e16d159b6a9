"""Model files: the structure of a model and the release of a formulation, as validated data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from antagonist.pharmacology.expressions import parse

Transform = Literal["log", "logit", "identity"]
Provenance = Literal["seen", "secondary", "recalled", "assumed", "derived", "calibrated"]


def _checked(text: str) -> str:
    parse(text)
    return text


# A number may stand unquoted in a model file.
Formula = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(_checked)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Parameter(_Data):
    """One number of a model, before or after calibration.

    value: typical value in ``unit``. transform: scale on which it varies.
    prior_sd: sd of the prior on the transformed scale; 0 = fixed.
    between_subject, between_study: sd of those effects on the transformed scale.
    bounds: values (not transformed) the calibration may not leave.
    """

    value: float
    unit: str
    transform: Transform = "log"
    prior_sd: float = Field(default=0.0, ge=0)
    between_subject: float = Field(default=0.0, ge=0)
    between_study: float = Field(default=0.0, ge=0)
    bounds: tuple[float, float] | None = None
    source: str
    provenance: Provenance
    note: str = ""

    @model_validator(mode="after")
    def _in_range(self) -> Parameter:
        if self.transform == "log" and self.value <= 0:
            raise ValueError(f"value {self.value} is not allowed on a log scale (must be > 0)")
        if self.transform == "logit" and not 0 < self.value < 1:
            raise ValueError(
                f"value {self.value} is not allowed on a logit scale (between 0 and 1)"
            )
        if self.bounds is not None and not self.bounds[0] <= self.value <= self.bounds[1]:
            low, high = self.bounds
            raise ValueError(
                f"value {self.value} is not allowed (between its bounds {low}, {high})"
            )
        return self


class Transfer(_Data):
    """First-order flow; without ``to`` it leaves the body. rate: 1/h."""

    source: str = Field(alias="from")
    to: str | None = None
    rate: Formula


class Link(_Data):
    """An effect site that follows gain times the amount in ``of`` at ``rate``; takes no mass."""

    of: str
    to: str
    gain: Formula
    rate: Formula


class Output(_Data):
    """An observed quantity: gain times the amount in one state.

    cmt, dvid: numbers by which the rows of a NONMEM table name it; without ``cmt`` that is the
        compartment's own number.
    """

    of: str
    gain: Formula
    unit: str
    cmt: int | None = None
    dvid: int | None = None


class CovariateEffect(_Data):
    """Shift of a parameter on its transformed scale.

    shift: formula over the covariate (numeric) and parameters.
    when: category for which the shift holds, for a categorical covariate.
    """

    parameter: str
    covariate: str
    shift: Formula
    when: str | None = None
    source: str
    provenance: Provenance
    note: str = ""


class Correlation(_Data):
    """Correlation of two between-subject effects."""

    between: tuple[str, str]
    rho: float = Field(gt=-1, lt=1)
    source: str
    provenance: Provenance


class Residual(_Data):
    """Residual error of an output: sd = sqrt(additive^2 + (proportional * prediction)^2).

    adds: what adds up, ``variances`` as above or ``deviations``: sd = additive + proportional *
        prediction. log_sd: sd of the logarithm of the observed value instead of both.
    sd_at_zero: sd where the prediction is 0 and so without any error of its own; 0: such a value
        cannot be (NONMEM's models often say ``IF (W.EQ.0) W = 1``).
    """

    proportional: float = Field(default=0.0, ge=0)
    additive: float = Field(default=0.0, ge=0)
    adds: Literal["variances", "deviations"] = "variances"
    log_sd: float = Field(default=0.0, ge=0)
    sd_at_zero: float = Field(default=0.0, ge=0)
    source: str
    provenance: Provenance

    @model_validator(mode="after")
    def _one_scale(self) -> Residual:
        if self.log_sd > 0 and (self.proportional > 0 or self.additive > 0):
            raise ValueError(
                f"log_sd {self.log_sd} is not allowed (alone, without proportional and additive)"
            )
        return self


class ParallelInput(_Data):
    """One part of a dose that enters in several ways; ``duration_h``: at a constant rate."""

    to: str
    fraction: Formula
    lag_h: Formula = "0"
    duration_h: Formula | None = None


class DoseInput(_Data):
    """How a dose that names a compartment enters it.

    rate_mg_per_h, duration_h: for rows with RATE -1 and RATE -2.
    parts: where one dose row enters in several ways at once, instead of all the others.
    """

    fraction: Formula = "1"
    lag_h: Formula = "0"
    rate_mg_per_h: Formula | None = None
    duration_h: Formula | None = None
    parts: tuple[ParallelInput, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> DoseInput:
        others = self.model_fields_set - {"parts"}
        if self.parts and others:
            raise ValueError(f"{sorted(others)[0]} is not allowed beside parts (say it in each)")
        return self


class Structure(_Data):
    """A linear compartment model.

    compartments: in NONMEM's order (CMT 1 is the first).
    entries: entry name -> compartment -> fraction of the dose that arrives there.
    """

    id: str
    version: str
    title: str
    compartments: tuple[str, ...]
    transfers: tuple[Transfer, ...]
    links: tuple[Link, ...] = ()
    entries: Mapping[str, Mapping[str, Formula]] = {}
    dose_inputs: Mapping[str, DoseInput] = {}
    outputs: Mapping[str, Output]
    parameters: Mapping[str, Parameter]
    covariates: tuple[CovariateEffect, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    residuals: Mapping[str, Residual] = {}

    @model_validator(mode="after")
    def _known_names(self) -> Structure:
        if len(set(self.compartments)) < len(self.compartments):
            raise ValueError("compartments are not allowed to repeat a name")
        for output in self.residuals:
            if output not in self.outputs:
                known = ", ".join(self.outputs)
                raise ValueError(f"output {output!r} is not allowed (one of {known})")
        used = [t.source for t in self.transfers] + [t.to for t in self.transfers if t.to]
        used += [x for link in self.links for x in (link.of, link.to)]
        used += [o.of for o in self.outputs.values()] + list(self.dose_inputs)
        used += [c for entry in self.entries.values() for c in entry]
        used += [part.to for given in self.dose_inputs.values() for part in given.parts]
        for name in used:
            if name not in self.compartments:
                known = ", ".join(self.compartments)
                raise ValueError(f"compartment {name!r} is not allowed (one of {known})")
        return self


class Release(_Data):
    """One part of a release profile.

    kind: ``bolus`` all at once; ``exponential`` with ``rate_per_h``, after one transit
        compartment where ``transit_rate_per_h`` says how fast it is left; ``constant`` over
        ``duration_h``. fraction: of the dose; a negative one is served, many times as slowly.
    """

    kind: Literal["bolus", "exponential", "constant"]
    fraction: Formula = "1"
    rate_per_h: Formula | None = None
    transit_rate_per_h: Formula | None = None
    duration_h: Formula | None = None
    lag_h: Formula = "0"

    @model_validator(mode="after")
    def _complete(self) -> Release:
        if self.kind == "exponential" and self.rate_per_h is None:
            raise ValueError("rate_per_h is missing (needed for kind: exponential)")
        if self.kind == "constant" and self.duration_h is None:
            raise ValueError("duration_h is missing (needed for kind: constant)")
        if self.kind != "exponential" and self.transit_rate_per_h is not None:
            raise ValueError("transit_rate_per_h belongs to kind: exponential")
        return self


class Formulation(_Data):
    """A product's way into the body: where it enters, and its release profile.

    aliases: other product names with the same release.
    salt_factor: mg of naltrexone base (or of the substance given) in 1 mg of stated dose.
    status: ``no_data`` where no levels are published: it is then refused, never imitated.
    max_dose_mg: a stated dose above this is taken for a slip of the pen.
    """

    id: str
    version: str
    aliases: tuple[str, ...] = ()
    title: Mapping[Literal["en", "ru"], str]
    route: Literal["oral", "iv", "intranasal", "im", "sc", "implant"]
    status: Literal["data", "no_data"] = "data"
    entry: str = "systemic"
    salt_factor: float = Field(default=1.0, gt=0, le=1)
    max_dose_mg: float = Field(gt=0)
    typical_dose_mg: float | None = Field(default=None, gt=0)
    release: tuple[Release, ...] = ()
    parameters: Mapping[str, Parameter] = {}
    source: str
    provenance: Provenance
    note: str = ""

    @model_validator(mode="after")
    def _released(self) -> Formulation:
        if self.status == "data" and not self.release:
            raise ValueError("release is missing (a formulation with data has a release profile)")
        return self
