"""Leading a challenge test by the forms of its page, for tests."""

from __future__ import annotations

from typing import Any

from httpx2 import Response
from tests.support.clinics import Browser, OpenClinic
from tests.support.patients import US_TABLET
from tests.unit.web.deciding.screened import patient_of

from antagonist.feedback.database import reading
from antagonist.web.actions import challenge_rows
from antagonist.web.actions.challenge_rows import Challenge

UNTESTED: dict[str, Any] = {"provocation_tests": None}


def row(clinic: OpenClinic, patient: str) -> Challenge:
    with reading(clinic.clinic.engine) as connection:
        return challenge_rows.of_patient(connection, patient)[0]


def begun(clinic: OpenClinic, patient: str, who: str = "nurse", **fields: Any) -> Response:
    chosen = {"protocol": "iv", "product": US_TABLET, "jurisdiction": "", "never_tested": "yes"}
    return clinic.browser(who).post(f"/patients/{patient}/challenge", **{**chosen, **fields})


def under_way(clinic: OpenClinic, **fields: Any) -> tuple[Browser, str, str]:
    """A nurse's browser, the patient, and the address of a test that was begun."""
    patient = patient_of(clinic, **UNTESTED)
    made = begun(clinic, patient, **fields).headers["location"]
    assert "/challenge/" in made
    return clinic.browser("nurse"), patient, made


def do(clinic: OpenClinic, browser: Browser, made: str, kind: str, **fields: Any) -> int:
    """Send a step of the form as the page has it now."""
    patient = made.split("/")[2]
    version = row(clinic, patient).version
    return browser.post(made, kind=kind, version=version, **fields).status_code


def observing(clinic: OpenClinic, steps: int = 1) -> tuple[Browser, str, str]:
    """A test of which so many doses were given, the last one just now."""
    browser, patient, made = under_way(clinic)
    assert do(clinic, browser, made, "baseline", **{"signs[]": ["anxiety"]}) == 303
    assert do(clinic, browser, made, "given") == 303
    if steps == 2:
        clinic.clock.advance(seconds=30)
        assert do(clinic, browser, made, "observed", seen="none") == 303
        assert do(clinic, browser, made, "given") == 303
    return browser, patient, made


def state_name(clinic: OpenClinic, patient: str) -> str:
    return challenge_rows.state(row(clinic, patient), clinic.clinic.now()).name
