"""What a browser sends: only forms that our own pages made, each field once, each request once."""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams

from antagonist.feedback.database import changing, reading, together
from antagonist.feedback.events import BREAKS, can_be_seen, checked_text, stamp
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.sessions import Session
from antagonist.web.errors import ForgedError
from antagonist.web.language import N_
from antagonist.web.visit import REPEATS, Visit, signed_in

CSRF, KEY, EXPECTED = "csrf", "key", "expected"
CSRF_HEADER = "x-csrf-token"
UNCHECKED = "unchecked"  # query parameter of a page that says so
KEPT = timedelta(days=7)  # for how long a request's key is known
# As people write numbers: digits, a point or comma; no more of them than a float keeps.
NUMBER = re.compile(r"[+-]?\d{1,12}([.,]\d{1,17})?", re.ASCII)
SAFE_SITES = ("same-origin", "none")


class Form(dict[str, str]):
    """Fields of a form, spaces around them cut off; ``lists`` holds those that may repeat."""

    lists: Mapping[str, tuple[str, ...]] = {}

    def text(self, field: str) -> str | None:
        """A field; None where it was left empty."""
        return self.get(field) or None

    def needed(self, field: str) -> str:
        """A field that must be there. Raises InputError where it was left empty."""
        found = self.text(field)
        if found is None:
            raise InputError("", field, None, N_("an answer; it was left empty"))
        return found

    def number(self, field: str) -> float | None:
        """A number, with a decimal point or comma; None where it was left empty."""
        found = self.text(field)
        if found is None:
            return None
        if not NUMBER.fullmatch(found):
            raise InputError("", field, found, N_("a number"))
        return float(found.replace(",", "."))

    def whole(self, field: str) -> int | None:
        """A whole number; None where it was left empty."""
        found = self.number(field)
        if found is not None and not found.is_integer():
            raise InputError("", field, self[field], N_("a whole number"))
        return None if found is None else int(found)

    def box(self, field: str) -> bool:
        """Whether a box was ticked. Raises InputError for anything but its 'yes'."""
        found = self.text(field)
        if found not in (None, "yes"):
            raise InputError("", field, found, N_("yes, or nothing where it was not ticked"))
        return found is not None


# Fields of passwords are taken as typed.
AS_TYPED = ("password", "new_password", "again")


async def plain_form(request: Request) -> Form:
    """A form of a page that needs no session. Raises ForgedError for one from another site."""
    refuse_other_sites(request)
    return _form(await request.form(max_files=0))


async def form(request: Request) -> Form:
    """A form of a signed-in page. Raises ForgedError for one that we did not make."""
    refuse_other_sites(request)
    found = _form(await request.form(max_files=0))
    session = await _session(request)
    sent = found.pop(CSRF, None) or request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), session.csrf.encode()):
        raise ForgedError
    return found


async def _session(request: Request) -> Session:
    """The session as the door of the page has just read it; where there is no door, read here."""
    known: Session | None = getattr(request.state, "session", None)
    if known is not None:
        return known
    return (await run_in_threadpool(signed_in, request))[1]


def refuse_other_sites(request: Request) -> None:
    """Raises ForgedError where a browser says that a page of another site sends this."""
    if came_from_here(request) is False:
        raise ForgedError


