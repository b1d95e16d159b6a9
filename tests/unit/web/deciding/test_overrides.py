"""Going past a decision: two prescribers, each in a session of their own, or nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.clinics import PASSWORD, Browser, OpenClinic, text_of
from tests.unit.web.deciding.screened import of_kind, patient_of, screened

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts import access, approvals
from antagonist.web.accounts.people import change

REASON = "The patient is in the unit, watched around the clock."


def refused(clinic: OpenClinic) -> tuple[str, str]:
    """A patient with an opioid in the urine, and the address of the screening that refuses."""
    patient = patient_of(clinic, "urine_positive")
    return patient, screened(clinic.browser("prescriber"), patient).headers["location"]


def asked(clinic: OpenClinic) -> tuple[str, str, str]:
    """A patient, the decision's address, and the address of what the prescriber asked for."""
    patient, decision = refused(clinic)
    answered = clinic.browser("prescriber").post(f"{decision}/override", reason=REASON)
    assert answered.status_code == 303
    with reading(clinic.clinic.engine) as connection:
        (one,) = approvals.of_decision(connection, decision.rsplit("/", 1)[-1])
    return patient, decision, f"/approvals/{one.approval}"


def confirmed(browser: Browser, approval: str, password: str = PASSWORD) -> int:
    return browser.post(f"{approval}/confirm", password=password).status_code


def test_a_second_prescriber_confirms_and_both_names_stand_on_record(clinic: OpenClinic) -> None:
    patient, decision, approval = asked(clinic)
    second = clinic.browser("second")
    assert of_kind(clinic, patient, "override") == []
    assert REASON in text_of(second.get("/approvals"))
    assert REASON in text_of(second.get(approval))
    assert confirmed(second, approval) == 303
    (event,) = of_kind(clinic, patient, "override")
    assert (event.author, event.payload["second_person"]) == ("prescriber", "second")
    assert event.payload["reason"] == REASON
    assert event.payload["decision"] == decision.rsplit("/", 1)[-1]
    assert "prescriber asked, second confirmed." in text_of(second.get(decision))
    assert REASON not in text_of(second.get("/approvals"))
    assert confirmed(clinic.browser("second"), approval) == 422
    assert len(of_kind(clinic, patient, "override")) == 1


def test_nobody_confirms_their_own(clinic: OpenClinic) -> None:
    patient, _, approval = asked(clinic)
    browser = clinic.browser("prescriber")
    assert confirmed(browser, approval) == 422
    assert browser.post(f"{approval}/refuse").status_code == 422
    assert of_kind(clinic, patient, "override") == []


@pytest.mark.parametrize("role", ["viewer", "nurse", "administrator"])
def test_others_neither_ask_nor_answer(clinic: OpenClinic, role: str) -> None:
    patient, _, approval = asked(clinic)
    _, other = refused(clinic)
    browser = clinic.browser(role)
    assert confirmed(browser, approval) == 403
    assert browser.get("/approvals").status_code == 403
    assert browser.post(f"{other}/override", reason=REASON).status_code == 403
    assert of_kind(clinic, patient, "override") == []


def test_a_wrong_password_confirms_nothing(clinic: OpenClinic) -> None:
    patient, _, approval = asked(clinic)
    browser = clinic.browser("second")
    assert confirmed(browser, approval, "not the password") == 422
    assert of_kind(clinic, patient, "override") == []
    assert confirmed(browser, approval) == 303


def test_refused_and_withdrawn_leave_the_record_as_it_was(clinic: OpenClinic) -> None:
    patient, decision, approval = asked(clinic)
    assert clinic.browser("second").post(f"{approval}/withdraw").status_code == 422
    assert clinic.browser("second").post(f"{approval}/refuse").status_code == 303
    assert "refused: the decision stands" in text_of(clinic.browser("nurse").get(decision))
    assert confirmed(clinic.browser("second"), approval) == 422
    _, _, other = asked(clinic)
    assert clinic.browser("prescriber").post(f"{other}/withdraw").status_code == 303
    assert confirmed(clinic.browser("second"), other) == 422
    assert of_kind(clinic, patient, "override") == []


def test_of_two_confirmations_at_once_one_counts(own_clinic: OpenClinic) -> None:
    patient, _, approval = asked(own_clinic)
    browsers = [own_clinic.browser("second") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(lambda one: confirmed(one, approval), browsers))
    assert codes == [303, 422]
    assert len(of_kind(own_clinic, patient, "override")) == 1


def test_only_a_decision_that_refuses_one_product_can_be_gone_past(clinic: OpenClinic) -> None:
    allowed, missing, closed = patient_of(clinic), patient_of(clinic, scores=None), refused(clinic)
    browser = clinic.browser("prescriber")
    several = screened(browser, closed[0], **{"products[]": []}).headers["location"]
    for made in (
        screened(browser, allowed).headers["location"],
        screened(browser, missing).headers["location"],
        several,
    ):
        answered = browser.post(f"{made}/override", reason=REASON)
        assert answered.status_code == 422
        assert "about one product that closes or delays" in text_of(answered)


@pytest.mark.parametrize("reason", ["", "no", "a\x00bc", "x" * 2001])
def test_a_reason_is_needed_and_what_was_typed_stays(clinic: OpenClinic, reason: str) -> None:
    _, decision = refused(clinic)
    answered = clinic.browser("prescriber").post(f"{decision}/override", reason=reason)
    assert answered.status_code == 422


def test_nobody_is_asked_twice_about_one_decision(clinic: OpenClinic) -> None:
    _, decision, _ = asked(clinic)
    answered = clinic.browser("prescriber").post(f"{decision}/override", reason=REASON)
    assert answered.status_code == 422


def test_who_does_not_see_the_patient_does_not_see_what_was_asked(own_clinic: OpenClinic) -> None:
    patient, _, approval = asked(own_clinic)
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["second"], every_patient=False)
    second = own_clinic.browser("second")
    assert REASON not in text_of(second.get("/approvals"))
    assert second.get(approval).status_code == 404
    assert confirmed(second, approval) == 404
    with changing(own_clinic.clinic.engine) as connection:
        access.give(connection, own_clinic.people["second"].account, [patient])
    assert confirmed(second, approval) == 303


def test_an_asker_who_left_cannot_be_confirmed(own_clinic: OpenClinic) -> None:
    patient, _, approval = asked(own_clinic)
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["prescriber"], disabled=True)
    assert confirmed(own_clinic.browser("second"), approval) == 422
    assert of_kind(own_clinic, patient, "override") == []


def test_programs_ask_list_and_withdraw_but_never_confirm(clinic: OpenClinic) -> None:
    patient, decision = refused(clinic)
    program, second = clinic.program("prescriber"), clinic.program("second")
    answered = program.post(
        f"/api/v1{decision}/override", json={"reason": REASON},
        headers={"Idempotency-Key": "api-override-1"},
    )  # fmt: skip
    assert answered.status_code == 201
    made = answered.json()
    assert [made["status"], made["own"], made["patient"]] == ["waiting", True, patient]
    listed = {one["approval"]: one["own"] for one in second.get("/api/v1/approvals").json()}
    assert listed[made["approval"]] is False
    path = f"/api/v1/approvals/{made['approval']}"
    assert second.post(f"{path}/confirm").status_code in (404, 405)
    headers = {"Idempotency-Key": "api-withdraw-1"}
    assert program.post(f"{path}/withdraw", headers=headers).json()["status"] == "withdrawn"
    assert of_kind(clinic, patient, "override") == []
