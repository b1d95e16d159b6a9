"""The list of patients, finding one, and taking a new one in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, and_, or_, select

from antagonist.feedback import tables as r
from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import checked_text, moment, stamp
from antagonist.feedback.identity import Identifier, create_patient, find, identities_of
from antagonist.feedback.merging import everybody
from antagonist.feedback.state_model import STOP
from antagonist.feedback.today import ALARM, HOLD, PROTECTION
from antagonist.feedback.today_tables import due
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.access import give_one, given, sees
from antagonist.web.accounts.rules import rules
from antagonist.web.actions.naming import BIRTH, NAME_PARTS, shown_name
from antagonist.web.actions.stops import stopped_at
from antagonist.web.actions.today import URGENCY
from antagonist.web.language import N_
from antagonist.web.visit import Visit, limited
from antagonist.web.words.today import DAYS

Sort = Literal["name", "due", "alarms"]
LONGEST = 100  # characters of a name, a number or a search
EARLIEST_BIRTH = date(1900, 1, 1)
NO_RELEASE = "none"


@dataclass(frozen=True, slots=True)
class LastDose:
    """The last dose that counts. route: oral, im_xr or implant; dose_mg as stated on the product.

    stopped: treatment was stopped after it.
    """

    route: str
    at: datetime
    dose_mg: float
    stopped: bool


@dataclass(frozen=True, slots=True)
class NextDue:
    """What the plan waits for first. kind: as ``feedback.today.Line``; at: end of its day, UTC."""

    kind: str
    at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A patient in the list. events: written so far. worst: severity of the gravest open alarm.

    held: an alarm allows no dose, seen to or not.
    """

    patient: str
    name: str
    identifiers: tuple[Identifier, ...]
    events: int
    last: LastDose | None
    alarms: int
    worst: str | None
    held: bool
    next: NextDue | None

    @property
    def form(self) -> str:
        """What the patient is on: a route, or none."""
        return NO_RELEASE if self.last is None or self.last.stopped else self.last.route


def rows(visit: Visit, sort: Sort = "name") -> list[Row]:
    """Every patient that the account sees, from tables alone: no history is read."""
    clinic = visit.clinic
    people = everybody(clinic.record)
    now = stamp(clinic.now())
    with reading(clinic.engine) as connection:
        mine = given(connection, visit.account)
        last = _last_doses(connection)
        alarms = _alarms(connection, now)
        held = _held(connection, now)
        waiting = _next_due(connection, now)
    seen = [(patient, events) for patient, events in people if mine is None or patient in mine]
    known = identities_of(clinic.record, [patient for patient, _ in seen])
    found = []
    for patient, events in seen:
        identity = known.get(patient)
        severities = alarms.get(patient, ())
        found.append(
            Row(
                patient, shown_name(identity, patient, visit.reader),
                () if identity is None else identity.identifiers, events, last.get(patient),
                len(severities), min(severities, key=URGENCY.index, default=None),
                patient in held, waiting.get(patient),
            )
        )  # fmt: skip
    return sorted(found, key=_ORDER[sort])


def _by_name(row: Row) -> tuple[object, ...]:
    return row.name.casefold(), row.patient


def _by_due(row: Row) -> tuple[object, ...]:
    return row.next is None, row.next.at if row.next else 0, *_by_name(row)


def _by_alarms(row: Row) -> tuple[object, ...]:
    return not row.held, URGENCY.index(row.worst), -row.alarms, *_by_name(row)


_ORDER = {"name": _by_name, "due": _by_due, "alarms": _by_alarms}


def _last_doses(connection: Connection) -> Mapping[str, LastDose]:
    """The last dose that counts: the end of protection follows from it."""
    events = r.events.c
    taken = (
        select(due.c.patient, due.c.what, events.occurred_at, events.payload)
        .join(r.events, events.event_id == due.c.event)
        .where(due.c.kind == PROTECTION)
    )
    stopped, found = stopped_at(connection), {}
    for patient, route, at, payload in connection.execute(taken):
        over = stopped.get(patient, "") >= at
        found[patient] = LastDose(route, moment(at), json.loads(payload)["dose_mg"], over)
    return found


def _alarms(connection: Connection, now: str) -> Mapping[str, Sequence[str]]:
    """Severities of open alarms."""
    query = select(due.c.patient, due.c.severity).where(due.c.kind == ALARM)
    query = query.where(or_(due.c.until_at.is_(None), due.c.until_at > now))
    found: dict[str, list[str]] = {}
    for patient, severity in connection.execute(query):
        found.setdefault(patient, []).append(severity)
    return found


