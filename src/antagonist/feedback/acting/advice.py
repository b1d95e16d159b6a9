"""What a patient's own model says to consider: until when protected, when to sample, what regimen.

Nothing here prescribes. A level that fits no pattern of doses is told first, and no regimen is
proposed on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.acting.present import present_regimen, release_of, taking_of
from antagonist.feedback.acting.replan import Evidence, Proposal, Reason, Replan, Taking, replan
from antagonist.feedback.acting.sampling import Assay, Sampling, sampling_times
from antagonist.feedback.acting.solving import Future, latest_covariates, solver, with_future
from antagonist.feedback.acting.visits import Window, visiting_of, window_of
from antagonist.feedback.events import Event
from antagonist.feedback.own_model.known import OUTPUT, Dose
from antagonist.feedback.own_model.model import Misfit, OwnModel
from antagonist.feedback.own_model.weights import Weights
from antagonist.feedback.state_model import PatientState
from antagonist.foundation.clock import hours_between
from antagonist.label.regimens import Regimen
from antagonist.label.rules import Indication
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import Course, EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.forecast import crossings_h, forecast_of
from antagonist.pharmacology.protection import Statement, stated_time
from antagonist.pharmacology.results import Forecast, StatedTime
from antagonist.pharmacology.settings import Settings
from antagonist.planning.search_model import SearchRequest

Floats = NDArray[np.float64]
PROTECTED, CAUTIOUS = "protected_until_at_least", 5.0
# How far the end of protection is looked for, in hours, by the slowest route of the course.
AHEAD_H: Mapping[str, float] = {"oral": 14 * 24.0, "im": 75 * 24.0, "implant": 400 * 24.0}
WINDOW_H = 72.0
WhyNot = Literal["misfit", "no_indication", "not_on_treatment"]


@dataclass(frozen=True)
class OnRecord:
    """A patient's record at a moment. origin: hour 0 of the own model; at: now, both aware.

    events: that hold. state: folded from them.
    """

    origin: datetime
    at: datetime
    state: PatientState
    events: Sequence[Event]

    @property
    def as_of_h(self) -> float:
        """Now in hours since the origin."""
        return hours_between(self.origin, self.at)


@dataclass(frozen=True)
class PlanGoesOn:
    """The end of protection if doses go on as planned, each taken with the patient's chance.

    doses: how many are to come up to the horizon. until_h: the last of them, to which it is looked.
    oral: whether they hang on the patient's taking them.
    """

    doses: int
    stated: StatedTime
    until_h: float
    oral: bool


@dataclass(frozen=True)
class Advice:
    """What to consider. misfits: told before all else; then no regimen is proposed.

    before, after: forecasts without a further dose, of a new patient and of this one. sampling:
    the most telling first; None where protection is over in all draws. window: that it was chosen
    from. planned: None without a plan. regimens, target: None where ``why_not`` says why.
    """

    misfits: tuple[Misfit, ...]
    before: Forecast
    after: Forecast
    planned: PlanGoesOn | None
    sampling: tuple[Sampling, ...] | None
    window: Window
    taking: Taking
    present: Regimen | None
    regimens: Replan | None
    target: SearchRequest | None
    why_not: WhyNot | None


def advised(
    own: OwnModel,
    told: OnRecord,
    *,
    data: Weights,
    chosen: Settings,
    target: SearchRequest | None = None,
    window_h: float = WINDOW_H,
) -> Advice:
    """What to consider for a patient.

    own: learnt from the record, its hours since ``told.origin``. data: errors of levels. chosen:
    line and seed. target: of regimens; default 90 % of hours at the line. window_h: how far ahead
    a sample may be taken.
    """
    course = _course(own, told)
    forecasts = [forecast_of(drawn, course, chosen) for drawn in (own.before, own.after)]
    taking, present = taking_of(own.intake), present_regimen(told.state)
    window = window_of(told.at, window_h, visiting_of(told.events, told.at))
    why_not = _why_not(own, told, target)
    wanted = None if why_not else target or asked(told, chosen)
    return Advice(
        misfits=own.diagnostics.misfits,
        before=forecasts[0],
        after=forecasts[1],
        planned=_planned(own, told, course, taking, chosen),
        sampling=_sampling(own, told, course, window, data, chosen),
        window=window,
        taking=taking,
        present=present,
        regimens=None if wanted is None else _regimens(own, wanted, present, taking, chosen),
        target=wanted,
        why_not=why_not,
    )


def _course(own: OwnModel, told: OnRecord) -> Course:
    """The patient's course without a further dose, to where its protection may end."""
    doses = own.known.doses
    routes = {formulations()[dose.product].route for dose in doses}
    horizon_h = told.as_of_h + max(AHEAD_H[route] for route in routes)
    records = tuple(
        EventRecord(d.time_h, amt_mg=d.dose_mg, product=d.product)
        for d in doses
    )  # fmt: skip
    subject = Subject(
        told.state.patient or "", records, told.origin, latest_covariates(own.known)
    )  # fmt: skip
    return Course("", subject, told.as_of_h, horizon_h, str(told.at.tzinfo))


def protected(chosen: Settings) -> Statement:
    """The line whose end is stated on the cautious side."""
    line = chosen.threshold
    return Statement(PROTECTED, line.endpoint, line.blocked_fraction, CAUTIOUS)


