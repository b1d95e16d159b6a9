"""Where a fact that is missing can be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from antagonist.label.stated import stated_types


class Where(BaseModel):
    """Facts by id, with ``*``, and the form that writes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: tuple[str, ...]
    form: str | None


@lru_cache(maxsize=1)
def places() -> Sequence[Where]:
    """Every pattern, in order."""
    text = files("antagonist.web").joinpath("data/where_recorded.yaml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[Where, ...]).validate_python(yaml.safe_load(text))


def form_of(fact: str, patient: str) -> str | None:
    """Address of the form that writes a fact; None where there is none."""
    found = next((w for w in places() if any(fnmatchcase(fact, p) for p in w.facts)), None)
    if found is not None:
        here = found.form
    else:
        here = "record/fact/{fact}" if fact in stated_types() else None
    return None if here is None else f"/patients/{patient}/{here.format(fact=fact)}"
