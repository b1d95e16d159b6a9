"""Opening a record: its tables are of this version, its keys in force, derived tables kept up."""

from __future__ import annotations

from sqlalchemy import Engine

from antagonist.feedback import today
from antagonist.feedback.database import check_revision, reading
from antagonist.feedback.handover import check_keys
from antagonist.feedback.keys import Keyring
from antagonist.feedback.keys_pending import settled
from antagonist.feedback.record import Clock, Record, system_clock


def open_record(engine: Engine, keys: Keyring, clock: Clock = system_clock) -> Record:
    """A record whose tables are of this version. A renewal of keys that was cut off is brought to
    its end. Raises InputError for other tables, and for keys not in force.
    """
    check_revision(engine)
    in_force = settled(engine, keys)
    with reading(engine) as connection:
        check_keys(connection, in_force)
    return Record(engine, in_force, clock, (today.keep,))
