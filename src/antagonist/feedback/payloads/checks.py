"""What a new payload says, held against the label's own data: names, units, ranges, dates.

Only new events are checked so. Kept ones stay readable whatever later data know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from antagonist.feedback.payloads import parts
from antagonist.feedback.payloads.parts import Payload
from antagonist.feedback.rating_items import check_rating
from antagonist.foundation.data import check_known, near_match
from antagonist.foundation.errors import InputError
from antagonist.label.dates import when
from antagonist.label.facts import fact_types
from antagonist.label.formulary import product
from antagonist.label.gathered import gathered
from antagonist.label.opioid_data import opioid_data
from antagonist.label.patient import parse_patient
from antagonist.label.scores import instrument_catalogue, score, score_catalogue
from antagonist.label.side_effects import side_effects

# A day stands in the payload as the clinic's calendar has it, which may be ahead of UTC by this.
AHEAD = timedelta(hours=14)
UTC = ZoneInfo("UTC")
ROUTES: Mapping[str, str] = {
    "dose": "oral", "dispensed": "oral", "injection": "im_xr", "implant_in": "implant",
}  # fmt: skip
WHO = "event"
# Days and moments that had come when the event happened.
HAPPENED: Mapping[str, tuple[str, ...]] = {
    "alcohol_day": ("date",), "departure": ("date",), "hospital_stay": ("first",),
    "lapse": ("date",), "relapse": ("date",), "symptom": ("onset",),
    "use_calendar": ("first", "last"),
}  # fmt: skip
# Errors name the field of the payload, not its place in the file that the label read.
PLACE = re.compile(
    r"^(?:facts\.\w+|(?:urine|provocation)_tests\[0\]|scores\[0\]|opioid_history|naltrexone|"
    r"allergies|medicines|alcohol)\."
)
NAMES: Mapping[str, str] = {"lab": "test", "fact": "fact"}


def check(kind: str, payload: Payload, at: datetime) -> None:
    """Whether the label can read what a payload says.

    payload: newest version. at: the event's time, aware.
    Raises InputError naming kind and field.
    """
    try:
        if kind in OWN:
            OWN[kind](payload)
        for field in HAPPENED.get(kind, ()):
            _refuse_later(payload, field, at)
        if "asked_on" in payload:
            when(payload["asked_on"], at.astimezone(UTC) + AHEAD, WHO, "asked_on")
        part = _part(kind, payload, at)
        if part:
            content = {"patient": WHO, "timezone": "UTC", **part}
            gathered(parse_patient(content, WHO), at.astimezone(UTC) + AHEAD)
    except InputError as error:
        field = _field(kind, error.field)
        raise InputError(f"event {kind}", field, error.value, error.allowed) from None


def _refuse_later(payload: Payload, field: str, at: datetime) -> None:
    """Raises InputError for a day or moment after the event that tells of it."""
    said = payload.get(field)
    latest = (at.astimezone(UTC) + AHEAD).isoformat()
    if said is not None and str(said)[: len("2026-05-01")] > latest[: len("2026-05-01")]:
        allowed = f"a day not after {latest[:10]}, when the event happened"
        raise InputError("", field, said, allowed)


def _field(kind: str, place: str) -> str:
    if place == "facts":
        return NAMES.get(kind, place)
    field = PLACE.sub("", place)
    return field.removeprefix("exposures[0].") if kind == "opioid_use" else field


def _part(kind: str, payload: Payload, at: datetime) -> dict[str, Any]:
    """The payload as the only part of a patient's file; empty = no part of one."""
    facts = parts.stated(kind, payload, WHO)
    if facts:
        dated = {"date": parts.when_text(at)}
        return {"facts": {name: {**dated, **entry} for name, entry in facts.items()}}
    match kind:
        case "urine_drug_test":
            return {"urine_tests": [parts.urine_test(payload, WHO)]}
        case "provocation_test":
            return {"provocation_tests": [payload]}
        case "score" if payload["score"] in score_catalogue():
            return {"scores": [parts.score_sheet(payload, at, WHO)]}
        case "opioid_use":
            return {"opioid_history": _history(payload, at)}
        case "opioid_history" | "allergies" | "medicines" | "alcohol":
            return {kind: payload}
        case "naltrexone_history":
            return {"naltrexone": payload}
        case _:
            return {}


