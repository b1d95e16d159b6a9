"""Facts, rules, sources and contradictions of the label in words; amounts with plural forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from antagonist.label.conditions.explain import FactUse
from antagonist.label.contradictions import Contradiction
from antagonist.label.facts import Both, Provenance, fact_types
from antagonist.label.formulary.catalogue import forms, products
from antagonist.label.jurisdictions import jurisdictions
from antagonist.label.rules import Rule
from antagonist.label.value_sets import ingredients
from antagonist.report.label_dates import when_text
from antagonist.report.wording import Catalogue, Wording, placeholders, read_catalogue, wording

LOCALE_FILES = ("locale/label.yaml", "locale/label_rules.yaml", "locale/plan.yaml")
Plural = Literal["one", "few", "many", "other"]
PLURALS: tuple[Plural, ...] = ("one", "few", "many", "other")
DERIVED = "from_"
NAMED_SOURCES = ("patient", "product")  # an id follows
_LEAST_DECIMALS, _MOST_DECIMALS = 2, 6


@lru_cache(maxsize=1)
def label_catalogue() -> Catalogue:
    """Every text of screening, plans and rule pages: key -> language -> text, checked."""
    found: dict[str, Mapping[str, str]] = {}
    for name in LOCALE_FILES:
        text = files("antagonist.report").joinpath(name).read_text(encoding="utf-8")
        found |= read_catalogue(text, name)
    return found


@cache
def label_words(language: str) -> Wording:
    """The words of the reports and of the label. Raises InputError for a language we lack."""
    common = wording(language)
    own = {key: texts[common.language] for key, texts in label_catalogue().items()}
    return Wording(common.language, {**common.entries, **own})


def in_language(text: Both, words: Wording) -> str:
    """A text of a data file in the reader's language."""
    return text.ru if words.language == "ru" else text.en


def number_text(value: float, words: Wording) -> str:
    """A number for a reader: two decimals, more where those would hide on which side of a round
    figure it lies (49.996 is not printed as 50); the language's decimal mark.
    """
    if float(value).is_integer():
        return str(int(value))
    digits = _LEAST_DECIMALS
    while digits < _MOST_DECIMALS and round(value, digits) == round(value, digits - 1) != value:
        digits += 1
    text = f"{round(value, digits):.{digits}f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if words.language == "ru" else text


def amount(value: float, unit: str, words: Wording) -> str:
    """A number with its unit, such as ``9 days`` or ``9 дней``.

    unit: one of the fact dictionary, or a countable thing of locale/label.yaml.
    Raises KeyError for a unit without a word.
    """
    shown = number_text(value, words)
    if f"amount.{unit}" in words.entries:
        return words.text(f"amount.{unit}", n=shown)
    return words.text(f"amount.{unit}.{plural_form(value, words.language)}", n=shown)


def plural_form(value: float, language: str) -> Plural:
    """Which plural form a number takes: one, few, many or other.

    Source: Unicode CLDR plural rules, as Babel carries them.
    """
    from babel import Locale

    whole = float(value).is_integer()
    found = Locale.parse(language).plural_form(int(value) if whole else Decimal(repr(value)))
    return next((form for form in PLURALS if form == found), "other")


def product_title(product: str, words: Wording) -> str:
    """A product by brand, strength and form; its own id where the formulary has none."""
    known = products().get(product)
    if known is None:
        return product
    strength = [amount(known.strength_mg, "mg", words)] if known.strength_mg else []
    form = in_language(forms()[known.form].title, words)
    return ", ".join([in_language(known.brand, words), form, *strength])


def units_text(units: float, product: str, words: Wording) -> str:
    """A number of a product's units, such as ``2 capsules``; of a product we lack just units."""
    known = products().get(product)
    if known is None:
        return amount(units, "unit", words)
    names = forms()[known.form].unit[words.language]
    form = plural_form(units, words.language)
    return f"{number_text(units, words)} {names.get(form) or names['other']}"


def fact_title(name: str, words: Wording) -> str:
    """A fact by its title in the dictionary, or its own name where it has none."""
    known = fact_types().get(name)
    return in_language(known.title, words) if known else name.replace("_", " ")


