"""Pages from templates: everything escaped, nothing inline, words in the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from antagonist import __version__
from antagonist.feedback.events import moment
from antagonist.report.label_dates import date_text
from antagonist.report.rendering import shown
from antagonist.web.accounts.rules import rules
from antagonist.web.cookies import LANGUAGE, cookie_name
from antagonist.web.foreign import cited
from antagonist.web.forms import UNCHECKED, new_key
from antagonist.web.language import LANGUAGES, N_, NAMES, Reader, preferred, utc
from antagonist.web.visit import Visit, clinic_of, request_id

# action that opens it, address, name
NAVIGATION = (
    ("today.read", "/today", N_("Today")),
    ("patients.read", "/patients", N_("Patients")),
    ("override.answer", "/approvals", N_("Second opinions")),
    ("programme.read", "/programme", N_("Programme")),
    ("label.read", "/label", N_("Label")),
    ("accounts.manage", "/accounts", N_("Accounts")),
    ("audit.read", "/audit", N_("Audit")),
)


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """The templates. What a template names and nobody gave is an error.

    A text is shown with what acts unseen written out, but for the values of forms (``typed``).
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("antagonist.web"),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.filters["cited"] = cited
    # What comes back in a form is sent again as it was typed; a control keeps it to itself.
    made.filters["typed"] = escape
    made.globals.update(
        static=static_url, version=__version__, languages=NAMES, new_key=new_key, moment=moment
    )
    return made


@lru_cache(maxsize=64)
def static_url(name: str) -> str:
    """Address of a file of ours, with a digest of its content."""
    content = files("antagonist.web").joinpath(f"static/{name}").read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:16]}"


def reader_of(request: Request) -> Reader:
    """How somebody reads who is not signed in: by cookie, else by the browser's wish."""
    clinic = clinic_of(request)
    chosen = request.cookies.get(cookie_name(clinic.config.secure, LANGUAGE))
    if chosen not in LANGUAGES:
        chosen = preferred(request.headers.get("accept-language", ""), clinic.config.language)
    return Reader(chosen, clinic.tz)


def render(
    request: Request,
    template: str,
    visit: Visit | None = None,
    status: int = 200,
    **content: Any,
) -> HTMLResponse:
    """A page. visit: None before sign-in. content: what the template names."""
    reader = reader_of(request) if visit is None else visit.reader
    config = clinic_of(request).config
    values: Mapping[str, Any] = {
        "visit": visit,
        "reader": reader,
        "_": reader.say,
        "gettext": reader.say,
        "ngettext": reader.say_count,
        "words": reader.words,
        "time": lambda at: time_element(at, reader),
        "day": lambda on: date_text(on, reader.words),
        "demo": config.demo,
        "path": request.url.path,
        "unchecked": UNCHECKED in request.query_params,
        "request_method": request.method,
        "navigation": NAVIGATION,
        "idle_s": int(rules().session.idle.total_seconds()),
        "zone_name": str(reader.tz),
        "request_id": request_id(request),
        **content,
    }
    return HTMLResponse(environment().get_template(template).render(values), status)


def time_element(at: datetime, reader: Reader) -> Markup:
    """A moment as programs and people read it."""
    return Markup('<time datetime="{}">{}</time>').format(utc(at), escape(reader.time(at)))
