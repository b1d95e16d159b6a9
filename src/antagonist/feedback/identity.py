"""Who a patient is: names and identifiers apart from the events, sealed for each patient alone.

A patient's key seals them; the master key, outside the database, wraps that key. Erasing deletes
the wrapped key and what it sealed; events hold no name, so the chain still verifies. What a backup
made before keeps is the business of whoever keeps backups.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, insert, select, update

from antagonist.feedback import tables as t
from antagonist.feedback.database import SQLITE, leave_no_copies, reading, writing
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.handover import check_keys
from antagonist.feedback.keys import Keyring
from antagonist.feedback.merging import kept_in, members_in
from antagonist.feedback.record import Head, Record, append_in
from antagonist.foundation.errors import InputError

KEY_BITS = 256
ASKED_AT_ONCE = 10_000  # patients in one query: SQLite takes 32,766 values in one
Identifier = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Names by what they are (family, given, ...) and identifiers as (system, value)."""

    names: Mapping[str, str]
    identifiers: tuple[Identifier, ...]


def create_patient(
    record: Record,
    actor: Actor,
    names: Mapping[str, str],
    identifiers: Sequence[Identifier],
    *,
    program: str | None = None,
    shared: bool = False,
) -> str:
    """A new patient: the identity sealed, and an event that says so, in one transaction.

    program: of treatment, kept in the event. shared: an identifier may already stand for another
    patient; without it that is refused, since it mostly means the patient is here already.
    Returns the patient's id.
    Raises InputError for an identifier without system or value, or one that stands for another.
    """
    patient = str(uuid.uuid4())
    identity = Identity(dict(names), tuple(dict.fromkeys(map(_checked, identifiers))))
    payload = {} if program is None else {"program": program}
    with writing(record.engine) as connection:
        for identifier in () if shared else identity.identifiers:
            _refuse_taken(connection, record.keys, identifier)
        row = {"patient": patient, **sealed_with(record.keys, patient, identity)}
        connection.execute(insert(t.identities), row)
        for identifier in identity.identifiers:
            _add_digest(connection, record.keys, patient, identifier)
        event = NewEvent("patient_created", record.clock(), payload)
        written = append_in(connection, record, patient, [event], actor, expected=0)
    record.keep_head(written.head)
    return patient


def find(record: Record, system: str, value: str) -> str:
    """The patient whom an identifier stands for: exact match only.

    A patient merged into another is found as that other one.
    Raises InputError where there is none, and where there are two, naming both.
    """
    identifier = _checked((system, value))
    with reading(record.engine) as connection:
        return find_in(connection, record.keys, identifier)


def find_in(connection: Connection, keys: Keyring, identifier: Identifier) -> str:
    """``find`` within a transaction."""
    found = _candidates(connection, keys, identifier)
    for patient in found:
        if identifier not in _opened(connection, keys, patient)[1].identifiers:
            allowed = "a digest that fits what was sealed: the table identifiers was altered"
            raise InputError("record", "identifier", patient, allowed)
    if not found:
        check_keys(connection, keys)  # with other keys nobody is ever found
    kept = sorted({kept_in(connection, patient) for patient in found})
    shown = " ".join(identifier)
    if not kept:
        raise InputError("record", "identifier", shown, "an identifier of a patient on record")
    if len(kept) > 1:
        allowed = f"an identifier of one patient; this one stands for {' and '.join(kept)}"
        raise InputError("record", "identifier", shown, allowed)
    return kept[0]


def identity_of(record: Record, patient: str) -> Identity:
    """A patient's names and identifiers. Raises InputError for one unknown or erased."""
    with reading(record.engine) as connection:
        return _opened(connection, record.keys, patient)[1]


def identities_of(record: Record, patients: Sequence[str]) -> dict[str, Identity]:
    """Names and identifiers of several patients at once; one unknown or erased is left out.

    A patient merged into another has its own. Raises InputError for a row that was altered.
    """
    found: dict[str, Identity] = {}
    columns = (t.identities.c.patient, t.identities.c.wrapped_key, t.identities.c.sealed)
    with reading(record.engine) as connection:
        for first in range(0, len(patients), ASKED_AT_ONCE):
            asked = patients[first : first + ASKED_AT_ONCE]
            query = select(*columns).where(t.identities.c.patient.in_(asked))
            for patient, wrapped, sealed in connection.execute(query):
                if wrapped is not None and sealed is not None:
                    found[patient] = unsealed_from(record.keys, patient, wrapped, sealed)[1]
    return found


def add_identifier(
    record: Record, actor: Actor, patient: str, system: str, value: str, *, shared: bool = False
) -> None:
    """Another identifier for a patient, and an event that names its system; one there is no news.

    shared: as for ``create_patient``.
    Raises InputError for a patient unknown or erased, and an identifier that stands for another.
    """
    identifier = _checked((system, value))
    with writing(record.engine) as connection:
        key, identity = _opened(connection, record.keys, patient)
        if identifier in identity.identifiers:
            return
        if not shared:
            _refuse_taken(connection, record.keys, identifier)
        more = Identity(identity.names, (*identity.identifiers, identifier))
        sealed = _sealed(record.keys, key, patient, more)
        here = t.identities.c.patient == patient
        connection.execute(update(t.identities).where(here).values(sealed=sealed))
        _add_digest(connection, record.keys, patient, identifier)
        event = NewEvent("identifier_added", record.clock(), {"system": identifier[0]})
        written = append_in(connection, record, patient, [event], actor)
    record.keep_head(written.head)


