"""The demo clinic's stories: a data file, checked on load. Field meanings stand at its head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.feedback.events import Role
from antagonist.foundation.data import Lines, check_known, read_yaml, validated
from antagonist.label.facts import Both

FILE = Path(__file__).parent / "data" / "demo_clinic.yaml"
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Writer(_Entry):
    """One of the staff. source: where the events come from; "visit" = the patient was there."""

    author: str
    role: Role
    source: str


class Usual(_Entry):
    """A laboratory test where nothing is wrong. values: taken in turn."""

    values: tuple[float | str, ...] = Field(min_length=1)
    unit: str | None = None
    upper_limit: float | None = None


class Moment(_Entry):
    """A moment in the past: a day before today with a clock time, or hours before now."""

    days: int | None = Field(default=None, lt=0)
    clock: Clock = "09:00"
    hours: float | None = Field(default=None, lt=0)

    @model_validator(mode="after")
    def _one_way(self) -> Moment:
        if (self.days is None) == (self.hours is None):
            raise ValueError("days or hours, one of the two")
        return self


class Said(_Entry):
    """What is said at one moment. hours: from the moment of the set that it stands in."""

    by: str
    hours: float = Field(default=0.0, le=0)
    facts: Mapping[str, Any] = {}
    labs: Mapping[str, float | str | None] = {}
    kind: str | None = None
    payload: Mapping[str, Any] = {}


class Told(_Entry):
    """Part of a patient's story. sets: named groups of ``Said``; says: its own."""

    at: Moment
    sets: tuple[str, ...] = ()
    says: tuple[Said, ...] = ()


class Otherwise(_Entry):
    """What became of a dose that was not simply taken."""

    status: Literal["missed", "refused", "held", "reported"]
    note: str | None = None


class Course(_Entry):
    """A plan that holds from a moment, and what was given of it."""

    start: Moment
    request: Mapping[str, Any]
    reason: str
    last_day: int = Field(default=-1, lt=0)
    labs_until: int | None = Field(default=None, lt=0)
    visits_until: int | None = Field(default=None, lt=0)
    otherwise: Mapping[int, Otherwise] = {}


class Gone(_Entry):
    """Going past a decision."""

    by: str
    reason: str
    second_person: str


class Decided(_Entry):
    """A decision made now."""

    what: Literal["screen", "plan", "forecast"]
    by: str = "prescriber"
    asked: Mapping[str, Any] = {}
    override: Gone | None = None


class Answered(_Entry):
    """What was answered to an open alarm. text: the note, or the reason."""

    alarm: str
    by: str
    answer: Literal["acknowledge", "override"]
    text: str


class DemoPatient(_Entry):
    """One invented patient. shows: what of the app it is there for; story: for the reader."""

    id: str
    names: Mapping[str, str]
    shows: tuple[str, ...] = Field(min_length=1)
    story: Both
    told: tuple[Told, ...] = ()
    course: Course | None = None
    decisions: tuple[Decided, ...] = ()
    answers: tuple[Answered, ...] = ()


class DemoClinic(_Entry):
    """The whole file."""

    provenance: Literal["own"]
    source: str
    staff: Mapping[str, Writer]
    usual: Mapping[str, Usual]
    urine: Mapping[str, Literal["negative", "positive"]]
    vital_signs: Mapping[str, float]
    sets: Mapping[str, tuple[Said, ...]]
    patients: tuple[DemoPatient, ...]


@lru_cache(maxsize=1)
def demo_clinic() -> DemoClinic:
    """The stories that come with the package.

    Raises InputError naming file, line and field; also for a writer, a set or a test not listed.
    """
    found = validated(DemoClinic, read_yaml(FILE), FILE.name, Lines(FILE))
    for field, name, known in _names(found):
        check_known(name, known, FILE.name, field)
    return found


def _names(clinic: DemoClinic) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Names that an entry uses, with those there are."""
    staff, sets, usual = tuple(clinic.staff), tuple(clinic.sets), tuple(clinic.usual)
    said = [(name, one) for name, group in clinic.sets.items() for one in group]
    for patient in clinic.patients:
        said += [(patient.id, one) for told in patient.told for one in told.says]
        yield from ((patient.id, name, sets) for told in patient.told for name in told.sets)
        writers = [*(d.by for d in patient.decisions), *(a.by for a in patient.answers)]
        writers += [d.override.by for d in patient.decisions if d.override is not None]
        yield from ((patient.id, name, staff) for name in writers)
    for place, one in said:
        yield place, one.by, staff
        yield from ((place, test, usual) for test, value in one.labs.items() if value is None)
