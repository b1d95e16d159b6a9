"""A patient's page in the reader's words: who it is, what stands against a dose, plan, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from antagonist.feedback.events import RETRACTION, Event
from antagonist.feedback.state_model import PatientState, PlanOnRecord
from antagonist.label.monitoring import schedule
from antagonist.report.label_dates import date_text
from antagonist.report.label_text import amount, fact_title, in_language, product_title
from antagonist.report.screening_text import verdict_text
from antagonist.web.actions.decisions import Decided
from antagonist.web.actions.naming import age_on, birth_date_of, shown_name
from antagonist.web.actions.told import Told
from antagonist.web.chart.doses import unsaid_doses
from antagonist.web.entry.model import recordable
from antagonist.web.entry.subjects import fields_of
from antagonist.web.language import Reader
from antagonist.web.visit import Visit
from antagonist.web.words.alarms import alarm_said
from antagonist.web.words.decisions import BADGES, summary
from antagonist.web.words.events import said, value_text

SHOWN_DOSES, SHOWN_UNSAID = 6, 3


@dataclass(frozen=True, slots=True)
class Who:
    """Who the patient is. facts: title and text of each. flags: kind of badge and text."""

    name: str
    facts: tuple[tuple[str, str], ...]
    flags: tuple[tuple[str, str], ...]


def who_is(visit: Visit, told: Told) -> Who:
    """The head: name, numbers, age, indication, treatment, and what stands against naltrexone."""
    reader, state = visit.reader, told.state
    identity = told.identity
    numbers = () if identity is None else identity.identifiers
    born = birth_date_of(identity)
    unknown = reader.say("not on record")
    facts = [
        (reader.say("Numbers"), ", ".join(f"{s} {v}" for s, v in numbers) or unknown),
        (reader.say("Age"), unknown if born is None else _age(born, told.at.date(), reader)),
        (fact_title("indication_stated", reader.words), _indication(state, reader) or unknown),
        (reader.say("On treatment"), _treatment(state, reader)),
    ]
    return Who(
        shown_name(identity, told.patient, reader), tuple(facts), tuple(_flags(told, reader))
    )


def _age(born: date, on: date, reader: Reader) -> str:
    years = amount(age_on(born, on), "a", reader.words)
    return reader.say("%(years)s, born %(day)s", years=years, day=date_text(born, reader.words))


def _indication(state: PatientState, reader: Reader) -> str | None:
    stated = state.fact("indication_stated")
    if stated is None:
        return None
    return value_text(fields_of("fact", "indication_stated")["value"], stated.value, reader)


def _treatment(state: PatientState, reader: Reader) -> str:
    last = state.last_dose
    if state.on_treatment is None or last is None:
        return reader.say("no dose on record")
    now = reader.say("yes") if state.on_treatment else reader.say("no, stopped")
    return reader.say("%(said)s; last dose %(time)s", said=now, time=reader.time(last.at))


def _flags(told: Told, reader: Reader) -> list[tuple[str, str]]:
    """What must be seen before anything is given; what nobody asked about is said too."""
    found, state = [], told.state
    if state.pregnant:
        found.append(("stop", reader.say("Pregnancy test positive")))
    for alarm in state.holding_alarms:
        said_so = alarm_said(alarm.payload, told.at, reader)
        found.append(("stop", f"{said_so.severity_text}: {said_so.sentence}"))
    asked = state.latest.get("allergies")
    if asked is None:
        found.append(("missing", reader.say("Allergies: not asked about")))
    else:
        to = ", ".join(map(str, asked.payload.get("to", ())))
        if to:
            found.append(("urgent", reader.say("Allergic to: %(what)s", what=to)))
        else:
            found.append(("info", reader.say("No allergy known")))
    return [*found, *_decided(told, reader)]


def _decided(told: Told, reader: Reader) -> list[tuple[str, str]]:
    """The last screening's verdicts, and a plan that was refused after what now holds."""
    found, last = [], {}
    for event in told.held:
        if event.kind == "decision":
            last[str(event.payload["what"])] = event
    screened, refused = last.get("screen"), last.get("plan")
    for badge, text in [] if screened is None else summary(Decided(screened, ()), reader):
        assert screened is not None
        day = date_text(screened.occurred_at.astimezone(reader.tz).date(), reader.words)
        found.append((badge, reader.say("Screening of %(day)s: %(what)s", day=day, what=text)))
    if refused is not None and _stands(refused, told):
        found += summary(Decided(refused, ()), reader)
    return found


