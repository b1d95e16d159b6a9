"""Patients with the story of a demo patient: each test has its own, whatever others recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from antagonist.feedback.database import engine_of
from antagonist.feedback.identity import create_patient
from antagonist.feedback.keys import load_keyring
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import system_clock
from antagonist.web.demo.story import Moment, Said, Told, demo_clinic
from antagonist.web.demo.telling import Now, Teller


@dataclass(frozen=True)
class Twins:
    """demo: folder of a demo clinic that is served. zone: the clinic's."""

    demo: Path
    zone: str

    def of(self, story: str, *sets: str, says: Sequence[Said] = ()) -> str:
        """A new patient with what is told of a demo patient; its doses by plan are left out.

        sets: further groups of entries, as the demo's file names them, told a moment ago; says:
        entries beside them.
        """
        clinic = demo_clinic()
        found = next(patient for patient in clinic.patients if patient.id == story)
        engine = engine_of(f"sqlite:///{self.demo / 'clinic.db'}")
        try:
            record = open_record(
                engine, load_keyring(self.demo / "keys" / "record.keys"), system_clock
            )
            teller = Teller(clinic, Now(datetime.now(ZoneInfo(self.zone))))
            office = teller.actor("administrator")
            twin = create_patient(
                record, office, found.names, [("twin", uuid4().hex)], program="demo"
            )
            more = Told(at=Moment(hours=-0.01), sets=sets, says=tuple(says))
            told = [said for part in (*found.told, more) for said in teller.told(part)]
            for actor, said in groupby(told, key=itemgetter(0)):
                record.append(twin, [event for _, event in said], actor)
            return twin
        finally:
            engine.dispose()
