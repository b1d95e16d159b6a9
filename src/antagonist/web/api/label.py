"""The label for programs: rules, jurisdictions, products, in one of the languages."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from antagonist.web.actions import label_rules as reading
from antagonist.web.actions.label_products import ShownProduct, shown_products
from antagonist.web.actions.label_rules import ShownRule
from antagonist.web.errors import NotFoundError
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["label"])
Reads = Annotated[Visit, Depends(program("label.read"))]
Language = Annotated[
    Literal["en", "ru"] | None, Query(description="Of the texts; default the account's")
]
Name = Annotated[str, Path(min_length=1, max_length=120, description="Id of a rule.")]
Wanted = Annotated[str | None, Query(max_length=120, description="Only of this one, by its id.")]


class CaseOut(BaseModel):
    """An example of a rule: true, false or unknown."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    gives: Literal["true", "false", "unknown"]


class RuleOut(BaseModel):
    """One version of a rule; first, last: days between which it holds, null = not known."""

    model_config = ConfigDict(from_attributes=True)

    rule: str
    category: str
    topic: str
    jurisdictions: tuple[str, ...]
    severity: str
    text: str
    note: str | None
    condition: tuple[tuple[int, str], ...] = Field(description="Level and text of each line")
    first: date | None
    last: date | None
    source: tuple[str, ...]
    provenance: Literal["seen", "secondary", "recalled", "own"]
    read_in: str | None
    rows: tuple[str, ...] = Field(description="Rows of the base text")
    cases: tuple[CaseOut, ...]


class Rules(BaseModel):
    """Rules that fit."""

    rules: list[RuleOut]


class JurisdictionOut(BaseModel):
    """Whose rules."""

    jurisdiction: str
    title: str


class ProductOut(BaseModel):
    """A product; null or empty = not known, never 'no'."""

    model_config = ConfigDict(from_attributes=True)

    product: str
    title: str
    form: str
    strength: str | None
    route: str
    country: str
    maker: str | None
    status: str
    lactose: Literal["yes", "no", "unknown"]
    divisible: Literal["yes", "no", "unknown"]
    excipients: tuple[str, ...]
    excipients_complete: Literal["yes", "no", "unknown"]
    has_model: bool = Field(description="Published levels, so that a forecast is possible")
    not_plannable: str | None = Field(description="Why no plan is made with it; null = one may be")
    source: str
    note: str


def _language(visit: Visit, asked: str | None) -> str:
    return asked or visit.reader.language


def _rule(rule: ShownRule) -> RuleOut:
    return RuleOut.model_validate(rule)


def _product(product: ShownProduct) -> ProductOut:
    return ProductOut.model_validate(product)


@router.get("/label/jurisdictions")
def jurisdictions(visit: Reads, language: Language = None) -> list[JurisdictionOut]:
    """Whose rules there are."""
    found = reading.jurisdictions_of(_language(visit, language))
    return [JurisdictionOut(jurisdiction=name, title=title) for name, title in found]


@router.get("/label/rules")
def rules(
    visit: Reads,
    language: Language = None,
    jurisdiction: Wanted = None,
    category: Wanted = None,
    q: Annotated[str, Query(max_length=200, description="Words that all stand in it")] = "",
) -> Rules:
    """Rules of a jurisdiction and a subject that hold every word of a query."""
    every = reading.rules_of(visit.clinic, _language(visit, language))
    return Rules(rules=[_rule(rule) for rule in every if rule.fits(jurisdiction, category, q)])


@router.get("/label/rules/{rule}")
def one_rule(visit: Reads, rule: Name, language: Language = None) -> Rules:
    """Every version of one rule."""
    every = reading.rules_of(visit.clinic, _language(visit, language))
    found = [_rule(each) for each in every if each.rule == rule]
    if not found:
        raise NotFoundError
    return Rules(rules=found)


@router.get("/label/products")
def products(visit: Reads, language: Language = None) -> list[ProductOut]:
    """Products of the formulary."""
    return [_product(each) for each in shown_products(_language(visit, language))]
