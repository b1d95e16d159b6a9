"""Small models and tables for tests of the estimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from antagonist.pharmacology.estimation.fitting import Fit, fitted

SOURCED = {"source": "made up for a test", "provenance": "assumed"}
SD = 0.4


def parameter(value: float, unit: str, sd: float = SD, **more: Any) -> dict[str, Any]:
    """Content of one parameter with a random effect."""
    return {"value": value, "unit": unit, "between_subject": sd, **SOURCED, **more}


def model(**changes: Any) -> dict[str, Any]:
    """One compartment with a depot; changes replace keys of the file."""
    content: dict[str, Any] = {
        "id": "small",
        "version": "1",
        "title": "Small",
        "compartments": ["depot", "central"],
        "transfers": [
            {"from": "depot", "to": "central", "rate": "ka"},
            {"from": "central", "rate": "CL / V"},
        ],
        "outputs": {"conc": {"of": "central", "gain": "1 / V", "unit": "mg/L"}},
        "parameters": {
            "CL": parameter(4.0, "L/h"),
            "V": parameter(30.0, "L"),
            "ka": parameter(1.0, "1/h"),
        },
        "residuals": {"conc": {"proportional": 0.2, **SOURCED}},
    }
    return content | changes


def with_parameters(extra: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The small model with more parameters."""
    content = model(**changes)
    content["parameters"] = {**content["parameters"], **extra}
    return content


def fit(folder: Path, content: Mapping[str, Any], table: str, **options: Any) -> Fit:
    """Write model and table, and fit."""
    (folder / "model.yaml").write_text(
        yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8"
    )
    (folder / "data.csv").write_text(table, encoding="utf-8")
    return fitted(folder / "model.yaml", folder / "data.csv", **options)
