"""Loading data files: variants, errors that name file and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.pharmacology.small_models import PARAMETERS, SOURCED, one_compartment, parameter

from antagonist.foundation.data import read_yaml
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import load_formulation, load_structure, structure


def write(path: Path, content: Any) -> Path:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    content = one_compartment().model_dump(mode="json", by_alias=True, exclude_none=True)
    return write(tmp_path / "base.yaml", content)


def test_a_variant_adds_to_its_base(base: Path) -> None:
    """Lists grow, mappings are updated, the rest is replaced."""
    variant = {
        "based_on": "base",
        "id": "variant",
        "compartments": ["deep"],
        "transfers": [{"from": "central", "to": "deep", "rate": "0.1"}],
        "parameters": {"CL": parameter(7.0), "Q9": parameter(1.0)},
    }
    found = load_structure(write(base.with_name("variant.yaml"), variant))
    assert found.id == "variant"
    assert found.title == "One compartment"
    assert found.compartments == ("central", "metabolite", "deep")
    assert len(found.transfers) == 3
    assert found.parameters["CL"].value == 7.0
    assert set(found.parameters) == {*PARAMETERS, "Q9"}


def test_a_variant_of_a_variant(base: Path) -> None:
    write(base.with_name("first.yaml"), {"based_on": "base", "id": "a", "compartments": ["x"]})
    second = {"based_on": "first", "id": "b", "compartments": ["y"]}
    found = load_structure(write(base.with_name("second.yaml"), second))
    assert found.id == "b"
    assert found.compartments == ("central", "metabolite", "x", "y")
    assert load_structure(base).compartments == ("central", "metabolite")


def test_a_wrong_value_names_file_and_field(base: Path) -> None:
    content = read_yaml(base)
    content["parameters"]["CL"]["prior_sd"] = -1
    with pytest.raises(InputError) as caught:
        load_structure(write(base, content))
    assert caught.value.source == "base.yaml"
    assert caught.value.field == "parameters.CL.prior_sd"
    assert caught.value.value == -1


def test_an_unknown_key_and_a_missing_source_are_named(tmp_path: Path) -> None:
    content = {
        "id": "x",
        "version": "1",
        "title": {"en": "x", "ru": "x"},
        "route": "oral",
        "max_dose_mg": 100,
        "release": [{"kind": "bolus"}],
        **SOURCED,
    }
    path = tmp_path / "x.yaml"
    with pytest.raises(InputError) as caught:
        load_formulation(write(path, content | {"relaese": []}))
    assert (caught.value.source, caught.value.field) == ("x.yaml", "relaese")
    without = {k: v for k, v in content.items() if k != "source"}
    with pytest.raises(InputError) as caught:
        load_formulation(write(path, without))
    assert (caught.value.source, caught.value.field) == ("x.yaml", "source")


def test_an_unknown_structure_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean slow_plasma"):
        structure("slow_plasm")
