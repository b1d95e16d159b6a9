"""The plan and the card, read back and rendered by a PDF library that did not write them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import product as pairs
from typing import Any

import numpy as np
import pypdfium2
import pytest
from tests.support.hostile import WILD
from tests.unit.report.answers import RULES, answer, departing, rule
from tests.unit.report.plans import NASTY, daily_doses, injection_plan, plan

from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import visible
from antagonist.label.facts import Both
from antagonist.label.formulary.catalogue import products
from antagonist.label.regimens import regimens
from antagonist.pharmacology.agonists import agonists
from antagonist.planning.plan_model import Plan
from antagonist.report.label_text import label_words, product_title
from antagonist.report.plan_pdf import (
    LONGEST_HOLDER,
    MOVED,
    NO_DOSE,
    card_data,
    plan_data,
    plan_pdf,
    wallet_card_pdf,
)
from antagonist.report.plan_phrases import regimen_title
from antagonist.report.typst_templates import embedded_fonts, tied
from antagonist.report.wording import LANGUAGES

MM = 72 / 25.4
EN, RU = label_words("en"), label_words("ru")
WARNING_RULES = {
    name: rule(name, "x", "x", "inform", source=[f"source of {name}"], provenance=how)
    for name, how in {
        "override": "seen",
        "lost-tolerance": "recalled",
        "reversal-agent": "seen",
        "jaundice": "seen",
        "emergency-pain": "recalled",
        "carry-card": "secondary",
    }.items()
}
ALL_RULES = RULES | WARNING_RULES


def pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_bounded() for page in document]


def text_of(content: bytes) -> str:
    return flat(" ".join(pages(content)))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def ink(content: bytes, place: int = 0) -> Any:
    """Dark points of a page, one row a line of points."""
    page = pypdfium2.PdfDocument(content)[place]
    return np.asarray(page.render(scale=2).to_pil().convert("L")) < 140


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_says_all_it_must(language: str) -> None:
    words = label_words(language)
    text = squeezed(text_of(plan_pdf(plan(), language, ALL_RULES)))
    wanted = [
        words.text("plan.title"),
        words.text("plan.verdict", verdict=words.text("verdict.allowed_with_caution")),
        words.text("plan.limits", verdict=words.text("verdict.allowed")),
        words.text("provenance.recalled"),
        words.text("plan.price_undated"),
        words.text("plan.not_a_promise"),
        words.text("doc.statement"),
        "Dr A. & B. <c>",
        "[alt-raised]",
        *(words.text(f"warning.{key}") for key in ("naloxone", "tolerance", "jaundice", "card")),
        *(f"source of {name}" for name in WARNING_RULES),
    ]
    assert [part for part in wanted if squeezed(part) not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_have_their_size_and_are_not_empty(language: str) -> None:
    sheet = pypdfium2.PdfDocument(plan_pdf(plan(), language, ALL_RULES))
    assert sheet[0].get_size() == pytest.approx((210 * MM, 297 * MM), abs=0.5)
    card = pypdfium2.PdfDocument(wallet_card_pdf(plan(), language, ALL_RULES))
    assert len(card) == 2
    assert all(side.get_size() == pytest.approx((85.6 * MM, 54 * MM), abs=0.1) for side in card)


@pytest.mark.parametrize(("write", "least"), [(plan_pdf, 0.03), (wallet_card_pdf, 0.15)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_ink_keeps_clear_of_the_edge(write: Any, least: float, language: str) -> None:
    for place in (0, 1):
        dark = ink(write(plan(), language, ALL_RULES), place)
        head = int(0.22 * dark.shape[0]) if write is wallet_card_pdf else 0  # the head runs out
        below = dark[head:]
        assert not below[:, :8].any()
        assert not below[:, -8:].any()
        assert not below[-4:].any()
    assert ink(write(plan(), language, ALL_RULES)).mean() > least


def test_the_font_is_embedded_and_has_cyrillic() -> None:
    assert "DejaVu Sans" in embedded_fonts().families()
    assert not embedded_fonts().families()[0].startswith("Libertinus")
    content = plan_pdf(plan(), "ru", ALL_RULES)
    names = set(re.findall(rb"/BaseFont/\w{6}\+([\w-]+)", content))
    assert names
    assert all(name.startswith(b"DejaVuSans") for name in names)
    assert len(re.findall(rb"/FontFile\d", content)) == len(names)


def test_equal_plans_give_equal_bytes_and_another_plan_others() -> None:
    for write in (plan_pdf, wallet_card_pdf):
        first = write(plan(), "ru", ALL_RULES)
        assert first == write(plan(), "ru", ALL_RULES)
        assert first != write(plan(product="revia-us-50"), "ru", ALL_RULES)


def test_texts_of_files_are_never_markup() -> None:
    nasty = Both(en=NASTY + " #panic()", ru=NASTY)
    given = plan(patient=NASTY)
    given = replace(
        given,
        product=NASTY,
        request=given.request.model_copy(update={"prescriber": NASTY}),
        checks=(replace(given.checks[0], title=nasty, source=(NASTY,)),),
    )
    text = squeezed(text_of(plan_pdf(given, "en", ALL_RULES)))
    assert text.count(squeezed(NASTY)) >= 6
    assert squeezed(NASTY) in squeezed(text_of(wallet_card_pdf(given, "ru", ALL_RULES)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [WILD, "W" * 300, "Долгое слово " * 40, "\u202e\x1b" * 99])
def test_a_name_of_any_length_leaves_the_card_its_warnings(name: str, language: str) -> None:
    content = wallet_card_pdf(plan(), language, ALL_RULES, name)
    assert len(pypdfium2.PdfDocument(content)) == 2
    words = label_words(language)
    text = squeezed(text_of(content))
    for key in ("opioids", "emergency", "last", "clinic"):
        assert squeezed(words.text(f"card.{key}")) in text
    shown = squeezed(" ".join(visible(name).split())[: LONGEST_HOLDER - 1])
    assert shown[:40] in text.replace("\u200b", "")


def test_a_long_word_runs_over_nothing() -> None:
    content = plan_pdf(plan(), "en", ALL_RULES, "W" * 90)
    text = pypdfium2.PdfDocument(content)[0].get_textpage()
    name, beside = text.search("WWWW").get_next(), text.search("Indication").get_next()
    assert name is not None
    assert beside is not None
    letters = [n for n in range(name[0], beside[0]) if text.get_text_range(n, 1) == "W"]
    assert len(letters) == 90
    right = max(text.get_charbox(n)[2] for n in letters)
    assert right < text.get_charbox(beside[0])[0]


def test_the_cards_back_is_english_where_the_front_is_not() -> None:
    front, back = (flat(side) for side in pages(wallet_card_pdf(plan(), "ru", ALL_RULES)))
    assert "Я принимаю налтрексон" in front
    assert "регионарное или неопиоидное" in front
    assert "I take naltrexone" in back
    assert "regional or non-opioid first" in back
    assert "emergency-pain (recalled, not read)" in back
    assert not re.search("[А-Яа-я]", back.replace(product_title("seed-tablet-50", RU), ""))
    front, back = (flat(side) for side in pages(wallet_card_pdf(plan(), "en", ALL_RULES)))
    assert "regional or non-opioid first" in front
    assert "the amount of opioid I was used to can kill me" in back
    assert "yellow eyes or skin" in back


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_opioid_dose_stands_anywhere(language: str) -> None:
    names = {title for known in agonists().values() for title in known.title.values()}
    assert len(names) > 4
    for write, given in pairs((plan_pdf, wallet_card_pdf), (plan(), injection_plan())):
        text = text_of(write(given, language, ALL_RULES)).lower()
        assert not [name for name in names if name.lower() in text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_holds_the_longest_names(language: str) -> None:
    words = label_words(language)
    product = max(products(), key=lambda name: len(product_title(name, words)))
    regimen = max(regimens(), key=lambda name: len(regimen_title(name, words)))
    content = wallet_card_pdf(plan(product=product, regimen=regimen), language, ALL_RULES)
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 2
    text = document[0].get_textpage()
    label = words.text("card.clinic")
    small = "override"
    above, below = (text.search(part).get_next() for part in (label, small))
    assert above is not None
    assert below is not None
    bottom_mm = min(text.get_charbox(above[0] + i)[1] for i in range(above[1])) / MM
    top_mm = max(text.get_charbox(below[0] + i)[3] for i in range(below[1])) / MM
    assert bottom_mm > top_mm + 0.5


def test_the_grid_has_every_day_of_the_plan() -> None:
    given = plan()
    grid = plan_data(given, ALL_RULES, EN)["grid"]
    cells = [day for week in grid for day in week["days"]]
    assert len(cells) % 7 == 0
    assert [c["text"] for c in cells[:4]] == ["", "", "25", "50"]
    assert sum(c["supervised"] for c in cells) == sum(d.supervised for d in given.doses)
    assert [c["text"] for c in cells if c["text"].startswith(MOVED)] == [f"{MOVED}50"]
    assert sum(c["date"] is not None for c in cells) == (given.end - given.start).days


def test_a_day_without_a_dose_has_a_dash() -> None:
    doses = daily_doses(date(2026, 11, 25), 8)
    given = plan(doses=(*doses[:2], *doses[3:]), end=date(2026, 12, 3))
    days = [d["text"] for w in plan_data(given, ALL_RULES, RU)["grid"] for d in w["days"]]
    assert days[2:10] == ["25", "50", NO_DOSE, "50", "50", "50", "50", "50"]
    assert days[10:] == [""] * 4


def test_injections_are_a_list_with_side_and_earliest_day() -> None:
    data = plan_data(injection_plan(), ALL_RULES, EN)
    assert data["grid"] is None
    assert data["doses"][1] == {
        "date": "Wed 1 Apr 2026, 10:00 (CEST)",
        "dose": "380 mg (1 vial)",
        "note": "at the clinic, left side, not before 1 Apr",
    }
    text = text_of(plan_pdf(injection_plan(), "ru", ALL_RULES))
    assert "не раньше 1 апреля" in text
    assert "неизвестна" in text


def test_two_years_of_tablets_fit_with_the_heads_repeated() -> None:
    doses = daily_doses(date(2026, 11, 25), 730)
    found = pages(plan_pdf(plan(doses=doses, end=date(2028, 11, 24)), "ru", ALL_RULES))
    assert len(found) >= 3
    assert all("Неделя" in page for page in found[:2])
    assert all(f"{n + 1} / {len(found)}" in flat(page) for n, page in enumerate(found))


def test_a_departure_is_said_in_the_plan() -> None:
    text = text_of(plan_pdf(plan(screening=departing(accepted=True)), "en", ALL_RULES))
    assert "base: not allowed; chosen: allowed with caution" in text


def test_without_cautions_there_is_no_heading() -> None:
    given = plan(screening=answer(cautions=(), verdict="allowed"))
    assert "to be acknowledged" not in text_of(plan_pdf(given, "en", ALL_RULES))
    assert "to be acknowledged" in text_of(plan_pdf(plan(), "en", ALL_RULES))


def test_an_unknown_rule_leaves_the_warning_without_a_source() -> None:
    warnings = plan_data(plan(), {}, EN)["warnings"]
    assert {w["source"] for w in warnings} == {""}
    assert card_data(plan(), {}, EN)["front"]["small"] == EN.text("doc.statement")


@pytest.mark.parametrize(
    ("text", "tight"),
    [
        ("50 mg", "50\u00a0mg"),
        ("3,2 × ВГН", "3,2\u00a0× ВГН"),
        ("25 ноября 2026 г., 9 дней", "25 ноября 2026\u00a0г., 9 дней"),
        ("95 %", "95\u00a0%"),
        ("a mg", "a mg"),
    ],
)
def test_figures_stay_beside_their_units(text: str, tight: str) -> None:
    assert tied(text) == tight


def test_the_packages_rules_are_the_default() -> None:
    given: Plan = plan()
    assert text_of(wallet_card_pdf(given, "en"))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError):
        plan_pdf(plan(), "de", ALL_RULES)
    with pytest.raises(InputError):
        wallet_card_pdf(plan(), "de", ALL_RULES)
