"""Doses really taken, the plan's doses to come, and what a what-if makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from antagonist.feedback.acting.present import release_of
from antagonist.feedback.alarms.due import MOVED_DAYS, day_of, has_died
from antagonist.feedback.state_model import DoseOnRecord, PatientState, PlannedOnRecord
from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError
from antagonist.label.formulary import product
from antagonist.label.rules import Route
from antagonist.pharmacology.catalogue import formulations
from antagonist.planning.situation_data import limit
from antagonist.planning.situation_model import Taken
from antagonist.web.chart.model import WhatIf

# What 'inject now' gives where the plan has no injection: the one with the most published levels.
USUAL_INJECTION = "vivitrol-us-380"
# Older doses than these do nothing any more, by route; as the own model has it.
COUNTED_DAYS: dict[Route, int] = {"oral": 60, "im_xr": 400, "implant": 400}


@dataclass(frozen=True, slots=True)
class Given:
    """A dose that counts. release: None = no model. until: an implant's removal.

    status: as ``Happening`` has it. id: of the event, or of its place in the plan.
    """

    at: datetime
    dose_mg: float
    route: Route
    product: str | None
    release: str | None
    status: str
    id: str
    until: datetime | None = None

    def taken(self) -> Taken:
        """The dose as the planning room has it. Raises ValueError without a model."""
        if self.release is None:
            raise ValueError("a dose without a model")
        return Taken(self.at, self.dose_mg, self.release, self.route)


def modelled(route: Route, name: str | None) -> str | None:
    """The formulation that simulates a dose; None where no published levels are known."""
    try:
        found = release_of(route, name)
    except InputError:  # a product that the formulary does not have
        return None
    if found is None or formulations()[found].status == "no_data":
        return None
    return found


def taken_doses(state: PatientState, since: datetime) -> tuple[Given, ...]:
    """Doses that got in and may still do something at or after a moment."""
    outs = [noted.at for noted in state.noted("implant_out")]
    return tuple(
        _given(dose, outs)
        for dose in state.taken
        if dose.at >= since - timedelta(days=COUNTED_DAYS[dose.route])
    )


def _given(dose: DoseOnRecord, outs: Sequence[datetime]) -> Given:
    until = None
    if dose.route == "implant":
        until = min((out for out in outs if out >= dose.at), default=None)
    release = modelled(dose.route, dose.product)
    return Given(
        dose.at, dose.dose_mg, dose.route, dose.product, release, dose.status, dose.event_id, until
    )


def planned_doses(state: PatientState) -> tuple[Given, ...]:
    """The plan's doses after the state's moment that no dose on record stands for already."""
    plan = state.plan
    if plan is None or state.on_treatment is False or has_died(state):
        return ()
    route, name = str(plan.document.get("route")), plan.document.get("product")
    told = _on_record(state)
    return tuple(
        _planned(n, dose, route, None if name is None else str(name))
        for n, dose in enumerate(plan.doses)
        if dose.at > state.at and not told.stands_for(dose)
    )


def unsaid_doses(state: PatientState) -> tuple[Given, ...]:
    """The plan's doses up to the state's moment of which nobody said anything."""
    plan = state.plan
    if plan is None:
        return ()
    route, name = str(plan.document.get("route")), plan.document.get("product")
    told = _on_record(state)
    return tuple(
        replace(_planned(n, dose, route, None if name is None else str(name)), status="no_word")
        for n, dose in enumerate(plan.doses)
        if plan.since <= dose.at <= state.at and not told.stands_for(dose)
    )


def _route_of(dose: PlannedOnRecord) -> Route:
    if dose.kind == "injection":
        return "im_xr"
    return "implant" if dose.kind == "implant" else "oral"


def _planned(n: int, dose: PlannedOnRecord, route: str, name: str | None) -> Given:
    """A dose of the plan; induction and bridge of another form are the route's usual product."""
    own = _route_of(dose)
    named = name if own == route else None
    return Given(dose.at, dose.dose_mg, own, named, modelled(own, named), "planned", f"planned-{n}")


