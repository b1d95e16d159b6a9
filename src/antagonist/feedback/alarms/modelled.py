"""What the pharmacology says of a patient's course, as facts for alarms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from antagonist.feedback.alarms.course import counting_doses
from antagonist.feedback.alarms.known import Found
from antagonist.feedback.state_model import DoseOnRecord, PatientState
from antagonist.label.facts import Fact
from antagonist.label.formulary import product
from antagonist.label.rules import Indication
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
ANY_INDICATION: Indication = "opioid"  # the figures do not depend on it

Model = Callable[[tuple[Taken, ...], datetime], ModelFigures | None]


def model_figures(doses: tuple[Taken, ...], at: datetime) -> ModelFigures | None:
    """Figures for one typical new patient; None where a product has no published levels."""
    treatment = Treatment("record", at, ANY_INDICATION, doses, chosen=settings(draws=DRAWS))
    return figures(treatment)


def modelled_facts(state: PatientState, at: datetime, model: Model) -> dict[str, Found]:
    """Blocked now, whether the blockade has ended, and the stated times; none without figures."""
    doses = [d for d in counting_doses(state) if d.at >= at - timedelta(days=COUNTED_DAYS)]
    taken = [_taken(dose) for dose in doses]
    if not taken or any(dose is None for dose in taken):
        return {}
    found = model(tuple(dose for dose in taken if dose is not None), at)
    if found is None:
        return {}
    cause, protected = (doses[-1].event_id,), found.time(PROTECTED)
    facts = {
        BLOCKED: Found(Fact(protected.state != "never", 0.0), cause),
        ENDED: Found(Fact(modelled_end(found)[ENDED], 0.0), cause),
    }
    for name, time in ((UNTIL, protected), (FROM, found.time(DANGER))):
        if time.at is not None:
            text = time.at.astimezone(at.tzinfo).isoformat(timespec="minutes")
            facts[name] = Found(Fact(text, 0.0), cause)
    return facts


def _taken(dose: DoseOnRecord) -> Taken | None:
    """A dose as the model takes it; None for a product whose release nobody knows."""
    release = USUAL.get(dose.route) if dose.product is None else product(dose.product).release_model
    return None if release is None else Taken(dose.at, dose.dose_mg, release, dose.route)
