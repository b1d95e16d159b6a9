"""A clinic with something of everything that an action can be about, put back between actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyotp
from httpx2 import Response
from starlette.testclient import TestClient
from tests.support.clinics import Browser, OpenClinic
from tests.support.files_on_record import ASKED_AT, file_on_record
from tests.support.signing import with_factor
from tests.support.telling import alarmed, tell
from tests.unit.web.deciding.led import do, under_way
from tests.unit.web.deciding.screened import screened
from tests.unit.web.plans.test_plan import DAILY, WANTED, reviewed

from antagonist.feedback.database import SQLITE, changing, reading
from antagonist.web.accounts import approvals, second_factor, sessions, tokens
from antagonist.web.accounts.activation import activation_code
from antagonist.web.accounts.people import create_account

FACTOR = "viewer"  # who has a second factor
PENDING = "A" * 32
REASON = "The patient is in the unit, watched around the clock."


@dataclass
class Scene:
    """The clinic and what is in it.

    known: ids and values by what they are of. people: by name, a session's value and its token for
    forms. saved: the database's file and the record's head.
    """

    clinic: OpenClinic
    factor: pyotp.TOTP
    known: dict[str, str] = field(default_factory=dict)
    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    saved: tuple[bytes, bytes] = (b"", b"")

    @property
    def pending(self) -> pyotp.TOTP:
        """The second factor that the nurse is setting up."""
        return pyotp.TOTP(PENDING)

    def events(self, name: str) -> int:
        """How many events a patient has."""
        return len(self.clinic.clinic.record.all(self.known[name]))

    @property
    def file(self) -> Path:
        """Of the database."""
        return Path(str(self.clinic.clinic.engine.url.database))

    @property
    def head(self) -> Path:
        """The file of the log's end."""
        return self.clinic.clinic.record.keys.path.with_name("record.head")

    def save(self) -> None:
        """Keep all as it is now."""
        engine = self.clinic.clinic.engine
        with closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        self.saved = self.file.read_bytes(), self.head.read_bytes()

    def restore(self) -> None:
        """All as it was kept; on PostgreSQL, where nothing was, all stays as it is."""
        if not self.saved[0]:
            return
        self.clinic.clinic.engine.dispose()
        for left in ("-wal", "-shm"):
            self.file.with_name(self.file.name + left).unlink(missing_ok=True)
        self.file.write_bytes(self.saved[0])
        self.head.write_bytes(self.saved[1])

    def sender(self, who: str) -> Browser:
        """A browser of somebody, ``half`` signed in or ``nobody``, or a program: ``api.nurse``."""
        client: TestClient = self.clinic.nobody()
        role, _, name = who.rpartition(".")
        if role == "api":
            client.headers["Authorization"] = f"Bearer {self.programs[name]}"
            return Browser(client, "")
        value, csrf = self.people.get(who, ("", ""))
        if value:
            client.cookies.set("antagonist", value, domain="testserver.local")
        return Browser(client, csrf)


def scene_in(clinic: OpenClinic, *, wholly: bool = True) -> Scene:
    """Fill a new clinic. wholly: with a challenge test under way and a plan looked at, too."""
    clinic.clock.set(ASKED_AT)
    made = Scene(clinic, with_factor(clinic, FACTOR))
    _people(made)
    _patients(made)
    if wholly:
        _led(made)
    if clinic.clinic.engine.dialect.name == SQLITE:
        made.save()
    return made


def _people(made: Scene) -> None:
    clinic, now = made.clinic, made.clinic.clinic.now()
    keys = clinic.clinic.record.keys
    with changing(clinic.clinic.engine) as connection:
        for who in (*clinic.people, "half", "other"):
            account = clinic.people.get({"half": FACTOR, "other": "nurse"}.get(who, who))
            assert account is not None
            sealed = second_factor.sealed(connection, keys, PENDING) if who == "nurse" else None
            value, session = sessions.begin(
                connection, now, account.account, complete=who != "half",
                address="test", agent="test", pending=sealed,
            )  # fmt: skip
            made.people[who] = value, session.csrf
            made.known[f"session_{who}"] = session.session
        for who in ("nurse", "prescriber", "second"):
            value, token = tokens.issue(connection, now, clinic.people[who].account, "test", 30)
            made.programs[who] = value
            made.known[f"token_{who}"] = token.token
        eva = create_account(connection, now, "eva", "nurse")
        made.known["activation"] = activation_code(connection, now, eva)
    made.known |= {f"account_{who}": one.account for who, one in clinic.people.items()}


def _patients(made: Scene) -> None:
    clinic, known = made.clinic, made.known
    record = clinic.clinic.record
    known["patient"] = file_on_record(record)
    known["untested"] = file_on_record(record, provocation_tests=None)
    known["treated"] = file_on_record(record)
    tell(clinic, known["treated"], "injection", 20, product="vivitrol-us-380", dose_mg=380,
         lot="A1", expiry="2027-01-01", side="left", given_by="nurse")  # fmt: skip
    known["event"] = tell(clinic, known["patient"], "words", text="said").event_id
    known["alarmed"] = clinic.patient(number="2")
    known["alarm"] = alarmed(clinic, known["alarmed"])
    for name in ("first", "second"):  # two that refuse; of one it is asked to go past it
        known[name] = file_on_record(record, "urine_positive")
        place = screened(clinic.browser("prescriber"), known[name]).headers["location"]
        known[f"decision_{name}"] = place.rpartition("/")[2]
    place = f"/patients/{known['second']}/decisions/{known['decision_second']}/override"
    assert clinic.browser("prescriber").post(place, reason=REASON).status_code == 303
    with reading(clinic.clinic.engine) as connection:
        (one,) = approvals.of_decision(connection, known["decision_second"])
    known["approval"] = one.approval


def _led(made: Scene) -> None:
    """What is done step by step."""
    clinic, known = made.clinic, made.known
    browser, known["tested"], place = under_way(clinic)
    known["challenge"] = place.rpartition("/")[2]
    assert do(clinic, browser, place, "baseline", **{"signs[]": ["anxiety"]}) == 303
    assert do(clinic, browser, place, "given") == 303
    prescriber = made.sender("prescriber")
    made.plan = reviewed(prescriber, known["patient"])[1]
    made.plan = {name: value for name, value in made.plan.items() if name not in ("csrf", "key")}


def shown(answer: Response) -> str:
    """What an answer is, for a test that fails."""
    path = urlsplit(str(answer.url)).path
    return f"{path}: {answer.status_code} {re.sub('<[^>]+>', ' ', answer.text)[:600]}"


__all__ = ["DAILY", "FACTOR", "REASON", "WANTED", "Scene", "scene_in", "shown"]