def value_text(use: FactUse, words: Wording) -> str:
    """A fact's value with unit and plural form; 'unknown' for one that is not known."""
    if use.state != "known":
        return words.text("value.unknown")
    if use.value is None:
        return words.text("detail.never" if use.detail == "never" else "value.unknown")
    return _known_value(use.fact, use.value, words)


def _known_value(name: str, value: bool | float | str | tuple[str, ...], words: Wording) -> str:
    kind = fact_types().get(name)
    if isinstance(value, bool):
        return words.text("value.yes" if value else "value.no")
    if isinstance(value, tuple):
        return ", ".join(_ingredient(item, words) for item in value) or words.text("value.none")
    if isinstance(value, str):
        title = kind.values.get(value) if kind else None
        return in_language(title, words) if title else value
    return amount(value, (kind.unit if kind else None) or "1", words)


def _ingredient(name: str, words: Wording) -> str:
    known = ingredients().get(name)
    if known is None:
        return name.replace("_", " ")
    return known.ru if words.language == "ru" else known.en


def state_text(state: str, detail: str | None, words: Wording) -> str:
    """How a fact stands and why, such as ``unclear: no date given``."""
    text = words.text(f"state.{state}")
    return f"{text}: {detail_text(detail, words)}" if detail and detail != state else text


def detail_text(detail: str, words: Wording) -> str:
    """What made a fact what it is; ``from_`` and a fact's id name the fact it was derived from."""
    if detail.startswith(DERIVED) and f"detail.{detail}" not in words.entries:
        return words.text("detail.from", fact=fact_title(detail.removeprefix(DERIVED), words))
    return words.name("detail", detail)


def fact_line(use: FactUse, words: Wording) -> str:
    """A fact with its value or state, date and source."""
    if use.state == "known":
        value = value_text(use, words)
        note = detail_text(use.detail, words) if use.detail and use.value is not None else None
    else:
        value, note = state_text(use.state, use.detail, words), None
    on = when_text(use.on, words) if use.on else None
    said = "; ".join(part for part in (note, on, _told_by(use.source, words)) if part)
    return f"{fact_title(use.fact, words)}: {value}" + (f" ({said})" if said else "")


def _told_by(source: str | None, words: Wording) -> str | None:
    """Who or what stated a fact; for a patient's file or a product no id, the page says which."""
    if source is None:
        return None
    of, _, name = source.partition(" ")
    key = f"fact_source.{of}"
    whole = of in NAMED_SOURCES if name else of not in NAMED_SOURCES
    return words.text(key) if whole and key in words.entries else source


def rule_sentence(rule: Rule, facts: Sequence[FactUse], language: str) -> str:
    """A rule's sentence, its placeholders filled with the values of facts.

    facts: as the rule saw them; one that is not among them reads 'unknown'.
    Raises InputError for a language we do not write.
    """
    words = label_words(language)
    text = in_language(rule.text, words)
    by_name = {use.fact: use for use in facts}
    values = {
        name: value_text(by_name.get(name) or FactUse(name, "missing", None), words)
        for name in placeholders(text)
    }
    return text.format(**values)


def jurisdictions_text(names: Iterable[str], words: Wording) -> str:
    """Whose rules, by their titles."""
    known = jurisdictions()
    return "; ".join(
        in_language(known[name].title, words) if name in known else name for name in names
    )


def provenance_text(provenance: Provenance, words: Wording) -> str:
    """Whether a source was read, shown beside it."""
    return words.text(f"provenance.{provenance}")


def source_text(source: Sequence[str], provenance: Provenance, words: Wording) -> str:
    """Sources with whether they were read."""
    shown = "; ".join(source)
    return words.text("source.short", source=shown, provenance=provenance_text(provenance, words))


def contradiction_text(found: Contradiction, words: Wording) -> str:
    """What does not fit, in one or two sentences; who said what stands in ``statements``."""
    text = words.text(f"contradiction.{found.kind}", about=_about(found.about, words))
    if found.doubts_opioid_history:
        text += " " + words.text("contradiction.doubts")
    return text


def _about(name: str, words: Wording) -> str:
    """A fact, a urine class or an opioid by the best name there is."""
    if f"about.{name}" in words.entries:
        return words.text(f"about.{name}")
    urine = f"urine_{name}"
    return fact_title(urine if urine in fact_types() else name, words)
