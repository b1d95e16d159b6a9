"""The head of a patient's page in the reader's words: protection first, then who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from antagonist.feedback.events import RETRACTION, Event
from antagonist.feedback.state_model import PatientState
from antagonist.label.monitoring import schedule
from antagonist.report.label_dates import date_text
from antagonist.report.label_text import amount, fact_title, in_language, product_title
from antagonist.report.numbers import percent
from antagonist.report.phrases import threshold_text
from antagonist.web.actions.naming import age_on, birth_date_of, shown_name
from antagonist.web.actions.told import Told
from antagonist.web.chart import Chart
from antagonist.web.chart.model import Stated
from antagonist.web.entry.model import recordable
from antagonist.web.entry.subjects import fields_of
from antagonist.web.language import Reader
from antagonist.web.visit import Visit
from antagonist.web.words.events import said, value_text, verdicts

DANGER = "overdose_danger_from"
Mood = Literal["holds", "over", "unknown"]
SHOWN_DOSES = 6


@dataclass(frozen=True, slots=True)
class Protection:
    """The statement that stands first. lines: what belongs to it, each a sentence."""

    mood: Mood
    lead: str
    lines: tuple[str, ...]


def protection(chart: Chart, reader: Reader) -> Protection:
    """'Protected until at least' if nothing more is taken, on its cautious side."""
    alone = chart.until("nothing_more")
    if chart.empty == "no_model":
        lead = reader.say(
            "How long protection lasts is not known: a product given has no published levels."
        )
        return Protection("unknown", lead, ())
    if alone is None:
        lead = reader.say("Not protected: no dose of naltrexone on record acts now.")
        return Protection("over", lead, ())
    lead, mood = _lead(alone, reader)
    lines = [_share(alone, reader)]
    planned = chart.until("with_plan")
    if planned is not None and chart.summary.doses_ahead:
        lines.append(_with_plan(planned, reader))
    danger = next((s for s in chart.stated if s.name == DANGER), None)
    if danger is not None:
        lines.append(_danger(danger, reader))
    lines.append(threshold_text(chart.threshold, reader.words, "patient"))
    lines.append(_made(chart, reader))
    return Protection(mood, lead, tuple(lines))


def _lead(found: Stated, reader: Reader) -> tuple[str, Mood]:
    if found.state == "never":
        return reader.say("Not surely protected now."), "over"
    if found.at is None:
        time = reader.time(found.looked_until)
        return reader.say("Protected for as long as was looked, until %(time)s", time=time), "holds"
    return reader.say("Protected until at least %(time)s", time=reader.time(found.at)), "holds"


def _share(found: Stated, reader: Reader) -> str:
    share = percent(found.share_over_now)
    text = reader.say("%(share)s of such patients are protected now.", share=share)
    if found.median_at is None:
        return text
    half = reader.say("Half of them no longer from %(time)s.", time=reader.time(found.median_at))
    return f"{text} {half}"


def _with_plan(found: Stated, reader: Reader) -> str:
    if found.state == "never":
        return reader.say("With the plan as planned: not surely protected at this hour either.")
    if found.at is None:
        time = reader.time(found.looked_until)
        return reader.say("With the plan as planned: protected until %(time)s and on.", time=time)
    time = reader.time(found.at)
    return reader.say("With the plan as planned: until at least %(time)s.", time=time)


def _danger(found: Stated, reader: Reader) -> str:
    if found.state == "never":
        return reader.say("Danger of overdose: now.")
    time = reader.time(found.at or found.looked_until)
    if found.at is None:
        return reader.say("Danger of overdose: not before %(time)s.", time=time)
    return reader.say("Danger of overdose: from %(time)s.", time=time)


def _made(chart: Chart, reader: Reader) -> str:
    if chart.made.model == "own":
        return reader.say("By the patient's own model, learnt from measured levels.")
    return reader.say("By the model of a typical new patient like this one.")


def chart_text(chart: Chart, reader: Reader) -> str:
    """The chart in sentences, for who cannot see it."""
    summary, words = chart.summary, reader.words
    parts = []
    now = summary.now.get("blocked_subjective")
    if now is not None:
        low, middle, high = (percent(value / 100) for value in now)
        parts.append(
            reader.say(
                "Opioid effect blocked now: %(middle)s (9 of 10 patients: %(low)s to %(high)s).",
                low=low,
                middle=middle,
                high=high,
            )
        )
    for dose, which in (
        (summary.last_dose, reader.say("Last dose")), (summary.next_dose, reader.say("Next dose")),
    ):  # fmt: skip
        if dose is not None:
            mg = amount(dose.dose_mg, "mg", words)
            parts.append(f"{which}: {mg}, {reader.time(dose.at)}.")
    if summary.days_ahead:
        parts.append(
            reader.say(
                "Of %(n)s days to come %(unsure)s are not surely protected.",
                n=summary.days_ahead,
                unsure=summary.unsure_days,
            )
        )
    return " ".join(parts) or protection(chart, reader).lead


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
    asked = state.latest.get("allergies")
    if asked is None:
        found.append(("missing", reader.say("Allergies: not asked about")))
    else:
        to = ", ".join(map(str, asked.payload.get("to", ())))
        if to:
            found.append(("urgent", reader.say("Allergic to: %(what)s", what=to)))
        else:
            found.append(("info", reader.say("No allergy known")))
    screens = [e for e in told.held if e.kind == "decision" and e.payload["what"] == "screen"]
    for verdict in verdicts(screens[-1].payload, reader) if screens else ():
        found.append(("info", reader.say("Last screening: %(verdict)s", verdict=verdict)))
    return found


@dataclass(frozen=True, slots=True)
class PlanSaid:
    """The plan that holds. doses: time and text; checks: day and title."""

    product: str
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
        named, plan.since, tuple(doses[:SHOWN_DOSES]), max(len(doses) - SHOWN_DOSES, 0),
        tuple(checks[:SHOWN_DOSES]),
    )  # fmt: skip


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
