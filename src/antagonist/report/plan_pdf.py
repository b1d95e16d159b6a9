"""A plan on A4 and the card that the patient carries, as PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from antagonist.foundation.visible import visible
from antagonist.label.answers import Answer
from antagonist.planning.plan_model import Plan, PlannedDose
from antagonist.report.label_dates import date_text, local_text
from antagonist.report.label_text import (
    label_words,
    number_text,
    product_title,
    provenance_text,
)
from antagonist.report.plan_phrases import (
    Week,
    cautions_of,
    check_lines,
    dose_notes,
    dose_text,
    head_rows,
    outlook_lines,
    regimen_title,
    source_lines,
    span_text,
    supply_lines,
    warning_lines,
    weeks_of,
)
from antagonist.report.reason_words import reason_words
from antagonist.report.screening_text import Rules, both_verdicts, rules_of, verdict_text
from antagonist.report.typst_templates import pdf
from antagonist.report.wording import Wording

NO_DOSE = "–"
LONGEST_HOLDER = 90  # characters of a name that leave room for the card's warnings
MOVED = "→ "
PLAN_WORDS: Mapping[str, str] = {
    "cautions": "screen.cautions",
    "week": "plan.week",
    "legend": "plan.legend",
    "date": "plan.column_date",
    "dose": "plan.column_dose",
    "note": "plan.column_note",
    "check": "plan.column_check",
    "done": "plan.column_done",
    "checks": "plan.checks",
    "supply": "plan.supply",
    "outlook": "plan.outlook",
    "warnings": "plan.warnings",
    "sources": "plan.sources",
    "signature": "plan.signature",
}
# What the card says, and the rules of the label that say so.
CARD_STRONG = ("opioids", "emergency")
CARD_BLANKS = ("last", "clinic")
CARD_RULES = ("override", "emergency-pain")
HOLDER_LINES = ("holder_tolerance", "holder_jaundice", "holder_naloxone")
HOLDER_RULES = ("lost-tolerance", "jaundice", "reversal-agent")


def plan_pdf(
    plan: Plan, language: str, rules: Rules | None = None, holder: str | None = None
) -> bytes:
    """A plan on A4: verdict, cautions, doses by week, checks, supply, outlook, warnings.

    holder: the patient's name; None = the plan's own code stands for it. rules: where a clinic's
    own count too; None = the package's, as of the screening's day.
    Equal plans give equal bytes. Raises InputError for a language we do not write.
    """
    words = label_words(language)
    known = rules if rules is not None else rules_of(plan.screening)
    data = plan_data(plan if holder is None else replace(plan, patient=holder), known, words)
    return pdf("plan.typ", data, plan.start)


def wallet_card_pdf(
    plan: Plan, language: str, rules: Rules | None = None, holder: str | None = None
) -> bytes:
    """A card of 85.6 x 54 mm: the patient's language in front, English on the back.

    Where the patient's language is English the back is for the patient. rules: as in ``plan_pdf``.
    holder: the patient's name, cut where it is very long; None = the card names nobody.
    Raises InputError for a language we do not write.
    """
    known = rules if rules is not None else rules_of(plan.screening)
    data = card_data(plan, known, label_words(language), _cut(holder))
    return pdf("wallet_card.typ", data, plan.start)


def _cut(holder: str | None) -> str | None:
    """A name that leaves the card's warnings their room."""
    if holder is None:
        return None
    name = " ".join(visible(holder).split())
    return name if len(name) <= LONGEST_HOLDER else f"{name[: LONGEST_HOLDER - 1]}…"


def plan_data(plan: Plan, rules: Rules, words: Wording) -> dict[str, Any]:
    """What the template of a plan shows, all of it in words."""
    oral = plan.route == "oral"
    doses = words.text("plan.doses_mg" if oral else "plan.doses")
    names = {key: words.text(text) for key, text in PLAN_WORDS.items()}
    return {
        "lang": words.language,
        "title": words.text("plan.title"),
        "words": {**names, "doses": doses},
        "patient": plan.patient,
        "statement": words.text("doc.statement"),
        "head": head_rows(plan, words),
        "verdicts": [
            _verdict("verdict", plan.screening, words),
            _verdict("limits", plan.limits, words),
        ],
        "cautions": [
            {"text": said.text, "facts": list(said.facts), "source": said.source}
            for said in (reason_words(reason, rules, words) for reason in cautions_of(plan))
        ],
        "weekdays": words.lists("weekdays"),
        "grid": [_week(week, plan, words) for week in weeks_of(plan.doses)] if oral else None,
        "doses": [] if oral else [dose_row(dose, plan.product, words) for dose in plan.doses],
        "checks": _check_rows(plan, words),
        "supply": supply_lines(plan, words),
        "outlook": outlook_lines(plan, words),
        "warnings": [{"text": t, "source": s} for t, s in warning_lines(rules, words)],
        "sources": source_lines(plan, words),
    }


