"""ADDL and II written out: one record per dose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from antagonist.pharmacology.dosing.records import EventRecord


def expand_additional(records: Iterable[EventRecord]) -> tuple[EventRecord, ...]:
    """Records with each additional dose as its own EVID 1 record, in time order.

    records: one subject's, in record order. An additional dose repeats amount, rate,
    compartment and product, not the steady state. It comes before a record at its own
    time, and one that a reset (EVID 3 or 4) finds still pending is cancelled.
    Returns records with addl 0; ii_h stays only where ss is 1.
    Source: NONMEM help, ADDL, II and EVID data items.
    """
    done: list[EventRecord] = []
    pending: list[EventRecord] = []
    for record in records:
        done += [dose for dose in pending if dose.time_h <= record.time_h]
        resets = record.evid in (3, 4)
        pending = [] if resets else [dose for dose in pending if dose.time_h > record.time_h]
        done.append(replace(record, addl=0, ii_h=record.ii_h if record.ss else 0.0))
        pending = sorted([*pending, *_additional(record)], key=lambda dose: dose.time_h)
    return (*done, *pending)


def last_dose_h(records: Iterable[EventRecord]) -> float | None:
    """Time of the last dose, additional doses included, h; None without any dose."""
    return max((r.time_h + r.addl * r.ii_h for r in records if r.evid in (1, 4)), default=None)


def _additional(record: EventRecord) -> list[EventRecord]:
    plain = replace(record, evid=1, addl=0, ii_h=0.0, ss=0, covariates={}, dv=None)
    return [
        replace(plain, time_h=record.time_h + step * record.ii_h)
        for step in range(1, record.addl + 1)
    ]