@dataclass(frozen=True)
class _OnRecord:
    """What doses on record, taken or not, say of planned ones.

    stated: planned times that they name, by route. days: by mouth, of those that name none.
    injected, implanted: times of injections and implants that name none.
    """

    stated: frozenset[tuple[Route, datetime]]
    days: frozenset[date]
    injected: tuple[datetime, ...]
    implanted: tuple[datetime, ...]
    at: datetime

    def stands_for(self, dose: PlannedOnRecord) -> bool:
        """By its stated time; else by mouth on the same day, an injection within half its interval.

        Of an implant no record names the planned one: one within some days of it stands for it.
        """
        route = _route_of(dose)
        if (route, dose.at.astimezone(UTC)) in self.stated:
            return True
        if route == "oral":
            return day_of(dose.at, self.at) in self.days
        if route == "implant":
            days = timedelta(days=MOVED_DAYS)
            return any(abs(at - dose.at) <= days for at in self.implanted)
        near_h = _half_interval_h(self.at) if self.injected else 0.0
        return any(abs(hours_between(at, dose.at)) < near_h for at in self.injected)


def _on_record(state: PatientState) -> _OnRecord:
    named = [d for d in state.doses if d.planned_at is not None]
    others = [d for d in state.doses if d.planned_at is None]
    return _OnRecord(
        frozenset(
            (d.route, datetime.fromisoformat(str(d.planned_at)).astimezone(UTC)) for d in named
        ),
        frozenset(day_of(d.at, state.at) for d in others if d.route == "oral"),
        tuple(d.at for d in others if d.route == "im_xr"),
        tuple(d.at for d in others if d.route == "implant"),
        state.at,
    )


def _half_interval_h(at: datetime) -> float:
    return limit("xr-missed", "days_since_injection", at.date()).value * 24 / 2


@dataclass(frozen=True)
class Changed:
    """Doses to come under a what-if. marks: how every dose of the plan now stands, new ones too.

    without_effect: fields that were asked and found nothing to change.
    """

    doses: tuple[Given, ...]
    marks: tuple[Given, ...]
    without_effect: tuple[str, ...]


def changed(
    planned: Sequence[Given], asked: WhatIf, at: datetime, hold: datetime | None
) -> Changed:
    """What a what-if makes of the plan's doses to come.

    planned: in order of time. at: now. hold: no dose after it; None = no operation, or no such
    date, when doses stop with the operation.
    """
    left, marks, void = list(planned), list[Given](), list[str]()
    injected = injection_now(planned, at) if asked.inject_now else None
    if injected is not None:
        stands_for = next((d for d in left if d.route == "im_xr"), None)
        if stands_for is not None:
            left.remove(stands_for)
            marks.append(replace(stands_for, status="moved"))
    if asked.skip_next:
        void += [] if left else ["skip_next"]
        marks += [replace(dose, status="skipped") for dose in left[:1]]
        left = left[1:]
    if asked.delay_next_h:
        void += [] if left else ["delay_next_h"]
        marks += [replace(dose, status="moved") for dose in left[:1]]
        later = timedelta(hours=asked.delay_next_h)
        left[:1] = [replace(d, at=d.at + later, status="what_if") for d in left[:1]]
    if asked.nothing_more:
        void += [] if left else ["nothing_more"]
        marks += [replace(dose, status="skipped") for dose in left]
        left = []
    stop = hold if hold is not None else asked.surgery_at
    if stop is not None:
        marks += [replace(dose, status="held") for dose in left if dose.at > stop]
        left = [dose for dose in left if dose.at <= stop]
    if injected is not None:
        left.append(injected)
    doses = tuple(sorted(left, key=lambda dose: dose.at))
    return Changed(doses, (*doses, *marks), tuple(void))


def injection_now(planned: Sequence[Given], at: datetime) -> Given:
    """The plan's next injection now, or the usual one."""
    like = next((dose for dose in planned if dose.route == "im_xr"), None)
    if like is not None:
        return replace(like, at=at, status="what_if", id="what-if-injection")
    found = product(USUAL_INJECTION)
    assert found.strength_mg is not None
    return Given(
        at, found.strength_mg, "im_xr", USUAL_INJECTION, modelled("im_xr", USUAL_INJECTION),
        "what_if", "what-if-injection",
    )  # fmt: skip
