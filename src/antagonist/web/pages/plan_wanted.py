"""The form of what a plan is to be: its fields, their choices, what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from babel import Locale

from antagonist.feedback.events import checked_text
from antagonist.foundation.clock import parse_day
from antagonist.foundation.data import check_known
from antagonist.foundation.errors import InputError
from antagonist.label.assess import ROUTES
from antagonist.label.formulary import products
from antagonist.label.jurisdictions import choices
from antagonist.planning.plan_model import WEEKDAYS, PlanRequest
from antagonist.web.forms import Form
from antagonist.web.language import Reader
from antagonist.web.visit import Visit
from antagonist.web.words.decisions import product_choices

Options = list[tuple[str, str]]
TEXTS = ("start", "clock", "holidays", "jurisdiction", "gluteal_side")
WHOLES = ("months", "pack_units")
DAYS = ("clinic_days", "supervised_days")
TERRITORIES = {"uk": "GB"}  # choices of a label that are no ISO code
COUNTRY_LENGTH = len("ru")
NAMED = "named"


@dataclass(frozen=True)
class Wanted:
    """What somebody typed. fields: of ``PlanRequest``. what: a form or a product; None = all."""

    fields: Mapping[str, Any]
    what: str | None

    @property
    def route(self) -> str | None:
        """The form asked for."""
        return self.what if self.what in ROUTES else None

    @property
    def only(self) -> str | None:
        """The product asked for."""
        return self.what if self.what is not None and self.what not in ROUTES else None

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The fields as the next step carries them."""
        rows = [("what", self.what or "")]
        for name, value in self.fields.items():
            if name in DAYS:
                rows += [(f"{name}[]", day) for day in value]
            elif name != "prescriber":
                rows.append((name, str(value)))
        return [*rows, ("prescriber", str(self.fields.get("prescriber") or ""))]

    @property
    def query(self) -> str:
        """The fields as an address carries them: whether a prescriber is named, never who."""
        named = [("prescriber", NAMED)] if self.fields.get("prescriber") else []
        rows = [(name, said) for name, said in self.hidden if said and name != "prescriber"]
        return urlencode([*rows, *named])


def wanted_of(visit: Visit, sent: Form) -> Wanted:
    """What was typed. Raises InputError for a field that is empty or no number."""
    start = parse_day(sent.needed("start"), field="start").isoformat()
    fields: dict[str, Any] = {"clock": sent.needed("clock")}
    fields |= {name: sent[name] for name in TEXTS if sent.text(name)} | {"start": start}
    for name in WHOLES:
        if sent.text(name):
            fields[name] = sent.whole(name)
    fields |= {name: list(sent.lists.get(name, ())) for name in DAYS}
    fields["prescriber"] = prescriber(visit, sent.text("prescriber"))
    what = sent.text("what")
    if what is not None:
        check_known(what, (*ROUTES, *products()), "", "what")
    return Wanted(fields, what)


def of_form(error: InputError, **names: str) -> InputError:
    """An error with the input's own name. names: of inputs that errors name otherwise."""
    field = error.field.partition("[")[0]
    return InputError("", names.get(field, field), error.value, error.allowed)


def prescriber(visit: Visit, named: str | None) -> str | None:
    """Who prescribes: whoever may and asks; for others, whom they name."""
    if visit.may("plan.make"):
        return visit.account.shown
    return None if named is None else checked_text(named, "prescriber")


def first_wanted(visit: Visit) -> Wanted:
    """The form as it is opened: today, at nine, half a year, the clinic's own label."""
    today = visit.clinic.now().astimezone(visit.clinic.tz).date()
    fresh = PlanRequest(product="", regimen="", start=today)
    fields: dict[str, Any] = {
        **dict.fromkeys((*TEXTS, *WHOLES)),
        "start": fresh.start.isoformat(), "clock": fresh.clock, "months": fresh.months,
        "clinic_days": list(fresh.clinic_days), "supervised_days": [],
        "jurisdiction": visit.clinic.config.jurisdiction, "prescriber": prescriber(visit, None),
    }  # fmt: skip
    return Wanted(fields, None)


def typed(sent: Form) -> Wanted:
    """The form as it was sent, right or not, to be shown again."""
    fields: dict[str, Any] = {name: sent.get(name, "") for name in (*TEXTS, *WHOLES, "prescriber")}
    fields |= {name: list(sent.lists.get(name, ())) for name in DAYS}
    return Wanted(fields, sent.text("what"))


def what_options(visit: Visit) -> Options:
    """Forms, then products that can be planned under any label."""
    forms = [(route, visit.reader.words.text(f"way.{route}")) for route in ROUTES]
    return [*forms, *product_choices(visit.reader)]


def day_options(reader: Reader) -> Options:
    """Days of the week."""
    return list(zip(WEEKDAYS, reader.words.lists("weekdays"), strict=True))


def country(code: str, reader: Reader) -> str:
    """A country by its ISO code; the code itself for one that has no name."""
    return str(Locale.parse(reader.language).territories.get(code.upper(), code))


def holiday_options(reader: Reader) -> Options:
    """Countries of the labels, whose public holidays are known."""
    codes = [TERRITORIES.get(n, n).upper() for n in choices() if len(n) == COUNTRY_LENGTH]
    return [(code, country(code, reader)) for code in codes]
