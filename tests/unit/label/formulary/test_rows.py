"""The formulary's data against the rows it stands for.

tests/data/label/products.csv is a copy of the project's shared product table (label/products.csv);
the seed rows P1-P8, B1, I7 and C4 are quoted here from label/seed_rows.csv.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from antagonist.label.formulary.catalogue import (
    brand_forms,
    brands,
    excipient_id,
    excipient_sets,
    forms,
    lactose_mg,
    price_of,
    prices,
    product,
    products,
)
from antagonist.label.value_sets import ingredients
from antagonist.pharmacology.catalogue import formulations

TABLE = Path(__file__).parents[4] / "tests" / "data" / "label" / "products.csv"
IDS = (
    "seed-capsule-50",
    "seed-tablet-50",
    "seed-powder-380",
    "seed-gel-syringe",
    "antaxone-capsule-50",
    "antaxone-solution-50",
    "vivitrol-us-380",
    "vivitrol-ru-380",
    "vivitrol-kz-380",
    "revia-us-50",
    "revia-au-50",
    "naltrexone-fv-capsule-50",
    "prodetoxone-implant-1000",
    "naltrel",
    "naltrexone-hcl-us-chartwell-50",
    "naltrexone-hcl-us-precision-50",
    "naltrexone-hcl-us-generic-50",
    "naltrexone-hcl-us-mallinckrodt-50",
    "naltrexone-ru-mez-capsule-50",
    "naltrexone-ru-mez-tablet-50",
    "nalorex-uk-50",
    "adepend-uk-50",
    "naltrexone-hcl-uk-aop-50",
    "naltrexone-hcl-uk-accord-50",
    "naltrexone-hcl-ie-accord-50",
    "depade-25",
    "depade-50",
    "depade-100",
    "depotrex-192",
    "depotrex-384",
    "contrave-8-90",
    "embeda-trap",
)
# What the table calls an excipient with more words than its name.
LONG_NAMES = {
    "gelatin capsule white with blue cap": "gelatin",
    "copolymer of lactic and glycolic acid 75:25": "plga",
    "polymer 75:25 DLJN1": "plga",
    "polylactide-co-glycolide 75:25": "plga",
}
COUNTRIES = {"UK": "GB"}


def rows() -> dict[str, dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {row["product_id"]: row for row in csv.DictReader(stream)}


def listed_in(row: dict[str, str]) -> set[tuple[str | None, float | None]]:
    """Excipient id and mg of what the table lists, without actives and reservations."""
    found = set()
    for text in row["excipients"].split(";"):
        if text.startswith("unknown") or text == "others not read" or "second active" in text:
            continue
        name = text.removeprefix("diluent: ")
        amount = re.search(r" ([\d.]+) mg$", name)
        bare = re.sub(r" [\d.]+ (mg|%)$| \(E\d+\)$", "", name)
        known = LONG_NAMES.get(name) or excipient_id(bare)
        found.add((known, float(amount.group(1)) if amount else None))
    return found


def bare(brand: str) -> str:
    """A brand without its other spelling in brackets."""
    return re.sub(r" \(.*\)$", "", brand).casefold()


def test_the_table_and_the_formulary_hold_the_same_32_products() -> None:
    assert len(IDS) == 32
    assert set(rows()) == set(IDS)
    assert set(products()) == set(IDS)


@pytest.mark.parametrize("name", IDS)
def test_a_product_is_what_its_row_says(name: str) -> None:
    row, found = rows()[name], product(name)
    strength = None if row["strength_mg"] == "unknown" else float(row["strength_mg"])
    assert (found.form, found.route, found.strength_mg) == (row["form"], row["route"], strength)
    assert found.contains_lactose == row["contains_lactose"]
    assert {(part.id, part.amount_mg) for part in found.excipients} == listed_in(row)
    country = row["jurisdiction"].split()[0]
    assert found.country == COUNTRIES.get(country, country)
    codes = set() if row["codes"] == "unknown" else set(row["codes"].split(";"))
    assert {f"{code.system}:{code.code}" for code in found.codes} == {
        re.sub(r" \(.*\)$", "", code) for code in codes
    }
    assert found.provenance == row["provenance"]


@pytest.mark.parametrize("name", IDS)
def test_a_list_is_whole_only_where_the_row_has_no_reservation(name: str) -> None:
    row, found = rows()[name], product(name)
    if "others not read" in row["excipients"]:
        assert found.excipients_complete == "no"
    if row["excipients"].startswith("unknown"):
        assert found.excipients_complete == "unknown"
        assert found.excipients == ()


def test_a_tablet_is_halved_only_where_its_row_says_so() -> None:
    said = {
        name
        for name, row in rows().items()
        if row["form"] == "tablet" and re.search(r"\bscored|divisible|break line", row["note"])
    }
    assert {name for name, found in products().items() if found.halves == "yes"} == said
    assert len(said) == 7
    assert {f.halves for f in products().values() if f.form == "capsule"} == {"no"}


def test_the_capsule_of_the_base_text() -> None:
    # P1 capsule 50 mg; P2 lactose 96 mg; P3 magnesium stearate 4 mg
    found = product("seed-capsule-50")
    amounts = {part.id: part.amount_mg for part in found.excipients}
    assert amounts == {"lactose": 96, "magnesium_stearate": 4, "gelatin": None}
    assert lactose_mg(found) == 96
    assert found.seed_rows == ("P1", "P2", "P3", "I7")


def test_the_tablet_of_the_base_text_has_ten_in_a_blister_and_no_known_pack() -> None:
    found = product("seed-tablet-50")  # P4
    assert found.pack.units_per_blister == 10
    assert found.pack.sizes == ()
    assert found.contains_lactose == "unknown"


def test_lactose_is_not_given_where_its_amount_is_not_stated() -> None:
    assert lactose_mg(product("revia-us-50")) is None
    assert lactose_mg(product("vivitrol-us-380")) is None
    assert lactose_mg(product("adepend-uk-50")) == 126.755


def test_packs_of_the_table() -> None:
    assert product("naltrexone-ru-mez-capsule-50").pack.sizes == (10, 20, 50)
    assert product("antaxone-capsule-50").pack.sizes == (10,)
    assert product("vivitrol-us-380").pack.sizes == (1,)
    assert product("nalorex-uk-50").pack.sizes == ()


def test_what_no_plan_is_made_with_and_why() -> None:
    reasons = {
        name: found.not_plannable.reason
        for name, found in products().items()
        if found.not_plannable is not None
    }
    assert reasons == {
        "seed-powder-380": "unidentified",
        "seed-gel-syringe": "unidentified",
        "naltrel": "never_approved",
        "depotrex-192": "never_approved",
        "depotrex-384": "never_approved",
        "contrave-8-90": "trap",
        "embeda-trap": "trap",
    }
    assert {name for name, found in products().items() if found.trap} == {
        name for name, row in rows().items() if "(trap)" in row["brand"]
    }
    assert all(f.plannable != (f.id in reasons) for f in products().values())


def test_a_product_is_identified_by_strength_and_maker() -> None:
    assert product("vivitrol-us-380").identified
    assert not product("seed-capsule-50").identified
    assert not product("naltrel").identified


def test_the_families_that_labels_name() -> None:
    groups = {name: f.group for name, f in products().items() if f.group != "other"}
    assert groups == {
        "naltrexone-fv-capsule-50": "naltrexone_fv",
        "nalorex-uk-50": "nalorex_or_aop",
        "naltrexone-hcl-uk-aop-50": "nalorex_or_aop",
        "adepend-uk-50": "adepend",
        "prodetoxone-implant-1000": "prodetoxone",
    }


def test_licences_that_the_notes_give() -> None:
    given = {name: f.licensed_for for name, f in products().items() if f.licensed_for is not None}
    assert given == {
        "nalorex-uk-50": ("opioid",),
        "naltrexone-hcl-uk-aop-50": ("opioid",),
        "adepend-uk-50": ("alcohol",),
        "naltrexone-hcl-uk-accord-50": ("opioid", "alcohol"),
    }


def test_storage_and_shelf_life() -> None:
    for country in ("us", "ru", "kz"):
        kept = product(f"vivitrol-{country}-380").storage
        assert kept is not None
        assert (kept.min_c, kept.max_c) == (2, 8)
        assert (kept.days_out_of_fridge, kept.out_of_fridge_max_c) == (7, 25)
    lives = {n: f.shelf_life_months for n, f in products().items() if f.shelf_life_months}
    assert lives == {"antaxone-capsule-50": 36, "vivitrol-ru-380": 36}
    assert product("seed-capsule-50").storage is None


@pytest.mark.parametrize("name", IDS)
def test_what_simulates_a_product_is_a_profile_of_its_route(name: str) -> None:
    found = product(name)
    if found.release_model is None:
        assert not found.plannable
        return
    routes = {"oral": "oral", "im_xr": "im", "subcutaneous": "sc", "implant": "implant"}
    assert formulations()[found.release_model].route == routes[found.route]


def test_other_actives_are_known_medicines() -> None:
    others = {name: f.second_actives for name, f in products().items() if f.second_actives}
    assert {name: [(a.id, a.amount_mg) for a in found] for name, found in others.items()} == {
        "prodetoxone-implant-1000": [("triamcinolone", 100)],
        "contrave-8-90": [("bupropion", 90)],
        "embeda-trap": [("morphine", 30)],
    }
    assert all(a.id in ingredients() for found in others.values() for a in found)


def test_the_brands_of_row_b1_and_their_forms() -> None:
    # B1 with its note: Vivitrol, Naltrel, Depotrex injections; Prodetoxone implant; the rest oral
    injection, implant = ("powder_for_injection",), ("implant_tablet",)
    assert {name: brand_forms(name) for name in brands()} == {
        "antakson": ("capsule", "oral_solution"),
        "vivitrol": injection,
        "revia": ("tablet",),
        "naltrexone_fv": ("capsule",),
        "prodetoxone": implant,
        "naltrel": injection,
        "naltrexone_hydrochloride": ("tablet",),
        "depade": ("tablet",),
        "depotrex": injection,
    }
    assert all(brand.rows == ("B1",) for brand in brands().values())


@pytest.mark.parametrize("name", IDS)
def test_a_product_stands_under_its_brand(name: str) -> None:
    holding = [b.name.en for b in brands().values() if name in b.products]
    called = bare(rows()[name]["brand"])
    assert holding == [b.name.en for b in brands().values() if bare(b.name.en) == called]


def test_the_routes_of_row_i7() -> None:
    # I7: capsules and tablets by mouth; injections into the muscle
    assert forms()["capsule"].routes == ("oral",)
    assert forms()["tablet"].routes == ("oral",)
    assert "im_xr" in forms()["powder_for_injection"].routes
    assert [name for name, form in forms().items() if "I7" in form.rows] == [
        "capsule",
        "tablet",
        "powder_for_injection",
    ]


def test_the_prices_of_rows_p7_and_p8_are_undated_ranges() -> None:
    given = [(p.product, p.low, p.high, p.currency, p.priced_on, p.rows) for p in prices()]
    assert given == [
        ("seed-capsule-50", 800, 900, "RUB", None, ("P7",)),
        ("seed-tablet-50", 700, 760, "RUB", None, ("P8",)),
    ]
    assert price_of("vivitrol-us-380") is None


def test_the_lactose_of_row_c4_has_three_names() -> None:
    lactose = excipient_sets()["lactose_bearing"]
    assert lactose.rows == ("C4",)
    assert set(lactose.members) == {"lactose", "lactose_monohydrate", "lactose_anhydrous"}
