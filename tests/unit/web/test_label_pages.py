"""The label to read: every rule with its source, in both languages, by jurisdiction and subject."""

from __future__ import annotations

import pytest
import yaml
from tests.support.clinics import OpenClinic, text_of

from antagonist.label.formulary.catalogue import products
from antagonist.label.rulebook import all_rules
from antagonist.web.actions import label_rules
from antagonist.web.actions.label_products import shown_products


def test_every_subject_of_the_rules_has_a_name_and_no_other() -> None:
    named = label_rules._subjects()
    assert set(named["topics"]) == {rule.topic for rule in all_rules()}
    assert set(named["categories"]) == {rule.category for rule in all_rules()}


def test_everybody_may_read_the_label(clinic: OpenClinic) -> None:
    for who in ("viewer", "nurse", "prescriber", "administrator"):
        assert clinic.browser(who).get("/label").status_code == 200
    assert clinic.nobody().get("/label").status_code == 303


def test_all_rules_are_listed_each_with_its_source(clinic: OpenClinic) -> None:
    page = clinic.browser("nurse").get("/label").text
    for rule in all_rules():
        assert f'href="/label/rules/{rule.id}"' in page


def test_rules_are_chosen_by_jurisdiction_subject_and_words(clinic: OpenClinic) -> None:
    found = clinic.program("nurse").get(
        "/api/v1/label/rules",
        params={"jurisdiction": "us_xr", "category": "interaction", "q": "OPIOID medicines"},
    ).json()["rules"]  # fmt: skip
    assert "ix-opioid" in {each["rule"] for each in found}
    assert all("us_xr" in each["jurisdictions"] for each in found)
    assert all(each["category"] == "interaction" for each in found)
    shown = text_of(clinic.browser("nurse").get("/label", q="ix-opioid-otc", whose="uk"))
    assert "ix-opioid-otc" in shown
    assert "withdrawal-present" not in shown
    assert "0 rules" in text_of(clinic.browser("nurse").get("/label", q="xyzzy"))


def test_a_rule_shows_condition_source_and_cases(clinic: OpenClinic) -> None:
    shown = text_of(clinic.browser("nurse").get("/label/rules/withdrawal-present"))
    assert "row in seed_rows.csv" in shown
    assert "≥ 5" in shown
    assert "COWS of 25 h ago" in shown
    assert "read" in shown
    assert clinic.browser("nurse").get("/label/rules/nothing").status_code == 404


def test_the_label_is_russian_for_a_russian_reader(clinic: OpenClinic) -> None:
    clinic.reads("viewer", "ru")
    browser = clinic.browser("viewer")
    assert "Есть опиоидная отмена" in text_of(browser.get("/label/rules/withdrawal-present"))
    assert "беременность" in text_of(browser.get("/label/compare", first="us_oral", second="uk"))
    assert "Препараты с налтрексоном" in text_of(browser.get("/label/products"))
    clinic.reads("viewer", "en")


def test_two_labels_stand_side_by_side(clinic: OpenClinic) -> None:
    browser = clinic.browser("nurse")
    assert "stricter" in text_of(browser.get("/label/compare", first="us_oral", second="ru_oral"))
    assert browser.get("/label/compare", first="moon").status_code == 422


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_product_has_a_page(clinic: OpenClinic, language: str) -> None:
    assert {each.product for each in shown_products(language)} == set(products())
    clinic.reads("viewer", language)
    browser = clinic.browser("viewer")
    for name in ("vivitrol-us-380", "embeda-trap", "seed-powder-380"):
        assert browser.get(f"/label/products/{name}").status_code == 200
    assert browser.get("/label/products/none").status_code == 404
    clinic.reads("viewer", "en")


def test_what_is_not_known_of_a_product_is_not_no(clinic: OpenClinic) -> None:
    found = clinic.program("nurse").get("/api/v1/label/products").json()
    (shown,) = [each for each in found if each["product"] == "vivitrol-us-380"]
    assert shown["excipients_complete"] == "unknown"
    assert shown["lactose"] == "no"


def test_a_clinics_own_rule_stands_among_the_others(own_clinic: OpenClinic) -> None:
    rule = {
        "id": "clinic-own", "topic": "own", "jurisdictions": ["clinic"], "asked": ["start"],
        "indications": ["opioid"], "routes": ["oral"], "severity": "warn",
        "when": {"op": "yes", "fact": "withdrawal_finding"},
        "text": {"en": "Ask the head.", "ru": "Спросить заведующего."},
        "source": ["order 7"], "provenance": "own",
        "cases": [{"name": "found", "facts": {"withdrawal_finding": True}, "gives": "true"}],
    }  # fmt: skip
    folder = own_clinic.clinic.config.keys.parent / "rules"
    folder.mkdir()
    content = yaml.safe_dump({"category": "ours", "rules": [rule]}, allow_unicode=True)
    (folder / "own.yaml").write_text(content, encoding="utf-8")
    found = label_rules._rules(folder, "ru")
    assert [(each.text, each.topic_text) for each in found if each.rule == "clinic-own"] == [
        ("Спросить заведующего.", "own")
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_product_has_its_page(clinic: OpenClinic, language: str) -> None:
    clinic.reads("viewer", language)
    viewer = clinic.browser("viewer")
    for product in products():
        assert viewer.get(f"/label/products/{product}").status_code == 200, product