def _stands(decision: Event, told: Told) -> bool:
    """Whether a plan's decision refused, and no plan was made or gone past it since."""
    if decision.payload["result"].get("refusal") is None:
        return False
    later = told.state.plan
    if later is not None and later.since > decision.occurred_at:
        return False
    return not any(
        event.kind == "override" and event.payload.get("decision") == decision.event_id
        for event in told.held
    )


@dataclass(frozen=True, slots=True)
class PlanSaid:
    """The plan that holds. doses: time and text; checks: day and title.

    unsaid: planned doses that are past, of which nobody said what became; the last ones.
    verdict: kind of badge and text of what the label says of it; None = allowed without cautions,
    or not on record.
    """

    product: str
    verdict: tuple[str, str] | None
    unsaid: tuple[tuple[datetime, str], ...]
    since: datetime
    doses: tuple[tuple[datetime, str], ...]
    more: int
    checks: tuple[tuple[date, str], ...]


def plan_said(state: PatientState, reader: Reader) -> PlanSaid | None:
    """The plan that holds, its next doses and checks; None without one."""
    plan = state.plan
    if plan is None:
        return None
    coming = [dose for dose in plan.doses if dose.at > state.at]
    unsaid = [
        (dose.at, amount(dose.dose_mg, "mg", reader.words))
        for dose in unsaid_doses(state)[-SHOWN_UNSAID:]
    ]
    doses = [(dose.at, amount(dose.dose_mg, "mg", reader.words)) for dose in coming]
    titles = {check.id: check.title for check in schedule()}
    days = [
        (date.fromisoformat(entry["on"]), str(entry["check"]))
        for entry in plan.document.get("checks", ())
    ]
    checks = [
        (on, in_language(titles[name], reader.words) if name in titles else name)
        for on, name in sorted(days)
        if on >= state.at.date()
    ]
    named = product_title(str(plan.document["product"]), reader.words)
    return PlanSaid(
        named, _plan_verdict(plan, reader), tuple(unsaid), plan.since,
        tuple(doses[:SHOWN_DOSES]), max(len(doses) - SHOWN_DOSES, 0), tuple(checks[:SHOWN_DOSES]),
    )  # fmt: skip


def _plan_verdict(plan: PlanOnRecord, reader: Reader) -> tuple[str, str] | None:
    for part in ("screening", "limits"):
        verdict = (plan.document.get(part) or {}).get("verdict", "allowed")
        if verdict != "allowed":
            return BADGES[verdict], verdict_text(verdict, reader.words)
    return None


@dataclass(frozen=True, slots=True)
class EventSaid:
    """A line of the record. gone: how it ceased to hold; None where it holds."""

    event: Event
    text: str
    who: str
    gone: Literal["corrected", "taken_back"] | None
    may_correct: bool


def events_said(told: Told, part: Sequence[Event], reader: Reader) -> list[EventSaid]:
    """Events in words, with whether each still holds."""
    replaced = {e.corrects: e.kind for e in told.written if e.corrects is not None}
    correctable = recordable()
    found = []
    for event in part:
        by = replaced.get(event.event_id)
        gone: Literal["corrected", "taken_back"] | None = None
        if by is not None:
            gone = "taken_back" if by == RETRACTION else "corrected"
        role = reader.words.text(f"role.{event.role}")
        found.append(
            EventSaid(
                event,
                said(event, reader),
                f"{role} {event.author}",
                gone,
                gone is None and event.kind in correctable,
            )
        )
    return found


def newest_first(events: Sequence[Event]) -> list[Event]:
    """Events by when they happened, the last first."""
    return sorted(events, key=lambda event: (event.occurred_at, event.n), reverse=True)
