"""The record as a patient's file of the label, so that screening runs on the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from antagonist.feedback.payloads import parts
from antagonist.feedback.state_model import Noted, PatientState, Statement
from antagonist.foundation.clock import zone
from antagonist.foundation.errors import InputError
from antagonist.label.dates import when
from antagonist.label.facts import fact_types
from antagonist.label.patient import Patient, parse_patient
from antagonist.label.scores import score_catalogue
from antagonist.label.stated import stated_types

SOURCE = "record"
NOT_NAMED = "an opioid that was not named"
File = dict[str, Any]


def patient_file(
    state: PatientState,
    timezone: str,
    *,
    patient: str | None = None,
    birth_date: str | None = None,
) -> Patient:
    """A patient's file from the record, for the state's own moment.

    timezone: the clinic's, an IANA name. patient: code in the file; default the record's id.
    birth_date: from the identity, which the events do not hold.
    What is not on record is left out, so it is unknown. A use or lapse on record joins the opioid
    history even where that said there was none. Doses not taken are left out.
    Raises InputError for an unknown time zone, and where no event names the patient.
    """
    code = patient or state.patient
    if code is None:
        raise InputError(SOURCE, "patient", None, "a patient with events, or a code for the file")
    at = state.at.astimezone(zone(timezone, SOURCE, "timezone"))
    content: File = {
        "patient": code,
        "timezone": timezone,
        "as_of": parts.when_text(at),
        "indication": _indication(state),
        "birth_date": birth_date,
        "facts": {
            name: _entries(name, said, at)
            for name, said in state.facts.items()
            if name in stated_types()
        },
        "opioid_history": _opioid_history(state, at),
        "urine_tests": [
            parts.urine_test(t.payload, t.source) for t in state.noted("urine_drug_test")
        ],
        "provocation_tests": _provocation_tests(state),
        "medicines": _latest(state, "medicines"),
        "allergies": _latest(state, "allergies"),
        "naltrexone": _naltrexone(state, at),
        "alcohol": _alcohol(state, at),
        "scores": [
            parts.score_sheet(sheet.payload, sheet.at, sheet.source)
            for name, sheet in state.scores.items()
            if name in score_catalogue()
        ],
    }
    return parse_patient(content, SOURCE)


def _indication(state: PatientState) -> object:
    said = state.fact("indication_stated")
    return None if said is None else said.value


def _provocation_tests(state: PatientState) -> list[Mapping[str, Any]] | None:
    """Tests on record; an empty list only where somebody asked and none was done."""
    done = [test.payload for test in state.noted("provocation_test")]
    return done or ([] if "no_provocation_test" in state.latest else None)


def _latest(state: PatientState, kind: str) -> Mapping[str, Any] | None:
    found = state.latest.get(kind)
    return None if found is None else found.payload


def _entries(name: str, said: Sequence[Statement], at: datetime) -> list[File]:
    """Statements of a fact for the file.

    Numbers: all, the label takes the latest and looks for the first. What changes by itself (it
    grows stale, or is of a visit or a plan): of the latest day only, for a later finding replaces
    an earlier one. What does not change: all, so that sources that differ are seen.
    """
    kind = fact_types()[name]
    lasting = kind.stale_h is None and kind.about == "patient"
    if kind.kind != "number" and not lasting:
        day = _day(said[-1].at, at)
        said = [one for one in said if _day(one.at, at) == day]
    return [{"date": parts.when_text(one.at), **one.entry} for one in said]


def _day(moment: datetime, at: datetime) -> str:
    return f"{moment.astimezone(at.tzinfo):%Y-%m-%d}"


def _opioid_history(state: PatientState, at: datetime) -> File | None:
    """The history as asked, joined by every use, lapse and overdose on record."""
    asked = state.latest.get("opioid_history")
    used = _used(state, at)
    if not used:
        return None if asked is None else dict(asked.payload)
    if asked is None:
        first = parts.when_text(min(event.at for event, _ in used))
        found = {"asked_on": first, "ever": "current", "asked_about": (), "source": SOURCE}
    else:
        found = dict(asked.payload)
        # What came after the history does not contradict it; what came before does, and stays so.
        if any(event.at > asked.at for event, _ in used):
            found["ever"] = "current"
    exposures = [*found.get("exposures", ()), *(exposure for _, exposure in used)]
    return {**found, "exposures": exposures}


def _used(state: PatientState, at: datetime) -> list[tuple[Noted, File]]:
    """Events of opioid use as exposures; a lapse or overdose adds none to a use of its own day."""
    found = [(event, parts.exposure(event.payload)) for event in state.noted("opioid_use")]
    named = {str(exposure["last_use"])[:10] for _, exposure in found}
    for event in (*state.noted("lapse"), *state.noted("overdose")):
        day = event.payload.get("date", _day(event.at, at))
        opioid = event.payload.get("opioid")
        if event.payload.get("substance", "opioid") != "opioid" or (day in named and not opioid):
            continue
        exposure = {"opioid": opioid or NOT_NAMED, "last_use": day, "source": event.source}
        found.append((event, exposure))
    return found


def _naltrexone(state: PatientState, at: datetime) -> File | None:
    """Doses that got in; what the history says counts up to the first dose on record."""
    taken = [
        {"route": d.route, "at": parts.when_text(d.at), "dose_mg": d.dose_mg, "product": d.product}
        for d in state.taken
    ]
    asked = state.latest.get("naltrexone_history")
    if asked is None:
        first = {"asked_on": taken[0]["at"], "source": SOURCE} if taken else None
        return None if first is None else {**first, "doses": taken}
    before = [
        dose
        for dose in asked.payload.get("doses", ())
        if not taken or _latest_instant(dose["at"], at) < state.taken[0].at
    ]
    return {**asked.payload, "doses": [*before, *taken]}


def _latest_instant(date: Any, at: datetime) -> datetime:
    return when(date, at, SOURCE, "date").latest


def _alcohol(state: PatientState, at: datetime) -> File | None:
    """The last drink: as asked, or of a later drinking day or lapse on record."""
    asked = state.latest.get("alcohol")
    days = [
        str(event.payload["date"])
        for event in (*state.noted("alcohol_day"), *state.noted("lapse"))
        if event.payload.get("substance", "alcohol") == "alcohol" and _drank(event)
    ]
    if not days:
        return None if asked is None else dict(asked.payload)
    found = dict(asked.payload) if asked else {"asked_on": max(days), "source": SOURCE}
    stated = found.get("last_drink")
    if stated is None or _latest_instant(stated, at) < _latest_instant(max(days), at):
        found["last_drink"] = max(days)
    return found


def _drank(event: Noted) -> bool:
    said = event.payload
    return event.kind == "lapse" or bool(said.get("drinks") or said.get("grams"))
