"""Every word that screening and plans need is there, in both languages."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

import antagonist.label
from antagonist.foundation.errors import InputError
from antagonist.label import contradictions, rules
from antagonist.label.answers import VERDICTS
from antagonist.label.cases import case_facts
from antagonist.label.conditions.explain import FactUse, used
from antagonist.label.contradictions import Contradiction
from antagonist.label.facts import DATA, Provenance, State, fact_types
from antagonist.label.jurisdictions import jurisdictions
from antagonist.label.rules import Rule, load_rules
from antagonist.report.label_text import (
    DERIVED,
    LOCALE_FILES,
    amount,
    contradiction_text,
    fact_line,
    jurisdictions_text,
    label_catalogue,
    label_words,
    number_text,
    provenance_text,
    rule_sentence,
    source_text,
    state_text,
    value_text,
)
from antagonist.report.wording import LANGUAGES, placeholders, report_catalogue

EN, RU = label_words("en"), label_words("ru")
OTHER_TEXTS = {"positive", "negative", "yes", "no"}
LABEL = Path(antagonist.label.__file__).parent
LATIN_IN_RUSSIAN = {"mL", "min"}


def every_rule() -> list[Rule]:
    return list(load_rules(sorted((DATA / "rules").glob("*.yaml"))))


def texts_in(node: ast.AST) -> set[str]:
    return {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def details_in_code() -> set[str]:
    """Texts given to a ``detail``: as keyword, or assigned beside a state."""
    found: set[str] = set()
    for path in LABEL.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "detail":
                found |= texts_in(node.value)
            if isinstance(node, ast.Assign) and "detail" in ast.unparse(node.targets[0]):
                found |= texts_in(node.value) - set(get_args(State)) - OTHER_TEXTS
    return found


def test_the_search_for_details_finds_them() -> None:
    assert {"never", "no_date", "dilute_sample", "class_not_covered", "interrupted"} <= (
        details_in_code()
    )


def test_every_detail_has_a_word() -> None:
    # 'unmatched_medicine' is given by position
    wanted = (details_in_code() | {"unmatched_medicine"}) - {DERIVED}
    assert {name for name in wanted if f"detail.{name}" not in label_catalogue()} == set()


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("verdict", VERDICTS),
        ("severity", rules.SEVERITIES),
        ("question", get_args(rules.Question)),
        ("indication", get_args(rules.Indication)),
        ("way", get_args(rules.Route)),
        ("state", get_args(State)),
        ("provenance", get_args(Provenance)),
        ("contradiction", get_args(contradictions.Kind)),
    ],
)
def test_every_name_in_code_has_a_word(group: str, names: tuple[str, ...]) -> None:
    assert len(names) > 1
    assert {n for n in names if f"{group}.{n}" not in label_catalogue()} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_has_a_word(language: str) -> None:
    words = label_words(language)
    units = {kind.unit for kind in fact_types().values() if kind.unit is not None}
    assert len(units) > 10
    for unit in units:
        for value in (1.0, 2.0, 5.0, 1.5):
            assert re.search(r"\d", amount(value, unit, words)), unit


def test_countable_units_have_every_plural_form() -> None:
    forms: dict[str, set[str]] = {}
    for key in label_catalogue():
        match = re.fullmatch(r"amount\.(\w+)\.(one|few|many|other)", key)
        if match:
            forms.setdefault(match[1], set()).add(match[2])
    assert {"d", "h", "wk", "mo", "a"} <= set(forms)
    assert all(found == {"one", "few", "many", "other"} for found in forms.values())


def test_no_key_stands_twice_and_none_hides_a_word_of_the_reports() -> None:
    texts = (files("antagonist.report").joinpath(name).read_text("utf-8") for name in LOCALE_FILES)
    text = "\n".join(texts)
    keys = re.findall(r"^([\w./^]+):", text, flags=re.MULTILINE)
    assert len(keys) == len(set(keys)) == len(label_catalogue())
    assert not set(keys) & set(report_catalogue())


def test_russian_is_written_in_russian_and_nothing_promises() -> None:
    for key, texts in label_catalogue().items():
        bare = re.sub(r"\{\w+\}", "", texts["ru"])
        assert set(re.findall(r"[A-Za-z]{2,}", bare)) <= LATIN_IN_RUSSIAN, key
        assert not re.search("[А-Яа-я]", texts["en"]), key
        said = " ".join(texts.values())
        # 'not safe' promises nothing
        assert not re.search(r"(?<!not )\bsafe|(?<!не)безопас", said, re.IGNORECASE), key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.id)
def test_every_rule_renders_from_its_own_true_cases(rule: Rule, language: str) -> None:
    for case in rule.cases:
        if case.gives != "true":
            continue
        uses = [used(name, fact, None) for name, fact in case_facts(case).items()]
        sentence = rule_sentence(rule, uses, language)
        assert sentence
        assert not re.search(r"[{}]", sentence)
        known = {use.fact: value_text(use, label_words(language)) for use in uses}
        for name in placeholders(rule.text.en):
            assert known[name] != label_words(language).text("value.unknown"), case.name
            assert known[name] in sentence


def rule_saying(en: str, ru: str) -> Rule:
    return Rule.model_validate(
        {
            "id": "r", "category": "c", "topic": "t", "jurisdictions": ["base"],
            "indications": ["opioid"], "routes": ["oral"], "asked": ["start"],
            "severity": "defer", "when": {"op": "yes", "fact": "lactating"},
            "text": {"en": en, "ru": ru}, "source": ["s"], "provenance": "recalled",
            "cases": [{"name": "x", "facts": {"lactating": True}, "gives": "true"}],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "en", "ru"),
    [
        (1, "1 day", "1 день"),
        (2, "2 days", "2 дня"),
        (5, "5 days", "5 дней"),
        (9, "9 days", "9 дней"),
        (11, "11 days", "11 дней"),
        (21, "21 days", "21 день"),
        (1.5, "1.5 days", "1,5 дня"),
    ],
)
def test_a_sentence_has_the_plural_form(days: float, en: str, ru: str) -> None:
    rule = rule_saying("{days_since_opioid} gone.", "Прошло {days_since_opioid}.")
    uses = [FactUse("days_since_opioid", "known", float(days))]
    assert rule_sentence(rule, uses, "en") == f"{en} gone."
    assert rule_sentence(rule, uses, "ru") == f"Прошло {ru}."


def test_a_fact_that_is_not_known_is_unknown_in_the_sentence() -> None:
    rule = rule_saying("{alt_xuln}!", "{alt_xuln}!")
    assert rule_sentence(rule, [], "en") == "unknown!"
    assert rule_sentence(rule, [FactUse("alt_xuln", "stale", 3.2)], "ru") == "неизвестно!"
    with pytest.raises(InputError):
        rule_sentence(rule, [], "de")


@pytest.mark.parametrize(
    ("use", "en", "ru"),
    [
        (FactUse("alt_xuln", "known", 3.2), "3.2 × ULN", "3,2 × ВГН"),
        (
            FactUse("creatinine_clearance_ml_per_min", "known", 30.0),
            "30 mL/min",
            "30 мл/мин",
        ),
        (FactUse("hepatitis", "known", "chronic"), "chronic", "хронический"),
        (FactUse("lactating", "known", False), "no", "нет"),
        (FactUse("age_years", "known", 3.0), "3 years", "3 года"),
        (FactUse("days_since_opioid", "known", None, detail="never"), "never", "никогда"),
        (FactUse("active_ingredients", "known", ()), "none", "нет"),
        (FactUse("active_ingredients", "known", ("codeine", "x_y")), "codeine, x y", "кодеин, x y"),
        (FactUse("cows_total", "known", 4.0), "4", "4"),
        (FactUse("hepatitis", "conflict", None), "unknown", "неизвестно"),
    ],
)
def test_values(use: FactUse, en: str, ru: str) -> None:
    assert value_text(use, EN) == en
    assert value_text(use, RU) == ru


@pytest.mark.parametrize(
    ("value", "en"),
    [
        (50.0, "50"),
        (49.96, "49.96"),
        (49.996, "49.996"),  # never printed as the limit it lies under
        (50.004, "50.004"),
        (2.999999999, "3"),
        (3.2258064, "3.23"),
        (0.1 + 0.2, "0.3"),
        (-0.5, "-0.5"),
    ],
)
def test_numbers_stay_on_their_side_of_a_round_figure(value: float, en: str) -> None:
    assert number_text(value, EN) == en
    assert number_text(value, RU) == en.replace(".", ",")


def test_states_say_why() -> None:
    assert state_text("unclear", "no_date", EN) == "unclear: no date given"
    assert state_text("missing", None, RU) == "нет данных"
    assert state_text("conflict", "conflict", EN) == "sources disagree"
    assert state_text("unclear", "interrupted", RU) == "неясно: проба прервана"


def test_a_fact_has_value_date_and_source() -> None:
    use = FactUse("hepatitis", "known", "chronic", "2026-11-03", "discharge letter")
    assert fact_line(use, EN) == "Hepatitis: chronic (3 Nov 2026; discharge letter)"
    assert fact_line(use, RU) == "Гепатит: хронический (3 ноября 2026 г.; discharge letter)"
    stale = FactUse("hepatitis", "stale", "none", "2024-11-03", "card")
    assert fact_line(stale, EN) == "Hepatitis: too old (3 Nov 2024; card)"
    made = FactUse("pregnant", "known", False, detail="excluded")
    assert fact_line(made, EN) == "Pregnant: no (ruled out by what is recorded)"
    derived = FactUse("hepatic_impairment", "known", "severe", detail="from_liver_failure")
    assert fact_line(derived, EN) == "Hepatic impairment: severe (derived from: Liver failure)"
    for source, said in (
        ("patient 6a34789c", "the patient's file"),
        ("product adepend-uk-50", "the product asked about"),
        ("plan", "the plan"), ("plan of the mother", "plan of the mother"), ("patient", "patient"),
    ):  # fmt: skip
        told = FactUse("pregnant", "known", True, source=source)
        assert fact_line(told, EN) == f"Pregnant: yes ({said})"
    assert fact_line(FactUse("pregnant", "known", True, source="plan"), RU).endswith("(план)")
    assert fact_line(FactUse("hepatitis", "missing", None), EN) == "Hepatitis: not recorded"


def test_sources_say_whether_they_were_read() -> None:
    assert source_text(("label, 4.3", "leaflet"), "seen", EN) == "label, 4.3; leaflet (read)"
    assert source_text(("label",), "recalled", EN) == "label (recalled, not read)"
    assert source_text(("label",), "recalled", RU) == "label (по памяти, не прочитано)"
    assert len({provenance_text(name, RU) for name in get_args(Provenance)}) == 4


def test_jurisdictions_have_their_titles() -> None:
    assert jurisdictions_text(["base", "us_oral"], EN) == "Base text; US label, tablets"
    assert jurisdictions_text(["elsewhere"], RU) == "elsewhere"
    assert all(jurisdictions_text([name], RU) != name or "ASAM" in name for name in jurisdictions())


def test_contradictions_are_sentences() -> None:
    positive = Contradiction("denied_but_positive", "opiates", ("history: none", "lab"), True)
    assert contradiction_text(positive, EN) == (
        "Urine: opiates: positive, though such use is not in the history. "
        "Until this is settled the opioid history cannot be relied on."
    )
    differ = Contradiction("sources_differ", "hepatitis", ("a: acute", "b: none"), False)
    assert contradiction_text(differ, RU) == "Гепатит: источники расходятся."
    denied = Contradiction("denied_but_exposed", "opioid_history", ("x",), True)
    assert contradiction_text(denied, RU).startswith("Опиоидный анамнез: записано «никогда»")