def _held(connection: Connection, now: str) -> set[str]:
    """Patients whom an alarm allows no dose."""
    holding = or_(due.c.kind == HOLD, and_(due.c.kind == ALARM, due.c.severity == STOP))
    query = select(due.c.patient).where(holding)
    query = query.where(or_(due.c.until_at.is_(None), due.c.until_at > now))
    return set(connection.scalars(query))


def _next_due(connection: Connection, now: str) -> Mapping[str, NextDue]:
    query = select(due.c.due_at, due.c.patient, due.c.kind).where(due.c.kind.in_(DAYS))
    query = query.where(or_(due.c.until_at.is_(None), due.c.until_at > now))
    found: dict[str, tuple[str, str]] = {}
    for at, patient, kind in connection.execute(query):
        found[patient] = min(found.get(patient, (at, kind)), (at, kind))
    return {each: NextDue(kind, moment(at), at <= now) for each, (at, kind) in found.items()}


def search(visit: Visit, text: str, system: str | None = None) -> list[Row]:
    """Patients whose name holds a text, or who have it as an identifier: exactly then.

    system: of the identifier; then only it is asked, of the record's digests. Searches are
    limited for each account. Raises TooManyError; InputError for less than two characters.
    """
    limited(visit, f"search:{visit.account.account}", rules().limits.search)
    if system is not None:
        found = found_by_identifier(visit, system, text)
        return [row for row in rows(visit) if row.patient == found]
    wanted = text.casefold().split()
    if len(text) > LONGEST:
        raise InputError("", "text", text, f"at most {LONGEST} characters")
    if len("".join(wanted)) < 2:
        raise InputError("", "text", text, N_("two characters at least"))
    return [row for row in rows(visit) if _fits(row, text, wanted)]


def _fits(row: Row, text: str, wanted: Sequence[str]) -> bool:
    if any(value == text for _, value in row.identifiers):
        return True
    name = row.name.casefold()
    return all(word in name for word in wanted)


def found_by_identifier(visit: Visit, system: str, value: str) -> str | None:
    """The patient whom an identifier stands for; None for nobody the account sees.

    The audit has who was found. Raises InputError where it stands for two that the account sees.
    """
    clinic = visit.clinic
    try:
        found = find(clinic.record, system, value)
    except InputError:
        return None
    with changing(clinic.engine) as connection:
        if not sees(connection, visit.account, found):
            return None
        visit.note(connection, "patients.search", patient=found, found="by identifier")
    return found


@dataclass(frozen=True, slots=True)
class NewPatient:
    """Who is taken in. birth: None = not known. identifier: None = none yet."""

    family: str
    given: str
    middle: str | None = None
    birth: date | None = None
    identifier: Identifier | None = None
    programme: str | None = None

    def names(self, today: date) -> dict[str, str]:
        """Names as the identity holds them. Raises InputError for text or a date not allowed."""
        said = zip(NAME_PARTS, (self.family, self.given, self.middle), strict=True)
        found = {part: _short(text, part) for part, text in said if text}
        for part in NAME_PARTS[:2]:
            if part not in found:
                raise InputError("", part, None, N_("an answer; it was left empty"))
        if self.birth is not None:
            if not EARLIEST_BIRTH <= self.birth <= today:
                allowed = N_("a day from 1900 to today")
                raise InputError("", BIRTH, self.birth.isoformat(), allowed)
            found[BIRTH] = self.birth.isoformat()
        return found


def take_in(visit: Visit, new: NewPatient) -> str:
    """A new patient on the record, which whoever took them in may see; gives the id.

    Raises InputError for names or a date that are not allowed, and for an identifier that is not
    whole or stands for another patient.
    """
    clinic = visit.clinic
    names = new.names(clinic.now().astimezone(clinic.tz).date())
    identifiers = [] if new.identifier is None else [_whole(new.identifier)]
    program = None if new.programme is None else _short(new.programme, "programme")
    try:
        made = create_patient(clinic.record, visit.actor, names, identifiers, program=program)
    except InputError as error:
        if error.field != "identifier":
            raise
        # the record names the other patient, whom this account may not be allowed to see
        raise InputError("", "value", None, N_("a number that stands for nobody yet")) from None
    with changing(clinic.engine) as connection:
        give_one(connection, visit.account, made)
        visit.note(connection, "patient.create", patient=made)
    return made


def _whole(identifier: Identifier) -> Identifier:
    for field, text in zip(("system", "value"), identifier, strict=True):
        if not text:
            raise InputError("", field, None, N_("whose number and the number, both or neither"))
        _short(text, field)
    return identifier


def _short(text: str, field: str) -> str:
    if len(text) > LONGEST:
        raise InputError("", field, text, f"at most {LONGEST} characters")
    return checked_text(text, field)
