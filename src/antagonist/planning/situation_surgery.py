"""Surgery and pain under blockade: when to hold, when opioids may work, how to begin again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

from antagonist.foundation.clock import hours_between, same_clock_time, to_local
from antagonist.foundation.errors import InputError
from antagonist.label.rulebook import Asked, rulebook
from antagonist.label.rules import Route
from antagonist.planning.lasting import BLUNTED
from antagonist.planning.regimens import DAY_H, WEEK_H
from antagonist.planning.situation_data import limit, situation_data, step
from antagonist.planning.situation_figures import blunted_until, figures
from antagonist.planning.situation_model import (
    Amount,
    ModelFigures,
    ModelTime,
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


def surgery(
    treatment: Treatment, surgery_at: datetime, *, planned: Sequence[Taken] = ()
) -> Situation:
    """An operation with opioids at a time to come.

    surgery_at: aware, after as_of. planned: doses that would still be taken before it; they bring
    the model to where the course would be.
    Dates: ``hold`` = no dose after it, the earlier of the guideline's and the model's;
    ``opioids_by_guideline``, ``opioids_by_model``: when opioids may work after the doses taken,
    and ``opioids_may_work`` the later of the two. With an implant that may release there is no
    guideline's, and neither hold nor that later date is stated.
    Raises InputError for an operation before as_of and without any dose taken.
    """
    _refuse_past(treatment, surgery_at)
    last, model = treatment.last(), figures(treatment)
    local = surgery_at.astimezone(treatment.as_of.tzinfo)
    rules = [name for route in _routes(treatment) for name in hold_rules(treatment, route)]
    blunted = model.time(BLUNTED) if model is not None else None
    dates = _dates(treatment, local, planned, blunted)
    hold = dates.get("hold")
    assert hold is None or isinstance(hold, datetime)
    answer = answered(treatment, "surgery", last.route, _values(treatment, local))
    return situation(
        "surgery",
        treatment,
        answer=answer,
        steps=[
            *_steps(last, hold, dates, model),
            step("pain_without_opioids"),
            step("restart_after_opioids"),
        ],
        warnings=(step("emergency_pain"), step("tolerance_low")),
        dates=dates,
        figures=model,
        also=rules,
    )


def surgery_dates(
    treatment: Treatment, surgery_at: datetime, *, planned: Sequence[Taken] = ()
) -> dict[str, datetime | date]:
    """The dates of ``surgery`` alone: all that somebody looking for a day needs.

    Arguments and errors as there.
    """
    _refuse_past(treatment, surgery_at)
    found = blunted_until(treatment)
    local = surgery_at.astimezone(treatment.as_of.tzinfo)
    return _dates(treatment, local, planned, None if found is None else found[0])


def _refuse_past(treatment: Treatment, surgery_at: datetime) -> None:
    if hours_between(treatment.as_of, aware(surgery_at, "surgery_at")) <= 0:
        raise InputError("surgery", "surgery_at", surgery_at.isoformat(), "after as_of")


def _dates(
    treatment: Treatment, local: datetime, planned: Sequence[Taken], blunted: ModelTime | None
) -> dict[str, datetime | date]:
    """blunted: after the doses taken; None without figures."""
    dates: dict[str, datetime | date] = {"surgery": local, "last_dose": treatment.last().at}
    dates |= _opioids(treatment, blunted)
    hold = _hold(treatment, local, _model_lag_h(treatment, planned))
    if hold is not None:
        dates["hold"] = hold
    return dates


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


def _routes(treatment: Treatment) -> list[Route]:
    """Forms of the course, in the order they were first given."""
    return list(dict.fromkeys(dose.route for dose in treatment.doses))


def _interval(treatment: Treatment, route: Route) -> Amount | None:
    """The longest interval of the rules that count; None where none has a figure."""
    rules = hold_rules(treatment, route)
    found = [limit(name, _FACT[route], treatment.today) for name in rules]
    return max(found, key=lambda i: i.value * (DAY_H if i.unit == "d" else 1), default=None)


def _moved(at: datetime, interval: Amount, sign: int) -> datetime:
    """A time moved by an interval: days keep the wall clock, hours are elapsed hours."""
    if interval.unit == "d":
        day_before = at + timedelta(days=sign * int(interval.value) - 1)
        return same_clock_time(day_before, 1)
    return to_local(at, sign * interval.value, _zone(at))


def _zone(at: datetime) -> tzinfo:
    assert at.tzinfo is not None
    return at.tzinfo


def _by_guideline(treatment: Treatment) -> datetime | None:
    """When opioids may work by the rules: the latest of all forms; None where one has no figure."""
    found = []
    for route in _routes(treatment):
        interval = _interval(treatment, route)
        if interval is None:
            return None
        local = treatment.last(route).at.astimezone(treatment.as_of.tzinfo)
        found.append(_moved(local, interval, 1))
    return max(found, key=lambda at: at.timestamp(), default=None)


def _opioids(treatment: Treatment, blunted: ModelTime | None) -> dict[str, datetime]:
    """When opioids may work after the doses taken, if no more follow."""
    found: dict[str, datetime] = {}
    guideline = _by_guideline(treatment)
    if guideline is not None:
        found["opioids_by_guideline"] = guideline
    if blunted is not None and blunted.state != "beyond":
        found["opioids_by_model"] = blunted.at or treatment.as_of
    if guideline is not None and (blunted is None or blunted.state != "beyond"):
        found["opioids_may_work"] = max(found.values(), key=lambda at: at.timestamp())
    return found


def _model_lag_h(treatment: Treatment, planned: Sequence[Taken]) -> float | None:
    """Hours from the last dose, planned ones included, until opioids may work by the model.

    Where it finds no end: all the hours it looked. None without figures.
    """
    doses = (*treatment.doses, *planned)
    last = max(doses, key=lambda dose: dose.at)
    found = blunted_until(treatment, doses=doses, at=last.at)
    if found is None:
        return None
    blunted, weeks = found
    if blunted.state == "beyond":
        return weeks * WEEK_H
    return 0.0 if blunted.at is None else hours_between(last.at, blunted.at)


def _hold(treatment: Treatment, surgery: datetime, lag_h: float | None) -> datetime | None:
    """The last moment for a dose of the form last given: the earlier of guideline and model.

    None where a form of the course has no guideline's interval.
    """
    interval = _interval(treatment, treatment.last().route)
    if interval is None or _by_guideline(treatment) is None:
        return None
    by_guideline = _moved(surgery, interval, -1)
    if lag_h is None:
        return by_guideline
    by_model = to_local(surgery, -lag_h, _zone(surgery))
    return min(by_guideline, by_model, key=lambda at: at.timestamp())


def _values(treatment: Treatment, surgery: datetime) -> dict[str, object]:
    values: dict[str, object] = {"surgery_with_opioids_planned": True}
    routes = _routes(treatment)
    if "oral" in routes:
        values[_FACT["oral"]] = hours_between(treatment.last("oral").at, surgery)
    if "im_xr" in routes:
        given = treatment.last("im_xr").at.astimezone(treatment.as_of.tzinfo).date()
        values[_FACT["im_xr"]] = float((surgery.date() - given).days)
    return values


def _steps(
    last: Taken,
    hold: datetime | None,
    dates: Mapping[str, datetime | date],
    model: ModelFigures | None,
) -> list[Step]:
    """What the dates mean: hold in time, move the operation, or do without opioids."""
    if hold is None:
        return [step("implant_surgery")]
    found = []
    earliest, surgery_at = dates.get("opioids_may_work"), dates["surgery"]
    assert isinstance(surgery_at, datetime)
    if not isinstance(earliest, datetime):
        weeks = float(model.searched_weeks) if model is not None else 0.0
        return [step("opioid_free_only", weeks=Amount(weeks, "wk"))]
    if hours_between(earliest, surgery_at) >= 0 and hours_between(last.at, hold) >= 0:
        found.append(step("last_dose_not_after", hold=hold))
    else:
        found.append(step("move_or_opioid_free", earliest=earliest))
    return [*found, step("no_model_date")] if model is None else found
