"""What is taken: other medicines by ingredient, and naltrexone so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from antagonist.foundation.clock import same_clock_time
from antagonist.foundation.errors import InputError
from antagonist.label.dates import When
from antagonist.label.exposure import NEVER, date_of
from antagonist.label.facts import Fact, Facts
from antagonist.label.opioid_data import number
from antagonist.label.patient import Medicine, NaltrexoneDose, NaltrexoneHistory, Patient
from antagonist.label.value_sets import ingredient_id, ingredients


def medicine_facts(patient: Patient, as_of: datetime) -> dict[str, Fact]:
    """Active ingredients taken now; one that matches no entry leaves the list unclear.

    Raises InputError for a bad date.
    """
    listed = patient.medicines
    if listed is None:
        return {}
    asked = date_of(listed.asked_on, as_of, patient.source, "medicines.asked_on")
    assert asked is not None
    named = [(name, medicine) for medicine in listed.taken for name in medicine.ingredients]
    ids = frozenset(found for name, _ in named if (found := ingredient_id(name)) is not None)
    unmatched = [
        name for name, m in named if ingredient_id(name) is None and not m.reviewed_not_opioid
    ]
    source = listed.source + (f" ({', '.join(unmatched)})" if unmatched else "")
    whole = Fact(ids, asked.age_h(as_of), asked.text, source)
    if unmatched:
        whole = whole._replace(state="unclear", detail="unmatched_medicine")
    return {"active_ingredients": whole} | _other_naltrexone(named, whole)


def _other_naltrexone(named: Sequence[tuple[str, Medicine]], whole: Fact) -> dict[str, Fact]:
    """Naltrexone in other medicines, mg a day; a missing tablet count leaves it unclear."""
    total, unclear, any_found = 0.0, False, False
    for name, medicine in named:
        entry = ingredients().get(ingredient_id(name) or "")
        if entry is None or entry.naltrexone_mg_per_unit is None:
            continue
        any_found = True
        unclear = unclear or medicine.tablets_per_day is None
        total += entry.naltrexone_mg_per_unit * (medicine.tablets_per_day or 0.0)
    if not any_found:
        return {}
    fact = whole._replace(value=total, state="known", detail=None)
    if unclear:
        fact = fact._replace(value=None, state="unclear", detail="no_tablet_count")
    return {"other_naltrexone_mg_per_day": fact}


def alcohol_facts(patient: Patient, as_of: datetime) -> dict[str, Fact]:
    """Days since the last drink. Raises InputError for a bad date."""
    history = patient.alcohol
    if history is None:
        return {}
    last = date_of(history.last_drink, as_of, patient.source, "alcohol.last_drink")
    if last is None:
        return {}
    days = float(last.days_since(as_of))
    return {"days_since_drink": Fact(days, on=last.text, source=history.source)}


def intake_facts(patient: Patient, as_of: datetime) -> dict[str, Fact]:
    """Days since naltrexone by route, whether in the last 7 days, days since the first dose.

    Raises InputError for a bad date.
    """
    history = patient.naltrexone
    if history is None:
        return {}
    dated = [(dose.route, at) for dose, at in dated_doses(history, as_of, patient.source)]
    latest: dict[str, When] = {
        route: max((at for r, at in dated if r == route), key=lambda at: at.latest)
        for route in {r for r, _ in dated}
    }
    facts: dict[str, Fact] = {}
    for route, name in (("oral", "days_since_oral_dose"), ("im_xr", "days_since_injection")):
        if route in latest:
            days = float(latest[route].days_since(as_of))
            facts[name] = Fact(days, on=f"{latest[route].latest:%Y-%m-%d}", source=history.source)
        else:
            facts[name] = Fact(NEVER, source=history.source, detail="never")
    facts["naltrexone_last_7_days"] = _recent_intake(latest, as_of, history.source)
    if dated:
        first = min((at for _, at in dated), key=lambda at: at.earliest)
        days = float((as_of.date() - first.earliest.date()).days)
        facts["days_on_treatment"] = Fact(days, on=first.text, source=history.source)
    return facts | _effective(latest, as_of, history.source)


def dated_doses(
    history: NaltrexoneHistory, as_of: datetime, source: str
) -> list[tuple[NaltrexoneDose, When]]:
    """Every dose of the history with its moment; a series one by one.

    Raises InputError for a bad date, and for a series that goes on after ``as_of``.
    """
    found: list[tuple[NaltrexoneDose, When]] = []
    for index, dose in enumerate(history.doses):
        field = f"naltrexone.doses[{index}]"
        first = date_of(dose.at, as_of, source, f"{field}.at")
        assert first is not None
        for place in range(dose.times):
            days = place * (dose.every_days or 0)
            at = When(
                same_clock_time(first.earliest, days), same_clock_time(first.latest, days),
                first.text,
            )  # fmt: skip
            if at.earliest > as_of:
                allowed = f"doses up to {as_of:%Y-%m-%d %H:%M}, the day asked for"
                raise InputError(source, f"{field}.times", dose.times, allowed)
            found.append((dose, at))
    return found


def _recent_intake(latest: Mapping[str, When], as_of: datetime, source: str) -> Fact:
    if "implant" in latest:
        return Fact(True, source=source, detail="implant")
    cover = {"oral": 0.0, "im_xr": number("injection_cover_days")}
    within = any(at.days_since(as_of) <= 7 + cover[route] for route, at in latest.items())
    return Fact(within, source=source)


def _effective(latest: Mapping[str, When], as_of: datetime, source: str) -> dict[str, Fact]:
    """Days since the last dose stopped working, by the label's interval of the injection."""
    if not latest or "implant" in latest:
        return {}
    cover = {"oral": 0.0, "im_xr": number("injection_cover_days")}
    days = min(max(at.days_since(as_of) - cover[r], 0.0) for r, at in latest.items())
    return {"days_since_effective_dose": Fact(days, source=source)}


def follow_up_facts(patient: Patient, facts: Facts) -> dict[str, Fact]:
    """On which day of treatment the last liver tests were, and whether they were raised before."""
    started = facts.get("days_on_treatment")
    if started is None or not isinstance(started.value, float):
        return {}
    found: dict[str, Fact] = {}
    ages = [facts[name].age_h for name in ("alt", "ast") if name in facts]
    if len(ages) == 2 and None not in ages:
        oldest_h = max(age for age in ages if age is not None)
        day = started.value - oldest_h // 24
        found["treatment_day_of_liver_tests"] = Fact(day, source=started.source)
    raised = _raised_before(patient, started.on or "")
    if raised is not None:
        found["liver_baseline_raised"] = Fact(raised, source="facts.alt, facts.ast")
    return found


def _raised_before(patient: Patient, first_dose: str) -> bool | None:
    """Whether an ALT or AST of a day before the first dose was above its upper limit."""
    before = [
        entry.value / entry.upper_limit > 1
        for name in ("alt", "ast")
        for entry in patient.facts.get(name, ())
        if isinstance(entry.date, str)
        and entry.date[:10] <= first_dose[:10]
        and entry.upper_limit is not None
        and isinstance(entry.value, int | float)
    ]
    return any(before) if before else None
