"""The regimen that a patient is on, the doses it plans, and how surely they are taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from antagonist.feedback.acting.replan import Taking
from antagonist.feedback.own_model.model import DoseTaken
from antagonist.feedback.state_model import DoseOnRecord, PatientState
from antagonist.label.formulary import product
from antagonist.label.regimens import Regimen
from antagonist.pharmacology.catalogue import formulations
from antagonist.planning.regimens import known_regimens
from antagonist.planning.treatment import USUAL

SEEN_DAYS = 28
WEEK = 7
# Held back by the clinic: it says nothing of the patient's taking.
_NOT_UP_TO_THE_PATIENT = ("held", "given")
# Below this chance a dose is named among those that were probably not taken.
_DOUBTED = 0.5


def present_regimen(state: PatientState) -> Regimen | None:
    """The plan's regimen; without a plan the one whose week the last four weeks' doses have.

    None where neither tells it.
    """
    known = known_regimens()
    if state.plan is not None:
        return known.get(str(state.plan.document.get("regimen")))
    since = state.at - timedelta(days=SEEN_DAYS)
    week = {_place(d, state.at) for d in state.doses if d.route == "oral" and d.at >= since}
    return next((r for r in known.values() if week and week == _week(r)), None)


def _place(dose: DoseOnRecord, at: datetime) -> tuple[int, float]:
    """Day of the week and mg, of the planned time where it is stated."""
    stands_for = datetime.fromisoformat(dose.planned_at) if dose.planned_at else dose.at
    return stands_for.astimezone(at.tzinfo).weekday(), dose.dose_mg


def _week(regimen: Regimen) -> set[tuple[int, float]] | None:
    """Days of the week and mg, Monday first; None where its cycle does not fit a week."""
    if regimen.route != "oral" or regimen.cycle_days is None or WEEK % regimen.cycle_days:
        return None
    return {
        (day, dose.dose_mg)
        for dose in regimen.doses
        for day in range(dose.day - 1, WEEK, regimen.cycle_days)
    }


def release_of(route: str, name: str | None) -> str | None:
    """The formulation that simulates a product, or a route's usual one; None where none does."""
    return USUAL.get(route) if name is None else product(name).release_model


def taking_of(intake: Sequence[DoseTaken]) -> Taking:
    """How surely doses by mouth are taken, all evidence and levels counted.

    The mean chance with one dose taken and one not added (Laplace's rule of succession, the mean
    under a flat prior). Its events are the doses that were probably not taken.
    """
    own = [
        each
        for each in intake
        if formulations()[each.dose.product].route == "oral"
        and each.dose.evidence not in _NOT_UP_TO_THE_PATIENT
    ]
    share = (sum(each.after for each in own) + 1) / (len(own) + 2)
    doubted = tuple(e.dose.id for e in own if e.after < _DOUBTED and e.dose.id is not None)
    return Taking(share, len(own), doubted)
