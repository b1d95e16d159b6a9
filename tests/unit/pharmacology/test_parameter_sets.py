"""Parameter sets on disk: what is written is read back, and a change shows in the hash."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology import parameter_sets
from antagonist.pharmacology.catalogue import DATA
from antagonist.pharmacology.parameter_sets import (
    DEFAULT_SET,
    Estimate,
    EstimateFile,
    data_hash,
    load_estimates,
    parameter_set,
    save_estimates,
)
from antagonist.pharmacology.subjects import Estimates

COVARIANCE = np.array([[0.04, 0.01], [0.01, 0.09]])


def estimate(value: float, sd: float, **changes: object) -> Estimate:
    content = {
        "value": value,
        "unit": "L",
        "transform": "log",
        "sd": sd,
        "source": "a test",
        "provenance": "calibrated",
    }
    return Estimate.model_validate(content | changes)


CONTENT = EstimateFile(
    set="small",
    version="1",
    structure="slow_effect",
    weight=0.25,
    fitted_with="a test",
    estimates={
        "CL": estimate(120.0, 0.2, between_subject=0.3, between_subject_log_sd=0.15),
        "molar_ratio_6bn": estimate(1.00586, 0.0, provenance="seen"),
        "F_oral": estimate(0.2, 0.3, transform="logit", unit="fraction"),
    },
)
ESTIMATES = Estimates(
    ("CL", "F_oral"), np.array([np.log(120.0), np.log(0.25)]), COVARIANCE, {"CL": 0.3}, {"CL": 0.15}
)


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    path = save_estimates(tmp_path / "set", CONTENT, ESTIMATES)
    content, fitted = load_estimates(path)
    assert content == CONTENT
    assert fitted.structure.id == "slow_effect"
    assert fitted.weight == 0.25
    assert fitted.estimates.names == ("CL", "F_oral")
    assert fitted.estimates.mean == pytest.approx(ESTIMATES.mean)
    assert fitted.estimates.covariance == pytest.approx(COVARIANCE)
    assert fitted.estimates.between_subject == {"CL": 0.3}
    assert fitted.estimates.between_subject_sd == {"CL": 0.15}


def test_a_covariance_of_other_parameters_is_refused(tmp_path: Path) -> None:
    path = save_estimates(tmp_path, CONTENT, ESTIMATES)
    beside = path.with_suffix(".covariance.json")
    content = json.loads(beside.read_text(encoding="utf-8"))
    content["names"].reverse()
    beside.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="in order") as caught:
        load_estimates(path)
    assert caught.value.source == "slow_effect.covariance.json"
    assert caught.value.field == "names"


def test_an_unknown_set_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=f"did you mean {DEFAULT_SET}"):
        parameter_set("naltrexone-2026.9")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the data folder that the hash is taken over."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setattr(parameter_sets, "DATA", folder)
    return folder


def test_the_hash_does_not_depend_on_where_the_data_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = data_hash(DEFAULT_SET)
    shutil.copytree(DATA, tmp_path / "elsewhere")
    monkeypatch.setattr(parameter_sets, "DATA", tmp_path / "elsewhere")
    assert data_hash(DEFAULT_SET) == here
    assert len(here) == 64


@pytest.mark.parametrize(
    "file",
    [
        "defaults.yaml",
        "agonists.yaml",
        "release/oral_tablet.yaml",
        "structures/naltrexone_core.yaml",
        f"parameters/{DEFAULT_SET}/slow_both.yaml",
        f"parameters/{DEFAULT_SET}/slow_both.covariance.json",
    ],
)
def test_the_hash_changes_with_any_data_file(copied: Path, file: str) -> None:
    before = data_hash(DEFAULT_SET)
    path = copied / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert data_hash(DEFAULT_SET) != before


def test_another_set_does_not_change_the_hash(copied: Path) -> None:
    before = data_hash(DEFAULT_SET)
    shutil.copytree(copied / "parameters" / DEFAULT_SET, copied / "parameters" / "other-1")
    assert data_hash(DEFAULT_SET) == before
    assert data_hash("other-1") == before


def test_structures_without_a_share_are_not_drawn(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied / "parameters" / "other-1"
    save_estimates(folder, CONTENT, ESTIMATES)
    none = CONTENT.model_copy(update={"structure": "slow_both", "weight": 0.0})
    save_estimates(folder, none, ESTIMATES)
    monkeypatch.setattr(parameter_sets, "parameter_set", parameter_set.__wrapped__)
    found = parameter_sets.parameter_set("other-1")
    assert [f.structure.id for f in found.fitted] == ["slow_effect"]
    assert (found.name, found.version) == ("other-1", "1")
    assert found.sha256 == data_hash("other-1")
