"""When to hold doses before an operation, asked of the planning room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from antagonist.foundation.errors import InputError
from antagonist.label.patient import treated_indication
from antagonist.label.rules import Indication
from antagonist.pharmacology.settings import Settings
from antagonist.planning.situation_model import Taken, Treatment
from antagonist.planning.situation_surgery import surgery_dates
from antagonist.web.chart.doses import Given
from antagonist.web.chart.model import Hold, WhyNoHold
from antagonist.web.chart.solving import Person


@dataclass(frozen=True)
class _Question:
    """All that the dates depend on. hour: of now, within which they hardly move.

    zone: the clinic's, whose days count: times of two zones may be equal, their days are not.
    """

    taken: tuple[Taken, ...]
    before: tuple[Taken, ...]
    surgery_at: datetime
    hour: datetime
    zone: str
    indication: Indication
    label: str | None
    covariates: tuple[tuple[str, float | str | bool], ...]
    chosen: Settings
    person: Person = field(compare=False)
    at: datetime = field(compare=False)


# The planning room takes longer than the rest of a what-if; whoever looks for a date changes the
# other questions beside it again and again.
@lru_cache(maxsize=64)
def _dates(asked: _Question) -> Mapping[str, datetime | date]:
    treatment = Treatment(
        asked.person.file.patient, asked.at, asked.indication, asked.taken, asked.label,
        asked.person.facts, asked.person.covariates, asked.chosen,
    )  # fmt: skip
    return surgery_dates(treatment, asked.surgery_at, planned=asked.before)


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

    taken: doses that got in. planned: the plan's. at: now, in the clinic's zone, whose days count.
    Raises InputError for an operation before now.
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
    before = tuple(d.taken() for d in planned if d.at < surgery_at and d.release is not None)
    hour = at.replace(minute=0, second=0, microsecond=0)
    given, known = tuple(d.taken() for d in taken), tuple(sorted(person.covariates.items()))
    found = _dates(
        _Question(
            given, before, surgery_at, hour, str(at.tzinfo), indication, label, known, chosen,
            person, at,
        )
    )  # fmt: skip
    hold, works = found.get("hold"), found.get("opioids_may_work")
    why: WhyNoHold | None = "implant" if hold is None else None
    return Hold(
        surgery_at,
        hold if isinstance(hold, datetime) else None,
        works if isinstance(works, datetime) else None,
        why,
    )