def _verdict(key: str, answer: Answer, words: Wording) -> dict[str, str | None]:
    text = words.text(f"plan.{key}", verdict=verdict_text(answer.verdict, words))
    return {"kind": answer.verdict, "text": text, "both": both_verdicts(answer, words)}


def _week(week: Week, plan: Plan, words: Wording) -> dict[str, Any]:
    days = (week.monday + timedelta(days=i) for i in range(len(week.days)))
    cells = [_day(day, here, plan, words) for day, here in zip(days, week.days, strict=True)]
    return {"title": span_text(week.monday, week.sunday, words), "days": cells}


def _day(day: date, doses: Sequence[PlannedDose], plan: Plan, words: Wording) -> dict[str, Any]:
    inside = plan.start <= day < plan.end or bool(doses)
    moved = MOVED if any(dose.moved_from is not None for dose in doses) else ""
    amounts = " + ".join(number_text(dose.dose_mg, words) for dose in doses)
    return {
        "date": str(day.day) if inside else None,
        "text": f"{moved}{amounts or NO_DOSE}" if inside else "",
        "supervised": any(dose.supervised for dose in doses),
    }


def dose_row(dose: PlannedDose, product: str, words: Wording) -> dict[str, str]:
    """A dose as a row: when with weekday, clock and zone, how much, what else is to be known."""
    return {
        "date": local_text(dose.at, words),
        "dose": dose_text(dose, product, words),
        "note": ", ".join(dose_notes(dose, words)),
    }


def _check_rows(plan: Plan, words: Wording) -> list[dict[str, Any]]:
    return [
        {
            "days": [date_text(day, words) for day in line.days],
            "text": line.title,
            "source": line.source,
        }
        for line in check_lines(plan.checks, words)
    ]


def card_data(
    plan: Plan, rules: Rules, words: Wording, holder: str | None = None
) -> dict[str, Any]:
    """What the template of the card shows on its two sides."""
    front = _emergency_side(plan, rules, words, holder)
    if words.language == "en":
        back = _holder_side(rules, words)
    else:
        back = _emergency_side(plan, rules, label_words("en"), holder)
    return {"title": words.text("card.title"), "front": front, "back": back}


def _emergency_side(plan: Plan, rules: Rules, words: Wording, holder: str | None) -> dict[str, Any]:
    until = date_text(plan.end, words)
    regimen = regimen_title(plan.regimen, words)
    return {
        "lang": words.language,
        "title": words.text("card.title"),
        "subtitle": words.text("card.what"),
        "strong": [words.text(f"card.{key}") for key in CARD_STRONG],
        "lines": [
            *([] if holder is None else [words.text("card.holder", name=holder)]),
            words.text("card.form", product=product_title(plan.product, words)),
            words.text("card.plan", regimen=regimen, date=until),
        ],
        "blanks": [words.text(f"card.{key}") for key in CARD_BLANKS],
        "small": _card_small(CARD_RULES, rules, words),
    }


def _holder_side(rules: Rules, words: Wording) -> dict[str, Any]:
    return {
        "lang": words.language,
        "title": words.text("card.holder_title"),
        "subtitle": words.text("card.title"),
        "strong": [words.text(f"card.{key}") for key in HOLDER_LINES],
        "lines": [],
        "blanks": [],
        "small": _card_small(HOLDER_RULES, rules, words),
    }


def _card_small(names: Sequence[str], rules: Rules, words: Wording) -> str:
    """Which rules the side rests on and whether they were read, and the statement."""
    said = [
        f"{name} ({provenance_text(rules[name].provenance, words)})"
        for name in names
        if name in rules
    ]
    return " ".join([*([f"{', '.join(said)}."] if said else []), words.text("doc.statement")])
