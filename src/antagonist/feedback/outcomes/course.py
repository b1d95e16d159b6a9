"""A patient's course as the outcome measures read it: events that hold, by the clinic's days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from antagonist.feedback.events import Event
from antagonist.feedback.history import current
from antagonist.feedback.outcomes.labs import Laboratory, laboratory
from antagonist.feedback.outcomes.urine import Sample, samples_of
from antagonist.feedback.outcomes.used import drinks_of, opioid_days
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import DoseOnRecord, PatientState
from antagonist.label.formulary import product
from antagonist.label.rules import Route
from antagonist.label.side_effects import side_effects
from antagonist.planning.treatment import USUAL

Departed = Literal["death", "prison", "transfer", "completed"]
Sex = Literal["male", "female"]
CHECKED = "observed_mouth_checked"
NO_WORD = "no_word"


class Intake(NamedTuple):
    """A dose, taken or not. evidence: kind of data/intake.yaml. release: None = no levels known.

    event_id: None for a planned dose without a word.
    """

    at: datetime
    route: Route
    dose_mg: float
    evidence: str
    product: str | None
    release: str | None
    event_id: str | None = None

    @property
    def seen(self) -> bool:
        """Whether the record says that it got in, seen or told."""
        return self.evidence in ("given", CHECKED, "observed", "reported")


class Pack(NamedTuple):
    """A pack handed out. days: how long it lasts."""

    on: date
    days: int


class Span(NamedTuple):
    """Days from first to last, both included."""

    first: date
    last: date


class Departure(NamedTuple):
    """Left care otherwise than by dropping out."""

    on: date
    how: Departed


class Challenge(NamedTuple):
    """A naloxone challenge that was finished."""

    on: date
    positive: bool


class Effect(NamedTuple):
    """A symptom that was there. organ_system: None where nobody says. relation: as judged."""

    on: date
    term: str
    organ_system: str | None
    grade: int | None
    relation: str | None


class Rating(NamedTuple):
    """What somebody thinks of a product."""

    on: date
    item: str
    by: str
    product: str
    value: float


@dataclass(frozen=True)
class Course:
    """All that the measures read. What is not here is unknown, never 'no'.

    at: moment of the report, aware, in the clinic's zone. intakes: oldest first, planned doses
    without a word up to the last evidence among them. opioid_use, opioid_known: days. drinks: g of
    ethanol by day, None = drank, amount unknown. group: product that treatment began with.
    """

    patient: str
    at: datetime
    sex: Sex | None
    indication: str | None
    intakes: tuple[Intake, ...]
    packs: tuple[Pack, ...]
    hospital: tuple[Span, ...]
    departure: Departure | None
    stopped: tuple[date, ...]
    implant_out: tuple[date, ...]
    samples: tuple[Sample, ...]
    opioid_use: frozenset[date]
    opioid_known: frozenset[date]
    challenges: tuple[Challenge, ...]
    drinks: Mapping[date, float | None]
    effects: tuple[Effect, ...]
    labs: Laboratory
    ratings: tuple[Rating, ...]

    @property
    def taken(self) -> tuple[Intake, ...]:
        """Doses that the record says got in."""
        return tuple(dose for dose in self.intakes if dose.seen)

    @property
    def today(self) -> date:
        """The day of the report."""
        return self.at.date()

    @property
    def start(self) -> date | None:
        """Day of the first dose; None without one."""
        taken = self.taken
        return self.day(taken[0].at) if taken else None

    @property
    def end(self) -> date:
        """Last day that is looked at: today, or the day of departure."""
        return self.today if self.departure is None else min(self.today, self.departure.on)

    @property
    def group(self) -> str | None:
        """What treatment began with: a release model, else the route; None without a dose."""
        taken = self.taken
        return (taken[0].release or taken[0].route) if taken else None

    def day(self, moment: datetime) -> date:
        """A moment's day in the clinic."""
        return moment.astimezone(self.at.tzinfo).date()


