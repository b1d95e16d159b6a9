"""Products of the formulary as a reader sees them, made once for each language and kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from antagonist.label.formulary.catalogue import excipients, forms, price_of, products
from antagonist.label.formulary.models import Product
from antagonist.report.label_text import (
    amount,
    in_language,
    jurisdictions_text,
    label_words,
    product_title,
    provenance_text,
)
from antagonist.report.wording import Wording


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product in one language; None or empty = not known, never 'no'.

    strength: with its unit. excipients: with amounts. yes, no, unknown: scored, divisible,
    lactose, excipients_complete. price: with its day; None = none on file.
    """

    product: str
    title: str
    form: str
    strength: str | None
    route: str
    country: str
    maker: str | None
    status: str
    status_note: str | None
    labels: str
    scored: str
    divisible: str
    lactose: str
    excipients: tuple[str, ...]
    excipients_complete: str
    second_actives: tuple[str, ...]
    pack: str | None
    storage: str | None
    shelf_life_months: int | None
    registration: str | None
    codes: tuple[tuple[str, str, str | None], ...]
    has_model: bool
    not_plannable: str | None
    price: str | None
    source: str
    provenance_text: str
    note: str


@lru_cache(maxsize=2)
def shown_products(language: str) -> tuple[ShownProduct, ...]:
    """Every product, by title."""
    words = label_words(language)
    found = (_shown(product, words) for product in products().values())
    return tuple(sorted(found, key=lambda each: (each.title.casefold(), each.product)))


def _shown(found: Product, words: Wording) -> ShownProduct:
    return ShownProduct(
        product=found.id,
        title=product_title(found.id, words),
        form=in_language(forms()[found.form].title, words),
        strength=amount(found.strength_mg, "mg", words) if found.strength_mg else None,
        route=found.route,
        country=found.country,
        maker=in_language(found.maker, words) if found.maker else None,
        status=found.status,
        status_note=in_language(found.status_note, words) if found.status_note else None,
        labels=jurisdictions_text(found.label_jurisdictions, words),
        scored=found.scored,
        divisible=found.divisible,
        lactose=found.contains_lactose,
        excipients=_excipients(found, words),
        excipients_complete=found.excipients_complete,
        second_actives=tuple(
            _part(each.ru if words.language == "ru" else each.en, each.amount_mg, None, words)
            for each in found.second_actives
        ),
        pack=in_language(found.pack.text, words) if found.pack.text else None,
        storage=in_language(found.storage.text, words) if found.storage else None,
        shelf_life_months=found.shelf_life_months,
        registration=found.registration,
        codes=tuple(
            (code.system, code.code, in_language(code.note, words) if code.note else None)
            for code in found.codes
        ),
        has_model=found.release_model is not None,
        not_plannable=in_language(found.not_plannable.text, words) if found.not_plannable else None,
        price=_price(found.id, words),
        source=found.source,
        provenance_text=provenance_text(found.provenance, words),
        note=in_language(found.note, words),
    )


def _excipients(found: Product, words: Wording) -> tuple[str, ...]:
    shown = []
    for part in found.excipients:
        known = excipients()[part.id]
        name = known.ru if words.language == "ru" else known.en
        shown.append(_part(name, part.amount_mg, part.amount_text, words))
    return tuple(shown)


def _part(name: str, mg: float | None, text: str | None, words: Wording) -> str:
    said = amount(mg, "mg", words) if mg is not None else text
    return f"{name} {said}" if said else name


def _price(product: str, words: Wording) -> str | None:
    found = price_of(product)
    if found is None:
        return None
    ends = dict.fromkeys((f"{found.low:g}", f"{found.high:g}"))
    day = found.priced_on.isoformat() if found.priced_on else words.text("value.unknown")
    return f"{'–'.join(ends)} {found.currency} ({day}; {provenance_text(found.provenance, words)})"
