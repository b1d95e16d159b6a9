"""Patients for tests, made from the eligible example by changing it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from antagonist.foundation.data import read_yaml
from antagonist.label.answers import Answer
from antagonist.label.assess import assessed
from antagonist.label.gathered import moment
from antagonist.label.patient import Patient, parse_patient

EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"
US_TABLET = "naltrexone-hcl-us-chartwell-50"
RU_TABLET = "naltrexone-ru-mez-tablet-50"
UK_TABLET = "adepend-uk-50"
INJECTION = "vivitrol-us-380"
CAPSULE = "seed-capsule-50"


@lru_cache(maxsize=8)
def _example(name: str) -> Mapping[str, Any]:
    return read_yaml(EXAMPLES / f"{name}.yaml")


def content(name: str = "eligible_opioid", **changes: Any) -> dict[str, Any]:
    """An example's content with some parts replaced; None takes a part away.

    facts: changes single facts the same way.
    """
    found: dict[str, Any] = deepcopy(dict(_example(name)))
    facts = changes.pop("facts", {})
    found["facts"] = _changed(found["facts"], facts)
    return _changed(found, changes)


def _changed(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**base, **changes}.items() if v is not None}


def patient(name: str = "eligible_opioid", **changes: Any) -> Patient:
    """An example patient with some parts changed, as ``content`` changes them."""
    return parse_patient(content(name, **changes), "patient.yaml")


def fact(value: Any, **more: Any) -> dict[str, Any]:
    """One statement of a fact, of the day the examples are asked for."""
    return {"value": value, "date": "2026-11-25", "source": "test", **more}


def answer(
    found: Patient, product: str = US_TABLET, *, label: str | None = None, **asked: Any
) -> Answer:
    """The answer for one patient and product on the file's own day."""
    return assessed(found, moment(found), [product], label=label, **asked)[0]
