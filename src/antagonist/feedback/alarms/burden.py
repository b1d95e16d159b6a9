"""How many alarms there were, by rule, and what people answered (measures.md section 9)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Connection, func, select

from antagonist.feedback import tables as t
from antagonist.feedback.alarms.raising import ACKNOWLEDGED, OVERRIDDEN, RAISED, WITHDRAWN
from antagonist.feedback.database import reading
from antagonist.feedback.events import RETRACTION, moment, stamp
from antagonist.feedback.record import Record
from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError

# Source: measures.md section 9, repeat rate. Its unit 'per 100 patient-days' stands there too.
REPEAT = timedelta(days=7)
PER_DAYS = 100
NINTH_DECILE = 8


@dataclass(frozen=True, slots=True)
class BurdenRow:
    """One rule at one severity for one role in a period.

    shown = acknowledged + overridden + withdrawn + open. in_time: answered by being acknowledged
    before the due time. unanswered: neither acknowledged, overridden nor withdrawn by the due
    time, of those due within the period. repeated: shown again for the same patient within 7
    days. hours_to_answer: median and 90th centile; None without answers (the second below two).
    """

    alarm: str
    severity: str
    role: str
    shown: int
    acknowledged: int
    in_time: int
    overridden: int
    withdrawn: int
    open: int
    unanswered: int
    repeated: int
    patients: int
    hours_to_answer: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Burden:
    """Alarms of a period. first, last: aware, both included. rows: most shown first.

    patients, patient_days: of everybody on record in the period, from the first event on: the
    denominators of 'alarms per 100 patient-days'.
    """

    first: datetime
    last: datetime
    rows: tuple[BurdenRow, ...]
    patients: int
    patient_days: float

    @property
    def shown(self) -> int:
        """Alarms of all rules."""
        return sum(row.shown for row in self.rows)

    @property
    def per_100_patient_days(self) -> float | None:
        """Alarms per 100 patient-days; None without any."""
        return PER_DAYS * self.shown / self.patient_days if self.patient_days else None


@dataclass(frozen=True, slots=True)
class _Shown:
    """An alarm with the first answer to it, none before the alarm was written."""

    patient: str
    at: datetime
    payload: Mapping[str, Any]
    answer: str | None
    answered_at: datetime | None


def burden(record: Record, first: datetime, last: datetime) -> Burden:
    """Alarms raised from ``first`` to ``last``, with what was answered by ``last``.

    Raises InputError for an end before the beginning.
    """
    if last < first:
        raise InputError("alarms", "last", last.isoformat(), f"a time from {first.isoformat()} on")
    with reading(record.engine) as connection:
        shown = _shown(_rows(connection, last), first)
        patients, days = _denominators(connection, first, last)
    groups: dict[tuple[str, str, str], list[_Shown]] = {}
    for alarm in shown:
        said = alarm.payload
        groups.setdefault((said["alarm"], said["severity"], said["who"]), []).append(alarm)
    rows = [_row(*group, alarms, last) for group, alarms in groups.items()]
    rows.sort(key=lambda row: (-row.shown, row.alarm, row.severity, row.role))
    return Burden(first, last, tuple(rows), patients, days)


def _rows(connection: Connection, last: datetime) -> list[Mapping[str, Any]]:
    kinds = (RAISED, WITHDRAWN, ACKNOWLEDGED, OVERRIDDEN, "override", RETRACTION)
    columns = (t.events.c.event_id, t.events.c.patient, t.events.c.kind, t.events.c.corrects)
    query = (
        select(*columns, t.events.c.occurred_at, t.events.c.payload)
        .where(t.events.c.kind.in_(kinds))
        .where(t.events.c.occurred_at <= stamp(last))
        .order_by(t.events.c.occurred_at, t.events.c.seq)
    )
    found = [dict(row) for row in connection.execute(query).mappings()]
    replaced = {row["corrects"] for row in found}
    return [row for row in found if row["event_id"] not in replaced and row["kind"] != RETRACTION]


def _shown(rows: Sequence[Mapping[str, Any]], first: datetime) -> list[_Shown]:
    answers: dict[str, tuple[str, datetime]] = {}
    for row in rows:
        alarm = json.loads(row["payload"]).get("alarm") if row["kind"] != RAISED else None
        if alarm is not None:
            kind = OVERRIDDEN if row["kind"] == "override" else row["kind"]
            answers.setdefault(alarm, (kind, moment(row["occurred_at"])))
    found = []
    for row in rows:
        at = moment(row["occurred_at"])
        if row["kind"] == RAISED and at >= first:
            kind, when = answers.get(row["event_id"], (None, None))
            found.append(_Shown(row["patient"], at, json.loads(row["payload"]), kind, when))
    return found


def _denominators(connection: Connection, first: datetime, last: datetime) -> tuple[int, float]:
    query = (
        select(func.min(t.events.c.occurred_at))
        .where(t.events.c.occurred_at <= stamp(last))
        .group_by(t.events.c.patient)
    )
    begun = [moment(row[0]) for row in connection.execute(query)]
    hours = sum(hours_between(max(begin, first), last) for begin in begun)
    return len(begun), hours / 24


def _row(
    name: str, severity: str, role: str, alarms: Sequence[_Shown], last: datetime
) -> BurdenRow:
    answered = [alarm for alarm in alarms if alarm.answer in (ACKNOWLEDGED, OVERRIDDEN)]
    return BurdenRow(
        alarm=name,
        severity=severity,
        role=role,
        shown=len(alarms),
        acknowledged=_count(alarms, ACKNOWLEDGED),
        in_time=sum(a.answer == ACKNOWLEDGED and _answered_by(a, _due(a)) for a in alarms),
        overridden=_count(alarms, OVERRIDDEN),
        withdrawn=_count(alarms, WITHDRAWN),
        open=sum(alarm.answer is None for alarm in alarms),
        unanswered=sum(_due(a) <= last and not _answered_by(a, _due(a)) for a in alarms),
        repeated=_repeated(alarms),
        patients=len({alarm.patient for alarm in alarms}),
        hours_to_answer=_spread(answered),
    )


def _count(alarms: Iterable[_Shown], answer: str) -> int:
    return sum(alarm.answer == answer for alarm in alarms)


def _due(alarm: _Shown) -> datetime:
    return datetime.fromisoformat(alarm.payload["by"])


def _answered_by(alarm: _Shown, time: datetime) -> bool:
    return alarm.answered_at is not None and alarm.answered_at <= time


def _repeated(alarms: Sequence[_Shown]) -> int:
    before: dict[str, datetime] = {}
    count = 0
    for alarm in alarms:
        last = before.get(alarm.patient)
        count += last is not None and alarm.at - last <= REPEAT
        before[alarm.patient] = alarm.at
    return count


def _spread(answered: Sequence[_Shown]) -> tuple[float | None, float | None]:
    hours = sorted(
        hours_between(alarm.at, alarm.answered_at)
        for alarm in answered
        if alarm.answered_at is not None
    )
    if not hours:
        return None, None
    tail = quantiles(hours, n=10, method="inclusive")[NINTH_DECILE] if len(hours) > 1 else None
    return median(hours), tail
