"""Opioid classes, names and urine analytes: data/exposures.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.foundation.data import read_yaml, validated
from antagonist.label.facts import DATA, Both, Provenance

URINE_CLASSES = (
    "opiates",
    "oxycodone",
    "methadone",
    "buprenorphine",
    "fentanyl",
    "tramadol",
    "other_opioid",
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OpioidClass(_Part):
    """How opioids of one class are counted."""

    title: Both
    fact: str
    counts_from: Literal["last_use", "removal", "release_end"]
    used: str | None = None
    also: tuple[str, ...] = ()


class Opioid(_Part):
    """One opioid: its class, or a class for each pattern of use."""

    class_: str | None = Field(default=None, alias="class")
    by_pattern: Mapping[str, str] = {}
    urine: str
    synonyms: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Opioid:
        if (self.class_ is None) == (not self.by_pattern):
            raise ValueError("class or by_pattern, one of the two")
        return self


class Analyte(_Part):
    """One line of a urine report: an opioid class, or evidence of naltrexone intake."""

    class_: str | None = Field(default=None, alias="class")
    intake: bool = False
    note: Both | None = None


class Number(_Part):
    """A number of the derivations."""

    value: float
    unit: str
    source: str
    provenance: Provenance


class OpioidData(_Part):
    """The whole file."""

    classes: Mapping[str, OpioidClass]
    opioids: Mapping[str, Opioid]
    analytes: Mapping[str, Analyte]
    class_analytes: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, Number]

    @model_validator(mode="after")
    def _known_classes(self) -> OpioidData:
        for name, opioid in self.opioids.items():
            for cls in (opioid.class_, *opioid.by_pattern.values()):
                if cls is not None and cls not in self.classes:
                    raise ValueError(f"{name}: class {cls} is not known")
            if opioid.urine not in URINE_CLASSES:
                raise ValueError(f"{name}: urine class {opioid.urine} is not known")
        return self


@lru_cache(maxsize=1)
def opioid_data() -> OpioidData:
    """Classes, opioids, analytes and numbers, checked."""
    return validated(OpioidData, read_yaml(DATA / "exposures.yaml"), "exposures.yaml")


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    data = opioid_data()
    return {
        spoken.casefold(): name
        for name, opioid in data.opioids.items()
        for spoken in (name, name.replace("_", " "), *opioid.synonyms)
    }


def opioid_id(name: str) -> str | None:
    """Id of an opioid by its id or a listed name; None = matches no entry."""
    return _names().get(name.strip().casefold())


def number(name: str) -> float:
    """One number of the derivations."""
    return opioid_data().numbers[name].value
