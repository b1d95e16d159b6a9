"""Medicines are told apart by ingredient: opioids, and what only looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.opioid_data import opioid_data
from antagonist.label.value_sets import (
    by_name,
    combination_id,
    ingredient_id,
    ingredients,
    load_ingredients,
    load_value_sets,
    names_of,
    value_set_details,
    value_sets,
    written_out,
)

# Opioids named in the displays of the value sets "Opioid analgesics with ambulatory misuse
# potential" and "Fentanyl-type medications" of cqframework/opioid-cds-r4 (CC0-1.0, b29bdcbf).
CDC_OPIOIDS = [
    "alfentanil",
    "benzhydrocodone",
    "buprenorphine",
    "butorphanol",
    "codeine",
    "dextromoramide",
    "dihydrocodeine",
    "dipipanone",
    "fentanyl",
    "heroin",
    "hydrocodone",
    "hydromorphone",
    "levomethadyl",
    "levorphanol",
    "meperidine",
    "meptazinol",
    "methadone",
    "morphine",
    "opium",
    "oxycodone",
    "oxymorphone",
    "pentazocine",
    "pholcodine",
    "propoxyphene",
    "remifentanil",
    "sufentanil",
    "tapentadol",
    "tramadol",
]
# Not opioid agonists, and present in the same value sets or in rule ix-not-opioid.
NEVER_OPIOID = [
    "naltrexone",
    "naloxone",
    "nalmefene",
    "methylnaltrexone",
    "naloxegol",
    "6-beta-naltrexol",
    "dextromethorphan",
    "acetaminophen",
    "ibuprofen",
    "aspirin",
    "caffeine",
    "celecoxib",
    "vivitrol",
    "ldn",
    "contrave",
]
OPIOID_PRODUCTS = {
    "morphine_naltrexone": ("embeda", {"morphine", "naltrexone"}),
    "oxycodone_naltrexone": ("troxyca", {"oxycodone", "naltrexone"}),
    "buprenorphine_naloxone": ("suboxone", {"buprenorphine", "naloxone"}),
    "tilidine_naloxone": ("valoron n", {"tilidine", "naloxone"}),
    "oxycodone_naloxone": ("targin", {"oxycodone", "naloxone"}),
}


def opioid(name: str) -> bool:
    found = ingredient_id(name)
    assert found is not None, name
    return found in value_sets()["opioid_any"]


@pytest.mark.parametrize("name", CDC_OPIOIDS)
def test_every_opioid_of_an_independent_list_is_one(name: str) -> None:
    assert opioid(name)


@pytest.mark.parametrize("name", NEVER_OPIOID)
def test_an_antagonist_or_another_medicine_is_in_no_opioid_set(name: str) -> None:
    found = ingredient_id(name)
    assert found is not None
    sets = {n for n, members in value_sets().items() if found in members}
    assert not sets & {"opioid_any", "opioid_agonist_or_partial", "opioid_otc"}
    assert not sets & {"methadone", "buprenorphine", "opioid_with_naltrexone"}


@pytest.mark.parametrize(("name", "brand", "parts"), [(n, *v) for n, v in OPIOID_PRODUCTS.items()])
def test_an_opioid_with_an_antagonist_is_an_opioid(name: str, brand: str, parts: set[str]) -> None:
    assert ingredient_id(brand) == name
    assert combination_id(parts) == name
    assert name in value_sets()["opioid_agonist_or_partial"]
    assert name not in value_sets()["antagonists"]


def test_naltrexone_with_bupropion_is_naltrexone_of_8_mg_and_no_opioid() -> None:
    name = combination_id({"naltrexone", "bupropion"})
    assert name == "naltrexone_bupropion"
    assert ingredients()[name].naltrexone_mg_per_unit == 8
    assert name in value_sets()["antagonists"]
    assert not opioid(name)


def test_a_combination_stands_where_its_parts_put_it() -> None:
    sets = value_sets()
    for name, entry in ingredients().items():
        for group in ("opioid_any", "hepatotoxic", "anticoagulants", "disulfiram"):
            if any(part in sets[group] for part in entry.contains):
                assert name in sets[group], (name, group)


def test_opioids_and_antagonists_share_no_member() -> None:
    assert not value_sets()["opioid_any"] & value_sets()["antagonists"]


@pytest.mark.parametrize("part", ["naltrex", "nal", "morph", "opioid", "methadone 5 mg", ""])
def test_a_part_of_a_name_finds_nothing(part: str) -> None:
    assert ingredient_id(part) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("TRAMADOL", "tramadol"),
        (" Трамадол ", "tramadol"),
        ("ПРОМЕДОЛ", "trimeperidine"),
        ("buprenorphine  naloxone", "buprenorphine_naloxone"),
        ("methylnaltrexone", "methylnaltrexone"),
        ("просидол", "prosidol"),
        ("пропирам", "propiram"),
    ],
)
def test_a_whole_name_finds_its_ingredient_in_both_languages(name: str, found: str) -> None:
    assert ingredient_id(name) == found


def test_every_opioid_of_a_history_is_known_as_a_medicine_too() -> None:
    for name, entry in opioid_data().opioids.items():
        for spoken in (name, *entry.synonyms):
            assert opioid(spoken), spoken


def test_each_name_of_each_ingredient_finds_it() -> None:
    for name, entry in ingredients().items():
        for spoken in names_of(name, entry):
            assert ingredient_id(spoken) == name


def test_parts_without_a_product_of_their_own_make_none() -> None:
    assert combination_id({"morphine", "metformin"}) is None
    assert combination_id({"naltrexone"}) is None


def test_any_opioid_is_the_two_sets_together() -> None:
    sets = value_sets()
    assert sets["opioid_any"] == sets["opioid_agonist_or_partial"] | sets["opioid_otc"]
    assert "loperamide" in sets["opioid_any"] - sets["opioid_agonist_or_partial"]


def test_every_set_says_where_it_comes_from_in_both_languages() -> None:
    for name, entry in value_set_details().items():
        assert value_sets()[name]
        assert all(entry.source)
        assert entry.title.en != entry.title.ru


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_misspelt_member_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "mine: {title: {en: a, ru: б}, members: [tramadoll], source: [x], provenance: recalled}\n",
    )
    with pytest.raises(InputError, match=r"mine\.members.*did you mean tramadol\?"):
        load_value_sets(path, ["tramadol", "morphine"])


def test_a_set_that_leads_back_to_itself_is_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "one: {title: {en: a, ru: б}, includes: [two], source: [x], provenance: own}\n"
        "two: {title: {en: a, ru: б}, includes: [one], source: [x], provenance: own}\n",
    )
    with pytest.raises(InputError, match="lead back"):
        written_out(load_value_sets(path, []))


def test_a_field_that_is_missing_is_named_with_its_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "names: {source: x, provenance: recalled}\n"
        "ingredients:\n"
        "  first: {en: first, ru: первый}\n"
        "  second: {en: second}\n",
    )
    with pytest.raises(InputError, match=r"ingredients\.second\.ru \(line 4\)"):
        load_ingredients(path)


def test_a_name_for_two_ingredients_is_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "names: {source: x, provenance: recalled}\n"
        "ingredients:\n"
        "  first: {en: first, ru: первый, synonyms: [Both]}\n"
        "  second: {en: second, ru: второй, synonyms: [both]}\n",
    )
    with pytest.raises(InputError, match="also one of first"):
        by_name(load_ingredients(path), "mine.yaml")


def test_an_unknown_part_of_a_combination_is_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "names: {source: x, provenance: recalled}\n"
        "ingredients:\n"
        "  first: {en: first, ru: первый, contains: [frist]}\n",
    )
    with pytest.raises(InputError, match=r"first\.contains.*did you mean first\?"):
        load_ingredients(path)
