"""One line on each mark of the lanes, in the page's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from antagonist.feedback.alarms.rules import alarm_book, alarm_fact_types
from antagonist.label.facts import fact_types
from antagonist.label.side_effects import side_effects
from antagonist.report.label_text import amount, fact_title, in_language, number_text, product_title
from antagonist.report.wording import Wording, placeholders
from antagonist.web.chart.model import Happening

Text = Callable[[str], str]  # gettext


def statuses(_: Text) -> dict[str, str]:
    """How doses stand, alarms and other marks, by status."""
    return {
        "observed": _("observed"),
        "reported": _("reported"),
        "given": _("given"),
        "removed": _("taken out"),
        "missed": _("missed"),
        "held": _("held"),
        "refused": _("refused by the patient"),
        "no_word": _("planned, nobody said whether it was taken"),
        "planned": _("planned"),
        "skipped": _("left out in the what-if"),
        "moved": _("moved in the what-if"),
        "what_if": _("in the what-if"),
        "open": _("open"),
        "withdrawn": _("withdrawn, its cause was corrected"),
        "acknowledged": _("acknowledged"),
        "overridden": _("set aside"),
        "absent": _("not present"),
    }


def kinds(_: Text) -> dict[str, str]:
    """What a mark is, by kind."""
    return {
        "dose": _("By mouth"),
        "planned_dose": _("Dose"),
        "injection": _("Injection"),
        "implant_in": _("Implant"),
        "implant_out": _("Implant"),
        "treatment_stop": _("Treatment stopped"),
        "level": _("Level"),
        "lab": _("Laboratory"),
        "urine_drug_test": _("Urine"),
        "symptom": _("Symptom"),
        "alarm_raised": _("Alarm"),
        "words": _("Words"),
        "lapse": _("Lapse"),
        "relapse": _("Relapse"),
        "overdose": _("Overdose"),
        "opioid_use": _("Opioid use"),
        "override_attempt": _("Tried to overcome the blockade"),
        "provocation_test": _("Challenge"),
        "surgery_planned": _("Operation planned"),
        "surgery": _("Operation"),
        "hold": _("No dose after this"),
        "opioids_may_work": _("Opioids may work from here"),
    }


def event_text(mark: Happening, _: Text, words: Wording) -> str:
    """One line on a mark in the page's language, without its time.

    words: of the label, in the same language. What the patient said and what is free text stand as
    they were written.
    """
    said = mark.values
    named = kinds(_)[mark.kind]
    if mark.kind == "planned_dose":
        named = kinds(_)[
            {"oral": "dose", "im_xr": "injection"}.get(str(said["route"]), "implant_in")
        ]
    parts = [named, *_DETAILS.get(mark.kind, _nothing)(said, _, words)]
    if mark.status is not None:
        parts.append(statuses(_).get(mark.status, mark.status))
    return ", ".join(part for part in parts if part)


Said = Mapping[str, object]


def _nothing(_said: Said, _: Text, _words: Wording) -> list[str]:
    return []


def _dose(said: Said, _: Text, words: Wording) -> list[str]:
    found = [] if said.get("dose_mg") is None else [amount(_number(said["dose_mg"]), "mg", words)]
    if said.get("product") is not None:
        found.append(product_title(str(said["product"]), words))
    if said.get("mouth_checked"):
        found.append(_("mouth checked"))
    return found


def _level(said: Said, _: Text, words: Wording) -> list[str]:
    analyte = {"naltrexone": _("naltrexone"), "6_beta_naltrexol": _("6-beta-naltrexol")}
    matrix = {"plasma": _("in plasma"), "urine": _("in urine")}
    value = said.get("value_ng_per_ml")
    shown = number_text(_number(said["limit_ng_per_ml"] if value is None else value), words)
    shown = f"{'< ' if value is None else ''}{shown} {_('ng/mL')}"
    name = f"{analyte[str(said['analyte'])]} {matrix[str(said['matrix'])]}"
    return [f"{name} {shown}"]


def _lab(said: Said, _: Text, words: Wording) -> list[str]:
    value, unit, name = said["value"], said.get("unit"), str(said["test"])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [f"{fact_title(name, words)}: {_category(name, value, words)}"]
    try:
        shown = amount(float(value), str(unit or "1"), words)
    except KeyError:  # a unit of the laboratory's own
        shown = f"{number_text(float(value), words)} {unit}"
    limit = said.get("upper_limit")
    if limit is not None:
        shown = f"{shown} ({_('upper limit')} {number_text(_number(limit), words)})"
    return [f"{fact_title(name, words)} {shown}"]


def _category(name: str, value: object, words: Wording) -> str:
    known = fact_types().get(name)
    title = known.values.get(str(value)) if known else None
    if title is not None:
        return in_language(title, words)
    if isinstance(value, bool):
        return words.text("value.yes" if value else "value.no")
    return str(value)


def _urine(said: Said, _: Text, words: Wording) -> list[str]:
    results = said["results"]
    assert isinstance(results, Mapping)
    by: dict[str, list[str]] = {}
    for name, result in results.items():
        title = fact_title(f"urine_{name}", words).rpartition(": ")[2]
        by.setdefault(str(result), []).append(title)
    names = {"positive": _("positive for"), "negative": _("negative for"), "invalid": _("invalid")}
    order = sorted(by, key=lambda result: result != "positive")
    return [f"{names.get(result, result)}: {', '.join(by[result])}" for result in order]


def _symptom(said: Said, _: Text, words: Wording) -> list[str]:
    term = side_effects().terms.get(str(said["term"]))
    found = [str(said["term"]) if term is None else in_language(term.title, words)]
    if said.get("ctcae_grade") is not None:
        found.append(f"{_('grade')} {said['ctcae_grade']}")
    return found


def _alarm(said: Said, _: Text, words: Wording) -> list[str]:
    """The first sentence of what the alarm's rule says, places filled where it can be."""
    severity = words.text(f"alarm.severity.{said['severity']}")
    rule = alarm_book(date.fromisoformat(str(said["by"])[:10])).rules.get(str(said["alarm"]))
    if rule is None:
        return [severity, str(said["alarm"])]
    text = in_language(rule.text, words)
    values: dict[str, object] = dict.fromkeys(placeholders(text), words.text("value.unknown"))
    facts = said.get("facts")
    for fact in facts if isinstance(facts, list | tuple) else ():
        values[fact["fact"]] = _fact(fact["fact"], fact["value"], words)
    return [severity, text.format(**values).split(". ")[0].rstrip(".")]