def course_of(patient: str, events: Sequence[Event], at: datetime) -> Course:
    """A patient's course up to a moment.

    events: of the patient, corrected ones and corrections among them or not. at: aware, in the
    clinic's zone.
    """
    held = current(events, at)
    state = folded_held(held, at)
    told = _by_kind(held)
    use, known = opioid_days(told, at)
    fact = state.fact("sex")
    said = state.fact("indication_stated")
    return Course(
        patient=patient,
        at=at,
        sex="male" if fact and fact.value == "male" else "female" if fact else None,
        indication=None if said is None else str(said.value),
        intakes=tuple(_intakes(state, at)),
        packs=tuple(Pack(_local(e, at), e.payload["days"]) for e in told.get("dispensed", ())),
        hospital=tuple(_stay(e.payload, at) for e in told.get("hospital_stay", ())),
        departure=_departure(told, at),
        stopped=tuple(_local(e, at) for e in told.get("treatment_stop", ())),
        implant_out=tuple(_local(e, at) for e in told.get("implant_out", ())),
        samples=samples_of(told.get("urine_drug_test", ()), at),
        opioid_use=use,
        opioid_known=known,
        challenges=tuple(
            Challenge(_local(e, at), e.payload["result"] == "positive")
            for e in told.get("provocation_test", ())
            if e.payload["drug"] == "naloxone" and e.payload["result"] != "interrupted"
        ),
        drinks=drinks_of(told, at),
        effects=tuple(_effect(e, at) for e in told.get("symptom", ()) if e.payload["present"]),
        labs=laboratory(state, at),
        ratings=tuple(_rating(e, at) for e in told.get("rating", ())),
    )


def _by_kind(held: Sequence[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in held:
        found.setdefault(event.kind, []).append(event)
    return found


def _local(event: Event, at: datetime) -> date:
    return event.occurred_at.astimezone(at.tzinfo).date()


def _intakes(state: PatientState, at: datetime) -> Iterator[Intake]:
    found = [_intake(dose) for dose in state.doses]
    seen = [dose.at for dose in found if dose.seen]
    word = {dose.at.astimezone(at.tzinfo).date() for dose in found if dose.route == "oral"}
    plan = state.plan
    if plan is not None and seen and plan.document.get("route") == "oral":
        name = plan.document.get("product")
        for planned in plan.doses:
            day = planned.at.astimezone(at.tzinfo).date()
            if seen[0] <= planned.at <= seen[-1] and day not in word:
                release = _release("oral", name)
                found.append(Intake(planned.at, "oral", planned.dose_mg, NO_WORD, name, release))
    return iter(sorted(found, key=lambda dose: dose.at))


def _intake(dose: DoseOnRecord) -> Intake:
    evidence: str = dose.status
    if dose.status == "observed" and dose.mouth_checked:
        evidence = CHECKED
    release = _release(dose.route, dose.product)
    return Intake(dose.at, dose.route, dose.dose_mg, evidence, dose.product, release, dose.event_id)


def _release(route: Route, name: str | None) -> str | None:
    return USUAL.get(route) if name is None else product(name).release_model


def _stay(said: Mapping[str, Any], at: datetime) -> Span:
    last = said.get("last")
    return Span(date.fromisoformat(said["first"]), date.fromisoformat(last) if last else at.date())


def _departure(told: Mapping[str, Sequence[Event]], at: datetime) -> Departure | None:
    """The first departure; a fatal overdose or side effect is a death, whoever forgot to say so."""
    found = [
        Departure(date.fromisoformat(e.payload["date"]), e.payload["how"])
        for e in told.get("departure", ())
    ]
    found += [
        Departure(_local(e, at), "death")
        for e in (*told.get("overdose", ()), *told.get("symptom", ()))
        if e.payload.get("fatal") is True or e.payload.get("outcome") == "fatal"
    ]
    return min(found, default=None)


def _effect(event: Event, at: datetime) -> Effect:
    said = event.payload
    term = side_effects().terms.get(said["term"])
    system = said.get("organ_system") or (term.organ_system if term is not None else None)
    onset = said.get("onset")
    began = event.occurred_at if onset is None else datetime.fromisoformat(onset)
    day = began.astimezone(at.tzinfo).date()
    return Effect(day, said["term"], system, said.get("ctcae_grade"), said.get("relation"))


def _rating(event: Event, at: datetime) -> Rating:
    said = event.payload
    return Rating(
        _local(event, at), said["item"], said["by"], said["product"], float(said["value"])
    )


def days_from(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, both included."""
    return (first + timedelta(days=i) for i in range((last - first).days + 1))
