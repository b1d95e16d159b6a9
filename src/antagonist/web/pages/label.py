"""The label to read: rules by jurisdiction and subject, two labels side by side, products."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from antagonist.foundation.errors import InputError
from antagonist.web.actions import label_rules as reading
from antagonist.web.actions.label_products import shown_products
from antagonist.web.answers import field_error
from antagonist.web.errors import NotFoundError
from antagonist.web.language import N_
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page

router = APIRouter()
Reads = Annotated[Visit, Depends(page("label.read"))]
LONGEST_QUERY = 200  # characters
KNOWN = {"yes": N_("yes"), "no": N_("no"), "unknown": N_("not known")}
ROUTES = {
    "oral": N_("by mouth"),
    "im_xr": N_("injection into the muscle, extended release"),
    "subcutaneous": N_("under the skin"),
    "implant": N_("implant"),
}
STATUSES = {
    "marketed": N_("marketed"),
    "listed": N_("listed"),
    "registered": N_("registered"),
    "probably_discontinued": N_("probably discontinued"),
    "never_approved": N_("never approved"),
    "unknown": N_("not known"),
}


@router.get("/label")
def browse(request: Request, visit: Reads) -> Response:
    """Rules by jurisdiction and subject, and with the words of a query."""
    language, asked = visit.reader.language, request.query_params
    query = asked.get("q", "").strip()[:LONGEST_QUERY]
    whose, subject = asked.get("whose") or None, asked.get("subject") or None
    rules = [
        rule for rule in reading.rules_of(visit.clinic, language)
        if rule.fits(whose, subject, query)
    ]  # fmt: skip
    subjects = reading.categories(language)
    place = {name: n for n, (name, _) in enumerate(subjects)}
    by_subject: dict[str, list[reading.ShownRule]] = {}
    for rule in sorted(rules, key=lambda each: place.get(each.category, len(place))):
        by_subject.setdefault(rule.category_text, []).append(rule)
    return render(
        request, "label.html", visit, groups=by_subject, count=len(rules), query=query,
        whose=whose, subject=subject, jurisdictions=reading.jurisdictions_of(language),
        subjects=subjects,
    )  # fmt: skip


@router.get("/label/rules/{rule}")
def one_rule(request: Request, visit: Reads, rule: str) -> Response:
    """A rule with its condition, source and cases; every version of it."""
    every = reading.rules_of(visit.clinic, visit.reader.language)
    found = [each for each in every if each.rule == rule]
    if not found:
        raise NotFoundError
    others = [
        each for each in every if each.topic == found[0].topic and each.rule != rule
    ]  # fmt: skip
    return render(request, "label_rule.html", visit, versions=found, others=others)


@router.get("/label/compare")
def compare(request: Request, visit: Reads) -> Response:
    """Two labels side by side."""
    asked, error = request.query_params, None
    first, second = asked.get("first") or "us_oral", asked.get("second") or "ru_oral"
    rows: tuple[reading.Beside, ...] = ()
    try:
        rows = reading.beside(first, second, _today(visit), visit.reader.language)
    except InputError as wrong:
        error = wrong
    names = reading.jurisdictions_of(visit.reader.language)
    return render(
        request, "label_compare.html", visit, 422 if error else 200, rows=rows, first=first,
        second=second, jurisdictions=names, names=dict(names),
        error=field_error(error) if error else None,
    )  # fmt: skip


def _today(visit: Visit) -> date:
    return visit.clinic.now().astimezone(visit.clinic.tz).date()


@router.get("/label/products")
def products(request: Request, visit: Reads) -> Response:
    """Products of the formulary."""
    return render(
        request, "label_products.html", visit, products=shown_products(visit.reader.language),
        routes=ROUTES, statuses=STATUSES, known=KNOWN,
    )  # fmt: skip


@router.get("/label/products/{product}")
def one_product(request: Request, visit: Reads, product: str) -> Response:
    """A product: what it holds, how it is packed and kept, where that was read."""
    every = shown_products(visit.reader.language)
    found = next((each for each in every if each.product == product), None)
    if found is None:
        raise NotFoundError
    return render(
        request, "label_product.html", visit, product=found, routes=ROUTES, statuses=STATUSES,
        known=KNOWN,
    )  # fmt: skip
