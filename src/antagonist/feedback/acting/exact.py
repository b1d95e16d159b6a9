"""What the outcome measures take from a patient's own model: who took what, and what it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.acting.solving import latest_covariates, solver
from antagonist.feedback.outcomes.blocked import DAY_H, RESPONSE_DAYS, Units
from antagonist.feedback.outcomes.course import Course, Intake
from antagonist.feedback.outcomes.intake import Sampler, Taken, by_evidence
from antagonist.pharmacology.settings import Settings
from antagonist.planning.response import one_mg, response_of


def own_sampler(found: Learned) -> Sampler:
    """Whole patterns of doses taken, as the patient's levels leave them.

    Its draws are those of the own model, in their order, so that they pair with ``own_units``.
    Doses that the model did not learn of, such as those long before the first level, are drawn by
    their evidence.
    """
    place = {dose.id: n for n, dose in enumerate(found.own.known.doses) if dose.id is not None}

    def sample(doses: Sequence[Intake], draws: int, rng: np.random.Generator) -> Taken:
        taken = by_evidence(doses, draws, rng)
        of_draw = np.arange(draws) % len(found.own.taken)
        for i, dose in enumerate(doses):
            if dose.event_id in place:
                taken[:, i] = found.own.taken[of_draw, place[dose.event_id]]
        return taken

    return sample


def own_units(found: Learned, course: Course, chosen: Settings) -> Units:
    """Responses to 1 mg of every product of the course in the own model's draws.

    chosen: line and seed; the number of draws is the own model's.
    """
    solve = solver(found.own.drawn_after, latest_covariates(found.own.known), chosen.seed)
    names = {dose.release for dose in course.intakes if dose.release is not None}
    days = 1 if course.start is None else (course.end - course.start).days + 1
    span_h = min(days, RESPONSE_DAYS) * DAY_H
    known = names & {dose.product for dose in found.own.known.doses}
    return Units({n: response_of(solve(one_mg(n)), chosen, span_h) for n in sorted(known)}, 1)
