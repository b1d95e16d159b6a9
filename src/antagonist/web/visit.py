"""A request by somebody who may make it: every route of the pages and the API begins here."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from fastapi import Request
from sqlalchemy import Connection

from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import Actor
from antagonist.feedback.handover import check_keys
from antagonist.feedback.history import is_known
from antagonist.foundation.clock import zone
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import audit, limits, sessions, tokens
from antagonist.web.accounts.access import sees
from antagonist.web.accounts.limits import TooManyError
from antagonist.web.accounts.people import Account, by_id
from antagonist.web.accounts.rules import Limit, rules
from antagonist.web.accounts.sessions import Session
from antagonist.web.clinic import Clinic
from antagonist.web.cookies import cookie_name
from antagonist.web.errors import NotAllowedError, NotFoundError, SignInNeededError
from antagonist.web.language import Reader
from antagonist.web.logs import template_of
from antagonist.web.permissions import actions, may

PATIENT = "patient"
REPEATS = "[]"  # at the end of a field's name: it may stand there several times
COSTLY_AGAIN_S = 5  # seconds; what is costly takes less
POLLING = "polling"  # query parameter of what a page asks by itself; it keeps no session alive


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, as what, and how they read. session: None for a program with a token.

    request_id: stands in the logs, the audit and on error pages. renewed: new values of the
    session, of which the browser is given the last. unchecked: patients written for whose alarms
    could not be checked after it.
    """

    clinic: Clinic
    account: Account
    session: Session | None
    reader: Reader
    request_id: str
    route: str
    renewed: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

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


def session_value(request: Request) -> str | None:
    """What the browser knows its session by."""
    return request.cookies.get(cookie_name(clinic_of(request).config.secure)) or None


def address_of(request: Request) -> str:
    """From where a request comes."""
    return request.client.host if request.client else ""


def route_of(request: Request) -> str:
    """Method and template of the route: no id stands in it."""
    return f"{request.method} {template_of(request.scope)}"


def request_id(request: Request) -> str:
    """The id of a request."""
    found = getattr(request.state, "request_id", None)
    if found is None:
        found = request.state.request_id = str(uuid.uuid4())
    return str(found)


def signed_in(request: Request, value: str | None = None) -> tuple[Account, Session]:
    """Who is signed in, completely or not. Raises SignInNeededError for nobody.

    value: of a session just begun; None = the one that the browser sends.
    """
    clinic = clinic_of(request)
    value = value or session_value(request)
    if value is None:
        raise SignInNeededError
    now = clinic.now()
    with reading(clinic.engine) as connection:
        session = sessions.found(connection, now, value)
        account = None if session is None else by_id(connection, session.account)
    if session is None or account is None or account.disabled:
        raise SignInNeededError
    request.state.account = account.account
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
    request.state.account = account.account
    return account


def visit_of(request: Request, account: Account, session: Session | None) -> Visit:
    """The request of somebody, before it is known whether they may make it."""
    clinic = clinic_of(request)
    tz = clinic.tz if account.timezone is None else zone(account.timezone)
    renewed: list[str] = getattr(request.state, "renewed", [])
    request.state.renewed = renewed  # the outermost layer sends the cookie
    return Visit(
        clinic, account, session, Reader(account.language, tz),
        request_id(request), route_of(request), renewed,
    )  # fmt: skip


def whoever(request: Request) -> Visit | None:
    """The request of somebody or nobody, for error pages and logs; None where none can be told."""
    try:
        return visit_of(request, *signed_in(request))
    except SignInNeededError:
        pass
    except InputError:  # the database does not answer
        return None
    try:
        return visit_of(request, _speaks(request), None)
    except (SignInNeededError, InputError):
        return None


def page(action: str) -> Callable[[Request], Iterator[Visit]]:
    """The dependency of a page: signed in by a session, and allowed the action."""

    def visit(request: Request) -> Iterator[Visit]:
        account, session = signed_in(request)
        request.state.session = session
        if not session.complete:
            raise SignInNeededError("/sign-in/code")
        if account.secret is None and clinic_of(request).config.second_factor:
            raise SignInNeededError("/second-factor")
        found = visit_of(request, account, session)
        with _admitted(request, found, action):
            yield found

    visit.action, visit.face = action, "page"  # type: ignore[attr-defined]
    return visit


def program(action: str) -> Callable[[Request], Iterator[Visit]]:
    """The dependency of the JSON API: a token, and the action allowed to its owner."""

    def visit(request: Request) -> Iterator[Visit]:
        found = visit_of(request, _speaks(request), None)
        with _admitted(request, found, action):
            yield found

    visit.action, visit.face = action, "program"  # type: ignore[attr-defined]
    return visit


@contextmanager
def _admitted(request: Request, visit: Visit, action: str) -> Iterator[None]:
    """Check action and patient, count what is costly, write the audit: all before anything else.

    All of it in one transaction: each waits for the disk.
    """
    patient = request.path_params.get(PATIENT)
    allowed, costly = visit.may(action), actions()[action].costly
    clinic, now = visit.clinic, visit.clinic.now()
    too_many: TooManyError | None = None
    with changing(clinic.engine) as connection:
        check_keys(connection, clinic.record.keys)
        known = patient if patient and _is_known(connection, patient) else None
        visible = patient is None or (known and sees(connection, visit.account, patient))
        refused = not allowed or not visible
        visit.note(connection, action, "refused" if refused else "allowed", known)
        session = visit.session
        if session and POLLING not in request.query_params and sessions.is_due(session, now):
            sessions.seen(connection, session, now)
        if costly and not refused:
            what = f"costly:{visit.account.account}"
            try:
                limits.counted(connection, now, what, rules().limits.costly)
            except TooManyError as error:  # raised once the audit is written
                too_many = error
    if not allowed:
        raise NotAllowedError(action)
    if not visible:
        raise NotFoundError
    _refuse_repeats(request)
    if too_many is not None:
        raise too_many
    if not costly:
        yield
        return
    if not _costly().acquire(blocking=False):
        raise TooManyError(COSTLY_AGAIN_S)
    try:
        yield
    finally:
        _costly().release()


@lru_cache(maxsize=1)
def _costly() -> threading.Semaphore:
    """Leaves threads of this process free for what is quick."""
    return threading.Semaphore(rules().request.costly_at_once)


def _refuse_repeats(request: Request) -> None:
    """Raises InputError for a query parameter that is there twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    twice = [n for n in names if names.count(n) > 1 and not n.endswith(REPEATS)]
    if twice:
        raise InputError("", twice[0], None, "one answer")


def limited(visit: Visit, what: str, limit: Limit) -> None:
    """Count an attempt in a transaction of its own. Raises TooManyError."""
    with changing(visit.clinic.engine) as connection:
        limits.counted(connection, visit.clinic.now(), what, limit)


def _is_known(connection: Connection, patient: str) -> bool:
    return _is_id(patient) and is_known(connection, patient)


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