def came_from_here(request: Request) -> bool | None:
    """Whether a page of ours sends this, as the browser says; None where it says nothing.

    Source: Fetch Metadata (W3C), RFC 6454 for browsers without it.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in SAFE_SITES
    if origin is not None:
        return origin.partition("://")[2] == request.url.netloc
    return None


def asked_fields(request: Request) -> Form:
    """Fields of an address, as a form has them. Raises InputError as a form does."""
    return _form(request.query_params)


def _form(data: FormData | QueryParams) -> Form:
    """Raises InputError for a field sent twice, and for a character that is no text."""
    found, lists = Form(), dict[str, tuple[str, ...]]()
    for field in data:
        texts = tuple(str(value) for value in data.getlist(field))
        if not all(can_be_seen(text, BREAKS) for text in (field, *texts)):
            name = field.removesuffix(REPEATS)
            raise InputError("", name, None, N_("text that can be printed"))
        if field.endswith(REPEATS):
            lists[field.removesuffix(REPEATS)] = texts
        elif len(texts) > 1:
            raise InputError("", field, None, N_("one answer"))
        else:
            found[field] = texts[0] if field in AS_TYPED else texts[0].strip()
    found.lists = lists
    return found


def new_key() -> str:
    """A key for a request that a page is going to send."""
    return str(uuid.uuid4())


@dataclass
class Once:
    """A request that is done once, however often it comes.

    visit: by which the body writes what is kept together with the key, or not at all; what stays
    though it fails, such as a wrong password counted, is written by the visit given to ``once``.
    location: what it came to before; the body sets it.
    """

    visit: Visit
    location: str | None = None

    def leads(self) -> RedirectResponse:
        """To what it came to; the page says so where the alarms could not be checked after it."""
        address = str(self.location)
        if self.visit.unchecked:
            address += f"{'&' if '?' in address else '?'}{UNCHECKED}=1"
        return RedirectResponse(address, 303)


class _TakenError(Exception):
    """The same request has ended meanwhile."""


@contextmanager
def once(visit: Visit, key: str | None) -> Iterator[Once]:
    """Do something once for a request's key: the body runs only where ``location`` is None.

    What the body writes by ``Once.visit`` is one transaction with the key, begun by the first
    write: where anything raises, nothing is written and the key is free. The same request at once
    may compute twice; its first write waits, and then it comes to what the other came to.
    Raises InputError for a missing key and one of another request.
    """
    if key is None:
        raise InputError("", KEY, None, N_("the key of this form; load the page again"))
    key = checked_text(key, KEY)
    earlier = _came_to(visit, key)
    if earlier is not None:
        yield Once(visit, earlier)
        return
    here = together(visit.clinic.engine, lambda connection: _take(connection, visit, key))
    claim = Once(replace(visit, clinic=visit.clinic.on(here.engine)))
    try:
        with here:
            yield claim
            with changing(here.engine) as connection:
                mine = t.done.c.key == key
                connection.execute(update(t.done).where(mine).values(location=claim.location))
    except Exception:
        claim.location = _meanwhile(visit, key)
        if claim.location is None:
            raise
    else:
        here.follow_up()


def _take(connection: Connection, visit: Visit, key: str) -> None:
    """Raises _TakenError where the same request has ended; one that still runs is waited for."""
    now = visit.clinic.now()
    unfinished = (t.done.c.key == key) & t.done.c.location.is_(None)  # by an older version
    connection.execute(delete(t.done).where((t.done.c.at < stamp(now - KEPT)) | unfinished))
    row = {
        "key": key, "account": visit.account.account, "route": visit.route,
        "location": None, "at": stamp(now),
    }  # fmt: skip
    try:
        connection.execute(insert(t.done), row)
    except IntegrityError:
        raise _TakenError from None


def _came_to(visit: Visit, key: str) -> str | None:
    """What the request came to; None where it was not done. Raises InputError for another's key."""
    query = select(t.done.c.account, t.done.c.route, t.done.c.location).where(t.done.c.key == key)
    with reading(visit.clinic.engine) as connection:
        found = connection.execute(query).first()
    if found is None or found[2] is None:
        return None
    if (found[0], found[1]) != (visit.account.account, visit.route):
        raise InputError("", KEY, key, N_("a key of its own for each request"))
    return str(found[2])


def _meanwhile(visit: Visit, key: str) -> str | None:
    """As ``_came_to``, where something has just failed: also by an answer lost after the commit."""
    try:
        return _came_to(visit, key)
    except InputError as error:
        if error.field == KEY:
            raise
        return None  # a database that does not answer: what failed first says more


# What a route takes: a form of a signed-in page, or of one before it.
SignedForm = Annotated[Form, Depends(form)]
PlainForm = Annotated[Form, Depends(plain_form)]