def _history(payload: Payload, at: datetime) -> dict[str, Any]:
    asked = {"asked_on": parts.when_text(at), "ever": "current", "asked_about": ()}
    return {**asked, "exposures": [parts.exposure(payload)], "source": WHO}


def _lab(payload: Payload) -> None:
    kind = fact_types().get(payload["test"])
    _only_of_numbers(payload, payload["test"])
    if payload["specimen"] == "urine" and kind is not None and kind.kind == "number":
        allowed = "blood: the dictionary's numbers are of blood; urine has its own kind of event"
        raise InputError("", "specimen", payload["specimen"], allowed)


def _fact(payload: Payload) -> None:
    _only_of_numbers(payload, payload["fact"])


def _only_of_numbers(payload: Payload, name: str) -> None:
    """What is no number has no unit, and no laboratory limit."""
    kind = fact_types().get(name)
    for field in ("unit", "upper_limit"):
        if kind is not None and kind.kind != "number" and field in payload:
            allowed = f"nothing: {name} is no number"
            raise InputError("", field, payload[field], allowed)


def _history_of_opioids(payload: Payload) -> None:
    if payload["asked_about"] != "all":
        for name in payload["asked_about"]:
            check_known(name, opioid_data().classes, "", "asked_about")


def _history_of_naltrexone(payload: Payload) -> None:
    for n, dose in enumerate(payload["doses"]):
        name = dose.get("product")
        if name is not None and product(name).route != dose["route"]:
            allowed = f"a product whose route is {dose['route']}"
            raise InputError("", f"doses[{n}].product", name, allowed)


def _score(payload: Payload) -> None:
    """The score is known; a stated total and band are those that the values give."""
    name, values, total = payload["score"], payload["values"], payload.get("total")
    known = score_catalogue()
    if name not in known:
        _instrument(name, total)
        return
    if not values and total is None:
        raise InputError("", "values", None, "values, or a total")
    found = score(name, values or {"total": total})
    for field, said, own in (
        ("total", total, found.value),
        ("band", payload.get("band"), found.band),
    ):
        if said is not None and own is not None and said != own:
            raise InputError("", field, said, f"{own}, which the values give")


def _instrument(name: str, total: float | None) -> None:
    instruments = instrument_catalogue()
    if name not in instruments:
        raise InputError("", "score", name, near_match(name, {**score_catalogue(), **instruments}))
    low, high = instruments[name].low, instruments[name].high
    if total is not None and low is not None and high is not None and not low <= total <= high:
        raise InputError("", "total", total, f"{low:g} to {high:g}")


def _symptom(payload: Payload) -> None:
    system, known = payload.get("organ_system"), side_effects().organ_systems
    if system is not None and system not in known:
        raise InputError("", "organ_system", system, near_match(system, known))


def _rating(payload: Payload) -> None:
    product(payload["product"])
    check_rating(payload["item"], payload["by"], payload["value"])


def _given(kind: str) -> Callable[[Payload], None]:
    def by_route(payload: Payload) -> None:
        name = payload.get("product")
        if name is not None and product(name).route != ROUTES[kind]:
            raise InputError("", "product", name, f"a product whose route is {ROUTES[kind]}")

    return by_route


OWN: Mapping[str, Callable[[Payload], None]] = {
    **{kind: _given(kind) for kind in ROUTES},
    "fact": _fact,
    "lab": _lab,
    "opioid_history": _history_of_opioids,
    "naltrexone_history": _history_of_naltrexone,
    "rating": _rating,
    "score": _score,
    "symptom": _symptom,
}