def _fact(name: str, value: object, words: Wording) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _category(name, value, words)
    kind = alarm_fact_types().get(name)
    return amount(float(value), (kind.unit if kind else None) or "1", words)


def _text(said: Said, _: Text, _words: Wording) -> list[str]:
    return [f"«{said['text']}»"]


def _use(said: Said, _: Text, _words: Wording) -> list[str]:
    named = {"opioid": _("opioids"), "alcohol": _("alcohol")}
    what = said.get("substance") or said.get("opioid")
    return [] if what is None else [named.get(str(what), str(what))]


def _challenge(said: Said, _: Text, words: Wording) -> list[str]:
    drug = {"naloxone": _("naloxone"), "naltrexone": _("naltrexone")}
    result = {
        "negative": _("negative"), "positive": _("positive"), "interrupted": _("interrupted"),
    }  # fmt: skip
    shown = amount(_number(said["total_mg"]), "mg", words)
    return [f"{drug[str(said['drug'])]} {shown}", result[str(said["result"])]]


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


_DETAILS: Mapping[str, Callable[[Said, Text, Wording], list[str]]] = {
    "dose": _dose, "planned_dose": _dose, "injection": _dose, "implant_in": _dose,
    "level": _level, "lab": _lab, "urine_drug_test": _urine, "symptom": _symptom,
    "alarm_raised": _alarm, "words": _text, "lapse": _use, "relapse": _use, "overdose": _use,
    "opioid_use": _use, "override_attempt": _use, "provocation_test": _challenge,
}  # fmt: skip
