"""A clinic that is open: its record, its own tables, its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from antagonist.feedback.database import check_revision, engine_of
from antagonist.feedback.keys import load_keyring
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Clock, Record, system_clock
from antagonist.feedback.whole import alone
from antagonist.foundation.clock import zone
from antagonist.web.accounts.tables import CLINIC
from antagonist.web.config import WebConfig


@dataclass(frozen=True)
class Clinic:
    """What every request needs. tz: the clinic's."""

    config: WebConfig
    record: Record
    tz: ZoneInfo

    @property
    def engine(self) -> Engine:
        """Of the record and of the clinic's own tables: one database."""
        return self.record.engine

    def on(self, engine: Engine) -> Clinic:
        """The same clinic by another engine of its database, such as that of a whole."""
        return replace(self, record=replace(self.record, engine=engine))

    @property
    def alone(self) -> Clinic:
        """The same clinic outside any whole: for threads, and what follows once it has ended."""
        return self.on(alone(self.engine))

    def now(self) -> datetime:
        """By the record's clock, in UTC."""
        return self.record.clock()


def open_clinic(config: WebConfig, clock: Clock = system_clock) -> Clinic:
    """A clinic whose tables are of this version. Raises InputError otherwise."""
    engine = engine_of(config.database)
    check_revision(engine, CLINIC)
    record = open_record(engine, load_keyring(config.keys), clock)
    return Clinic(config, record, zone(config.timezone, "clinic", "timezone"))
