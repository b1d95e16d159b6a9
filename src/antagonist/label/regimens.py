"""Regimens as data: what is given, on which day of a cycle, for what, and by whose text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from antagonist.foundation.data import Lines, near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Both, fact_types
from antagonist.label.jurisdictions import jurisdictions
from antagonist.label.rules import Indication, Route

RowId = Annotated[str, StringConstraints(pattern=r"^[A-Z][1-9][0-9]*$")]


class RegimenDose(BaseModel):
    """One dose of a cycle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: int = Field(ge=1, description="Day of the cycle, 1 is the first")
    dose_mg: float = Field(gt=0, description="Dose as stated on the product, mg")


class Regimen(BaseModel):
    """How naltrexone is given; field meanings stand in data/regimens.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Both
    indications: tuple[Indication, ...] = Field(min_length=1)
    route: Route
    pattern: str
    cover_weeks: int | None = Field(default=None, ge=1)
    rows: tuple[RowId, ...]
    jurisdictions: tuple[str, ...]
    release_model: str
    cycle_days: int | None = Field(default=None, ge=1)
    doses: tuple[RegimenDose, ...]
    run_in_weeks: int = Field(default=0, ge=0)
    view_weeks: int | None = Field(default=None, ge=2)
    follow_weeks: int = Field(ge=1)
    source: str = Field(min_length=1)
    provenance: Literal["seen", "secondary", "recalled"]

    @model_validator(mode="after")
    def _whole(self) -> Regimen:
        days = [dose.day for dose in self.doses]
        if days != sorted(set(days)):
            raise ValueError("doses are not allowed on one day twice or out of order")
        if self.cycle_days is None and (self.view_weeks is None or len(days) > 1):
            raise ValueError("a single dose needs view_weeks and has one dose at most")
        if self.cycle_days is not None and (not days or days[-1] > self.cycle_days):
            raise ValueError(f"doses are not allowed beyond day {self.cycle_days} of the cycle")
        return self

    @property
    def period_mg(self) -> float:
        """Stated mg of one cycle, or of the single dose."""
        return sum(dose.dose_mg for dose in self.doses)


def _regimen(name: str, content: Any, path: Path) -> Regimen:
    lines = Lines(path).within("regimens", name)
    source = f"{path.name}: {name}"
    if not isinstance(content, dict):
        raise InputError(
            source, f"(line {lines.read()[()]})", content, "a mapping of keys to values"
        )
    found = validated(Regimen, {**content, "id": name}, source, lines=lines)
    patterns = fact_types()["regimen_pattern"].values
    if found.pattern not in patterns:
        raise InputError(source, "pattern", found.pattern, near_match(found.pattern, patterns))
    known = jurisdictions()
    for index, label in enumerate(found.jurisdictions):
        if label not in known:
            line = lines.read()[("jurisdictions", index)]
            where = f"jurisdictions[{index}] (line {line})"
            raise InputError(source, where, label, near_match(label, known))
    return found


def load_regimens(path: Path) -> Mapping[str, Regimen]:
    """Regimens of a file by id, in its order. Raises InputError naming file, line and field."""
    entries = read_yaml(path).get("regimens")
    if not isinstance(entries, dict):
        raise InputError(path.name, "regimens", None, "a mapping of ids to regimens")
    return {name: _regimen(name, content, path) for name, content in entries.items()}


@lru_cache(maxsize=1)
def regimens() -> Mapping[str, Regimen]:
    """Every regimen that comes with the package, by id, in the order they are listed."""
    return load_regimens(DATA / "regimens.yaml")
