"""The challenge test begins only where a screening of this moment permits it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.clinics import OpenClinic, text_of
from tests.support.patients import fact
from tests.unit.web.deciding.led import UNTESTED, begun, do, row, under_way
from tests.unit.web.deciding.screened import of_kind, patient_of

from antagonist.feedback.database import reading
from antagonist.web.actions import challenge_rows


@pytest.mark.parametrize(
    "changes",
    [
        {
            "scores": [
                {"score": "cows", "date": "2026-11-25", "source": "t", "values": {"total": 5}}
            ]
        },
        {"facts": {"withdrawal_finding": fact(True)}},
        {"scores": None},
        {"urine_tests": None},
    ],
    ids=["COWS 5", "withdrawal found", "no COWS", "no urine"],
)
def test_no_test_with_withdrawal_or_with_facts_missing(
    clinic: OpenClinic, changes: dict[str, Any]
) -> None:
    patient = patient_of(clinic, **UNTESTED, **changes)
    answered = begun(clinic, patient)
    assert "/decisions/" in answered.headers["location"]
    said = text_of(clinic.browser("nurse").follow(answered))
    assert "NO TEST: the provocation test is not offered now." in said
    with reading(clinic.clinic.engine) as connection:
        assert challenge_rows.of_patient(connection, patient) == []


def test_no_test_with_an_opioid_in_the_urine(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, "urine_positive", **UNTESTED)
    assert "/decisions/" in begun(clinic, patient).headers["location"]


def test_cows_four_permits_and_the_decision_is_kept(clinic: OpenClinic) -> None:
    sheet = {"score": "cows", "date": "2026-11-25", "source": "t", "values": {"total": 4}}
    patient = patient_of(clinic, **UNTESTED, scores=[sheet])
    assert "/challenge/" in begun(clinic, patient).headers["location"]
    (event,) = of_kind(clinic, patient, "decision")
    assert row(clinic, patient).decision == event.event_id
    assert event.payload["asked"]["question"] == "challenge"


def test_nobody_said_that_no_test_was_done_so_it_is_not_known(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, **UNTESTED)
    assert "/decisions/" in begun(clinic, patient, never_tested="").headers["location"]


def test_a_viewer_begins_and_steps_nothing(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, **UNTESTED)
    assert begun(clinic, patient, "viewer").status_code == 403
    _, _, made = under_way(clinic)
    viewer = clinic.browser("viewer")
    assert viewer.get(made).status_code == 200
    assert do(clinic, viewer, made, "baseline") == 403


def test_one_test_at_a_time(clinic: OpenClinic) -> None:
    _, patient, _ = under_way(clinic)
    assert begun(clinic, patient).status_code == 422