def _ends_h(drawn: Ensemble, from_h: float, until_h: float, chosen: Settings) -> Floats:
    """When protection ends in each draw, shape (S,)."""
    line = [protected(chosen)]
    return crossings_h(drawn, chosen.threshold, line, from_h, until_h)[:, 0]


def _planned(
    own: OwnModel, told: OnRecord, course: Course, taking: Taking, chosen: Settings
) -> PlanGoesOn | None:
    future = future_of(told, course.horizon_h, taking)
    if not future.doses:
        return None
    drawn = with_future(own.drawn_after, own.known, own.taken, future, chosen.seed)
    until_h = future.doses[-1].time_h
    ends_h = _ends_h(drawn, course.as_of_h, until_h, chosen)
    stated = stated_time(protected(chosen), ends_h, course.as_of_h)
    oral = formulations()[future.doses[0].product].route == "oral"
    return PlanGoesOn(len(future.doses), stated, until_h, oral)


def future_of(told: OnRecord, horizon_h: float, taking: Taking) -> Future:
    """The plan's doses to come: by mouth with the patient's chance, others as certain."""
    plan = told.state.plan
    if plan is None:
        return Future((), np.zeros(0))
    route, name = str(plan.document.get("route")), plan.document.get("product")
    model = release_of(route, None if name is None else str(name))
    until = told.origin + timedelta(hours=horizon_h)
    doses = tuple(
        Dose(hours_between(told.origin, dose.at), dose.dose_mg, model, "unknown")
        for dose in plan.doses
        if model is not None and told.at < dose.at <= until
    )
    chance = taking.share if route == "oral" else 1.0
    return Future(doses, np.full(len(doses), chance))


def _sampling(
    own: OwnModel, told: OnRecord, course: Course, window: Window, data: Weights, chosen: Settings
) -> tuple[Sampling, ...] | None:
    """The samples that would narrow the end of protection most; None where it is over surely."""
    ends_h = _ends_h(own.after, course.as_of_h, course.horizon_h, chosen)
    if not (ends_h > course.as_of_h).any():
        return None
    hours = np.array([hours_between(told.origin, moment) for moment in window.moments])
    # What comes when protection is over in half of the draws comes too late.
    in_time = hours <= max(float(np.median(ends_h)), course.as_of_h)
    return sampling_times(
        own.after, ends_h, hours[in_time], _assays(own, data),
        horizon_h=course.horizon_h, seed=chosen.seed,
    )  # fmt: skip


def _assays(own: OwnModel, data: Weights) -> list[Assay]:
    """Both substances with the errors of the model's data and the patient's last assay's limit."""
    found = []
    for analyte, output in OUTPUT.items():
        error = data.errors.of(analyte)
        limits = [x.limit_ng_per_ml for x in own.known.levels if x.analyte == analyte]
        error_cv = float(np.hypot(error.assay_cv, error.model_cv))
        found.append(Assay(output, error_cv, error.additive, (limits or [None])[-1] or 0.0))
    return found


def _why_not(own: OwnModel, told: OnRecord, target: SearchRequest | None) -> WhyNot | None:
    if own.diagnostics.misfits:
        return "misfit"
    if told.state.on_treatment is False:
        return "not_on_treatment"
    if target is None and _indication(told) is None:
        return "no_indication"
    return None


def _indication(told: OnRecord) -> Indication | None:
    """The one on record that regimens are for; None for another, or none on record."""
    fact = told.state.fact("indication_stated")
    known: tuple[Indication, ...] = ("opioid", "alcohol")
    return next((each for each in known if fact is not None and fact.value == each), None)


def asked(told: OnRecord, chosen: Settings) -> SearchRequest:
    """The target where nobody states one: 90 % of hours at the line, in the median draw.

    Raises pydantic's ValidationError where no indication for regimens is on record.
    """
    return SearchRequest.model_validate(
        {
            "indication": _indication(told),
            "on": told.at.date(),
            "adherence": 1.0,  # replaced by the patient's own
            "keep_blocked": chosen.threshold.blocked_fraction,
            "beyond_label": False,
        }
    )


def _regimens(
    own: OwnModel, target: SearchRequest, present: Regimen | None, taking: Taking, chosen: Settings
) -> Replan:
    """Proposals that reach the target or keep more than the present regimen."""
    covariates = latest_covariates(own.known)
    found = replan(
        target,
        present=present,
        own=solver(own.drawn_after, covariates, chosen.seed),
        new_patient=solver(own.drawn_before, covariates, chosen.seed),
        taking=taking,
        chosen=chosen,
    )
    levels = tuple(level.id for level in own.known.levels if level.id is not None)
    better = [p for p in found.proposals if p.reaches or p.gain is None or p.gain > 0]
    return replace(found, proposals=tuple(_with_levels(p, levels) for p in better))


_FROM_LEVELS: frozenset[Reason] = frozenset(("present_keeps", "proposal_keeps"))


def _with_levels(proposal: Proposal, levels: tuple[str, ...]) -> Proposal:
    """A proposal whose own figures name the levels that they stand on."""

    def named(one: Evidence) -> Evidence:
        return replace(one, events=levels) if one.reason in _FROM_LEVELS else one

    return replace(proposal, evidence=tuple(named(one) for one in proposal.evidence))
