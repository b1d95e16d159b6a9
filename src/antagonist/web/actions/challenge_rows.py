"""Challenge tests in the clinic's own table: what was done so far, and where that leaves a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import Connection, insert, select, update

from antagonist.feedback.events import moment, stamp
from antagonist.label.provocation import Event, EventKind, State, state_of
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rows import row_of

UNDER_WAY, FINISHED, ABORTED = "under_way", "finished", "aborted"


class Entry(BaseModel):
    """One thing that was done. by: account's name. signs: of the baseline those that are there; of
    an observation those that appeared or grew worse. route, observe_s: set by the prescriber where
    the label's text names none. step: from 0. note: why it was aborted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EventKind | Literal["aborted"]
    at: datetime
    by: str
    signs: tuple[str, ...] = ()
    step: int | None = Field(default=None, ge=0)
    observe_s: float | None = Field(default=None, gt=0)
    route: str | None = None
    note: str | None = None


_ENTRIES = TypeAdapter(tuple[Entry, ...])


@dataclass(frozen=True, slots=True)
class Challenge:
    """A test as the table has it. decision: the kept screening that permits it.

    version: counts changes, so that two people do not overwrite each other. started_by: account.
    """

    challenge: str
    patient: str
    protocol: str
    product: str
    decision: str
    status: str
    version: int
    entries: tuple[Entry, ...]
    started_at: datetime
    started_by: str

    @property
    def doses(self) -> tuple[Entry, ...]:
        """Doses of naloxone that were given."""
        return tuple(entry for entry in self.entries if entry.kind == "given")


def state(challenge: Challenge, now: datetime) -> State:
    """Where a test stands at a moment. Raises InputError for entries that the protocol refuses."""
    return state_of(challenge.protocol, log(challenge.entries), now)


def log(entries: Sequence[Entry]) -> list[Event]:
    """What was done, as the protocol's state machine reads it.

    A sign that was there before and grew worse counts as new (label/data/challenge.yaml), so it is
    left out of the baseline.
    """
    seen = {sign for e in entries if e.kind == "observed" for sign in e.signs}
    found = []
    for entry in entries:
        if entry.kind == "aborted":
            continue
        kept = seen if entry.kind == "baseline" else set[str]()
        signs = tuple(sign for sign in entry.signs if sign not in kept)
        found.append(
            Event(
                kind=entry.kind, at=entry.at, signs=signs, step=entry.step,
                observe_s=entry.observe_s,
            )
        )  # fmt: skip
    return found


def read(connection: Connection, challenge: str) -> Challenge | None:
    """A test by its id."""
    query = select(t.challenges).where(t.challenges.c.challenge == challenge)
    row = connection.execute(query).mappings().first()
    return None if row is None else _of(dict(row))


def of_patient(connection: Connection, patient: str) -> list[Challenge]:
    """Tests of a patient, newest first."""
    query = select(t.challenges).where(t.challenges.c.patient == patient)
    rows = connection.execute(query.order_by(t.challenges.c.started_at.desc())).mappings()
    return [_of(dict(row)) for row in rows]


def under_way(connection: Connection) -> list[Challenge]:
    """Every test that is under way, oldest first."""
    query = select(t.challenges).where(t.challenges.c.status == UNDER_WAY)
    rows = connection.execute(query.order_by(t.challenges.c.started_at)).mappings()
    return [_of(dict(row)) for row in rows]


def add(connection: Connection, made: Challenge) -> None:
    """Keep a new test."""
    connection.execute(insert(t.challenges), _row(made))


def change(connection: Connection, changed: Challenge) -> bool:
    """Keep a test's next version; False where somebody else has changed it meanwhile."""
    here = (t.challenges.c.challenge == changed.challenge) & (
        t.challenges.c.version == changed.version - 1
    )
    statement = update(t.challenges).where(here).values(**_row(changed))
    return connection.execute(statement).rowcount == 1


def _of(row: dict[str, object]) -> Challenge:
    events, started = str(row.pop("events")), str(row.pop("started_at"))
    values = {**row, "entries": _ENTRIES.validate_json(events), "started_at": moment(started)}
    return Challenge(**values)  # type: ignore[arg-type]


def _row(made: Challenge) -> dict[str, object]:
    row = row_of(made, "entries")
    events = _ENTRIES.dump_json(made.entries, exclude_none=True).decode()
    return {**row, "started_at": stamp(made.started_at), "events": events}
