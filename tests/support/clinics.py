"""Clinics for tests: an app on a real database, people of every role, and browsers of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient
from tests.support.records import SettableClock, migrated_database, new_keys

from antagonist.feedback.database import changing, engine_of, migrate
from antagonist.feedback.events import Actor
from antagonist.feedback.identity import create_patient
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts.people import ROLES, Account, change, create_account
from antagonist.web.accounts.tables import CLINIC
from antagonist.web.app import create_app
from antagonist.web.clinic import Clinic
from antagonist.web.config import WebConfig
from antagonist.web.forms import new_key

PASSWORD = "four words that nobody guesses"
ADDRESS = "http://testserver"
NURSE = Actor("nurse", "nurse", "visit")


@dataclass
class OpenClinic:
    """An app with its clinic and people. people: one of each role, and a second prescriber."""

    app: Any
    clinic: Clinic
    clock: SettableClock
    people: Mapping[str, Account]
    clients: list[TestClient] = field(default_factory=list)

    def nobody(self) -> TestClient:
        """A browser in which nobody is signed in; it follows no redirect."""
        client = TestClient(
            self.app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False
        )
        self.clients.append(client)
        return client

    def browser(self, who: str) -> Browser:
        """A browser in which somebody is signed in. who: a role, or ``second`` prescriber."""
        client, account, now = self.nobody(), self.people[who], self.clinic.now()
        with changing(self.clinic.engine) as connection:
            value, session = sessions.begin(
                connection, now, account.account, complete=True, address="test", agent="test"
            )
        # as if the server had set it, so that it may set another one
        client.cookies.set("antagonist", value, domain="testserver.local")
        return Browser(client, session.csrf)

    def program(self, who: str) -> TestClient:
        """A program with somebody's token."""
        client, account = self.nobody(), self.people[who]
        with changing(self.clinic.engine) as connection:
            value, _ = tokens.issue(connection, self.clinic.now(), account.account, "test", 30)
        client.headers["Authorization"] = f"Bearer {value}"
        return client

    def patient(self, name: str = "Test Anna", number: str = "1") -> str:
        """A new patient on the record."""
        return create_patient(self.clinic.record, NURSE, {"name": name}, [("test", number)])

    def reads(self, who: str, language: str) -> None:
        """Let somebody read in a language."""
        with changing(self.clinic.engine) as connection:
            change(connection, self.people[who], language=language)


@dataclass
class Browser:
    """A signed-in browser that sends forms as the pages make them."""

    client: TestClient
    csrf: str

    def get(self, path: str, **params: str) -> Response:
        """A page."""
        return self.client.get(path, params=params)

    def post(self, path: str, key: str | None = None, **fields: Any) -> Response:
        """Send a form. key: of the request; None = a new one."""
        data = {"csrf": self.csrf, "key": key or new_key(), **fields}
        return self.client.post(path, data=data)

    def follow(self, response: Response) -> Response:
        """The page that a form leads to."""
        assert response.status_code == 303, text_of(response)
        return self.client.get(response.headers["location"])


def text_of(response: Response) -> str:
    """What a page says, without its marks."""
    main = re.sub(r"<(script|style).*?</\1>", " ", response.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@contextmanager
def clinic_on(backend: str, folder: Path, **config: Any) -> Iterator[OpenClinic]:
    """A clinic without patients on a new database. config: fields of ``WebConfig``."""
    clock = SettableClock()
    keys = new_keys(folder)
    with migrated_database(backend, folder) as url:
        engine = engine_of(url)
        migrate(engine, of=CLINIC)
        with changing(engine) as connection:
            people: dict[str, Account] = {}
            for role in ROLES:
                people[role] = _account(connection, clock, role, role)
            people["second"] = _account(connection, clock, "second", "prescriber")
        engine.dispose()
        chosen = {"second_factor": False, **config}
        app = create_app(WebConfig(database=url, keys=keys.path, **chosen), clock)
        found = OpenClinic(app, app.state.clinic, clock, people)
        try:
            yield found
        finally:
            for client in found.clients:
                client.close()
            app.state.clinic.engine.dispose()


def _account(connection: Any, clock: SettableClock, name: str, role: str) -> Account:
    made = create_account(connection, clock.at, name, role)
    # one hash for all of them: Argon2 is slow by design
    return change(connection, made, password=_hash())


_HASHES: list[str] = []


def _hash() -> str:
    if not _HASHES:
        from antagonist.web.accounts.passwords import hashed

        _HASHES.append(hashed(PASSWORD, "nobody"))
    return _HASHES[0]
