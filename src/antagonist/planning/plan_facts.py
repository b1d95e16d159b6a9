"""What the rules need to know of a plan: doses by day, course, route, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from antagonist.label.facts import Fact
from antagonist.label.formulary import Product
from antagonist.label.regimens import Regimen
from antagonist.planning.plan_model import PlanRequest
from antagonist.planning.schedule import DayDose

SOURCE = "plan"


def plan_facts(
    request: PlanRequest, regimen: Regimen, item: Product, doses: Sequence[DayDose]
) -> dict[str, Fact]:
    """Facts of a plan, as of the day it is made.

    doses: in order, one at least.
    """
    by_day: dict[date, float] = {}
    for dose in doses:
        by_day[dose.day] = by_day.get(dose.day, 0.0) + dose.dose_mg
    first = doses[0]
    values: dict[str, object] = {
        "planned_route": regimen.route,
        "product_route": item.route,
        "first_day_total_mg": by_day[first.day],
        "first_single_dose_mg": first.dose_mg,
        "max_single_dose_mg": max(dose.dose_mg for dose in doses),
        "max_day_total_mg": max(by_day.values()),
        "planned_course_months": float(request.months),
        "regimen_pattern": regimen.pattern,
        "prescriber_named": bool(request.prescriber and request.prescriber.strip()),
        "spaced_schedule": len(by_day) < (max(by_day) - min(by_day)).days + 1,
        "second_product_planned": False,
        "provocation_drug": "naloxone",
    }
    if regimen.route == "im_xr":
        values |= _injection(request, regimen, doses)
    if regimen.route == "implant" and regimen.cover_weeks is not None:
        values["planned_cover_weeks"] = float(regimen.cover_weeks)
    return {name: Fact(value, 0.0, source=SOURCE) for name, value in values.items()}


def _injection(
    request: PlanRequest, regimen: Regimen, doses: Sequence[DayDose]
) -> dict[str, object]:
    gaps = [(later.day - sooner.day).days for sooner, later in pairwise(doses)]
    return {
        "injection_dose_mg": regimen.doses[0].dose_mg,
        "injection_given_as": "deep_intramuscular",
        "injection_site": "gluteal",
        "injection_interval_days": float(min(gaps, default=regimen.cycle_days or 0)),
        "first_injection_planned": True,
        **({"gluteal_side": request.gluteal_side} if request.gluteal_side else {}),
    }
