"""Opening a record: its tables are of this version, its derived tables are kept up."""

from __future__ import annotations

from sqlalchemy import Engine

from antagonist.feedback import today
from antagonist.feedback.database import check_revision
from antagonist.feedback.keys import Keyring
from antagonist.feedback.record import Clock, Record, system_clock


def open_record(engine: Engine, keys: Keyring, clock: Clock = system_clock) -> Record:
    """A record whose tables are of this version. Raises InputError otherwise."""
    check_revision(engine)
    return Record(engine, keys, clock, (today.keep,))
