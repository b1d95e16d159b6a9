"""Surgery and pain under blockade: when to hold, when opioids may work, how to begin again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from antagonist.foundation.clock import hours_between, same_clock_time
from antagonist.foundation.errors import InputError
from antagonist.label.rulebook import Asked, rulebook
from antagonist.label.rules import Route
from antagonist.planning.situation_data import limit, situation_data, step
from antagonist.planning.situation_figures import BLUNTED, figures
from antagonist.planning.situation_model import (
    Amount,
    ModelFigures,
    Situation,
    Step,
    Taken,
    Treatment,
    aware,
)
from antagonist.planning.situation_rules import answered, situation

_FACT: dict[Route, str] = {
    "oral": "hours_oral_dose_to_surgery",
    "im_xr": "days_injection_to_surgery",
}
_DAY = "d"


def surgery(
    treatment: Treatment, surgery_at: datetime, *, planned: Sequence[Taken] = ()
) -> Situation:
    """An operation with opioids at a time to come.

    surgery_at: aware, after as_of. planned: doses that would still be taken before it; they bring
    the model to where the course would be.
    Dates: ``hold`` = the last dose not after it, the earlier of the guideline's and the model's;
    ``opioids_by_guideline``, ``opioids_by_model``: when opioids may work after the doses taken,
    and ``opioids_may_work`` the later of the two; for an implant there is no guideline's, and none
    is stated. Raises InputError for an operation before as_of and without any dose taken.
    """
    if hours_between(treatment.as_of, aware(surgery_at, "surgery_at")) <= 0:
        raise InputError("surgery", "surgery_at", surgery_at.isoformat(), "after as_of")
    last = treatment.last()
    local = surgery_at.astimezone(treatment.as_of.tzinfo)
    rules = hold_rules(treatment, last.route)
    interval = _longest([limit(r, _FACT[last.route], treatment.today) for r in rules])
    model = figures(treatment)
    dates: dict[str, datetime | date] = {"surgery": local, "last_dose": last.at}
    dates |= _opioids(treatment, last, interval, model)
    hold = _hold(local, interval, _model_lag_h(treatment, planned))
    if hold is not None:
        dates["hold"] = hold
    answer = answered(treatment, "surgery", last.route, _values(treatment, last, local))
    return situation(
        "surgery",
        treatment,
        answer=answer,
        steps=[
            *_steps(last, local, hold, dates, model),
            step("pain_without_opioids"),
            step("restart_after_opioids"),
        ],
        warnings=(step("emergency_pain"), step("tolerance_low")),
        dates=dates,
        figures=model,
        also=rules,
    )


def acute_pain(treatment: Treatment) -> Situation:
    """Pain or an emergency now: what to try first, until when opioids may be blunted.

    Raises InputError without any dose taken.
    """
    last = treatment.last()
    model = figures(treatment)
    values = {"pain_on_treatment": True, "emergency_analgesia": True}
    answer = answered(treatment, "surgery", last.route, values)
    at = model.time(BLUNTED).at if model is not None else None
    dates: dict[str, datetime | date] = {"last_dose": last.at}
    if at is not None:
        dates["opioids_by_model"] = at
    return situation(
        "acute_pain",
        treatment,
        answer=answer,
        steps=(step("pain_without_opioids"), step("restart_after_opioids")),
        warnings=(step("emergency_pain"), step("tolerance_low")),
        dates=dates,
        figures=model,
    )


def hold_rules(treatment: Treatment, route: Route) -> tuple[str, ...]:
    """Rules with a figure for a route that count under the chosen label."""
    asked = Asked("surgery", treatment.indication, route, treatment.label)
    counting = rulebook(treatment.today).names(asked)
    return tuple(r for r in situation_data().hold_rules.get(route, ()) if r in counting)


def _longest(intervals: Sequence[Amount]) -> Amount | None:
    return max(intervals, key=lambda i: i.value * (24 if i.unit == _DAY else 1), default=None)


def _moved(at: datetime, interval: Amount, sign: int) -> datetime:
    """A time moved by an interval: days keep the wall clock, hours are elapsed hours."""
    if interval.unit == _DAY:
        day = at + timedelta(days=sign * int(interval.value))
        return same_clock_time(day - timedelta(days=1), 1)
    return _elapsed(at, sign * interval.value)


def _elapsed(at: datetime, hours: float) -> datetime:
    from antagonist.foundation.clock import to_local

    assert at.tzinfo is not None
    return to_local(at, hours, at.tzinfo)


def _opioids(
    treatment: Treatment, last: Taken, interval: Amount | None, model: ModelFigures | None
) -> dict[str, datetime]:
    """When opioids may work after the doses taken, if no more follow."""
    found: dict[str, datetime] = {}
    if interval is not None:
        local = last.at.astimezone(treatment.as_of.tzinfo)
        found["opioids_by_guideline"] = _moved(local, interval, 1)
    if model is not None:
        blunted = model.time(BLUNTED)
        if blunted.state == "beyond":
            return found
        found["opioids_by_model"] = blunted.at or treatment.as_of
    if "opioids_by_guideline" in found:
        found["opioids_may_work"] = max(found.values(), key=lambda at: at.timestamp())
    return found


def _model_lag_h(treatment: Treatment, planned: Sequence[Taken]) -> float | None:
    """Hours from the last dose, planned ones included, until opioids may work by the model.

    None where the model has no figures or finds no end.
    """
    doses = (*treatment.doses, *planned)
    last = max(doses, key=lambda dose: dose.at)
    model = figures(treatment, doses=doses, at=last.at)
    at = model.time(BLUNTED).at if model is not None else None
    return None if at is None else hours_between(last.at, at)


def _hold(surgery: datetime, interval: Amount | None, lag_h: float | None) -> datetime | None:
    """The last moment for a dose: the earlier of guideline and model; None without a guideline."""
    if interval is None:
        return None
    by_guideline = _moved(surgery, interval, -1)
    if lag_h is None:
        return by_guideline
    by_model = _elapsed(surgery, -lag_h)
    return min(by_guideline, by_model, key=lambda at: at.timestamp())


def _values(treatment: Treatment, last: Taken, surgery: datetime) -> dict[str, object]:
    values: dict[str, object] = {"surgery_with_opioids_planned": True}
    if last.route == "oral":
        values["hours_oral_dose_to_surgery"] = hours_between(last.at, surgery)
    if last.route == "im_xr":
        given = last.at.astimezone(treatment.as_of.tzinfo).date()
        values["days_injection_to_surgery"] = float((surgery.date() - given).days)
    return values


def _steps(
    last: Taken,
    surgery: datetime,
    hold: datetime | None,
    dates: dict[str, datetime | date],
    model: ModelFigures | None,
) -> list[Step]:
    if hold is None:
        return [step("implant_surgery")]
    found = []
    if hours_between(last.at, hold) >= 0:
        found.append(step("last_dose_not_after", hold=hold))
    else:
        earliest = dates.get("opioids_may_work")
        found.append(
            step("move_or_opioid_free", earliest=earliest)
            if earliest is not None
            else step("implant_surgery")
        )
    if model is None:
        found.append(step("no_model_date"))
    return found
