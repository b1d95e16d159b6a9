"""One's own account: language, time zone, password, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.responses import Response

from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import moment
from antagonist.foundation.data import check_known
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts.passwords import hashed
from antagonist.web.accounts.people import change
from antagonist.web.accounts.rules import rules
from antagonist.web.answers import field_error
from antagonist.web.confirming import confirm, confirmed_fully
from antagonist.web.forms import Form, SignedForm
from antagonist.web.language import N_
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page

router = APIRouter()
Own = Annotated[Visit, Depends(page("own"))]
HERE = "/own"


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones())]


def _shown(
    request: Request, visit: Visit, error: InputError | None = None, token: str | None = None
) -> Response:
    with reading(visit.clinic.engine) as connection:
        mine = sessions.of_account(connection, visit.account.account)
        programs = tokens.of_account(connection, visit.account.account)
    here = visit.session.session if visit.session else None
    others = [
        (
            one.session,
            f"{visit.reader.time(moment(one.seen_at))}, {one.address}, {one.agent}"[:90],
        )
        for one in mine
        if one.session != here
    ]
    return render(
        request, "own.html", visit, 422 if error else 200,
        sessions=mine, others=others, tokens=programs, token=token, zones=_zones(),
        error=field_error(error) if error else None,
        longest_days=rules().token.longest_days,
    )  # fmt: skip


@router.get(HERE)
def own(request: Request, visit: Own) -> Response:
    """One's own account."""
    return _shown(request, visit)


@router.post("/own/reading")
def choose_reading(request: Request, visit: Own, sent: SignedForm) -> Response:
    """Language and time zone of what one reads."""
    return changed(
        request, visit,
        lambda connection: change(
            connection, visit.account,
            language=sent.needed("language"), timezone=sent.text("timezone"),
        ),
    )  # fmt: skip


@router.post("/own/password")
def change_password(request: Request, visit: Own, sent: SignedForm) -> Response:
    """A new password; every other session ends."""

    def do(connection: Connection) -> None:
        kept = _new_password(sent, visit.account.name)
        if sent.get("new_password") != sent.get("again"):
            raise InputError("", "again", None, N_("the same password twice"))
        change(connection, visit.account, password=kept)
        end_others(connection, visit)
        visit.note(connection, "own.password")

    return changed(request, visit, do, confirmed_by=sent)


def _new_password(sent: Form, name: str) -> str:
    """Its hash. Raises InputError for one that is too short, too long or common."""
    try:
        return hashed(sent.get("new_password", ""), name)
    except InputError as error:
        raise InputError("", "new_password", None, error.allowed) from None


@router.post("/own/sessions")
def end_sessions(request: Request, visit: Own, sent: SignedForm) -> Response:
    """End another session of one's own, or all others."""

    def do(connection: Connection) -> None:
        chosen = sent.text("session")
        mine = {
            session.session for session in sessions.of_account(connection, visit.account.account)
        }
        if chosen is None:
            end_others(connection, visit)
        else:
            check_known(chosen, mine, "", "session")
            sessions.end(connection, chosen)
        visit.note(connection, "own.sessions")

    return changed(request, visit, do, confirmed_by=sent)


@router.post("/own/tokens")
def issue_token(request: Request, visit: Own, sent: SignedForm) -> Response:
    """A token for a program that speaks in one's name; it is shown this once."""
    try:
        with confirmed_fully(visit, sent) as connection:
            value, _ = tokens.issue(
                connection, visit.clinic.now(), visit.account.account,
                sent.needed("label"), sent.whole("days") or 0,
            )  # fmt: skip
            visit.note(connection, "own.token")
    except InputError as error:
        return _shown(request, visit, error)
    return _shown(request, visit, token=value)


@router.post("/own/tokens/revoke")
def revoke_token(request: Request, visit: Own, sent: SignedForm) -> Response:
    """Take a token back."""

    def do(connection: Connection) -> None:
        token = sent.needed("token")
        mine = {one.token for one in tokens.of_account(connection, visit.account.account)}
        check_known(token, mine, "", "token")
        tokens.revoke(connection, visit.account.account, token)
        visit.note(connection, "own.token-revoked")

    return changed(request, visit, do)


def changed(
    request: Request,
    visit: Visit,
    do: Callable[[Connection], object],
    confirmed_by: Form | None = None,
    fully: bool = False,
) -> Response:
    """Do something in one transaction, then show the account, or what was not right.

    confirmed_by: a form whose password has to fit first. fully: its code too.
    """
    try:
        with _transaction(visit, confirmed_by, fully) as connection:
            do(connection)
    except InputError as error:
        return _shown(request, visit, error)
    return RedirectResponse(HERE, 303)


def _transaction(
    visit: Visit, confirmed_by: Form | None, fully: bool
) -> AbstractContextManager[Connection]:
    if confirmed_by is not None and fully:
        return confirmed_fully(visit, confirmed_by)
    if confirmed_by is not None:
        confirm(visit, confirmed_by)
    return changing(visit.clinic.engine)


def end_others(connection: Connection, visit: Visit) -> None:
    """End one's own sessions but this one."""
    own_session = visit.session.session if visit.session else None
    sessions.end_all(connection, visit.account.account, own_session)
