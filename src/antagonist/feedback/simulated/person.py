"""One made-up patient: events of half a year of treatment, drawn week by week."""

from __future__ import annotations

from datetime import date, timedelta, tzinfo
from typing import Any

import numpy as np

from antagonist.feedback.events import NewEvent
from antagonist.feedback.simulated.findings import assess_week, before_treatment
from antagonist.feedback.simulated.rates import Arm, Rates
from antagonist.feedback.simulated.who import HOUR, WEEK, Person

YEAR_WEEKS = 52.18
NURSE = "nurse.simulated"
MONTH_WEEKS = 4


def person(
    rng: np.random.Generator,
    rates: Rates,
    until: date,
    tz: tzinfo,
    *,
    arm: Arm | None = None,
    start: date | None = None,
) -> list[NewEvent]:
    """Events of one patient, oldest first. until: last day that is told of. tz: the clinic's.

    arm, start: None = drawn, as the figures have it.
    """
    arms = rates.arms
    shares = np.array([each.share for each in arms])
    drawn = arms[int(rng.choice(len(arms), p=shares / shares.sum()))]
    entry = until - timedelta(days=int(rng.integers(WEEK, rates.entry_weeks * WEEK)))
    who = Person(rng, rates, arm or drawn, start or entry, until, tz)
    who.male = who.chance(rates.share_male)
    use = who.arm.use_weeks
    if use:
        who.use_share = float(rng.beta(2 * use, 2 * (1 - use)))
    days = rates.alcohol.days_during
    who.drink_share = float(rng.beta(2 * days, 2 * (1 - days)))
    who.liver_level = float(rates.liver.median * np.exp(rates.liver.between * rng.normal()))
    before_treatment(who)
    _treated(who)
    return sorted(who.events, key=lambda event: event.occurred_at)


def _treated(who: Person) -> None:
    for week in range(who.rates.weeks):
        if who.day(week) > who.until:
            return
        last = _last_day(who, week)
        _doses(who, week, WEEK if last is None else last)
        if last is not None:
            return
        assess_week(who, week)
    end = who.day(who.rates.weeks)
    who.say("departure", end, {"how": "completed", "date": _text(end)})


def _last_day(who: Person, week: int) -> int | None:
    """Day of this week on which treatment ends, with the events that say so; None = it goes on."""
    for how in ("death", "prison", "transfer"):
        if week and who.chance(who.rates.rates[how] / 100 / YEAR_WEEKS):
            day = int(who.rng.integers(1, WEEK))
            _gone(who, how, who.day(week, day))
            return day
    ratio = who.arm.after_use if who.used_last_week else 1.0
    if not who.chance(1 - float(np.exp(-who.arm.hazard(week) * ratio))):
        return None
    day = int(who.rng.integers(1, WEEK)) if week == 0 else int(who.rng.integers(0, WEEK))
    if who.chance(who.rates.visits.stop_told):
        who.say("treatment_stop", who.day(week, day), {"reason": "patient's wish"})
    risk = who.rates.rates["death_two_weeks_after"] / 100 * 2 / YEAR_WEEKS
    if who.arm.indication == "opioid" and who.arm.kind == "oral" and who.chance(risk):
        _gone(who, "death", who.day(week, day + int(who.rng.integers(1, 2 * WEEK))))
    return day


def _gone(who: Person, how: str, on: date) -> None:
    who.say("departure", on, {"how": how, "date": _text(on)}, 12)


def _doses(who: Person, week: int, days: int) -> None:
    if who.arm.kind == "oral":
        if week % MONTH_WEEKS == 0 and who.arm.observed < 0.5 and days == WEEK:
            pack = {"product": who.arm.product, "days": WEEK * MONTH_WEEKS}
            who.say("dispensed", who.day(week), pack)
        for day, mg in sorted(who.arm.weekday_mg.items()):
            if day < days:
                _oral(who, who.day(week, day), mg, sure=week == 0 and day == 0)
        return
    every = MONTH_WEEKS if who.arm.kind == "injection" else 2 * MONTH_WEEKS
    if week % every == 0 and (week == 0 or who.chance(who.arm.doses_taken)):
        late = 0 if week == 0 else int(who.rng.integers(0, 5))
        if late < days:
            _depot(who, who.day(week, late), week)


def _oral(who: Person, on: date, mg: float, *, sure: bool) -> None:
    said: dict[str, Any] = {"product": who.arm.product, "dose_mg": mg}
    hour = HOUR + who.rng.integers(0, 4) / 4
    if sure or who.chance(who.arm.doses_taken):
        if who.chance(who.arm.observed):
            checked = {"observed_by": NURSE, "mouth_checked": who.chance(0.8)}
            who.say("dose", on, {**said, "status": "observed", **checked}, hour)
        else:
            who.say("dose", on, {**said, "status": "reported"}, hour)
    elif who.chance(who.rates.visits.missed_told):
        who.say("dose", on, {**said, "status": "missed"}, hour)


def _depot(who: Person, on: date, week: int) -> None:
    said = {"product": who.arm.product, "given_by": NURSE, "lot": f"SIM-{on:%y%m}"}
    if who.arm.kind == "implant":
        who.say("implant_in", on, {**said, "dose_mg": 1000, "site": "abdomen"})
        return
    expiry = _text(on + timedelta(days=365))
    side = "left" if week // MONTH_WEEKS % 2 else "right"
    who.say("injection", on, {**said, "dose_mg": 380, "expiry": expiry, "side": side})


def _text(on: date) -> str:
    return on.isoformat()
