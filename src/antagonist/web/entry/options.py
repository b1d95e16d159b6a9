"""Lists to choose from, out of the label's own data, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from antagonist.label.facts import Both, fact_types
from antagonist.label.formulary import Product, products
from antagonist.label.opioid_data import opioid_data
from antagonist.label.side_effects import side_effects
from antagonist.label.value_sets import ingredients
from antagonist.report.label_text import amount, in_language, number_text, product_title
from antagonist.report.wording import Wording
from antagonist.web.entry.model import FormField, names

Options = list[tuple[str, str]]
GRADES = (1, 2, 3, 4, 5)  # Common Terminology Criteria for Adverse Events: grades 1 to 5


def options_of(field: FormField, words: Wording) -> Options:
    """What may be chosen: (value, text). A list that depends on the patient is empty here."""
    if field.values:
        return [(key, in_language(text, words)) for key, text in field.values.items()]
    name, _, route = (field.options or "").partition(".")
    return LISTS[name](words, route) if name in LISTS else []


def substance(name: str, words: Wording) -> str:
    """An opioid, analyte or ingredient by name; its own id where it has none."""
    own = names().analytes.get(name)
    if own is not None:
        return in_language(own, words)
    known = ingredients().get(name)
    if known is not None:
        return known.ru if words.language == "ru" else known.en
    spoken = opioid_data().opioids[name].synonyms if name in opioid_data().opioids else ()
    if words.language == "ru":
        return next((text for text in spoken if not text.isascii()), name.replace("_", " "))
    return name.replace("_", " ")


def unit_text(unit: str, words: Wording) -> str:
    """A unit as read; itself where we have no name for it."""
    found = names().units.get(unit)
    return found[words.language] if found is not None else unit


def amount_text(value: float, unit: str | None, words: Wording) -> str:
    """A number with its unit."""
    try:
        return amount(value, unit or "1", words)
    except KeyError:
        return f"{number_text(value, words)} {unit_text(unit or '1', words)}".strip()


def _products(words: Wording, route: str) -> Options:
    """Products of a route, those that can be planned first; empty route = all."""
    found = [one for one in products().values() if route in ("", one.route)]
    found.sort(key=lambda one: (one.not_plannable is not None, product_title(one.id, words)))
    return [(one.id, f"{product_title(one.id, words)} ({_whence(one, words)})") for one in found]


def _whence(one: Product, words: Wording) -> str:
    """Maker and country, which tell products of one name apart."""
    return one.country if one.maker is None else f"{in_language(one.maker, words)}, {one.country}"


def _named(found: Iterable[str], words: Wording) -> Options:
    return sorted(((name, substance(name, words)) for name in found), key=lambda pair: pair[1])


def _titled(found: Mapping[str, Both], words: Wording) -> Options:
    return [(name, in_language(text, words)) for name, text in found.items()]


def _classes(words: Wording, _: str) -> Options:
    found = {name: one.title for name, one in opioid_data().classes.items()}
    every = Both(en="every class, by name", ru="все классы, поимённо")
    return _titled({"all": every, **found}, words)


def _terms(words: Wording, _: str) -> Options:
    found = {name: term.title for name, term in side_effects().terms.items()}
    return sorted(_titled(found, words), key=lambda pair: pair[1].casefold())


def _creatinine_units(words: Wording, _: str) -> Options:
    kind = fact_types()["urine_creatinine_mg_per_dl"]
    return [(unit, unit_text(unit, words)) for unit in (str(kind.unit), *kind.units)]


LISTS: Mapping[str, Callable[[Wording, str], Options]] = {
    "products": _products,
    "analytes": lambda words, _: [(n, substance(n, words)) for n in opioid_data().analytes],
    "opioids": lambda words, _: _named(opioid_data().opioids, words),
    "opioid_classes": _classes,
    "side_effects": _terms,
    "creatinine_units": _creatinine_units,
    "ctcae_grades": lambda _words, _: [(str(grade), str(grade)) for grade in GRADES],
}
