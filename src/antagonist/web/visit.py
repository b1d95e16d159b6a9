"""A request by somebody who may make it: every route of the pages and the API begins here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import Actor
from antagonist.feedback.history import is_known
from antagonist.foundation.clock import zone
from antagonist.web.accounts import audit, limits, sessions, tokens
from antagonist.web.accounts.access import sees
from antagonist.web.accounts.people import Account, by_id
from antagonist.web.accounts.rules import rules
from antagonist.web.accounts.sessions import Session
from antagonist.web.clinic import Clinic
from antagonist.web.errors import NotAllowedError, NotFoundError, SignInNeededError
from antagonist.web.language import Reader
from antagonist.web.permissions import actions, may

PATIENT = "patient"
POLLING = "polling"  # query parameter of what a page asks by itself; it keeps no session alive


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, as what, and how they read. session: None for a program with a token.

    request_id: stands in the logs, the audit and on error pages.
    """

    clinic: Clinic
    account: Account
    session: Session | None
    reader: Reader
    request_id: str
    route: str

    @property
    def now(self) -> datetime:
        """The moment, in the reader's zone."""
        return self.clinic.now().astimezone(self.reader.tz)

    @property
    def actor(self) -> Actor:
        """As whom this person writes on the record."""
        return self.account.actor

    @property
    def csrf(self) -> str:
        """What this session's forms carry."""
        return "" if self.session is None else self.session.csrf

    def say(self, message: str, **values: object) -> str:
        """A message in the reader's language."""
        return self.reader.say(message, **values)

    def may(self, action: str) -> bool:
        """Whether this person may do something."""
        return may(self.account.role, action)

    def note(
        self,
        connection: Connection,
        action: str,
        outcome: audit.Outcome = "allowed",
        patient: str | None = None,
        **detail: str | int | None,
    ) -> None:
        """Write a line of the audit."""
        audit.note(
            connection, self.clinic.now(), who_of(self.account), action, outcome,
            request=self.request_id, patient=patient, detail={"route": self.route, **detail},
        )  # fmt: skip


def who_of(account: Account | None) -> tuple[str | None, str, str]:
    """Somebody as the audit names them."""
    if account is None:
        return None, "nobody", "none"
    return account.account, account.name, account.role


def clinic_of(request: Request) -> Clinic:
    """The clinic that this server keeps."""
    found: Clinic = request.app.state.clinic
    return found


def cookie_name(clinic: Clinic) -> str:
    """The session cookie; a browser takes the prefix only over TLS."""
    return "__Host-antagonist" if clinic.config.secure else "antagonist"


def route_of(request: Request) -> str:
    """Method and template of the route: no id stands in it."""
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', 'unknown')}"


def request_id(request: Request) -> str:
    """The id of a request."""
    found = getattr(request.state, "request_id", None)
    if found is None:
        found = request.state.request_id = str(uuid.uuid4())
    return str(found)


def signed_in(request: Request) -> tuple[Account, Session]:
    """Who is signed in, completely or not. Raises SignInNeededError for nobody."""
    clinic = clinic_of(request)
    value = request.cookies.get(cookie_name(clinic))
    if not value:
        raise SignInNeededError
    now = clinic.now()
    with reading(clinic.engine) as connection:
        session = sessions.found(connection, now, value)
        account = None if session is None else by_id(connection, session.account)
    if session is None or account is None or account.disabled:
        raise SignInNeededError
    return account, session


def _speaks(request: Request) -> Account:
    """In whose name a program speaks. Raises SignInNeededError for no or a wrong token."""
    clinic = clinic_of(request)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise SignInNeededError
    with reading(clinic.engine) as connection:
        owner = tokens.owner(connection, clinic.now(), value.strip())
        account = None if owner is None else by_id(connection, owner)
    if account is None or account.disabled:
        raise SignInNeededError
    return account


def visit_of(request: Request, account: Account, session: Session | None) -> Visit:
    """The request of somebody, before it is known whether they may make it."""
    clinic = clinic_of(request)
    tz = clinic.tz if account.timezone is None else zone(account.timezone)
    return Visit(
        clinic, account, session, Reader(account.language, tz),
        request_id(request), route_of(request),
    )  # fmt: skip


def page(action: str) -> Callable[[Request], Visit]:
    """The dependency of a page: signed in by a session, and allowed the action."""

    def visit(request: Request) -> Visit:
        account, session = signed_in(request)
        if not session.complete:
            raise SignInNeededError("/sign-in/code")
        if account.secret is None and clinic_of(request).config.second_factor:
            raise SignInNeededError("/second-factor")
        found = visit_of(request, account, session)
        _admit(request, found, action)
        return found

    visit.action = action  # type: ignore[attr-defined]
    return visit


def program(action: str) -> Callable[[Request], Visit]:
    """The dependency of the JSON API: a token, and the action allowed to its owner."""

    def visit(request: Request) -> Visit:
        found = visit_of(request, _speaks(request), None)
        _admit(request, found, action)
        return found

    visit.action = action  # type: ignore[attr-defined]
    return visit


def _admit(request: Request, visit: Visit, action: str) -> None:
    """Check action and patient, count what is costly, write the audit: all before anything else."""
    patient = request.path_params.get(PATIENT)
    allowed = visit.may(action)
    clinic, now = visit.clinic, visit.clinic.now()
    with changing(clinic.engine) as connection:
        visible = patient is None or _visible(connection, visit.account, patient)
        refused = not allowed or not visible
        known = patient if visible else None
        visit.note(connection, action, "refused" if refused else "allowed", known)
        session = visit.session
        if session and POLLING not in request.query_params and sessions.is_due(session, now):
            sessions.seen(connection, session, now)
    if not allowed:
        raise NotAllowedError(action)
    if not visible:
        raise NotFoundError
    if actions()[action].costly:
        limited(visit, f"costly:{visit.account.account}", rules().limits.costly)


def limited(visit: Visit, what: str, limit: Any) -> None:
    """Count an attempt in a transaction of its own. Raises TooManyError."""
    with changing(visit.clinic.engine) as connection:
        limits.counted(connection, visit.clinic.now(), what, limit)


def _visible(connection: Connection, account: Account, patient: str) -> bool:
    return _is_id(patient) and is_known(connection, patient) and sees(connection, account, patient)


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
