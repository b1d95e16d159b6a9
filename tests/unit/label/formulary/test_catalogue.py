"""Look-ups in the formulary, and the errors that its files give."""

from __future__ import annotations

from pathlib import Path

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA
from antagonist.label.formulary.catalogue import (
    avoided,
    brand_forms,
    excipient_id,
    excipients,
    forms,
    load_brands,
    load_excipients,
    load_prices,
    load_product,
    price_of,
    product,
    products,
)
from antagonist.label.formulary.models import Price, Product

GOOD = """\
id: mine
brand: {en: Mine, ru: Мой}
form: tablet
strength_mg: 50
route: oral
excipients:
  - {id: lactose, amount_mg: 90}
excipients_complete: yes
contains_lactose: yes
country: RU
maker: null
label_jurisdictions: [ru_oral]
status: unknown
release_model: oral_tablet
source: made up for this test
provenance: recalled
note: {en: none, ru: нет}
"""


def written(tmp_path: Path, text: str, name: str = "mine") -> Path:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_latest_price_counts_and_an_undated_one_is_oldest() -> None:
    undated = price_of("seed-capsule-50")
    assert undated is not None
    old, new = (
        Price.model_validate({**undated.model_dump(), "priced_on": day})
        for day in ("2025-01-31", "2025-02-01")
    )
    assert price_of("seed-capsule-50", [undated, old]) == old
    assert price_of("seed-capsule-50", [new, undated, old]) == new
    assert price_of("seed-capsule-50", []) is None


def test_an_unknown_product_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean vivitrol-us-380"):
        product("vivitrol-us")
    with pytest.raises(InputError, match="did you mean vivitrol"):
        brand_forms("vivitrl")
    with pytest.raises(InputError, match="product"):
        price_of("nothing")


def test_excipients_are_found_by_whole_names_in_both_languages() -> None:
    assert excipient_id("Carboxymethylcellulose sodium") == "carmellose_sodium"
    assert excipient_id("МАГНИЯ  стеарат") == "magnesium_stearate"
    assert excipient_id("lactose monohydrate") == "lactose_monohydrate"
    assert excipient_id("lact") is None


def test_whoever_avoids_one_lactose_avoids_all() -> None:
    all_three = {"lactose", "lactose_monohydrate", "lactose_anhydrous"}
    assert avoided("lactose_bearing") == all_three
    assert avoided("lactose anhydrous") == all_three
    assert avoided("methyl_parahydroxybenzoate") == {"methyl_parahydroxybenzoate"}
    assert avoided("plga") == {"plga"}
    with pytest.raises(InputError, match="did you mean lactose"):
        avoided("lactos")


def test_units_have_the_plural_forms_of_each_language() -> None:
    for form in forms().values():
        assert set(form.unit["en"]) == {"one", "other"}
        assert set(form.unit["ru"]) == {"one", "few", "many", "other"}


def test_every_excipient_is_in_some_product() -> None:
    used = {part.id for found in products().values() for part in found.excipients}
    assert set(excipients()) == used


def test_a_product_file_that_is_right_loads(tmp_path: Path) -> None:
    found = load_product(written(tmp_path, GOOD))
    assert isinstance(found, Product)
    assert found.contains_lactose == "yes"
    assert found.halves == "unknown"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("id: mine", "id: other", "id: 'other'"),
        ("strength_mg: 50", "strength_mg: -5", r"strength_mg \(line 4\): -5"),
        ("strength_mg: 50", "strength_mg: null", "unknown strength needs not_plannable"),
        ("lactose, amount", "lactos, amount", "did you mean lactose"),
        ("route: oral", "route: implant", "route: 'implant' is not allowed .*known: oral"),
        ("[ru_oral]", "[ru_orl]", "did you mean ru_oral"),
        ("[ru_oral]", "[base]", "label_jurisdictions: 'base'"),
        ("contains_lactose: yes", "contains_lactose: no", "contains_lactose: 'no'"),
        ("contains_lactose: yes", "contains_lactose: unknown", "contains_lactose: 'unknown'"),
        ("id: lactose", "id: plga", "contains_lactose: 'yes'"),
        ("form: tablet", "form: pill", r"form \(line 3\)"),
        ("form: tablet", "form: capsule\ndivisible: yes", "only a tablet is divisible"),
        ("ru: Мой", "de: Mein", "brand.ru"),
        ("90}", "90}\n  - {id: lactose}", "stands in the list twice"),
        ("country: RU", "country: Russia", r"country \(line 10\)"),
        ("maker: null", "maker: null\npack: {blisters: [1]}", "blisters need units_per_blister"),
        ("maker: null", "maker: null\npack: {units: [0]}", "1 unit at least"),
    ],
)
def test_a_wrong_product_file_is_named(tmp_path: Path, old: str, new: str, error: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=error) as caught:
        load_product(written(tmp_path, GOOD.replace(old, new, 1)))
    assert caught.value.source == "mine.yaml"


def test_lactose_may_be_unknown_or_denied_where_the_list_is_not_whole(tmp_path: Path) -> None:
    for complete in ("no", "unknown"):
        text = GOOD.replace("id: lactose", "id: plga")
        text = text.replace("excipients_complete: yes", f"excipients_complete: {complete}")
        for said in ("no", "unknown"):
            path = written(tmp_path, text.replace("lactose: yes", f"lactose: {said}"))
            assert load_product(path).contains_lactose == said


def test_a_wrong_brand_price_or_excipient_file_is_named(tmp_path: Path) -> None:
    brand_text = (DATA / "brands.yaml").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"revia\.products: 'revia-us' .*did you mean revia-us-50"):
        load_brands(written(tmp_path, brand_text.replace("revia-us-50", "revia-us"), "brands"))
    price_text = (DATA / "prices.yaml").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"prices\[1\]\.product"):
        load_prices(written(tmp_path, price_text.replace("seed-tablet-50", "x"), "prices"))
    with pytest.raises(InputError, match=r"prices\[0\] \(line 4\).*low is not above high"):
        load_prices(written(tmp_path, price_text.replace("800", "901"), "prices"))
    text = (DATA / "excipients.yaml").read_text(encoding="utf-8")
    stranger = text.replace("members: [methyl_para", "members: [methyl_pera")
    with pytest.raises(InputError, match=r"sets\.parabens\.members"):
        load_excipients(written(tmp_path, stranger, "excipients"))
    shared = text.replace("synonyms: [E954]", "synonyms: [желатин]")
    with pytest.raises(InputError, match="it is also one of gelatin"):
        load_excipients(written(tmp_path, shared, "excipients"))
