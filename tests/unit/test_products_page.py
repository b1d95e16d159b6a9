"""The products page lists every product as its file has it."""

from pathlib import Path

from antagonist.pharmacology.catalogue import formulations

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "products.md"


def test_every_product_stands_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, formulation in formulations().items():
        levels = "no data" if formulation.status == "no_data" else "modelled"
        row = f"| `{name}` | {formulation.title['en']} | {formulation.route} | {levels} |"
        assert row in text
