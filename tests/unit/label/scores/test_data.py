"""The data of scores and instruments: what is there, and that wrong data is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Both
from antagonist.label.scores import catalogue as loading
from antagonist.label.scores import instrument_catalogue, score, score_catalogue
from antagonist.label.scores.models import rounded

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "reference" / "scores.md"
COWS = (DATA / "scores" / "cows.yaml").read_text(encoding="utf-8")
MELD_NA = (DATA / "scores" / "meld_na.yaml").read_text(encoding="utf-8")


def test_the_scores_that_were_asked_for() -> None:
    assert set(score_catalogue()) == {
        *("cows", "ciwa_ar", "audit_c", "phq_2", "phq_9", "craving_vas", "c_ssrs", "child_pugh"),
        *("meld", "meld_na", "meld_na_2008", "cockcroft_gault", "ckd_epi_2021", "fib_4", "apri"),
    }


def test_item_values_sum_to_the_published_total() -> None:
    for name, total in {"cows": 48, "ciwa_ar": 67, "audit_c": 12, "phq_2": 6, "phq_9": 27}.items():
        items = score_catalogue()[name].items.values()
        assert sum(max(item.allowed) for item in items) == total
        assert score_catalogue()[name].high == total


def _texts(value: Any) -> list[Both]:
    if isinstance(value, Both):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, tuple):
        return [text for inner in value for text in _texts(inner)]
    return _texts(dict(value)) if hasattr(value, "model_fields_set") else []


@pytest.mark.parametrize("name", score_catalogue())
def test_every_russian_text_is_russian_or_a_name(name: str) -> None:
    names = {"COWS", "CIWA-Ar", "ASAM 2020"}
    for text in _texts(score_catalogue()[name]):
        assert text.ru in names or re.search("[А-Яа-яЁё]", text.ru), text
        assert not re.search("[А-Яа-яЁё]", text.en), text


def test_instruments_point_to_scores_and_back() -> None:
    instruments = instrument_catalogue()
    shipped = {i.score for i in instruments.values() if i.score is not None}
    assert shipped == {"cows", "ciwa_ar", "audit_c", "phq_2", "phq_9", "craving_vas", "c_ssrs"}
    for instrument in instruments.values():
        if instrument.score is not None and instrument.high is not None:
            definition = score_catalogue()[instrument.score]
            assert (instrument.low, instrument.high) == (definition.low, definition.high)
            assert instrument.items == len(definition.items)


def test_a_score_of_an_instrument_says_its_licence() -> None:
    for instrument in instrument_catalogue().values():
        if instrument.score is not None:
            assert score_catalogue()[instrument.score].licence is not None


def test_results_carry_source_and_provenance() -> None:
    result = score("cows", {"total": 5})
    assert (result.source, result.provenance) == (
        "Wesson and Ling 2003; item values recalled, their sum agrees with the published total",
        "recalled",
    )


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(0.5, 0, 1), (1.5, 0, 2), (2.5, 0, 3), (2.4999, 0, 2), (1.005, 2, 1.01), (34.2, 0, 34)],
)
def test_halves_round_up(value: float, decimals: int, expected: float) -> None:
    assert rounded(value, decimals) == expected


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        (
            'source: "Wesson',
            'notes: [{field: pulse, text: {en: a, ru: а}}]\nsource: "Wesson',
            "a span or with",
        ),
        (
            'source: "Wesson',
            'notes: [{field: puls, while_missing: true, text: {en: a, ru: а}}]\nsource: "Wesson',
            "unknown fields ['puls']",
        ),
        ("kind: points\n    allowed: [0, 1, 2, 4]", "kind: number\n    unit: mm", "needs unit"),
        (
            "kind: points\n    allowed: [0, 1, 2, 4]",
            "kind: number\n    unit: mm\n    low: 0\n    high: 4",
            "points only",
        ),
        ("from: 5, to: 12", "from: 6, to: 12", "gap or overlap"),
        ("from: 5, to: 12", "from: 4, to: 12", "gap or overlap"),
        ("from: 37, to: 48", "from: 37, to: 47", "outer ends"),
        ("from: 81, to: 100", "from: 82, to: 100", "gap or overlap"),
        ("kind: items", "kind: formula", "formula"),
        ("allowed: [0, 3, 5]", "low: 0", "points need the allowed values"),
        ("total_accepted: true", "total_acepted: true", "total_acepted"),
        ("ru: Потливость или озноб", "de: Schwitzen", "sweating.title"),
    ],
)
def test_wrong_data_is_refused(tmp_path: Path, right: str, wrong: str, field: str) -> None:
    assert right in COWS
    path = tmp_path / "cows.yaml"
    path.write_text(COWS.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        loading.load_score(path)
    assert error.value.source == "cows.yaml"
    assert field in str(error.value)


def test_a_file_is_named_by_its_score_and_its_formula_is_known(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(COWS, encoding="utf-8")
    with pytest.raises(InputError, match="the file's own name, other"):
        loading.load_score(path)
    path = tmp_path / "meld_na.yaml"
    path.write_text(MELD_NA.replace("formula: meld_na", "formula: peld"), encoding="utf-8")
    with pytest.raises(InputError, match="meld_na_2008"):
        loading.load_score(path)


def test_shared_coefficients_come_from_the_named_score() -> None:
    own = yaml.safe_load(MELD_NA)["coefficients"]
    assert score_catalogue()["meld_na"].coefficients == {
        **score_catalogue()["meld"].coefficients,
        **own,
    }


def test_the_page_names_every_score_and_every_field() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for definition in score_catalogue().values():
        assert f"| `{definition.id}` |" in page
        for field in definition.fields:
            assert f"`{field}`" in page, (definition.id, field)
        for group in definition.band_sets:
            assert f"| `{definition.id}` | {group.id} |" in page
            assert f"| {group.source} | {group.provenance} |" in page
