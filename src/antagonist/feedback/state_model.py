"""What is known of a patient at a moment, folded from the events of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from antagonist.label.patient import Scalar
from antagonist.label.rules import Route

DoseStatus = Literal["observed", "reported", "given", "missed", "held", "refused"]
AlarmStatus = Literal["open", "withdrawn", "acknowledged", "overridden"]
STOP = "stop"  # severity of an alarm: no further dose before somebody has looked
TAKEN: frozenset[str] = frozenset({"observed", "reported", "given"})


class Noted(NamedTuple):
    """One thing on record. at: when it happened. payload: as kept, in the newest version.

    source: what the payload says of its source, else role and author.
    """

    event_id: str
    kind: str
    at: datetime
    source: str
    payload: Mapping[str, Any]


class Statement(NamedTuple):
    """One statement of a fact of the dictionary.

    entry: value, unit, upper limit, source and date of its own, as a patient's file has them.
    """

    event_id: str
    at: datetime
    entry: Mapping[str, Any]

    @property
    def value(self) -> Scalar:
        """What is stated, in the entry's own unit."""
        value: Scalar = self.entry["value"]
        return value


class DoseOnRecord(NamedTuple):
    """A dose, injection or implant, taken or not.

    status: how it is known that it was taken ('given' = injected or put in), or why it was not.
    mouth_checked: None where nobody says. planned_at: the planned dose that it stands for.
    """

    event_id: str
    at: datetime
    route: Route
    dose_mg: float
    status: DoseStatus
    product: str | None = None
    planned_at: str | None = None
    mouth_checked: bool | None = None
    side: str | None = None

    @property
    def taken(self) -> bool:
        """Whether naltrexone got in, as far as the record says."""
        return self.status in TAKEN


@dataclass(frozen=True, slots=True)
class PlannedOnRecord:
    """A dose of the plan that holds."""

    at: datetime
    dose_mg: float
    kind: str


@dataclass(frozen=True, slots=True)
class PlanOnRecord:
    """The plan that holds. event_id: of the plan change or the decision that set it.

    document: as the planner wrote it.
    """

    event_id: str
    since: datetime
    doses: tuple[PlannedOnRecord, ...]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AlarmOnRecord:
    """An alarm and what became of it. closed_by: the event that closed it."""

    event_id: str
    at: datetime
    status: AlarmStatus
    closed_by: str | None
    payload: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether it allows no further dose: it says STOP, and nobody has set it aside.

        That somebody has seen to it takes nothing from its cause.
        """
        return self.payload["severity"] == STOP and self.status in ("open", "acknowledged")


@dataclass(frozen=True, slots=True)
class PatientState:
    """A patient at a moment. What is not on record is unknown, never 'no'; lists: oldest first.

    events: how many hold. doses: with those not taken. last_by_route: the last one taken by each.
    on_treatment: whether a dose was taken with no stop after it; None = neither is on record.
    facts: statements of each fact of the dictionary, from facts, labs, vital signs and symptoms.
    signs: the latest event with each vital sign. symptoms: the latest word on each term, present
    or not. scores, consents: the latest by score, and by what it is for. latest: the last event
    of each kind that replaces the one before, such as the list of medicines. notes: events of the
    kinds that count one by one, such as lapses.
    """

    patient: str | None
    at: datetime
    events: int
    doses: tuple[DoseOnRecord, ...] = ()
    last_by_route: Mapping[Route, DoseOnRecord] = field(default_factory=dict)
    plan: PlanOnRecord | None = None
    on_treatment: bool | None = None
    facts: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    signs: Mapping[str, Noted] = field(default_factory=dict)
    symptoms: Mapping[str, Noted] = field(default_factory=dict)
    scores: Mapping[str, Noted] = field(default_factory=dict)
    consents: Mapping[str, Noted] = field(default_factory=dict)
    latest: Mapping[str, Noted] = field(default_factory=dict)
    notes: Mapping[str, tuple[Noted, ...]] = field(default_factory=dict)
    alarms: tuple[AlarmOnRecord, ...] = ()

    @property
    def last_dose(self) -> DoseOnRecord | None:
        """The last dose that got in, by any route."""
        return max(self.last_by_route.values(), key=lambda dose: dose.at, default=None)

    def noted(self, kind: str) -> tuple[Noted, ...]:
        """Events of a kind that count one by one, such as lapses; oldest first."""
        return self.notes.get(kind, ())

    @property
    def taken(self) -> tuple[DoseOnRecord, ...]:
        """Doses that got in."""
        return tuple(dose for dose in self.doses if dose.taken)

    @property
    def next_planned(self) -> PlannedOnRecord | None:
        """The plan's first dose after this moment."""
        doses = self.plan.doses if self.plan is not None else ()
        return next((dose for dose in doses if dose.at > self.at), None)

    @property
    def present_symptoms(self) -> tuple[Noted, ...]:
        """Symptoms whose latest word is that they are there, and have not gone since."""
        return tuple(found for found in self.symptoms.values() if _is_there(found.payload))

    @property
    def open_alarms(self) -> tuple[AlarmOnRecord, ...]:
        """Alarms raised and neither withdrawn, acknowledged nor overridden."""
        return tuple(alarm for alarm in self.alarms if alarm.status == "open")

    @property
    def holding_alarms(self) -> tuple[AlarmOnRecord, ...]:
        """Alarms that allow no further dose, seen to or not."""
        return tuple(alarm for alarm in self.alarms if alarm.holds)

    def fact(self, name: str) -> Statement | None:
        """The latest statement of a fact, such as a laboratory value."""
        found = self.facts.get(name)
        return found[-1] if found else None

    @property
    def pregnant(self) -> bool | None:
        """What the latest pregnancy test says; None = no test on record."""
        found = self.fact("pregnancy_test")
        return None if found is None else bool(found.value == "positive")

    @property
    def weight_kg(self) -> float | None:
        """The latest weight, in kg."""
        found = self.signs.get("weight_kg")
        return None if found is None else float(found.payload["weight_kg"])

    def consented(self, to: str) -> bool | None:
        """Whether a consent holds at this moment; None = nobody asked."""
        found = self.consents.get(to)
        if found is None:
            return None
        until = found.payload.get("until")
        over = until is not None and self.at.date() > date.fromisoformat(until)
        return bool(found.payload["given"]) and not over


def _is_there(payload: Mapping[str, Any]) -> bool:
    return bool(payload["present"]) and payload.get("outcome") not in ("recovered", "fatal")
