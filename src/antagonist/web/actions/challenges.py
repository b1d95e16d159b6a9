"""The challenge test: begun where a kept screening permits it, done step by step, finished."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from antagonist.feedback.answering import book_on
from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import Event as OnRecord
from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads.parts import when_text
from antagonist.feedback.record import ConflictError, Head, append_in
from antagonist.foundation.data import check_known
from antagonist.foundation.errors import InputError
from antagonist.label.assess import assessed
from antagonist.label.dates import when
from antagonist.label.formulary import products
from antagonist.label.patient import Patient
from antagonist.label.provocation import Protocol, State, provocation_data, state_of
from antagonist.label.provocation import protocol as protocol_of
from antagonist.web.actions import challenge_rows as rows
from antagonist.web.actions import decisions
from antagonist.web.actions.alarms import refreshed_later
from antagonist.web.actions.challenge_rows import (
    ABORTED,
    FINISHED,
    UNDER_WAY,
    Challenge,
    Entry,
    log,
    state,
)
from antagonist.web.actions.files import file_of
from antagonist.web.errors import NotFoundError
from antagonist.web.texts import checked_id
from antagonist.web.texts import reason as checked_reason
from antagonist.web.visit import Visit

ACTION = "challenge.run"
CLOSED = "a patient for whom the test is still permitted: abort it, and screen again to see why"
PRESCRIBERS = "the prescriber: the text read leaves route or time of watching open"


def begin(
    visit: Visit,
    patient: str,
    product: str,
    protocol: str,
    jurisdiction: str | None,
    *,
    never_tested: bool = False,
) -> tuple[OnRecord, Challenge | None]:
    """Screen for the test now, keep that decision, and begin where it permits.

    never_tested: as ``decisions.screen`` takes it.
    Returns the decision, and None for the test where it does not permit.
    Raises InputError for an unknown protocol, product or label, a test that is under way already,
    and a protocol that has to wait for an earlier negative test.
    """
    way, now = protocol_of(protocol), visit.clinic.now()
    check_known(product, products(), "", "product")
    _refuse_too_early(visit, patient, way, now)
    with reading(visit.clinic.engine) as connection:
        _refuse_second(connection, patient)
    decision = decisions.screen(
        visit, patient, "challenge", (product,), jurisdiction, never_tested=never_tested
    )
    if not all(answer.permits for answer in decisions.answers_of(decision)):
        return decision, None
    made = Challenge(
        str(uuid.uuid4()), patient, protocol, product, decision.event_id, UNDER_WAY, 1, (),
        now, visit.account.account,
    )  # fmt: skip
    with writing(visit.clinic.engine) as connection:
        _refuse_second(connection, patient)
        rows.add(connection, made)
        visit.note(connection, ACTION, patient=patient, challenge=made.challenge, step="begun")
    return decision, made


def challenge_of(visit: Visit, patient: str, challenge: str) -> Challenge:
    """One test of a patient. Raises NotFoundError for one of nobody or of another."""
    with reading(visit.clinic.engine) as connection:
        return _found(connection, patient, challenge)


def step(visit: Visit, patient: str, challenge: str, version: int, done: Entry) -> Challenge:
    """Write down what was done now; where it ends the test, the result goes on the record.

    version: as the writer saw it. done: its time and author are set here.
    Raises ConflictError where somebody else has written since; InputError for a step that the
    protocol does not allow now, and for a dose where the test is no longer permitted.
    """
    now = visit.clinic.now()
    entry = done.model_copy(update={"at": now, "by": visit.account.name})
    with reading(visit.clinic.engine) as connection:
        before = _unchanged(connection, patient, challenge, version)
    if entry.kind in ("baseline", "given"):
        _refuse_closed(visit, before)
    if entry.kind == "given":
        _refuse_unset(visit, before, entry, now)
    with writing(visit.clinic.engine) as connection:
        found = _unchanged(connection, patient, challenge, version)
        changed = _with(found, entry, now)
        head = _ended(connection, visit, changed, state(changed, now), now)
        _keep(connection, visit, changed, entry.kind)
    return _kept(visit, patient, challenge, head)


def abort(visit: Visit, patient: str, challenge: str, version: int, reason: str) -> Challenge:
    """End a test without a result. A dose that was given stands on the record as interrupted.

    Raises ConflictError as ``step``; InputError for a reason that is too short or too long.
    """
    said, now = checked_reason(reason), visit.clinic.now()
    with writing(visit.clinic.engine) as connection:
        found = _unchanged(connection, patient, challenge, version)
        last = Entry(kind="aborted", at=now, by=visit.account.name, note=said)
        entries = (*found.entries, last)
        changed = replace(found, status=ABORTED, version=version + 1, entries=entries)
        head = None
        if found.doses:
            head = _result(connection, visit, changed, "interrupted", (), now)
        _keep(connection, visit, changed, "aborted")
    return _kept(visit, patient, challenge, head)


def offered(visit: Visit, patient: str) -> list[str]:
    """Protocols that may be chosen now: none that still has to wait for an earlier test."""
    found = []
    for name, way in provocation_data().protocols.items():
        try:
            _refuse_too_early(visit, patient, way, visit.clinic.now())
        except InputError:
            continue
        found.append(name)
    return found


def _refuse_too_early(visit: Visit, patient: str, way: Protocol, now: datetime) -> None:
    """A repeat test waits for hours after a negative one that is on record."""
    if way.after_h == 0:
        return
    file = _file(visit, patient, now)
    negative = [test.done_at for test in file.provocation_tests or () if test.result == "negative"]
    here = now.astimezone(visit.clinic.tz)
    read = (when(at, here, file.source, "provocation_tests").latest for at in negative)
    latest = max(read, default=None)
    if latest is None or now < latest + timedelta(hours=way.after_h):
        allowed = f"{way.after_h:g} h after a negative test on record"
        raise InputError("", "protocol", way.title.en, allowed)


def _refuse_second(connection: Connection, patient: str) -> None:
    if any(one.status == UNDER_WAY for one in rows.of_patient(connection, patient)):
        raise InputError("", "challenge", None, "one test at a time: finish or abort the other")


def _refuse_closed(visit: Visit, found: Challenge) -> None:
    """What came on record since the test was begun may have closed it, such as a urine test."""
    clinic = visit.clinic
    now = clinic.now().astimezone(clinic.tz)
    kept = decisions.decided(visit, found.patient, found.decision).event.payload
    (answer,) = assessed(
        _file(visit, found.patient, now), now, [found.product],
        label=kept["asked"]["jurisdiction"], question="challenge",
        book=book_on(now.date(), clinic.config.rules),
    )  # fmt: skip
    if not answer.permits:
        raise InputError("", "challenge", answer.verdict, CLOSED)


def _refuse_unset(visit: Visit, found: Challenge, entry: Entry, now: datetime) -> None:
    """What the label's text leaves open is set by a prescriber, and by nobody for the rest."""
    index = state(found, now).step
    steps = protocol_of(found.protocol).steps
    if steps[index].route is not None and steps[index].observe_s is not None:
        if entry.route is not None or entry.observe_s is not None:
            raise InputError("", "route", entry.route, "nothing: the protocol names both")
        return
    if visit.account.role != "prescriber":
        raise InputError("", "route", visit.account.role, PRESCRIBERS)
    if entry.route not in ("iv", "sc", "im"):
        raise InputError("", "route", entry.route, "iv, sc or im")


