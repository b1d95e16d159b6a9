"""Who patients are, for the pages: names of many at once, the age where it can be known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from antagonist.feedback.identity import Identity, identities_of
from antagonist.web.language import Reader
from antagonist.web.visit import Visit

NAME_PARTS = ("family", "given", "middle")
BIRTH, LATIN, WHOLE = "birth_date", "latin", "name"
SHORT_ID = 8  # characters of an id that tell patients without a name apart


def shown_name(identity: Identity | None, patient: str, reader: Reader) -> str:
    """A patient's name as the reader reads it; the beginning of the id where none is kept.

    identity: None = unknown or erased. A spelling in Latin script is for those who read English.
    """
    names = {} if identity is None else identity.names
    if reader.language == "en" and names.get(LATIN):
        return names[LATIN]
    parts = [names[part] for part in NAME_PARTS if names.get(part)]
    found = " ".join(parts) or names.get(WHOLE)
    return found or reader.say("Without a name, %(id)s", id=patient[:SHORT_ID])


def names_of(visit: Visit, patients: Iterable[str]) -> Mapping[str, str]:
    """Names of several patients, read at once."""
    asked = sorted(set(patients))
    known = identities_of(visit.clinic.record, asked)
    return {each: shown_name(known.get(each), each, visit.reader) for each in asked}


def birth_date_of(identity: Identity | None) -> date | None:
    """The birth date that the identity holds; None where it holds none that can be read."""
    said = None if identity is None else identity.names.get(BIRTH)
    try:
        return None if said is None else date.fromisoformat(said)
    except ValueError:
        return None


def age_on(born: date, on: date) -> int:
    """Whole years of life on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
