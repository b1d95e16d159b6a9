"""What the pharmacology says of a patient's course, as facts for alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from antagonist.feedback.alarms.course import counting_doses
from antagonist.feedback.alarms.known import Found
from antagonist.feedback.state_model import DoseOnRecord, PatientState
from antagonist.foundation.clock import hours_between
from antagonist.label.facts import Fact
from antagonist.label.formulary import product
from antagonist.label.rules import Indication, Route
from antagonist.pharmacology.settings import settings
from antagonist.planning.situation_figures import DANGER, PROTECTED, figures
from antagonist.planning.situation_model import ModelFigures, Taken, Treatment
from antagonist.planning.situation_rules import modelled_end
from antagonist.planning.treatment import DRAWS, USUAL

BLOCKED, ENDED = "blocked_now", "blockade_modelled_ended"
UNTIL, FROM = "protected_until", "danger_from"
MODELLED = frozenset((BLOCKED, ENDED, UNTIL, FROM))
# Older doses are left out: that can only make the blockade look weaker, and saves time.
COUNTED_DAYS = 120
# When a dose has taken effect: asked earlier, 'protected until' would be over before it began.
IN_EFFECT_H: Mapping[Route, float] = {"oral": 10, "im_xr": 120, "implant": 336}
ANY_INDICATION: Indication = "opioid"  # the figures do not depend on it

Model = Callable[[tuple[Taken, ...], datetime], ModelFigures | None]


def model_figures(doses: tuple[Taken, ...], at: datetime) -> ModelFigures | None:
    """Figures for one typical new patient; None where a product has no published levels."""
    treatment = Treatment("record", at, ANY_INDICATION, doses, chosen=settings(draws=DRAWS))
    return figures(treatment)


def modelled_facts(state: PatientState, at: datetime, model: Model) -> dict[str, Found]:
    """Blocked now or not, and the stated times; none without figures."""
    doses = [d for d in counting_doses(state) if d.at >= at - timedelta(days=COUNTED_DAYS)]
    taken = [_taken(dose) for dose in doses]
    if not taken or any(dose is None for dose in taken):
        return {}
    found = model(tuple(dose for dose in taken if dose is not None), at)
    if found is None:
        return {}
    cause, ended = (doses[-1].event_id,), modelled_end(found)[ENDED]
    facts = {
        BLOCKED: Found(Fact(not ended, 0.0), cause),
        ENDED: Found(Fact(ended, 0.0), cause),
    }
    for name, time in ((UNTIL, found.time(PROTECTED)), (FROM, found.time(DANGER))):
        if time.at is not None:
            text = time.at.astimezone(at.tzinfo).isoformat(timespec="minutes")
            facts[name] = Found(Fact(text, 0.0), cause)
    return facts


def _taken(dose: DoseOnRecord) -> Taken | None:
    """A dose as the model takes it; None for a product whose release nobody knows."""
    release = USUAL.get(dose.route) if dose.product is None else product(dose.product).release_model
    return None if release is None else Taken(dose.at, dose.dose_mg, release, dose.route)


class Lasting(NamedTuple):
    """How long one dose alone protects, in hours after it; None = never or not known.

    stated_h: 'protected until at least', the cautious end. half_h: until half of patients are
    under the line.
    """

    stated_h: float | None
    half_h: float | None


def lasting(dose: DoseOnRecord) -> Lasting:
    """How long a dose would protect if it were the only one: earlier doses can only add to it."""
    taken = _taken(dose)
    if taken is None:
        return Lasting(None, None)
    return _lasting(taken.dose_mg, taken.release_model, taken.route)


@lru_cache(maxsize=256)
def _lasting(dose_mg: float, release_model: str, route: Route) -> Lasting:
    given = datetime(2026, 1, 1, tzinfo=UTC)  # any day: only hours after it are read
    asked = given + timedelta(hours=IN_EFFECT_H[route])
    found = model_figures((Taken(given, dose_mg, release_model, route),), asked)
    if found is None:
        return Lasting(None, None)
    time = found.time(PROTECTED)
    stated, half = (
        None if at is None else hours_between(given, at) for at in (time.at, time.median_at)
    )
    return Lasting(stated, half)
