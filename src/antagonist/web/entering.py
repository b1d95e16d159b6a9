"""Coming in: a password, then a code where the account has a second factor; and the first page."""

from __future__ import annotations

import logging
import re

from fastapi import Request
from sqlalchemy import Connection

from antagonist.feedback.database import changing
from antagonist.web.accounts import audit, limits, second_factor, sessions
from antagonist.web.accounts.passwords import fits, is_old, rehashed
from antagonist.web.accounts.people import Account, by_name, change
from antagonist.web.accounts.rules import Limit, rules
from antagonist.web.clinic import Clinic
from antagonist.web.forms import Form
from antagonist.web.logs import tell
from antagonist.web.permissions import may
from antagonist.web.rendering import NAVIGATION
from antagonist.web.visit import address_of, clinic_of, request_id, route_of, session_value, who_of

HOME = "/"
OWN_PATH = re.compile(r"/(?!/)[\w./-]*", re.ASCII)


def own_path(text: str | None) -> str:
    """A path of this server to go back to; anything else leads home."""
    return text if text and OWN_PATH.fullmatch(text) else HOME


def first_page(account: Account) -> str:
    """Where somebody's work begins: the first page that the role may open."""
    return next((href for action, href, _ in NAVIGATION if may(account.role, action)), "/own")


def by_password(request: Request, sent: Form) -> tuple[Account, str] | None:
    """The account and the value of its new session, which a second factor may have to complete.

    None where name and password do not fit: an unknown name, a wrong password and an account that
    is disabled or has no password yet look alike and take as long.
    Raises TooManyError.
    """
    clinic, now = clinic_of(request), clinic_of(request).now()
    name, address = sent.get("name", ""), address_of(request)
    with changing(clinic.engine) as connection:
        account = by_name(connection, name)
        known = account and limits.is_known(connection, now, account.account, address)
        tries = _tries(name, address, known=bool(known))
        for what, limit in tries.items():
            limits.check(connection, now, what, limit)
        rows = limits.count(connection, now, *tries)
    right = fits(sent.get("password", ""), account.password if account else None)
    if account is None or not right or account.disabled:
        with changing(clinic.engine) as connection:
            note(connection, request, account, "sign-in", "refused")
        return None
    with changing(clinic.engine) as connection:
        limits.take_back(connection, rows)
        limits.forget(connection, next(iter(tries)))
        limits.remember(connection, now, account.account, address)
        if account.password is not None and is_old(account.password):
            account = change(connection, account, password=rehashed(sent["password"]))
        sessions.sweep(connection, now)
        if before := session_value(request):
            sessions.end_value(connection, before)
        value, _ = sessions.begin(
            connection, now, account.account, complete=account.secret is None,
            address=address, agent=request.headers.get("user-agent", ""),
            pending=pending(connection, clinic) if account.secret is None else None,
        )  # fmt: skip
        note(connection, request, account, "sign-in", "allowed")
    return account, value


def _tries(name: str, address: str, *, known: bool) -> dict[str, Limit]:
    """What a sign-in counts as. A name may be a password typed in the wrong field: its digest."""
    said, place = rules().limits, limits.network(address)
    who = sessions.digest(name.strip().casefold())[:32]
    found = {
        f"sign-in:{who}:{place}": said.sign_in_name_and_address,
        f"sign-in-from:{place}": said.sign_in_address,
    }
    return found if known else {**found, f"sign-in-as:{who}": said.sign_in_name}


def pending(connection: Connection, clinic: Clinic) -> bytes | None:
    """A sealed secret for a second factor to be set up; None where none is asked for."""
    if not clinic.config.second_factor:
        return None
    return second_factor.sealed(connection, clinic.record.keys, second_factor.new_secret())


def by_code(request: Request, account: Account, session: sessions.Session, code: str) -> str | None:
    """The value of the complete session that takes the place of a half one; None for a wrong code.

    Raises TooManyError.
    """
    clinic, now = clinic_of(request), clinic_of(request).now()
    what = f"code:{account.account}"
    with changing(clinic.engine) as connection:
        limits.counted(connection, now, what, rules().limits.code)
    with changing(clinic.engine) as connection:
        right = second_factor.accepted(connection, clinic.record.keys, account, code, now)
        outcome: audit.Outcome = "refused" if right is None else "allowed"
        note(connection, request, account, "second-factor", outcome)
        if right is None:
            return None
        limits.forget(connection, what)
        sessions.end(connection, session.session)
        value, _ = sessions.begin(
            connection, now, account.account, complete=True,
            address=session.address, agent=session.agent,
        )  # fmt: skip
    return value


def note(
    connection: Connection,
    request: Request,
    account: Account | None,
    action: str,
    outcome: audit.Outcome,
) -> None:
    """Write to audit and log what somebody did on the way in or out."""
    # a name that is nobody's is not written down: it may be a password in the wrong field
    audit.note(
        connection, clinic_of(request).now(), who_of(account), action, outcome,
        request=request_id(request), detail={"route": route_of(request)},
    )  # fmt: skip
    level = logging.INFO if outcome == "allowed" else logging.WARNING
    tell(request, action, level, outcome=outcome, account=account.account if account else None)
