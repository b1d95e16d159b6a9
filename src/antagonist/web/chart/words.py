"""Words of the chart in the page's language: of its parts, and one line on each mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from antagonist.label.facts import fact_types
from antagonist.label.side_effects import side_effects
from antagonist.report.label_text import amount, fact_title, in_language, number_text, product_title
from antagonist.report.wording import Wording
from antagonist.web.chart.model import Happening

Text = Callable[[str], str]  # gettext


def chart_words(_: Text) -> dict[str, str]:
    """Every word that ``chart.js`` shows, by key; places in braces are filled there."""
    return {**_parts(_), **_readout(_), **_quantities(_), **_lanes(_), **_buttons(_)}


def _parts(_: Text) -> dict[str, str]:
    return {
        "now": _("Now"),
        "planned": _("As planned"),
        "median": _("Median"),
        "band_50": _("Half of patients"),
        "band_90": _("9 of 10 patients"),
        "line.protected": _("Protected"),
        "line.blunted": _("Opioids blunted"),
        "line.danger": _("Overdose danger below"),
        "until": _("Protected until at least {time}"),
        "lane": _("Events"),
        "key.taken": _("Taken"),
        "key.reported": _("Taken, as reported"),
        "key.missed": _("Not taken"),
        "key.planned": _("Planned"),
        "empty.no_dose": _("No dose is on record and none is planned: there is nothing to draw."),
        "empty.no_model": _(
            "A product given has no published levels: how strong the blockade is, is not known."
        ),
        "curves_end": _("The curves end here: a planned product has no published levels."),
        "failed": _("The chart could not be loaded. The table below holds what the page knew."),
    }


def _readout(_: Text) -> dict[str, str]:
    return {
        "readout": _(
            "{time}: median {median}, half of patients {q25} to {q75}, 9 of 10 {q05} to {q95}"
        ),
        "readout.unknown": _("{time}: not known"),
        "readout.ahead": _("as planned"),
        "readout.what_if": _("as asked"),
        "readout.hint": _(
            "Point at the chart, or use the arrow keys: left and right an hour, up and down a day, "
            "Page Up and Page Down a week, Home and End; N goes to now, E to the next event and "
            "Shift+E back."
        ),
        "moved.later": _(
            "{scenario}: protected until at least {after}, {span} later than {before}"
        ),
        "moved.earlier": _(
            "{scenario}: protected until at least {after}, {span} earlier than {before}"
        ),
        "moved.same": _("{scenario}: protected until at least {after}, as before"),
        "moved.state": _("{scenario}: before: {before}; then: {after}"),
        "state.at": _("protected until at least {time}"),
        "state.never": _("not surely protected now"),
        "state.beyond": _("protected for as long as was looked, until {time}"),
        "scenario.nothing_more": _("If nothing more is taken"),
        "scenario.with_plan": _("If doses go on as planned"),
        "hours": _("{n} h"),
        "days": _("{n} days"),
        "hold": _("For the operation: no dose after {time}."),
        "hold.past": _("For the operation doses should have ended by {time}."),
        "opioids_may_work": _("Opioids may work from {time}."),
        "why_not.no_dose": _("No dose is on record: there is none to hold before the operation."),
        "why_not.no_indication": _(
            "What naltrexone is given for is not on record, so when to hold is not known."
        ),
        "why_not.no_model": _("A product given has no levels: when to hold is not known."),
        "why_not.implant": _("With an implant no date can be stated from which opioids work."),
        "protected.yes": _("yes"),
        "protected.no": _("no"),
        "protected.uncertain": _("uncertain"),
        "without_effect": _("No dose is planned, so there is nothing to change."),
    }  # fmt: skip


def _quantities(_: Text) -> dict[str, str]:
    return {
        "quantity": _("Show"),
        "quantity.blocked_subjective": _("Opioid effect blocked"),
        "quantity.blocked_physiological": _("Effect on breathing blocked"),
        "quantity.mu_occupancy": _("Mu receptors occupied"),
        "quantity.conc_ntx": _("Naltrexone in plasma"),
        "quantity.conc_6bn": _("6-beta-naltrexol in plasma"),
        "unit.ng/mL": _("ng/mL"),
    }


def _lanes(_: Text) -> dict[str, str]:
    return {
        "lane.dose": _("Doses"),
        "lane.level": _("Levels"),
        "lane.lab": _("Laboratory"),
        "lane.urine": _("Urine"),
        "lane.symptom": _("Symptoms"),
        "lane.use": _("Use"),
        "lane.alarm": _("Alarms"),
        "lane.challenge": _("Challenge"),
        "lane.words": _("Words"),
        "lane.surgery": _("Surgery"),
    }


def _buttons(_: Text) -> dict[str, str]:
    return {
        "zoom": _("Time shown"),
        "zoom.14": _("2 weeks"),
        "zoom.30": _("1 month"),
        "zoom.90": _("3 months"),
        "zoom.0": _("All"),
    }


def statuses(_: Text) -> dict[str, str]:
    """How doses stand, alarms and other marks, by status."""
    return {
        "observed": _("observed"),
        "reported": _("reported"),
        "given": _("given"),
        "removed": _("taken out"),
        "missed": _("missed"),
        "held": _("held"),
        "refused": _("refused"),
        "no_word": _("planned, nobody said whether it was taken"),
        "planned": _("planned"),
        "skipped": _("left out in the what-if"),
        "moved": _("moved in the what-if"),
        "what_if": _("in the what-if"),
        "open": _("open"),
        "withdrawn": _("withdrawn"),
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
    names = {"positive": _("positive"), "negative": _("negative"), "invalid": _("invalid")}
    order = sorted(by, key=lambda result: result != "positive")
    return [f"{names.get(result, result)}: {', '.join(by[result])}" for result in order]


def _symptom(said: Said, _: Text, words: Wording) -> list[str]:
    term = side_effects().terms.get(str(said["term"]))
    found = [str(said["term"]) if term is None else in_language(term.title, words)]
    if said.get("ctcae_grade") is not None:
        found.append(f"{_('grade')} {said['ctcae_grade']}")
    return found


def _alarm(said: Said, _: Text, words: Wording) -> list[str]:
    severity = words.text(f"alarm.severity.{said['severity']}")
    return [severity, str(said["alarm"]).replace("-", " ")]


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
