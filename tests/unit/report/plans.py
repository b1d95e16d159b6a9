"""Hand-made answers and plans, with texts that would break careless escaping."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from antagonist.label.answers import Answer, Clearing, Departure, NextTest, Reason
from antagonist.label.conditions.explain import FactUse
from antagonist.label.contradictions import Contradiction
from antagonist.label.facts import Both
from antagonist.label.rules import Rule
from antagonist.planning.plan_model import (
    MissedCost,
    Outlook,
    Plan,
    PlannedCheck,
    PlannedDose,
    PlanRequest,
    Refusal,
    Supply,
)

BERLIN = ZoneInfo("Europe/Berlin")
NASTY = 'P-7 #let x = [*b*] $a^2$ \\ "q" <l> @r [red]'


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


def request(**changes: Any) -> PlanRequest:
    """Daily tablets from a Wednesday on."""
    asked = {
        "product": "seed-tablet-50",
        "regimen": "r6_50_daily",
        "start": date(2026, 11, 25),
        "months": 3,
        "clock": "09:00",
        "prescriber": "Dr A. & B. <c>",
        "supervised_days": ("mon",),
        **changes,
    }
    return PlanRequest.model_validate(asked)


def clock(day: date, hour: int = 9) -> datetime:
    """Nine in the morning in Berlin."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN)


def daily_doses(start: date, days: int) -> tuple[PlannedDose, ...]:
    """25 mg on the first day, then 50 mg; Mondays at the clinic; the 10th day moved."""
    found = []
    for offset in range(days):
        day = start + timedelta(days=offset)
        first = offset == 0
        found.append(
            PlannedDose(
                at=clock(day),
                dose_mg=25.0 if first else 50.0,
                units=0.5 if first else 1.0,
                kind="induction" if first else "oral",
                supervised=day.weekday() == 0,
                moved_from=day - timedelta(days=1) if offset == 9 else None,
            )
        )
    return tuple(found)


def checks(start: date) -> tuple[PlannedCheck, ...]:
    """Liver tests thrice, one visit."""
    title = Both(en="ALT, AST, bilirubin", ru="АЛТ, АСТ, билирубин")
    visit = Both(en="Visit: mood, intake, craving", ru="Визит: настроение, приём, тяга")
    return (
        *(
            PlannedCheck(
                start + timedelta(days=days), "liver", title, ("clinical practice",), "recalled"
            )
            for days in (0, 30, 90)
        ),
        PlannedCheck(start + timedelta(days=14), "visit", visit, ("US label, 5.5",), "seen"),
    )


SUPPLY = Supply(
    units=90.5,
    packs=10,
    units_per_pack=10,
    cost_low=12000.0,
    cost_high=15500.5,
    currency="RUB",
    price_date=None,
    price_source="seed row P7",
    price_provenance="seen",
)
OUTLOOK = Outlook(
    weakest_blocked=(0.61, 0.852, 0.97),
    weakest_at=clock(date(2026, 12, 12), 8),
    protected_share=(0.7, 0.96, 1.0),
    blocked_fraction=0.9,
    missed=MissedCost(
        at=clock(date(2026, 12, 10)),
        dose_mg=50.0,
        hours_lost=(5.0, 21.4, 30.0),
        weakest_blocked=(0.05, 0.22, 0.44),
    ),
    draws=400,
    parameters_sha256="cd" * 32,
)


def plan(**changes: Any) -> Plan:
    """Thirteen weeks of daily tablets."""
    start = date(2026, 11, 25)
    made = Plan(
        patient="P-7",
        timezone="Europe/Berlin",
        indication="opioid",
        product="seed-tablet-50",
        regimen="r6_50_daily",
        route="oral",
        request=request(),
        start=start,
        end=start + timedelta(days=91),
        doses=daily_doses(start, 91),
        checks=checks(start),
        supply=SUPPLY,
        renewal=None,
        screening=answer(),
        limits=answer(question="plan", cautions=(), verdict="allowed"),
        outlook=OUTLOOK,
        no_outlook=None,
    )
    return replace(made, **changes)


def injection_plan(start: date = date(2026, 3, 4), count: int = 6) -> Plan:
    """380 mg every four weeks at 10:00 in Berlin; the clocks go forward on 29 March 2026."""
    doses = tuple(
        PlannedDose(
            at=clock(start + timedelta(days=28 * n), 10),
            dose_mg=380.0,
            units=1.0,
            kind="injection",
            supervised=True,
            not_before=start + timedelta(days=28 * n) if n else None,
            side="left" if n % 2 else "right",
        )
        for n in range(count)
    )
    return plan(
        product="vivitrol-ru-380",
        regimen="injection_380_every_4_weeks",
        route="im_xr",
        start=start,
        end=start + timedelta(days=28 * count),
        doses=doses,
        checks=checks(start),
        supply=replace(SUPPLY, units=float(count), packs=None, units_per_pack=None, cost_low=None,
                       cost_high=None, currency=None),
        outlook=None,
        no_outlook="no_data",
    )  # fmt: skip


def refusal(stage: Any = "limits") -> Refusal:
    """A plan that a rule refuses."""
    given = departing(accepted=False)
    return Refusal("P-7", request(), stage, given, given.reasons)
