"""The formulary page lists every product, brand and price as its file has it."""

from __future__ import annotations

from pathlib import Path

from antagonist.label.formulary.catalogue import (
    brand_forms,
    brands,
    lactose_mg,
    prices,
    products,
)
from antagonist.label.formulary.models import Product

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "formulary.md"


def product_row(found: Product) -> str:
    amount = lactose_mg(found)
    cells = [
        f"`{found.id}`",
        found.brand.en,
        found.form,
        "unknown" if found.strength_mg is None else f"{found.strength_mg:g}",
        found.route,
        ", ".join(str(size) for size in found.pack.sizes) or "unknown",
        found.halves,
        found.contains_lactose if amount is None else f"yes, {amount:g} mg",
        found.excipients_complete,
        ", ".join(found.label_jurisdictions) or "none",
        "yes" if found.not_plannable is None else f"no: {found.not_plannable.reason}",
        f"`{found.release_model}`" if found.release_model else "none",
        found.status,
        found.provenance,
    ]
    return f"| {' | '.join(cells)} |"


def table(heading: str) -> list[str]:
    """Rows of the one table under a heading, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


def test_every_product_stands_on_the_page_once() -> None:
    assert table("Products") == [product_row(found) for found in products().values()]


def test_every_brand_stands_on_the_page() -> None:
    assert table("Brands of the base text (seed row B1)") == [
        f"| {brand.name.en} | {brand.name.ru} | {', '.join(brand_forms(name))}"
        f" | {', '.join(f'`{entry}`' for entry in brand.products)} |"
        for name, brand in brands().items()
    ]


def test_every_price_stands_on_the_page() -> None:
    assert table("Prices of the base text") == [
        f"| `{price.product}` | {price.low:g}-{price.high:g} {price.currency}"
        f" | {price.pack_units or 'not stated'} | {price.priced_on or 'undated'}"
        f" | {', '.join(price.rows)} |"
        for price in prices()
    ]
