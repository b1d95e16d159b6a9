"""Answers of an event, each allowed, that do not fit together: refused by name, on both faces.

What looks wrong and may be so, such as a lot that has expired, is asked once more: test_doubts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from httpx2 import Response
from tests.support.clinics import OpenClinic, text_of
from tests.support.page_forms import named_in
from tests.support.patients import US_TABLET
from tests.support.record_entries import ENTRIES, VIVITROL

from antagonist.web.actions.recording import input_name
from antagonist.web.forms import new_key

IMPLANT = "prodetoxone-implant-1000"
OLD = "2026-04-20T09:00"
BY_PATH = {entry.path: entry for entry in ENTRIES}


class Misfit(NamedTuple):
    """An event whose parts do not fit. path: of the entry that is changed. typed: on the page, None
    where its form cannot say so. payload: by program. field: that is named, last part.
    """

    path: str
    typed: Mapping[str, str] | None
    payload: Mapping[str, Any]
    field: str


def both(path: str, field: str, **values: Any) -> Misfit:
    """The same values typed and sent; None leaves one out."""
    typed = {k: "" if v is None else str(v) for k, v in values.items()}
    return Misfit(path, typed, values, field)


EVENTS = (
    # dates in order
    both("hospital_stay", "last", first="2026-04-20", last="2026-04-19"),
    both("hospital_stay", "first", first="2026-05-03"),
    both("use_calendar", "last", first="2026-04-01", last="2026-03-31"),
    both("use_calendar", "last", first="2026-04-01", last="2026-05-03"),
    Misfit("use_calendar", {"days": "2026-03-31", "days.none": ""}, {"days": ["2026-03-31"]},
           "days"),
    both("lapse", "date", date="2026-05-03"),
    both("relapse", "date", date="2026-05-03"),
    both("departure", "date", date="2026-05-03"),
    both("alcohol_day", "date", date="2026-05-03"),
    both("no_provocation_test", "asked_on", asked_on="2026-05-03"),
    Misfit("symptom", {"onset": "2026-05-03T09:00"}, {"onset": "2026-05-03T09:00:00Z"}, "onset"),
    Misfit("opioid_use", {"last_use": "2026-04-25..2026-04-20"},
           {"last_use": {"from": "2026-04-25", "to": "2026-04-20"}}, "last_use"),
    both("opioid_use", "last_use", last_use="2026-05-03"),
    both("alcohol", "last_drink", last_drink="2026-05-03"),
    # product and route
    both("injection", "product", product=US_TABLET),
    both("dose", "product", product=VIVITROL),
    both("dispensed", "product", product=IMPLANT),
    both("implant_in", "product", product=VIVITROL),
    Misfit("naltrexone_history", {"doses.0.product": VIVITROL},
           {"doses": [{"route": "oral", "dose_mg": 50, "at": "2026-04-01", "product": VIVITROL}]},
           "product"),
    Misfit("naltrexone_history", {"doses.0.times": "3"},
           {"doses": [{"route": "oral", "dose_mg": 50, "at": "2026-04-01", "times": 3}]},
           "every_days"),
    # analyte, unit, specimen, range
    both("lab/alt", "unit", unit="mg/dL"),
    both("lab/alt", "specimen", specimen="urine"),
    Misfit("lab/pregnancy_test", None, {"unit": "U/L"}, "unit"),
    Misfit("lab/pregnancy_test", None, {"upper_limit": 5}, "upper_limit"),
    Misfit("fact/hepatitis", None, {"unit": "kg"}, "unit"),
    both("fact/weight_kg", "unit", unit="U/L"),
    both("fact/weight_kg", "value", value=900),
    both("urine_drug_test", "creatinine_unit", creatinine_unit=None),
    # one answer and another
    Misfit("level", {"below_limit": "no", "value_ng_per_ml": ""},
           {"below_limit": False, "value_ng_per_ml": None}, "value_ng_per_ml"),
    Misfit("level", None, {"below_limit": True}, "value_ng_per_ml"),
    both("symptom", "ctcae_grade", ctcae_version=None),
    Misfit("symptom", None, {"present": False}, "ctcae_grade"),
    both("dose", "observed_by", status="observed", observed_by=None),
    Misfit("dose", None, {"observed_by": "nurse"}, "observed_by"),
    Misfit("dose", None, {"mouth_checked": True}, "mouth_checked"),
    both("alcohol_day", "drinks", drinks=None),
    Misfit("score/phq_2", {"total": "5"}, {"total": 5}, "total"),
    Misfit("score/phq_2", None, {"band": "negative"}, "band"),
    both("rating/works", "value", value=11),
    both("rating/liver_complaint", "by", by="clinician"),
    Misfit("rating/works", None, {"value": True}, "value"),
    Misfit("vital_signs", {"pulse_per_min": ""}, {"pulse_per_min": None}, "pulse_per_min"),
)  # fmt: skip
NAMES = {f"{m.path}-{m.field}-{n}": m for n, m in enumerate(EVENTS)}


@pytest.fixture(scope="module")
def patient(clinic: OpenClinic) -> str:
    return clinic.patient()


def sent(
    clinic: OpenClinic, path: str, body: Any, who: str = "prescriber", **more: str
) -> Response:
    """A request by a program."""
    headers = {"Idempotency-Key": new_key(), **more}
    return clinic.program(who).post(f"/api/v1/patients/{path}", json=body, headers=headers)


def told(answer: Response) -> str:
    """The last part of the field that an answer names."""
    found = answer.json()["errors"][0]["field"] if "json" in answer.headers["content-type"] else (
        named_in(answer.text)
    )  # fmt: skip
    return input_name(found).rpartition(".")[2]


@pytest.mark.parametrize("misfit", NAMES.values(), ids=NAMES)
def test_no_program_records_what_does_not_fit(
    clinic: OpenClinic, patient: str, misfit: Misfit
) -> None:
    entry = BY_PATH[misfit.path]
    payload = {k: v for k, v in {**entry.payload, **misfit.payload}.items() if v is not None}
    before = len(clinic.clinic.record.all(patient))
    body = {"kind": misfit.path.split("/")[0], "occurred_at": "2026-05-01T08:30:00Z"}
    answer = sent(clinic, f"{patient}/events", {**body, "payload": payload}, "nurse")
    assert answer.status_code == 422, answer.text
    assert told(answer) == misfit.field
    assert len(clinic.clinic.record.all(patient)) == before


@pytest.mark.parametrize("name", [name for name, m in NAMES.items() if m.typed is not None])
def test_no_form_records_what_does_not_fit(clinic: OpenClinic, patient: str, name: str) -> None:
    misfit = NAMES[name]
    assert misfit.typed is not None
    before = len(clinic.clinic.record.all(patient))
    answer = clinic.browser("nurse").post(
        f"/patients/{patient}/record/{misfit.path}", expected=str(before),
        occurred_at="2026-05-01T08:30", **{**BY_PATH[misfit.path].typed, **misfit.typed},
    )  # fmt: skip
    assert answer.status_code == 422, text_of(answer)
    assert told(answer) == misfit.field
    assert len(clinic.clinic.record.all(patient)) == before
