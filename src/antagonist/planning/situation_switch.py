"""From one form of naltrexone to another: tablets, injection, implant."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from antagonist.foundation.errors import InputError
from antagonist.label.rules import Route
from antagonist.planning.lasting import BLUNTED
from antagonist.planning.situation_data import limit, step
from antagonist.planning.situation_figures import figures
from antagonist.planning.situation_model import ModelFigures, Situation, Step, Treatment
from antagonist.planning.situation_rules import (
    answered,
    gate,
    held_steps,
    modelled_end,
    situation,
)

_WORD = {"oral": "oral", "im_xr": "injection", "implant": "implant"}


def switch(treatment: Treatment, from_route: Route, to_route: Route) -> Situation:
    """A change of form: from when, under which rules, and what the model says of the old form.

    The gate is that of a missed dose: opioids since the last dose, or a gap, mean a new start.
    Raises InputError for the same form twice, and without a dose of the old form.
    """
    if from_route == to_route:
        raise InputError("switch", "to", to_route, f"a form other than {from_route}")
    last = treatment.last(from_route)
    model = figures(treatment)
    releases = _implant_releases(treatment, model) if from_route == "implant" else False
    values: dict[str, object] = {
        "switch_from": _WORD[from_route],
        "second_product_planned": True,
        "first_injection_planned": to_route == "im_xr"
        and all(dose.route != "im_xr" for dose in treatment.doses),
    }
    if releases is not None:
        values["implant_may_release"] = releases
    answer = answered(treatment, "switch", to_route, values)
    opened = gate(treatment, answered(treatment, "missed", to_route, modelled_end(model)))
    dates: dict[str, datetime | date] = {"last_dose": last.at}
    if from_route == "im_xr" and to_route == "oral":
        dates["from"] = tablets_from(treatment)
    held = held_steps(treatment, opened)
    steps = _steps(treatment, from_route, to_route, releases)
    if held and releases is False:
        steps = []  # the new start decides; an implant that may release matters all the same
    return situation(
        "switch",
        treatment,
        answer=answer,
        steps=[*held, *steps, step("screen_new_form")],
        warnings=(step("tolerance_low"),),
        dates=dates,
        figures=model,
        opened=opened,
    )


def tablets_from(treatment: Treatment) -> date:
    """First day for tablets after the last injection (rule xr-to-oral).

    Raises InputError without an injection in the course.
    """
    last = treatment.last("im_xr")
    days = limit("xr-to-oral", "days_since_injection", treatment.today)
    return last.at.astimezone(treatment.as_of.tzinfo).date() + timedelta(days=int(days.value))


def _implant_releases(treatment: Treatment, model: ModelFigures | None) -> bool | None:
    """Whether an implant may still release: as stated, else yes while the model finds an effect.

    That the model finds none proves nothing: then, and without figures, it is unknown.
    """
    fact = treatment.facts.get("implant_may_release")
    if fact is not None and fact.state == "known":
        return bool(fact.value)
    if model is not None and model.time(BLUNTED).state != "never":
        return True
    return None


def _steps(
    treatment: Treatment, from_route: Route, to_route: Route, releases: bool | None
) -> list[Step]:
    if from_route == "implant":
        names = {True: "implant_may_release", False: "implant_over", None: "implant_unknown"}
        return [step(names[releases])]
    if to_route == "implant":
        return [step("implant_no_figure")]
    if to_route == "im_xr":
        return [step("injection_any_day")]
    return [step("tablets_from", **{"from": max(tablets_from(treatment), treatment.today)})]
