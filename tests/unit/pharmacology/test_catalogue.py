"""Loading data files: variants, errors that name file and field, hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.pharmacology.small_models import PARAMETERS, SOURCED, one_compartment, parameter

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import (
    content_hash,
    load_formulation,
    load_structure,
    near_match,
    read_yaml,
    structure,
)


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


def test_what_is_no_mapping_or_no_yaml_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a mapping of keys to values"):
        read_yaml(write(tmp_path / "list.yaml", [1, 2]))
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: x\ntitle: [1, 2\nroute: y\n", encoding="utf-8")
    with pytest.raises(InputError, match="valid YAML") as caught:
        read_yaml(broken)
    assert caught.value.source == "broken.yaml"
    assert caught.value.field.startswith("line ")
    with pytest.raises(InputError, match="a readable file"):
        read_yaml(tmp_path / "absent.yaml")


def test_an_unknown_structure_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean slow_plasma"):
        structure("slow_plasm")


def test_near_match_lists_all_when_none_is_near() -> None:
    assert near_match("zzz", ["apple", "pear"]) == "known: apple, pear"
    assert near_match("aple", ["apple", "pear"]) == "did you mean apple? known: apple, pear"


def test_the_hash_does_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("one", encoding="utf-8")
    second.write_text("two", encoding="utf-8")
    assert content_hash([first, second]) == content_hash([second, first])
    assert content_hash([first]) != content_hash([first, second])


def test_the_hash_depends_on_names_and_contents(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("one", encoding="utf-8")
    second.write_text("two", encoding="utf-8")
    before = content_hash([first, second])
    first.write_text("two", encoding="utf-8")
    second.write_text("one", encoding="utf-8")
    assert content_hash([first, second]) != before
    second.write_text("ane", encoding="utf-8")
    assert content_hash([first, second]) != before
    here = content_hash([first])
    assert content_hash([first.rename(tmp_path / "c.yaml")]) != here
