"""A course so far, from the naltrexone history of a patient's file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from antagonist.foundation.errors import InputError
from antagonist.label.formulary import product
from antagonist.label.gathered import gathered
from antagonist.label.intake import dated_doses
from antagonist.label.jurisdictions import chosen
from antagonist.label.patient import NaltrexoneDose, Patient, treated_indication
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.covariates import covariates_of
from antagonist.planning.situation_model import Taken, Treatment

# What simulates a dose whose product is not named, by route; an implant must be named.
USUAL: Mapping[str, str] = {"oral": "oral_tablet", "im_xr": "xr_im_380"}
DRAWS = 400


def treatment_of(
    patient: Patient, as_of: datetime, label: str | None = None, draws: Settings | None = None
) -> Treatment:
    """The course of a patient's file up to a moment.

    as_of: aware, in the clinic's zone. label: the clinic's choice. draws: of the model.
    A dose given by its day only is taken to be at the day's last minute before ``as_of``.
    Raises InputError without a history or an indication, and for an implant without a product.
    """
    if patient.naltrexone is None or not patient.naltrexone.doses:
        raise InputError(patient.source, "naltrexone.doses", None, "the doses taken so far")
    indication = treated_indication(patient)
    facts = gathered(patient, as_of).facts
    doses = tuple(
        Taken(min(at.latest, as_of), dose.dose_mg, _model(dose, patient), dose.route)
        for dose, at in dated_doses(patient.naltrexone, as_of, patient.source)
    )
    return Treatment(
        patient=patient.patient,
        as_of=as_of,
        indication=indication,
        doses=doses,
        label=chosen(label),
        facts=facts,
        covariates=covariates_of(facts),
        chosen=draws or settings(draws=DRAWS),
    )


def _model(dose: NaltrexoneDose, patient: Patient) -> str:
    if dose.product is None:
        if dose.route not in USUAL:
            raise InputError(patient.source, "naltrexone.doses.product", None, "the implant's id")
        return USUAL[dose.route]
    found = product(dose.product).release_model
    if found is None:
        allowed = "a product that the model knows"
        raise InputError(patient.source, "naltrexone.doses.product", dose.product, allowed)
    return found
