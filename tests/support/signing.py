"""Signing in for tests: by form, with a second factor, and what the audit says of it."""

from __future__ import annotations

import pyotp
from httpx2 import Response
from starlette.testclient import TestClient
from tests.support.clinics import PASSWORD, OpenClinic

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts import audit
from antagonist.web.accounts.people import change
from antagonist.web.accounts.second_factor import new_secret, sealed

WRONG = "not the password of anybody"
HERE = {"Sec-Fetch-Site": "same-origin"}


def sign_in(client: TestClient, name: str = "nurse", password: str = PASSWORD) -> Response:
    """Send the form."""
    return client.post("/sign-in", data={"name": name, "password": password})


def with_factor(clinic: OpenClinic, who: str = "nurse") -> pyotp.TOTP:
    """Somebody's second factor, set up."""
    secret = new_secret()
    with changing(clinic.clinic.engine) as connection:
        kept = sealed(connection, clinic.clinic.record.keys, secret)
        change(connection, clinic.people[who], secret=kept, last_step=None)
    return pyotp.TOTP(secret)


def csrf_of(answer: Response) -> str:
    """What the forms of a page carry."""
    return answer.text.split('csrf-token" content="')[1].split('"')[0]


def lines(clinic: OpenClinic, most: int = 1) -> list[tuple[str, str, str]]:
    """Action, outcome and name of the audit's last lines, newest first."""
    with reading(clinic.clinic.engine) as connection:
        found = audit.entries(connection, audit.Filter(), most)
        return [(line.action, line.outcome, line.name) for line in found]
