"""Decisions on record: made by a screening, listed, read again; which of them refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, select
from sqlalchemy.sql import Select

from antagonist.feedback import tables as t
from antagonist.feedback.answering import answers_in, book_on
from antagonist.feedback.database import reading
from antagonist.feedback.decisions import DECISION, decide_screen
from antagonist.feedback.events import Event
from antagonist.feedback.history import event_of, uncorrected
from antagonist.feedback.merging import kept_in, members_in
from antagonist.feedback.overrides import OVERRIDE
from antagonist.foundation.data import check_known
from antagonist.label.answers import Answer, Verdict
from antagonist.label.assess import assessed
from antagonist.label.formulary import products as formulary
from antagonist.label.rulebook import Rulebook
from antagonist.label.rules import Question
from antagonist.web.actions import recording
from antagonist.web.actions.files import file_of
from antagonist.web.clinic import Clinic
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import new_key
from antagonist.web.texts import checked_id
from antagonist.web.visit import Visit

PAGE = 20  # decisions shown at once; one may hold answers for two dozen products
QUESTIONS: tuple[Question, ...] = ("start", "treatment", "challenge", "administration")
NEVER_TESTED = "no_provocation_test"  # kind of event
# What a second person may be asked to go past. What is not known has to be found out instead.
REFUSING: frozenset[Verdict] = frozenset(("not_allowed", "not_yet"))


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, and the overrides of it, oldest first."""

    event: Event
    overrides: tuple[Event, ...]

    @property
    def what(self) -> str:
        """screen, plan, forecast or alarm."""
        return str(self.event.payload["what"])


def screen(
    visit: Visit,
    patient: str,
    question: Question,
    products: Sequence[str],
    jurisdiction: str | None,
    *,
    never_tested: bool = False,
) -> Event:
    """Screen a patient on what is on record now, and keep the decision.

    products: ids; none = all that can be planned. jurisdiction: None = the stricter of all labels.
    never_tested: somebody has asked, and no naloxone test was ever done; where the record has no
    word of one, that goes on it first, as this person's.
    Raises InputError for an unknown product or label, and where no indication is on record; then
    nothing is written.
    """
    check_known(question, QUESTIONS, "screen", "question")
    for product in products:
        check_known(product, formulary(), "screen", "products")
    clinic = visit.clinic
    now = clinic.now().astimezone(clinic.tz)
    file = file_of(clinic.record, patient, now, clinic.tz)
    if never_tested and file.provocation_tests is None:
        # raises what the decision would raise, before anything is written
        assessed(
            file, now, products, label=jurisdiction, question=question,
            book=book_on(now.date(), clinic.config.rules),
        )  # fmt: skip
        now = _never_tested(visit, patient)
        file = file_of(clinic.record, patient, now, clinic.tz)
    return decide_screen(
        clinic.record, patient, visit.actor, file=file, products=products,
        jurisdiction=jurisdiction, question=question, as_of=now, clinic=clinic.config.rules,
    )  # fmt: skip


def _never_tested(visit: Visit, patient: str) -> datetime:
    """Write that it was asked and no test was done. Returns the moment, in the clinic's zone."""
    now = visit.clinic.now().astimezone(visit.clinic.tz)
    payload = {"asked_on": now.date().isoformat(), "source": visit.account.shown}
    wish = recording.Wish(patient, None, new_key())
    recording.write(visit, wish, recording.new_event(NEVER_TESTED, now, payload))
    return now


def says_of_tests(visit: Visit, patient: str) -> bool:
    """Whether the record has a naloxone test, or says that none was done."""
    clinic = visit.clinic
    now = clinic.now().astimezone(clinic.tz)
    return file_of(clinic.record, patient, now, clinic.tz).provocation_tests is not None


def decisions(
    connection: Connection,
    patient: str,
    what: str | None = None,
    before: str | None = None,
    most: int = PAGE,
) -> list[Decided]:
    """The latest decisions about a patient and whoever was merged with it, newest first.

    what: only those of one kind. before: an event's id, to read on from there. What was taken
    back is left out.
    """
    group = _group(connection, patient)
    query = _holding(group).order_by(t.events.c.seq.desc()).limit(most)
    if what is not None:
        query = query.where(t.events.c.payload.contains(f'"what":"{what}"', autoescape=True))
    if before is not None:
        last = (
            select(t.events.c.seq)
            .where(t.events.c.event_id == checked_id(before))
            .scalar_subquery()
        )
        query = query.where(t.events.c.seq < last)
    found = _read(connection, query)
    by_decision = _overrides(connection, group)
    return [Decided(event, tuple(by_decision.get(event.event_id, ()))) for event in found]


def decision_of(connection: Connection, patient: str, event_id: str) -> Decided:
    """One decision about a patient. Raises NotFoundError for one of nobody or of another."""
    group = _group(connection, patient)
    found = _read(connection, _holding(group).where(t.events.c.event_id == checked_id(event_id)))
    if not found:
        raise NotFoundError
    overrides = _overrides(connection, group).get(event_id, ())
    return Decided(found[0], tuple(overrides))


def decided(visit: Visit, patient: str, event_id: str) -> Decided:
    """``decision_of`` in a transaction of its own."""
    with reading(visit.clinic.engine) as connection:
        return decision_of(connection, patient, event_id)


def answers_of(event: Event) -> tuple[Answer, ...]:
    """The label's answers that a decision holds, as they were given."""
    return _answers().validate_python(tuple(answers_in(event.payload["result"])))


def refusal_of(event: Event) -> Answer | None:
    """The answer that closes or delays, where a decision is about one product and does so."""
    result = event.payload["result"]
    if event.payload["what"] == "screen":
        one = answers_of(event) if len(result["answers"]) == 1 else ()
    else:
        one = answers_of(event) if result.get("refusal") is not None else ()
    return next((answer for answer in one if answer.verdict in REFUSING), None)


def book_of(clinic: Clinic, answer: Answer) -> Rulebook:
    """The present rules, the clinic's own among them, that hold on an answer's day."""
    return book_on(datetime.fromisoformat(answer.as_of).date(), clinic.config.rules)


@lru_cache(maxsize=1)
def _answers() -> TypeAdapter[tuple[Answer, ...]]:
    return TypeAdapter(tuple[Answer, ...])


def _group(connection: Connection, patient: str) -> tuple[str, ...]:
    return members_in(connection, kept_in(connection, patient))


def _holding(group: Iterable[str], kind: str = DECISION) -> Select[Any]:
    """Events of a kind that nobody corrected or took back."""
    columns = [column for column in t.events.c if column.name != "seq"]
    return select(*columns).where(
        t.events.c.patient.in_(tuple(group)), t.events.c.kind == kind, uncorrected()
    )


def _read(connection: Connection, query: Select[Any]) -> list[Event]:
    return [event_of(row) for row in connection.execute(query).mappings()]


def _overrides(connection: Connection, group: Iterable[str]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in _read(connection, _holding(group, OVERRIDE).order_by(t.events.c.seq)):
        found.setdefault(str(event.payload.get(DECISION)), []).append(event)
    return found
