"""Every data file of the room: it loads, says where its numbers are from, and fits the others."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from antagonist.foundation.data import read_yaml
from antagonist.pharmacology.agonists import agonist
from antagonist.pharmacology.calibration.run import STRUCTURES, evidence_folder, evidence_questions
from antagonist.pharmacology.catalogue import DATA, formulations, load_formulation, load_structure
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.models import Formulation, Parameter
from antagonist.pharmacology.parameter_sets import DEFAULT_SET, load_estimates
from antagonist.pharmacology.settings import defaults
from antagonist.pharmacology.subjects import definitions

RELEASES = sorted((DATA / "release").glob("*.yaml"))
STRUCTURE_FILES = sorted((DATA / "structures").glob("*.yaml"))
ESTIMATES = sorted((DATA / "parameters" / DEFAULT_SET).glob("*.yaml"))


def name(path: Path) -> str:
    return path.stem


def observations() -> list[dict[str, str]]:
    with (evidence_folder() / "observations.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.yaml")), ids=lambda p: p.name)
def test_every_file_is_a_mapping(path: Path) -> None:
    assert read_yaml(path)


@pytest.mark.parametrize("path", RELEASES, ids=name)
def test_every_formulation_loads_under_its_file_s_name(path: Path) -> None:
    found = load_formulation(path)
    assert found.id == path.stem
    assert found.source.strip()
    assert set(found.title) == {"en", "ru"}


@pytest.mark.parametrize("path", STRUCTURE_FILES, ids=name)
def test_every_structure_loads_under_its_file_s_name(path: Path) -> None:
    assert load_structure(path).id == path.stem


def all_parameters() -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for path in STRUCTURE_FILES:
        found |= {f"{path.stem}.{n}": p for n, p in load_structure(path).parameters.items()}
    for path in RELEASES:
        found |= {f"{path.stem}.{n}": p for n, p in load_formulation(path).parameters.items()}
    return found


def test_every_parameter_has_a_source_a_unit_and_a_provenance() -> None:
    found = all_parameters()
    assert len(found) > 100
    bare = [n for n, p in found.items() if not (p.source.strip() and p.unit and p.provenance)]
    assert bare == []


def test_what_varies_between_subjects_or_studies_is_free_in_the_fit() -> None:
    """Sensitivities, and so spreads, are taken of free parameters only."""
    varying = {n: p for n, p in all_parameters().items() if p.between_subject or p.between_study}
    assert varying
    assert [n for n, p in varying.items() if p.prior_sd == 0] == []


def test_every_covariate_correlation_and_residual_has_a_source() -> None:
    for path in STRUCTURE_FILES:
        read = load_structure(path)
        for effect in read.covariates:
            assert effect.source.strip(), effect
            assert effect.parameter in read.parameters, effect
        for pair in read.correlations:
            assert pair.source.strip(), pair
            assert set(pair.between) <= set(read.parameters), pair
        assert all(r.source.strip() for r in read.residuals.values())


def test_product_names_are_unique_with_their_aliases() -> None:
    found: Counter[str] = Counter()
    for path in RELEASES:
        read = load_formulation(path)
        found.update([read.id, *read.aliases])
    assert [n for n, times in found.items() if times > 1] == []
    assert set(found) == set(formulations())


def test_no_product_s_parameter_hides_another_of_the_same_name() -> None:
    """Values are shared by name: two definitions of one name would quietly be one."""
    owners: Counter[str] = Counter()
    for path in RELEASES:
        owners.update(list(load_formulation(path).parameters))
    core = set(load_structure(DATA / "structures" / "slow_both.yaml").parameters)
    assert [n for n, times in owners.items() if times > 1 or n in core] == []


@pytest.mark.parametrize("path", RELEASES, ids=name)
def test_a_release_gives_out_no_more_than_the_dose(path: Path) -> None:
    """The parts' fractions add to one, or to the declared fraction that is released."""
    read = load_formulation(path)
    if read.status == "no_data":
        assert read.release == ()
        return
    total = total_fraction(read)
    assert 0 < total <= 1 + 1e-9
    whole = [p.fraction for p in read.release]
    if len(whole) > 1 or whole == ["1"]:
        assert total == pytest.approx(1)


def total_fraction(read: Formulation) -> float:
    values = {n: p.value for n, p in read.parameters.items()}
    return sum(float(parse(part.fraction)(values)) for part in read.release)


def test_every_product_of_the_evidence_is_known() -> None:
    """It has a formulation (with levels or marked as without), or the row says what it is."""
    rows = read_yaml(evidence_folder() / "rows.yaml")["rows"]
    lost = []
    for row in observations():
        meaning = rows.get(row["row_id"], {})
        stated = meaning.get("product", row["product"])
        if stated not in formulations() and meaning.get("use") != "not_modelled":
            lost.append((row["row_id"], stated))
    assert [r for r in lost if r[1] not in ("", "product")] == []


def test_rows_and_targets_speak_of_published_rows() -> None:
    known = {q.row_id for q in evidence_questions()}
    assert set(read_yaml(evidence_folder() / "rows.yaml")["rows"]) <= known
    targets = read_yaml(evidence_folder() / "targets.yaml")["targets"]
    assert {row for t in targets for row in t["rows"]} <= known
    assert all(t["low"] < t["high"] and t["source"] for t in targets)
    assert len({t["id"] for t in targets}) == len(targets)


def test_row_ids_are_unique() -> None:
    found = Counter(row["row_id"] for row in observations())
    assert [n for n, times in found.items() if times > 1] == []


def test_estimates_exist_for_every_structure_that_is_fitted() -> None:
    assert {p.stem for p in ESTIMATES} == set(STRUCTURES)


@pytest.mark.parametrize("path", ESTIMATES, ids=name)
def test_estimates_cover_what_the_fit_may_move(path: Path) -> None:
    content, fitted = load_estimates(path)
    known = definitions(fitted.structure, formulations())
    assert set(content.estimates) == set(known)
    assert set(fitted.estimates.names) == {n for n, p in known.items() if p.prior_sd > 0}
    for parameter, estimate in content.estimates.items():
        definition = known[parameter]
        assert estimate.transform == definition.transform, parameter
        assert estimate.unit == definition.unit, parameter
        assert estimate.source.strip(), parameter
        if definition.bounds is not None:
            low, high = definition.bounds
            assert low * (1 - 1e-6) <= estimate.value <= high * (1 + 1e-6), parameter
        if definition.prior_sd == 0:
            assert estimate.value == pytest.approx(definition.value), parameter


@pytest.mark.parametrize("path", ESTIMATES, ids=name)
def test_covariances_are_ones_and_agree_with_the_sds(path: Path) -> None:
    content, fitted = load_estimates(path)
    covariance = fitted.estimates.covariance
    assert np.linalg.eigvalsh(covariance).min() > 0
    stated = [content.estimates[n].sd for n in fitted.estimates.names]
    assert np.sqrt(np.diag(covariance)) == pytest.approx(stated, rel=1e-4)


def test_shares_add_to_one() -> None:
    assert sum(load_estimates(p)[1].weight for p in ESTIMATES) == pytest.approx(1)


def test_defaults_name_an_opioid_that_is_known() -> None:
    threshold = defaults().threshold
    assert agonist(threshold.agonist, threshold.route).fitted[threshold.endpoint]
