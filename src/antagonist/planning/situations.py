"""Situations on treatment: a missed dose, a late injection, a stop. Surgery and switches: beside.

Each answer is structure: ids of steps and rules, dates and figures; words are made at the edge.
"""

from __future__ import annotations

from datetime import date, datetime

from antagonist.foundation.clock import hours_between, same_clock_time
from antagonist.foundation.errors import InputError
from antagonist.label.jurisdictions import labels_for
from antagonist.planning.situation_data import limit, situation_data, step
from antagonist.planning.situation_figures import DANGER, PROTECTED, figures
from antagonist.planning.situation_model import (
    Amount,
    Gate,
    ModelFigures,
    Situation,
    Step,
    Treatment,
    aware,
)
from antagonist.planning.situation_rules import (
    answered,
    gate,
    held_steps,
    modelled_end,
    situation,
)
from antagonist.planning.situation_switch import tablets_from


def missed_oral(
    treatment: Treatment,
    planned_at: datetime,
    planned_mg: float,
    next_at: datetime,
    *,
    spaced: bool,
) -> Situation:
    """A planned dose by mouth was not taken.

    planned_at, planned_mg: the missed dose. next_at: the next planned one. spaced: the schedule
    has days without a dose. Times are aware; days are calendar days of as_of's zone.
    Raises InputError for a dose not due yet, a next dose before it, and without any dose taken.
    """
    now = treatment.as_of
    if hours_between(aware(planned_at, "planned_at"), now) < 0:
        raise InputError("missed dose", "planned_at", planned_at.isoformat(), "not after as_of")
    if hours_between(planned_at, aware(next_at, "next_at")) <= 0:
        allowed = "after the missed dose"
        raise InputError("missed dose", "next_at", next_at.isoformat(), allowed)
    treatment.last()
    model = figures(treatment)
    values = {"oral_dose_missed": True, "spaced_schedule": spaced, "protection_waning": True}
    answer = answered(treatment, "missed", "oral", values | modelled_end(model))
    opened = gate(treatment, answer)
    steps = held_steps(treatment, opened) or _missed_steps(
        treatment, planned_at, planned_mg, next_at, spaced
    )
    return situation(
        "missed_dose",
        treatment,
        answer=answer,
        steps=steps,
        warnings=(step("never_double"), step("tolerance_low")),
        dates={"planned": planned_at, "next": next_at},
        figures=model,
        opened=opened,
    )


def _missed_steps(
    treatment: Treatment, planned_at: datetime, planned_mg: float, next_at: datetime, spaced: bool
) -> list[Step]:
    if treatment.days_since(planned_at) == 0 and hours_between(treatment.as_of, next_at) > 0:
        return [step("take_today", dose_mg=Amount(planned_mg, "mg"))]
    found = [step("skip_missed", next=next_at)]
    days_to_next = -treatment.days_since(next_at)
    labels = labels_for(treatment.label, "oral")
    if spaced and days_to_next > 0 and "uk" in labels:
        tablet = Amount(situation_data().daily_tablet_mg.value, "mg")
        uk = step("one_tablet_daily", dose_mg=tablet, next=next_at)
        # the UK's own text goes first where it is the chosen one
        return [uk] if labels == ("uk",) else [*found, uk]
    return found


def late_injection(treatment: Treatment) -> Situation:
    """The next injection is due, late or not yet due; counted in calendar days from the last.

    Raises InputError without an injection in the course.
    """
    last = treatment.last("im_xr")
    interval = limit("xr-missed", "days_since_injection", treatment.today)
    due = same_clock_time(last.at.astimezone(treatment.as_of.tzinfo), int(interval.value))
    days_late = treatment.days_since(last.at) - int(interval.value)
    model = figures(treatment)
    values: dict[str, object] = {"protection_waning": days_late >= 0}
    answer = answered(treatment, "missed", "im_xr", values | modelled_end(model))
    opened: Gate = gate(treatment, answer) if days_late >= 0 else "not_asked"
    steps = [step("wait_until_due", due=due.date())]
    if days_late >= 0:
        steps = held_steps(treatment, opened) or _late_steps(treatment, days_late)
    return situation(
        "late_injection",
        treatment,
        answer=answer,
        steps=steps,
        warnings=(step("tolerance_low"), step("offer_naloxone")) if days_late >= 0 else (),
        dates={"last_injection": last.at, "due": due},
        figures=model,
        opened=opened,
        also=("xr-missed",),
    )


def _late_steps(treatment: Treatment, days_late: int) -> list[Step]:
    give = step("inject_due")
    if days_late > 0:
        give = step("inject_late", days_late=Amount(float(days_late), "d"))
    return [give, step("bridge_option", **{"from": max(tablets_from(treatment), treatment.today)})]


def stop(treatment: Treatment) -> Situation:
    """Treatment ends: when protection ends, lost tolerance, naloxone, complaints afterwards.

    Raises InputError without any dose taken.
    """
    last = treatment.last()
    model = figures(treatment)
    values: dict[str, object] = {"protection_waning": True}
    answer = answered(treatment, "stop", last.route, values)
    dates: dict[str, datetime | date] = {"last_dose": last.at}
    if model is not None:
        for name in (PROTECTED, DANGER):
            at = model.time(name).at
            if at is not None:
                dates[name] = at
    return situation(
        "stop",
        treatment,
        answer=answer,
        steps=(*_end_steps(model), step("offer_naloxone"), step("after_stop_symptoms")),
        warnings=(step("tolerance_low"),),
        dates=dates,
        figures=model,
    )


def _end_steps(model: ModelFigures | None) -> list[Step]:
    """When protection ends and danger begins, each on its cautious side."""
    if model is None:
        return [step("no_end_known")]
    protected, danger = model.time(PROTECTED), model.time(DANGER)
    weeks = Amount(float(model.searched_weeks), "wk")
    found = []
    if protected.at is not None:
        found.append(step("protected_until", until=protected.at))
    else:
        never = protected.state == "never"
        found.append(step("not_protected") if never else step("end_beyond", weeks=weeks))
    if danger.at is not None:
        found.append(step("danger_from", **{"from": danger.at}))
    elif danger.state == "never":
        found.append(step("danger_now"))
    return found
