"""Which products suit, which replace one another: against the rows of the product table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.formulary.catalogue import product, products
from antagonist.label.formulary.choice import Suitability, holds, substitutes, suitable

TABLE = Path(__file__).parents[4] / "tests" / "data" / "label" / "products.csv"
NO_PLAN = {
    "seed-powder-380",
    "seed-gel-syringe",
    "naltrel",
    "depotrex-192",
    "depotrex-384",
    "contrave-8-90",
    "embeda-trap",
}


def lactose_in_table() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {row["product_id"]: row["contains_lactose"] for row in csv.DictReader(stream)}


def all_of(found: Suitability) -> list[str]:
    excluded = [entry.product for entry in found.excluded]
    not_offered = [entry.product for entry in found.not_offered]
    return [*excluded, *found.remaining, *found.unknown, *not_offered]


def test_lactose_intolerance_excludes_lactose_alone_and_says_what_remains() -> None:
    found = suitable(["lactose_bearing"])
    said = {name: told for name, told in lactose_in_table().items() if name not in NO_PLAN}
    assert {entry.product for entry in found.excluded} == {n for n in said if said[n] == "yes"}
    assert set(found.remaining) == {n for n in said if said[n] == "no"}
    assert set(found.unknown) == {n for n in said if said[n] == "unknown"}
    assert {entry.product for entry in found.not_offered} == NO_PLAN
    assert found.remaining == (
        "antaxone-solution-50",
        "prodetoxone-implant-1000",
        "vivitrol-kz-380",
        "vivitrol-ru-380",
        "vivitrol-us-380",
    )


def test_an_exclusion_names_what_the_product_holds() -> None:
    reasons = {entry.product: entry.contains for entry in suitable(["lactose"]).excluded}
    (part,) = reasons["seed-capsule-50"]
    assert (part.id, part.amount_mg) == ("lactose", 96)
    (part,) = reasons["naltrexone-hcl-us-precision-50"]
    assert (part.id, part.amount_mg) == ("lactose_anhydrous", None)


def test_unknown_excipients_are_not_safe() -> None:
    found = suitable(["sorbitol"])
    assert [entry.product for entry in found.excluded] == ["antaxone-solution-50"]
    # whole lists without it
    assert "revia-us-50" in found.remaining
    # a list that was not read as a whole, and none at all
    assert {"adepend-uk-50", "seed-tablet-50", "vivitrol-us-380"} <= set(found.unknown)


def test_one_known_substance_decides_over_unknown_ones() -> None:
    found = suitable(["sorbitol", "lactose_bearing"])
    assert "adepend-uk-50" in {entry.product for entry in found.excluded}
    assert "vivitrol-us-380" in found.unknown
    assert found.remaining == ("prodetoxone-implant-1000", "vivitrol-kz-380", "vivitrol-ru-380")


def test_nothing_avoided_leaves_all_that_can_be_planned() -> None:
    found = suitable()
    assert set(found.remaining) == set(products()) - NO_PLAN
    assert not found.excluded
    assert not found.unknown


@pytest.mark.parametrize("avoid", [[], ["lactose"], ["plga"], ["parabens", "silica"]])
def test_every_product_stands_in_one_group(avoid: list[str]) -> None:
    assert sorted(all_of(suitable(avoid))) == sorted(products())


def test_form_and_label_narrow_what_is_looked_at() -> None:
    assert all_of(suitable(form="oral_solution")) == ["antaxone-solution-50"]
    us = suitable(["lactose"], jurisdiction="us_xr")
    assert all_of(us) == ["vivitrol-us-380"]
    russian = suitable(["lactose"], jurisdiction="ru")
    assert russian.remaining == (
        "antaxone-solution-50",
        "prodetoxone-implant-1000",
        "vivitrol-ru-380",
    )
    assert russian.unknown == ("seed-tablet-50",)
    assert suitable(["lactose"], form="tablet", jurisdiction="uk").remaining == ()


def test_an_unknown_word_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean tablet"):
        suitable(form="tablett")
    with pytest.raises(InputError, match="jurisdiction"):
        suitable(jurisdiction="atlantis")
    with pytest.raises(InputError, match="did you mean sorbitol"):
        suitable(["sorbitl"])


def test_what_a_product_holds() -> None:
    capsule, vivitrol = product("seed-capsule-50"), product("vivitrol-us-380")
    assert holds(capsule, "lactose_monohydrate") == "yes"
    assert holds(capsule, "indigo_carmine") == "unknown"
    assert holds(vivitrol, "carboxymethylcellulose") == "yes"
    assert holds(vivitrol, "lactose") == "no"
    assert holds(product("antaxone-capsule-50"), "polysorbate_80") == "no"


def test_substitutes_share_form_route_and_strength() -> None:
    found = {entry.product: entry for entry in substitutes("antaxone-capsule-50")}
    assert set(found) == {
        "seed-capsule-50",
        "naltrexone-fv-capsule-50",
        "naltrexone-ru-mez-capsule-50",
    }
    # the same composition under two names of lactose
    same = found["naltrexone-fv-capsule-50"]
    assert (same.only_here, same.only_there, same.unsure, same.compared) == ((), (), (), True)
    other = found["naltrexone-ru-mez-capsule-50"]
    assert (other.only_here, other.only_there) == ((), ("yellow_iron_oxide",))
    # the base text does not name the colours of its capsule
    seed = found["seed-capsule-50"]
    assert seed.unsure == ("indigo_carmine", "titanium_dioxide")
    assert (seed.only_here, seed.compared) == ((), False)


def test_the_other_side_of_a_substitute() -> None:
    found = {entry.product: entry for entry in substitutes("naltrexone-ru-mez-capsule-50")}
    assert found["antaxone-capsule-50"].only_here == ("yellow_iron_oxide",)
    assert found["antaxone-capsule-50"].only_there == ()


def test_substitutes_of_the_same_country_come_first() -> None:
    found = substitutes("vivitrol-ru-380")
    assert [entry.product for entry in found] == ["vivitrol-kz-380", "vivitrol-us-380"]
    assert not any(entry.same_country or entry.same_labels for entry in found)
    british = [entry.same_country for entry in substitutes("adepend-uk-50")]
    assert british[:3] == [True, True, True]
    assert not any(british[3:])


def test_a_strength_has_no_substitute_of_another() -> None:
    assert substitutes("depade-25") == ()
    assert substitutes("prodetoxone-implant-1000") == ()


@pytest.mark.parametrize("name", sorted(NO_PLAN))
def test_what_cannot_be_planned_replaces_nothing(name: str) -> None:
    assert substitutes(name) == ()
    offered = {entry.product for other in products() for entry in substitutes(other)}
    assert offered
    assert name not in offered
