"""A made-up program written into a record, patient by patient, through its own append."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select

from antagonist.feedback import tables as t
from antagonist.feedback.database import reading
from antagonist.feedback.events import Actor
from antagonist.feedback.identity import create_patient
from antagonist.feedback.record import Record
from antagonist.feedback.simulated.person import person
from antagonist.feedback.simulated.rates import rates
from antagonist.foundation.errors import InputError

SYSTEM = "simulated"
WRITER = Actor("simulated program", "program", "antagonist programme simulate")


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written."""

    patients: int
    events: int
    seed: int
    until: date


def refuse_real(record: Record) -> None:
    """Raises InputError for a record that holds anything but made-up patients."""
    others = (
        select(func.count())
        .select_from(t.patients)
        .where(
            t.patients.c.patient.not_in(
                select(t.events.c.patient).where(
                    t.events.c.kind == "patient_created",
                    t.events.c.author == WRITER.author,
                )
            )
        )
    )
    with reading(record.engine) as connection:
        found = int(connection.execute(others).scalar_one())
    if found:
        allowed = "a record without patients of its own: made-up ones are not mixed with them"
        raise InputError("record", "database", f"{found} patients", allowed)


def simulate_programme(
    record: Record,
    patients: int,
    seed: int,
    until: date,
    tz: ZoneInfo,
    told: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """Write a made-up program into a record.

    until: last day that is told of, before today. told: called with the patients done. The same
    seed gives the same patients, each with the identifier ``simulated`` SEED-N.
    Raises InputError for no patients, for a day to come, and for a seed written here before.
    """
    if patients < 1:
        raise InputError("", "patients", patients, "at least 1")
    today = record.clock().astimezone(tz).date()
    if until >= today:
        raise InputError("", "until", until.isoformat(), f"a day before {today.isoformat()}")
    found = rates()
    events = 0
    for n in range(1, patients + 1):
        rng = np.random.default_rng([seed, n])
        here = person(rng, found, until, tz)
        name = f"{seed}-{n}"
        patient = create_patient(record, WRITER, {}, [(SYSTEM, name)], program=SYSTEM)
        record.append(patient, here, WRITER)
        events += len(here) + 1
        told(n)
    return Simulated(patients, events, seed, until)
