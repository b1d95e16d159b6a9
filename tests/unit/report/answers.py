"""Hand-made rules and answers of a screening."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from antagonist.label.answers import Answer, Clearing, Departure, NextTest, Reason
from antagonist.label.conditions.explain import FactUse
from antagonist.label.contradictions import Contradiction
from antagonist.label.rules import Rule


def rule(name: str, en: str, ru: str, severity: str, **changes: Any) -> Rule:
    """A rule whose condition does not matter."""
    return Rule.model_validate(
        {
            "id": name, "category": "c", "topic": "t", "jurisdictions": ["base"],
            "indications": ["opioid"], "routes": ["oral"], "asked": ["start"],
            "severity": severity, "when": {"op": "yes", "fact": "lactating"},
            "text": {"en": en, "ru": ru}, "source": ["base text, row"], "provenance": "seen",
            "cases": [{"name": "x", "facts": {"lactating": True}, "gives": "true"}],
            **changes,
        }
    )  # fmt: skip


RULES = {
    r.id: r
    for r in (
        rule(
            "opioid-free-base",
            "{days_since_opioid} since the last opioid, of 10 days.",
            "После последнего опиоида прошло {days_since_opioid} из 10 дней.",
            "defer",
        ),
        rule(
            "hepatitis-base",
            "Hepatitis, acute or chronic: not allowed.",
            "Гепатит, острый или хронический: не допускается.",
            "contraindicated",
        ),
        rule(
            "alt-raised",
            "ALT is {alt_xuln}: check it again in 2 weeks.",
            "АЛТ {alt_xuln}: повторить через 2 недели.",
            "warn",
            source=["clinical practice"],
            provenance="recalled",
            jurisdictions=["guideline:PROJECT"],
        ),
        rule("carry", "Carry a card.", "Носить карточку.", "inform", provenance="secondary"),
    )
}


def reason(name: str, *facts: FactUse, result: Any = "true", clears: date | None = None) -> Reason:
    """A reason made of one of RULES."""
    entry = RULES[name]
    return Reason(
        rule=name,
        severity=entry.severity,
        result=result,
        topic=entry.topic,
        jurisdictions=entry.jurisdictions,
        facts=facts,
        clears_on=clears,
        source=entry.source,
        provenance=entry.provenance,
    )


NINE_DAYS = FactUse("days_since_opioid", "known", 9.0, "2026-11-16", "history")
CHRONIC = FactUse("hepatitis", "known", "chronic", "2026-11-03", "discharge letter")
ALT = FactUse("alt_xuln", "known", 3.2, "2026-11-20", "lab")
ALT_OLD = FactUse("alt_xuln", "stale", 1.0, "2026-01-20", "lab")


def answer(**changes: Any) -> Answer:
    """Allowed with one caution, under the US label."""
    made = Answer(
        patient="P-7",
        as_of="2026-11-25",
        question="start",
        indication="opioid",
        route="oral",
        product=None,
        jurisdiction="us_oral",
        labels=("us_oral",),
        verdict="allowed_with_caution",
        base="allowed_with_caution",
        chosen="allowed_with_caution",
        earliest=None,
        reasons=(),
        missing=(),
        cautions=(reason("alt-raised", ALT),),
        shown=(reason("carry"),),
        next_tests=(),
        timeline=(),
        departure=None,
        contradictions=(),
        rules_hash="ab" * 32,
    )
    return replace(made, **changes)


def too_early() -> Answer:
    """Nine of ten days, the timeline of two sources, one of them unknown."""
    timeline = (
        Clearing("opioid-free-base", ("base",), date(2026, 11, 26), False, ("base text",), "seen"),
        Clearing("a", ("us_oral",), date(2026, 11, 23), True, ("US label",), "recalled"),
        Clearing("b", ("uk",), None, False, ("UK text",), "secondary"),
    )
    return answer(
        verdict="not_yet",
        base="not_yet",
        chosen="allowed_with_caution",
        earliest=date(2026, 11, 26),
        reasons=(reason("opioid-free-base", NINE_DAYS, clears=date(2026, 11, 26)),),
        timeline=timeline,
        contradictions=(
            Contradiction("denied_but_positive", "opiates", ("history: none", "lab: pos"), True),
        ),
    )


def departing(*, accepted: bool) -> Answer:
    """Chronic hepatitis: closed by the base text alone."""
    departure = Departure(
        ("hepatitis-base",),
        "not_allowed",
        "allowed_with_caution",
        ("reason", "second_person"),
        accepted,
    )
    return answer(
        verdict="allowed_with_caution" if accepted else "not_allowed",
        base="not_allowed",
        reasons=(reason("hepatitis-base", CHRONIC),),
        departure=departure,
    )


def open_answer() -> Answer:
    """Nothing is known of the liver."""
    missing = FactUse("hepatitis", "missing", None)
    return answer(
        verdict="unknown",
        base="unknown",
        chosen="unknown",
        missing=(
            reason("hepatitis-base", missing, result="unknown"),
            reason("alt-raised", ALT_OLD, result="unknown"),
        ),
        next_tests=(
            NextTest("hepatitis", "missing", ("hepatitis-base", "x", "y", "z", "w")),
            NextTest("alt_xuln", "stale", ("alt-raised",)),
        ),
    )
