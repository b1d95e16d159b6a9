"""The opioid-free timeline: days since each class of opioid, from the latest possible instant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from antagonist.label.dates import When, when
from antagonist.label.facts import Fact
from antagonist.label.opioid_data import OpioidClass, opioid_data, opioid_id
from antagonist.label.patient import Exposure, OpioidHistory, Patient, Span

NEVER = math.inf


@dataclass(frozen=True)
class Counted:
    """One exposure as it is counted.

    classes: it may count as these; empty = matches no entry. certain: it counts as these whatever
    its pattern was. from_: when the count starts; None = not known.
    """

    opioid: str
    classes: tuple[str, ...]
    certain: tuple[str, ...]
    from_: When | None
    last_use: When | None
    source: str


def date_of(value: str | Span | None, as_of: datetime, source: str, field: str) -> When | None:
    """A date of the file, or None where it is not given."""
    if value is None:
        return None
    raw = {"from": value.from_, "to": value.to} if isinstance(value, Span) else value
    return when(raw, as_of, source, field)


def counted(patient: Patient, as_of: datetime) -> tuple[Counted, ...]:
    """Every opioid of the history as it is counted. Raises InputError for a bad date."""
    history = patient.opioid_history
    if history is None:
        return ()
    return tuple(
        _counted(entry, as_of, patient.source, f"opioid_history.exposures[{index}]")
        for index, entry in enumerate(history.exposures)
    )


def _counted(entry: Exposure, as_of: datetime, source: str, field: str) -> Counted:
    last = date_of(entry.last_use, as_of, source, f"{field}.last_use")
    removed = date_of(entry.removed, as_of, source, f"{field}.removed")
    ended = date_of(entry.release_ended, as_of, source, f"{field}.release_ended")
    name = opioid_id(entry.opioid)
    if name is None:
        return Counted(entry.opioid, (), (), None, last, entry.source)
    opioid, classes = opioid_data().opioids[name], opioid_data().classes
    own = opioid.class_ or opioid.by_pattern.get(_pattern(entry))
    possible = (own,) if own is not None else tuple(dict.fromkeys(opioid.by_pattern.values()))
    wide = [_with_also(cls) for cls in possible]
    start = {"last_use": last, "removal": removed, "release_end": ended}
    return Counted(
        opioid=name,
        classes=tuple(dict.fromkeys(cls for group in wide for cls in group)),
        certain=tuple(cls for cls in wide[0] if all(cls in group for group in wide)),
        from_=start[classes[possible[0]].counts_from],
        last_use=last,
        source=entry.source,
    )


def _pattern(entry: Exposure) -> str:
    return {"maintenance": "regular", "occasional": "single"}.get(entry.pattern, entry.pattern)


def _with_also(name: str) -> tuple[str, ...]:
    return (name, *opioid_data().classes[name].also)


def exposure_facts(
    history: OpioidHistory | None, exposures: Sequence[Counted], as_of: datetime
) -> dict[str, Fact]:
    """Days since each class, and which classes were used, as facts.

    A class that was asked about and not used counts as never; one neither used nor asked about
    has no fact.
    """
    if history is None:
        return {}
    facts: dict[str, Fact] = {}
    for name, entry in opioid_data().classes.items():
        here = [e for e in exposures if name in e.classes]
        if here or _asked(history, name):
            facts[entry.fact] = _class_days(name, here, history, as_of)
            facts |= _used(entry, exposures, history)
    unmatched = next((e for e in exposures if not e.classes), None)
    if unmatched is not None:
        vague = Fact(None, source=unmatched.source, state="unclear", detail="unmatched_opioid")
        return facts | {"unmatched_opioid": vague, "days_since_opioid": vague}
    facts["unmatched_opioid"] = Fact(False, source=history.source)
    if exposures or (history.ever == "none" and asked_all(history)):
        facts["days_since_opioid"] = _days(exposures, history, as_of)
    return facts


def _asked(history: OpioidHistory, name: str) -> bool:
    return history.asked_about == "all" or name in history.asked_about


def asked_all(history: OpioidHistory) -> bool:
    """Whether every class of data/exposures.yaml was asked about by name."""
    return all(_asked(history, name) for name in opioid_data().classes)


def _used(
    entry: OpioidClass, exposures: Sequence[Counted], history: OpioidHistory
) -> dict[str, Fact]:
    """Whether a class was used; several classes may share the fact, and one use is enough."""
    if entry.used is None:
        return {}
    shared = {n for n, c in opioid_data().classes.items() if c.used == entry.used}
    if any(shared & set(e.certain) for e in exposures):
        return {entry.used: Fact(True, source=history.source)}
    maybe = any(shared & set(e.classes) for e in exposures)
    if maybe or not all(_asked(history, name) for name in shared):
        return {}
    return {entry.used: Fact(False, source=history.source)}


def _class_days(
    name: str, here: Sequence[Counted], history: OpioidHistory, as_of: datetime
) -> Fact:
    unsure = next((e for e in here if name not in e.certain), None)
    if unsure is not None:
        return Fact(None, source=unsure.source, state="unclear", detail="no_pattern")
    return _days(here, history, as_of)


def _days(here: Sequence[Counted], history: OpioidHistory, as_of: datetime) -> Fact:
    """Days since the latest of some exposures; one without a date makes it unknown."""
    if not here:
        return Fact(NEVER, source=history.source, detail="never")
    starts = [(e.from_, e.source) for e in here if e.from_ is not None]
    if len(starts) < len(here):
        vague = next(e for e in here if e.from_ is None)
        return Fact(None, source=vague.source, state="unclear", detail="no_date")
    latest, source = max(starts, key=lambda pair: pair[0].latest)
    return Fact(float(latest.days_since(as_of)), on=latest.text, source=source)