def _unchanged(connection: Connection, patient: str, challenge: str, version: int) -> Challenge:
    found = _found(connection, patient, challenge)
    if found.version != version or found.status != UNDER_WAY:
        allowed = f"{found.version}: somebody else wrote meanwhile; read again"
        raise ConflictError("", "version", version, allowed)
    return found


def _with(found: Challenge, entry: Entry, now: datetime) -> Challenge:
    """The test with one more entry. Raises InputError where the protocol refuses it."""
    entries = (*found.entries, entry)
    try:
        state_of(found.protocol, log(entries), now)
    except InputError as error:
        field = error.field.split(".")[-1]
        raise InputError("", field, error.value, error.allowed) from None
    return replace(found, entries=entries, version=found.version + 1)


def _ended(
    connection: Connection, visit: Visit, changed: Challenge, here: State, now: datetime
) -> Head | None:
    if here.name not in ("positive", "negative"):
        return None
    return _result(connection, visit, changed, here.name, here.new_signs, now)


def _result(
    connection: Connection,
    visit: Visit,
    found: Challenge,
    result: str,
    signs: Sequence[str],
    now: datetime,
) -> Head:
    """Write the result on the record; gives the log's head."""
    steps = protocol_of(found.protocol).steps
    doses = found.doses
    payload = {
        "drug": provocation_data().drug,
        "route": doses[0].route or steps[0].route,
        "total_mg": round(sum(step.give_mg for step in steps[: len(doses)]), 6),
        "done_at": when_text(now),
        "result": result,
        "signs": tuple(signs),
        "source": f"{visit.account.name}, {found.protocol}",
    }
    new = NewEvent("provocation_test", now, payload)
    written = append_in(
        connection, visit.clinic.record, found.patient, [new], visit.actor,
        key=f"challenge:{found.challenge}",
    )  # fmt: skip
    return written.head


def _keep(connection: Connection, visit: Visit, changed: Challenge, did: str) -> None:
    ended = changed.status == UNDER_WAY and state(changed, visit.clinic.now()).name in (
        "positive", "negative",
    )  # fmt: skip
    kept = replace(changed, status=FINISHED) if ended else changed
    if not rows.change(connection, kept):
        raise ConflictError("", "version", changed.version - 1, "the present one; read again")
    visit.note(connection, ACTION, patient=changed.patient, challenge=changed.challenge, step=did)


def _kept(visit: Visit, patient: str, challenge: str, head: Head | None) -> Challenge:
    if head is not None:
        visit.clinic.record.keep_head(head)
        refreshed_later(visit, patient)
    return challenge_of(visit, patient, challenge)


def _found(connection: Connection, patient: str, challenge: str) -> Challenge:
    found = rows.read(connection, checked_id(challenge))
    if found is None or found.patient != patient:
        raise NotFoundError
    return found


def _file(visit: Visit, patient: str, now: datetime) -> Patient:
    return file_of(visit.clinic.record, patient, now, visit.clinic.tz)
