"""When to hold doses before an operation, asked of the planning room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from antagonist.foundation.errors import InputError
from antagonist.label.patient import treated_indication
from antagonist.pharmacology.settings import Settings
from antagonist.planning.situation_model import Treatment
from antagonist.planning.situation_surgery import surgery
from antagonist.web.chart.doses import Given
from antagonist.web.chart.model import Hold, WhyNoHold
from antagonist.web.chart.solving import Person


def hold_of(
    person: Person,
    taken: Sequence[Given],
    planned: Sequence[Given],
    surgery_at: datetime,
    at: datetime,
    chosen: Settings,
    label: str | None,
) -> Hold:
    """The last moment for a dose before an operation with opioids, as situations state it.

    taken: doses that got in. planned: the plan's. Raises InputError for an operation before now.
    """
    if surgery_at <= at:
        raise InputError("what-if", "surgery_at", surgery_at.isoformat(), "after now")
    if not taken:
        return Hold(surgery_at, None, None, "no_dose")
    if any(dose.release is None for dose in taken):
        return Hold(surgery_at, None, None, "no_model")
    try:
        indication = treated_indication(person.file)
    except InputError:
        return Hold(surgery_at, None, None, "no_indication")
    treatment = Treatment(
        person.file.patient, at, indication, tuple(dose.taken() for dose in taken),
        label, person.facts, person.covariates, chosen,
    )  # fmt: skip
    before = [d.taken() for d in planned if d.at < surgery_at and d.release is not None]
    found = surgery(treatment, surgery_at, planned=before).dates
    hold, works = found.get("hold"), found.get("opioids_may_work")
    why: WhyNoHold | None = "implant" if hold is None else None
    return Hold(
        surgery_at,
        hold if isinstance(hold, datetime) else None,
        works if isinstance(works, datetime) else None,
        why,
    )
