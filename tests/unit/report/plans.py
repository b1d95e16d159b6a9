"""Hand-made plans, with texts that would break careless escaping."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.report.answers import answer, departing

from antagonist.label.facts import Both
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