def erase(record: Record, actor: Actor, patient: str, reason: str) -> None:
    """Forget who a patient is, and whoever was merged into it; the events stay.

    Raises InputError for a patient unknown, erased, or merged into another, which it names.
    """
    with writing(record.engine) as connection:
        kept = kept_in(connection, patient)
        if kept != patient:
            allowed = f"the patient it was merged into: {kept}"
            raise InputError("record", "patient", patient, allowed)
        group = [each for each in members_in(connection, patient) if _is_known(connection, each)]
        if not group:
            allowed = "a patient whose identity is on record and was not erased"
            raise InputError("record", "patient", patient, allowed)
        if connection.dialect.name == SQLITE:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")  # zeros over what is deleted
        head = [_erase_one(connection, record, each, actor, reason) for each in group][-1]
    record.keep_head(head)
    leave_no_copies(record.engine, ("identities", "identifiers"))


def _erase_one(
    connection: Connection, record: Record, patient: str, actor: Actor, reason: str
) -> Head:
    connection.execute(delete(t.identifiers).where(t.identifiers.c.patient == patient))
    here = t.identities.c.patient == patient
    connection.execute(update(t.identities).where(here).values(wrapped_key=None, sealed=None))
    event = NewEvent("identity_erased", record.clock(), {"reason": reason})
    return append_in(connection, record, patient, [event], actor).head


def _checked(identifier: Identifier) -> Identifier:
    system, value = identifier
    for field, found in (("system", system), ("value", value)):
        if not found or found != found.strip():
            raise InputError("record", field, found, "text without spaces around it")
    return system, value


def digest_of(keys: Keyring, identifier: Identifier) -> str:
    """What stands in the table of identifiers for one."""
    return keys.digest(json.dumps(identifier))


def _candidates(connection: Connection, keys: Keyring, identifier: Identifier) -> list[str]:
    query = select(t.identifiers.c.patient).where(
        t.identifiers.c.digest == digest_of(keys, identifier)
    )
    return [str(found) for found in connection.execute(query).scalars()]


def _refuse_taken(connection: Connection, keys: Keyring, identifier: Identifier) -> None:
    taken = sorted(_candidates(connection, keys, identifier))
    if taken:
        allowed = f"an identifier of nobody else; it stands for {' and '.join(taken)}"
        raise InputError("record", "identifier", " ".join(identifier), allowed)


def _add_digest(
    connection: Connection, keys: Keyring, patient: str, identifier: Identifier
) -> None:
    row = {"digest": digest_of(keys, identifier), "patient": patient}
    connection.execute(insert(t.identifiers), row)


def sealed_with(keys: Keyring, patient: str, identity: Identity) -> dict[str, bytes]:
    """Columns of an identity, sealed with a new key of the patient's own."""
    key = AESGCM.generate_key(KEY_BITS)
    wrapped = keys.seal(key, keys.master)
    return {"wrapped_key": wrapped, "sealed": _sealed(keys, key, patient, identity)}


def _sealed(keys: Keyring, key: bytes, patient: str, identity: Identity) -> bytes:
    # The patient's id is sealed in: a row that was exchanged for another's is then found.
    content = {
        "patient": patient,
        "names": dict(identity.names),
        "identifiers": [list(identifier) for identifier in identity.identifiers],
    }
    return keys.seal(json.dumps(content, ensure_ascii=False).encode(), key)


def _opened(connection: Connection, keys: Keyring, patient: str) -> tuple[bytes, Identity]:
    """A patient's own key and what it sealed."""
    query = select(t.identities.c.wrapped_key, t.identities.c.sealed).where(
        t.identities.c.patient == patient
    )
    found = connection.execute(query).first()
    if found is None:
        raise InputError("record", "patient", patient, "a patient whose identity is on record")
    if found[0] is None or found[1] is None:
        raise InputError("record", "patient", patient, "an identity that was not erased")
    return unsealed_from(keys, patient, found[0], found[1])


def unsealed_from(
    keys: Keyring, patient: str, wrapped: bytes, sealed: bytes
) -> tuple[bytes, Identity]:
    """A patient's own key and what it sealed. Raises InputError for a row that was altered."""
    key = keys.unseal(wrapped, keys.master)
    content = json.loads(keys.unseal(sealed, key))
    if content["patient"] != patient:
        allowed = f"its own identity; it holds that of {content['patient']}"
        raise InputError("record", "patient", patient, allowed)
    identifiers = tuple((system, value) for system, value in content["identifiers"])
    return key, Identity(content["names"], identifiers)


def _is_known(connection: Connection, patient: str) -> bool:
    """Whether a patient has an identity that was not erased."""
    query = select(t.identities.c.wrapped_key).where(t.identities.c.patient == patient)
    return connection.execute(query).scalar() is not None
