"""Model files: what is allowed in them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from antagonist.pharmacology.models import Formulation, Parameter, Release, Structure

SOURCED = {"source": "a paper", "provenance": "seen"}


def structure(**changes: Any) -> Structure:
    content: dict[str, Any] = {
        "id": "one",
        "version": "1",
        "title": "One compartment and a site",
        "compartments": ["central", "site"],
        "transfers": [{"from": "central", "rate": "CL / V"}],
        "links": [{"of": "central", "to": "site", "gain": "1 / V", "rate": "ke0"}],
        "entries": {"systemic": {"central": "1"}},
        "outputs": {"conc": {"of": "central", "gain": "1 / V", "unit": "ng/mL"}},
        "parameters": {"CL": {"value": 10, "unit": "L/h", **SOURCED}},
    }
    return Structure.model_validate(content | changes)


def formulation(**changes: Any) -> Formulation:
    content: dict[str, Any] = {
        "id": "tablet",
        "version": "1",
        "title": {"en": "Tablet", "ru": "Таблетка"},
        "route": "oral",
        "max_dose_mg": 500,
        "release": [{"kind": "exponential", "rate_per_h": "ka"}],
        **SOURCED,
    }
    return Formulation.model_validate(content | changes)


def test_a_structure_reads_as_written() -> None:
    read = structure()
    assert read.transfers[0].source == "central"
    assert read.transfers[0].to is None
    assert read.parameters["CL"].transform == "log"


@pytest.mark.parametrize(
    "changes",
    [
        {"transfers": [{"from": "centre", "rate": "1"}]},
        {"transfers": [{"from": "central", "to": "centre", "rate": "1"}]},
        {"links": [{"of": "centre", "to": "site", "gain": "1", "rate": "1"}]},
        {"links": [{"of": "central", "to": "centre", "gain": "1", "rate": "1"}]},
        {"outputs": {"conc": {"of": "centre", "gain": "1", "unit": "ng/mL"}}},
        {"entries": {"systemic": {"centre": "1"}}},
        {"dose_inputs": {"centre": {"lag_h": "1"}}},
    ],
)
def test_unknown_compartment(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"'centre' is not allowed \(one of central, site\)"):
        structure(**changes)


def test_repeated_compartment() -> None:
    with pytest.raises(ValidationError, match="repeat a name"):
        structure(compartments=["central", "site", "central"])


def test_residual_of_an_unknown_output() -> None:
    with pytest.raises(ValidationError, match=r"'level' is not allowed \(one of conc\)"):
        structure(residuals={"level": {"proportional": 0.2, **SOURCED}})


def test_unknown_key() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        structure(compartment=["central"])


def test_a_formula_that_is_none() -> None:
    with pytest.raises(ValidationError, match="not an expression"):
        structure(transfers=[{"from": "central", "rate": "CL /"}])
    with pytest.raises(ValidationError, match="are allowed"):
        structure(transfers=[{"from": "central", "rate": "open('x')"}])


def test_a_number_may_stand_unquoted_in_a_formula() -> None:
    assert Release.model_validate({"kind": "bolus", "fraction": 0.25}).fraction == "0.25"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"value": 0}, "log scale"),
        ({"value": -1}, "log scale"),
        ({"value": 1, "transform": "logit"}, "between 0 and 1"),
        ({"value": 0, "transform": "logit"}, "between 0 and 1"),
        ({"value": float("nan")}, "finite"),
        ({"value": float("inf")}, "finite"),
        ({"value": 5, "bounds": [10, 20]}, "between its bounds"),
        ({"value": 5, "bounds": [20, 1]}, "between its bounds"),
        ({"value": 5, "prior_sd": -0.1}, "greater than or equal to 0"),
        ({"value": 5, "between_subject": -0.1}, "greater than or equal to 0"),
        ({"value": 5, "provenance": "guessed"}, "provenance"),
    ],
)
def test_parameters_out_of_range(content: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Parameter.model_validate({"unit": "L/h", **SOURCED} | content)


def test_an_identity_parameter_may_be_negative() -> None:
    shift = Parameter.model_validate(
        {"value": -1, "unit": "1", "transform": "identity", "bounds": [-1, 1], **SOURCED}
    )
    assert shift.value == -1


def test_correlations_stay_inside_one() -> None:
    with pytest.raises(ValidationError, match="less than 1"):
        structure(correlations=[{"between": ["CL", "V"], "rho": 1, **SOURCED}])


@pytest.mark.parametrize("kind", ["exponential", "constant"])
def test_a_release_without_its_time(kind: str) -> None:
    with pytest.raises(ValidationError, match="is missing"):
        Release.model_validate({"kind": kind})


def test_a_formulation_with_data_has_a_release_profile() -> None:
    with pytest.raises(ValidationError, match="release is missing"):
        formulation(release=[])
    assert formulation(release=[], status="no_data").release == ()


@pytest.mark.parametrize(
    "changes",
    [{"salt_factor": 0}, {"salt_factor": 1.1}, {"max_dose_mg": 0}, {"route": "rectal"}],
)
def test_formulations_out_of_range(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changes))):
        formulation(**changes)


def test_models_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        formulation().__setattr__("max_dose_mg", 1.0)
