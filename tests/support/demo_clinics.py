"""Clinics that hold the demo patients, and ids of theirs for every path parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.support.clinics import OpenClinic, clinic_on
from tests.support.records import START

from antagonist.feedback.events import Event
from antagonist.web.demo.making import make_demo
from antagonist.web.demo.story import demo_clinic


@dataclass(frozen=True)
class DemoClinic:
    """A clinic with the demo patients. patients: record's ids by the demo file's."""

    open: OpenClinic
    patients: Mapping[str, str]

    def events(self, patient: str, *kinds: str) -> list[Event]:
        """A patient's events in order of writing, of some kinds or all."""
        held = self.open.clinic.record.history(patient)
        return [event for event in held if not kinds or event.kind in kinds]

    def of_kind(self, *kinds: str) -> list[tuple[str, str]]:
        """Every event of some kinds: patient and event."""
        return [(p, e.event_id) for p in self.patients.values() for e in self.events(p, *kinds)]

    def of_decision(self, what: str) -> list[tuple[str, str]]:
        """Every kept decision of a kind: patient and event."""
        return [
            (patient, event.event_id)
            for patient in self.patients.values()
            for event in self.events(patient, "decision")
            if event.payload["what"] == what
        ]


@contextmanager
def demo_on(backend: str, folder: Path, at: datetime = START) -> Iterator[DemoClinic]:
    """A clinic with the demo patients on a new database, with people of every role.

    at: what its clock shows.
    """
    with clinic_on(backend, folder) as found:
        found.clock.set(at)
        made = make_demo(found.clinic.record, found.clock.at, found.clinic.tz)
        names = [patient.id for patient in demo_clinic().patients]
        yield DemoClinic(found, dict(zip(names, made, strict=True)))
