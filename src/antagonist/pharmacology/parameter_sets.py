"""Calibrated parameter sets: named, versioned, hashed; one file pair for each structure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.data import content_hash, near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import DATA, structure
from antagonist.pharmacology.models import Provenance, Structure, Transform
from antagonist.pharmacology.subjects import Estimates, forward

DEFAULT_SET = "naltrexone-2026.1"


class Estimate(BaseModel):
    """One calibrated parameter.

    value: typical value in unit. sd: posterior sd on the transformed scale (0 = fixed).
    between_subject: sd of subject effects on that scale; between_subject_log_sd: its doubt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    unit: str
    transform: Transform
    sd: float = Field(ge=0)
    between_subject: float = Field(default=0.0, ge=0)
    between_subject_log_sd: float = Field(default=0.0, ge=0)
    at_bound: bool = False
    source: str
    provenance: Provenance


class EstimateFile(BaseModel):
    """The estimates of one structure. weight: its share in every printed interval."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    set: str
    version: str
    structure: str
    weight: float = Field(ge=0, le=1)
    fitted_with: str
    estimates: Mapping[str, Estimate]


@dataclass(frozen=True)
class Fitted:
    """A structure with its posterior and its share."""

    structure: Structure
    estimates: Estimates
    weight: float


@dataclass(frozen=True)
class ParameterSet:
    """What a forecast draws from. sha256: over every data file of the pharmacology room."""

    name: str
    version: str
    sha256: str
    fitted: tuple[Fitted, ...]


def _covariance(path: Path, names: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if tuple(content["names"]) != names:
        raise InputError(path.name, "names", "a different list", "those of the estimates, in order")
    lower = np.zeros((len(names), len(names)))
    for i, row in enumerate(content["lower"]):
        lower[i, : len(row)] = row
    return lower + np.tril(lower, -1).T


def load_estimates(path: Path) -> tuple[EstimateFile, Fitted]:
    """One structure's estimates with their covariance (the file beside it)."""
    content = validated(EstimateFile, read_yaml(path), path.name)
    free = tuple(n for n, e in content.estimates.items() if e.sd > 0)
    covariance = _covariance(path.with_suffix(".covariance.json"), free)
    known = content.estimates
    estimates = Estimates(
        free,
        np.array([forward(known[n].value, known[n].transform) for n in free]),
        covariance,
        {n: e.between_subject for n, e in known.items() if e.between_subject > 0},
        {n: e.between_subject_log_sd for n, e in known.items() if e.between_subject > 0},
    )
    return content, Fitted(structure(content.structure), estimates, content.weight)


def data_hash(name: str) -> str:
    """SHA-256 over the set's files and every other data file of the room."""
    chosen = (DATA / "parameters" / name).glob("*")
    shared = [p for p in DATA.rglob("*.yaml") if "parameters" not in p.parts]
    return content_hash([*chosen, *shared])


@lru_cache(maxsize=4)
def parameter_set(name: str = DEFAULT_SET) -> ParameterSet:
    """A parameter set by name. Raises InputError for an unknown one."""
    folder = DATA / "parameters" / name
    files = sorted(folder.glob("*.yaml"))
    if not files:
        known = sorted(p.name for p in folder.parent.iterdir() if p.is_dir())
        raise InputError("", "parameter set", name, near_match(name, known))
    loaded = [load_estimates(path) for path in files]
    fitted = tuple(f for _, f in loaded if f.weight > 0)
    return ParameterSet(name, loaded[0][0].version, data_hash(name), fitted)


def save_estimates(folder: Path, content: EstimateFile, estimates: Estimates) -> Path:
    """Write one structure's estimates and covariance; returns the estimates' path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{content.structure}.yaml"
    path.write_text(
        yaml.safe_dump(content.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        encoding="utf-8",
    )
    rows = [
        [float(f"{x:.8g}") for x in estimates.covariance[i, : i + 1]]
        for i in range(len(estimates.names))
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    path.with_suffix(".covariance.json").write_text(
        f'{{"names": {json.dumps(list(estimates.names))},\n"lower": [\n{lines}\n]}}\n',
        encoding="utf-8",
    )
    return path
