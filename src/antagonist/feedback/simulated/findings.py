"""What is found of a made-up patient at visits: urine, use, symptoms, liver tests, ratings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from antagonist.feedback.rating_items import rating_items
from antagonist.feedback.simulated.who import WEEK, Person

VISIT = 6  # day of the week on which the week is asked about
ULN = {
    "alt": (40.0, "U/L"),
    "ast": (40.0, "U/L"),
    "bilirubin": (21.0, "umol/L"),
    "alkaline_phosphatase": (120.0, "U/L"),
}
USUAL_XULN = {"bilirubin": 0.5, "alkaline_phosphatase": 0.6}
RATED_WEEKS = (11, 23)
CLINICIAN = "clinician"


def before_treatment(who: Person) -> None:
    """Facts, consent, challenge, liver tests and drinking before the first dose."""
    on = who.start
    for name, value in (
        ("indication_stated", who.arm.indication),
        ("sex", "male" if who.male else "female"),
    ):
        who.say("fact", on, {"fact": name, "value": value, "source": "simulated"}, 8)
    who.say("consent", on, {"to": "treatment and record", "given": True}, 8)
    if who.arm.indication == "opioid":
        _challenge(who, on, "negative")
    else:
        _drinking(who, on - timedelta(days=28), 28, who.rates.alcohol.days_before, on)
    _liver(who, on, 1.0, 1.0)


def _challenge(who: Person, on: date, result: str) -> None:
    said = {
        "drug": "naloxone", "route": "iv", "total_mg": 0.8, "done_at": on.isoformat(),
        "result": result, "source": "simulated",
    }  # fmt: skip
    who.say("provocation_test", on, said, 8)


def assess_week(who: Person, week: int) -> None:
    """All that is found at the end of a week in treatment."""
    on = who.day(week, VISIT)
    if who.arm.indication == "opioid":
        _opioid_week(who, week, on)
    else:
        _drinking(who, who.day(week), WEEK, who.drink_share, on)
    for effect in who.rates.effects:
        if effect.kind == who.arm.kind and who.chance(effect.weekly):
            began = who.day(week, int(who.rng.integers(0, WEEK)))
            grade = 1 + int(who.chance(0.3))
            graded = {"ctcae_grade": grade, "ctcae_version": "5.0"}
            who.say("symptom", began, {"term": effect.term, "present": True, **graded}, 12)
    if week + 1 in who.rates.liver.weeks and not who.chance(who.rates.liver.missing):
        _liver_on_treatment(who, on)
    if who.chance(who.rates.visits.hospital_per_100_months / 100 * WEEK / 30.4375):
        stay = int(who.rng.integers(1, WEEK))
        days = (who.day(week), who.day(week, stay))
        said = {name: d.isoformat() for name, d in zip(("first", "last"), days, strict=True)}
        who.say("hospital_stay", on, said, 13)
    if week in RATED_WEEKS and who.chance(who.rates.visits.rating):
        _rated(who, on)


def _opioid_week(who: Person, week: int, on: date) -> None:
    used = who.chance(who.use_share)
    days = sorted(set(who.rng.integers(0, VISIT, 1 + int(who.rng.poisson(1.0))))) if used else []
    visits = who.rates.visits
    if not who.chance(visits.urine_missing):
        result = "positive" if used else "negative"
        said = {
            "taken": on.isoformat(), "method": "immunoassay",
            "results": {"opiates": result, "fentanyl": "negative"},
        }  # fmt: skip
        who.say("urine_drug_test", on, said, 10)
    if not who.chance(visits.calendar_missing):
        told = days if who.chance(visits.calendar_tells) else []
        _calendar(who, "opioid", who.day(week), [who.day(week, int(d)) for d in told], on)
    if week in RATED_WEEKS and who.chance(visits.challenge):
        positive = used and who.chance(visits.challenge_positive)
        _challenge(who, on, "positive" if positive else "negative")
    who.used_last_week = used


def _calendar(who: Person, substance: str, first: date, days: list[date], on: date) -> None:
    last = first + timedelta(days=WEEK - 1)
    said = {
        "substance": substance, "first": first.isoformat(), "last": last.isoformat(),
        "days": [day.isoformat() for day in days],
    }  # fmt: skip
    who.say("use_calendar", on, said, 11)


def _drinking(who: Person, first: date, days: int, share: float, on: date) -> None:
    """Weeks asked about one by one: which days with a drink, and how much on each."""
    for begin in range(0, days, WEEK):
        if who.chance(who.rates.visits.calendar_missing):
            continue
        week = first + timedelta(days=begin)
        drank = [week + timedelta(days=i) for i in range(WEEK) if who.chance(share)]
        _calendar(who, "alcohol", week, drank, on)
        alcohol = who.rates.alcohol
        for day in drank:
            grams = alcohol.median_g * float(np.exp(alcohol.sigma * who.rng.normal()))
            said = {"date": day.isoformat(), "grams": round(grams)}
            who.say("alcohol_day", on, said, 12)


def _liver_on_treatment(who: Person, on: date) -> None:
    rates = who.rates.liver
    times = bilirubin = 1.0
    # a rise shows in one of the tests: the chance is shared out between them
    if who.chance(rates.rise / len(rates.weeks)):
        times = float(who.rng.uniform(*rates.rise_times))
        if who.chance(rates.bilirubin_with_rise):
            bilirubin = float(who.rng.uniform(3, 8))
    _liver(who, on, times, bilirubin)


def _liver(who: Person, on: date, times: float, bilirubin: float) -> None:
    for test, (limit, unit) in ULN.items():
        around = float(np.exp(who.rates.liver.within * who.rng.normal()))
        level = USUAL_XULN.get(test, who.liver_level * times)
        level *= bilirubin if test == "bilirubin" else 1.0
        said = {"test": test, "value": round(limit * level * around, 1), "unit": unit}
        who.say("lab", on, {**said, "upper_limit": limit, "specimen": "blood"}, 8)


def _rated(who: Person, on: date) -> None:
    for name, by_kind in who.rates.ratings.items():
        item, answer = rating_items().items[name], by_kind[who.arm.kind]
        if who.arm.indication == "opioid" and name.startswith("alcohol_"):
            continue
        value: Any
        if isinstance(answer, tuple):
            assert item.low is not None
            assert item.high is not None
            drawn = round(float(who.rng.normal(*answer)))
            value = int(min(max(drawn, item.low), item.high))
        else:
            value = who.chance(answer)
        said = {"item": name, "by": item.by[0], "product": who.arm.product, "value": value}
        who.say("rating", on, said, 14)
