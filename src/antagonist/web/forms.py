"""What a browser sends: only forms that our own pages made, each field once, each request once."""

from __future__ import annotations

import hmac
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import BREAKS, can_be_seen, checked_text, stamp
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.errors import ForgedError
from antagonist.web.language import N_
from antagonist.web.visit import REPEATS, Visit, signed_in

CSRF, KEY, EXPECTED = "csrf", "key", "expected"
CSRF_HEADER = "x-csrf-token"
KEPT = timedelta(days=7)  # for how long a request's key is known
PATIENCE_S, STEP_S = 20.0, 0.05
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
    _account, session = await run_in_threadpool(signed_in, request)
    sent = found.pop(CSRF, None) or request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), session.csrf.encode()):
        raise ForgedError
    return found


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


def _form(data: FormData) -> Form:
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
    """A request that is done once, however often it comes. location: what it came to before."""

    location: str | None = None


@contextmanager
def once(visit: Visit, key: str | None) -> Iterator[Once]:
    """Do something once for a request's key: the body runs only where ``location`` is None.

    The body sets ``location``; where it raises, the key is free again. The same request that
    comes while the first still runs waits for it.
    Raises InputError for a missing key, one of another request, and a first that never ends.
    """
    if key is None:
        raise InputError("", KEY, None, N_("the key of this form; load the page again"))
    key = checked_text(key, KEY)
    found = _claimed(visit, key)
    if found is not None:
        yield found
        return
    claim = Once()
    try:
        yield claim
    except BaseException:
        with changing(visit.clinic.engine) as connection:
            connection.execute(delete(t.done).where(t.done.c.key == key))
        raise
    with changing(visit.clinic.engine) as connection:
        here = t.done.c.key == key
        connection.execute(update(t.done).where(here).values(location=claim.location))


def _claimed(visit: Visit, key: str) -> Once | None:
    """None where the key is now ours; else what the request came to that had it first."""
    row = {
        "key": key, "account": visit.account.account, "route": visit.route,
        "location": None, "at": stamp(visit.clinic.now()),
    }  # fmt: skip
    try:
        with changing(visit.clinic.engine) as connection:
            old = stamp(visit.clinic.now() - KEPT)
            connection.execute(delete(t.done).where(t.done.c.at < old))
            connection.execute(insert(t.done), row)
    except IntegrityError:
        return _awaited(visit, key)
    return None


def _awaited(visit: Visit, key: str) -> Once:
    query = select(t.done.c.account, t.done.c.route, t.done.c.location).where(t.done.c.key == key)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with reading(visit.clinic.engine) as connection:
            found = connection.execute(query).first()
        if found is None:
            raise InputError(
                "", KEY, key, N_("a request that did not fail meanwhile; send it again")
            )
        if (found[0], found[1]) != (visit.account.account, visit.route):
            raise InputError("", KEY, key, N_("a key of its own for each request"))
        if found[2] is not None:
            return Once(str(found[2]))
        time.sleep(STEP_S)
    raise InputError("", KEY, key, N_("a request that has ended; look whether it was done"))


# What a route takes: a form of a signed-in page, or of one before it.
SignedForm = Annotated[Form, Depends(form)]
PlainForm = Annotated[Form, Depends(plain_form)]
