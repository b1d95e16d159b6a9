"""Managing accounts: made, changed, closed; what must not go on ends, and all of it is audited."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import stamp
from antagonist.feedback.history import is_known
from antagonist.feedback.identity import find
from antagonist.foundation.data import check_known
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.access import give, given
from antagonist.web.accounts.activation import activation_code
from antagonist.web.accounts.people import Account, by_id, change, create_account, everyone
from antagonist.web.accounts.rules import rules
from antagonist.web.errors import NotFoundError
from antagonist.web.visit import Visit, limited

SHOWN = ("shown", "role", "language", "timezone", "every_patient")  # what a form changes
RIGHTS = frozenset(("role", "every_patient"))  # a change of these ends sessions and tokens


@dataclass(frozen=True, slots=True)
class Line:
    """An account in the list. state: active, disabled, waiting (for its activation) or expired.

    seen_at: of the session used last that still is; None = there is none. patients: how many it
    was given; None = it sees all.
    """

    account: Account
    state: str
    sessions: int
    seen_at: str | None
    patients: int | None


def lines(visit: Visit) -> list[Line]:
    """All accounts, by name."""
    now = stamp(visit.clinic.now())
    with reading(visit.clinic.engine) as connection:
        of_sessions = select(
            t.sessions.c.account, func.count(), func.max(t.sessions.c.seen_at)
        ).group_by(t.sessions.c.account)
        used = {row[0]: (int(row[1]), str(row[2])) for row in connection.execute(of_sessions)}
        of_access = select(t.access.c.account, func.count()).group_by(t.access.c.account)
        patients = {row[0]: int(row[1]) for row in connection.execute(of_access)}
        people = everyone(connection)
    found = []
    for account in people:
        count, seen = used.get(account.account, (0, None))
        limit = None if account.every_patient else patients.get(account.account, 0)
        found.append(Line(account, _state(account, now), count, seen, limit))
    return found


def _state(account: Account, now: str) -> str:
    if account.disabled:
        return "disabled"
    if account.password is not None:
        return "active"
    fresh = account.activation is not None and (account.activation_until or "") > now
    return "waiting" if fresh else "expired"


def state_of(visit: Visit, account: Account) -> str:
    """How an account stands, as in the list."""
    return _state(account, stamp(visit.clinic.now()))


def account_of(connection: Connection, account: str) -> Account:
    """An account by its id. Raises NotFoundError where there is none."""
    found = by_id(connection, account)
    if found is None:
        raise NotFoundError
    return found


def made(
    visit: Visit, name: str, role: str, *, shown: str | None, language: str,
    timezone: str | None, patients: Iterable[str] | None,
) -> tuple[Account, str]:  # fmt: skip
    """A new account and the code that activates it, shown once.

    patients: record ids that it sees; None = all. Raises InputError as ``create_account``.
    """
    now = visit.clinic.now()
    with changing(visit.clinic.engine) as connection:
        account = create_account(
            connection, now, name, role, shown=shown, language=language,
            timezone=timezone, every_patient=patients is None,
        )  # fmt: skip
        _give(visit, connection, account, () if patients is None else patients)
        code = activation_code(connection, now, account)
        _note(visit, connection, "accounts.created", account, role=account.role)
    return account, code


def changed(visit: Visit, account: str, values: Mapping[str, str | bool | None]) -> None:
    """Change an account. values: any of SHOWN.

    Other rights end its sessions and tokens at once. Raises InputError as ``people.change``.
    """
    with changing(visit.clinic.engine) as connection:
        before = account_of(connection, account)
        after = change(connection, before, **values)
        found = {
            name: f"{getattr(before, name)} -> {getattr(after, name)}"
            for name in SHOWN
            if getattr(before, name) != getattr(after, name)
        }
        if RIGHTS & set(found):
            _end(connection, account)
        _note(visit, connection, "accounts.changed", before, **found)


def disabled(visit: Visit, account: str, wanted: bool) -> None:
    """Close an account, or open it again; its sessions and tokens end at once.

    Raises InputError for the last administrator.
    """
    with changing(visit.clinic.engine) as connection:
        found = account_of(connection, account)
        change(connection, found, disabled=wanted)
        _end(connection, account)
        _note(visit, connection, "accounts.disabled" if wanted else "accounts.enabled", found)


def new_code(visit: Visit, account: str) -> str:
    """A new activation code, shown once; sessions and tokens end. Raises InputError if disabled."""
    with changing(visit.clinic.engine) as connection:
        found = account_of(connection, account)
        if found.disabled:
            raise InputError("account", "name", found.name, "an account that is not disabled")
        code = activation_code(connection, visit.clinic.now(), found)
        _note(visit, connection, "accounts.activation", found)
    return code


def factor_removed(visit: Visit, account: str) -> None:
    """Let somebody enrol another phone at the next sign-in; sessions and tokens end.

    Raises InputError for one's own: that takes a code, on the page of one's own account.
    """
    if account == visit.account.account:
        raise InputError("", "seen", None, "somebody else's; your own is removed under your name")
    with changing(visit.clinic.engine) as connection:
        found = account_of(connection, account)
        change(connection, found, secret=None, last_step=None)
        _end(connection, account)
        _note(visit, connection, "accounts.factor-reset", found, identity="seen in person")


def sessions_ended(visit: Visit, account: str, session: str | None) -> None:
    """End a session of an account by its id; None = all. Raises InputError for none of its own."""
    with changing(visit.clinic.engine) as connection:
        found = account_of(connection, account)
        ids = {each.session for each in sessions.of_account(connection, account)}
        if session is None:
            sessions.end_all(connection, account)
        else:
            check_known(session, ids, "", "session")
            sessions.end(connection, session)
        _note(visit, connection, "accounts.sessions", found, ended=session or "all")


def patients_given(visit: Visit, account: str, patients: Iterable[str]) -> None:
    """Let an account see these patients and no others. patients: record ids."""
    with changing(visit.clinic.engine) as connection:
        found = account_of(connection, account)
        _give(visit, connection, change(connection, found, every_patient=False), patients)


def _give(visit: Visit, connection: Connection, account: Account, patients: Iterable[str]) -> None:
    before, after = given(connection, account) or frozenset(), frozenset(patients)
    give(connection, account.account, after)
    for what, which in (("given", after - before), ("taken", before - after)):
        for patient in sorted(which):
            action = f"accounts.patient-{what}"
            visit.note(connection, action, "allowed", patient, account_of=account.name)


def patients_named(visit: Visit, text: str) -> list[str]:
    """Record ids of patients, one a line: the id itself, or a system and an identifier in it.

    Each look-up counts against the limit of searches. Raises InputError for a line of nobody.
    """
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        limited(visit, f"search:{visit.account.account}", rules().limits.search)
        found.append(_patient(visit, line))
    return found


def _patient(visit: Visit, line: str) -> str:
    allowed = "lines such as 'card 123', or ids of the record, of patients on record"
    system, _, value = line.partition(" ")
    if not value.strip():
        with reading(visit.clinic.engine) as connection:
            if _is_id(system) and is_known(connection, system):
                return system
        raise InputError("", "patients", line, allowed)
    try:
        return find(visit.clinic.record, system, value.strip())
    except InputError as error:
        if error.field == "database":
            raise
        raise InputError("", "patients", line, allowed) from None


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _end(connection: Connection, account: str) -> None:
    sessions.end_all(connection, account)
    tokens.revoke_all(connection, account)


def _note(
    visit: Visit, connection: Connection, action: str, account: Account, **detail: str
) -> None:
    visit.note(connection, action, "allowed", None, account_of=account.name, **detail)
