"""Scores that add items, at both sides of every band."""

from __future__ import annotations

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.scores import score, score_catalogue
from antagonist.label.scores.models import Value
from antagonist.label.scores.units import albumin_g_per_l, bilirubin_umol_per_l

# Highest points of each item, from the published ranges.
MOST = {
    "cows": {
        "pulse": 4,
        "sweating": 4,
        "restlessness": 5,
        "pupils": 5,
        "bone_joint_ache": 4,
        "runny_nose_tears": 4,
        "gut": 5,
        "tremor": 4,
        "yawning": 4,
        "anxiety_irritability": 4,
        "gooseflesh": 5,
    },
    "audit_c": dict.fromkeys(("frequency", "typical_day", "heavy_days"), 4),
    "phq_2": dict.fromkeys(("interest", "mood"), 3),
}
TOTALS = {"cows": 48, "ciwa_ar": 67, "audit_c": 12, "phq_2": 6, "phq_9": 27, "child_pugh": 15}
CHILD_PUGH_A: dict[str, Value] = {
    "bilirubin_umol_per_l": 20,
    "albumin_g_per_l": 40,
    "inr": 1.1,
    "ascites": "none",
    "encephalopathy": "none",
}

# Total -> band, both sides of every edge, from the published tables.
EDGES = [
    ("cows", "usual", {0: "none", 4: "none", 5: "mild", 12: "mild", 13: "moderate"}),
    ("cows", "usual", {24: "moderate", 25: "moderately_severe", 36: "moderately_severe"}),
    ("cows", "usual", {37: "severe", 48: "severe"}),
    ("ciwa_ar", "usual", {0: "mild", 9: "mild", 10: "moderate", 15: "moderate", 16: "severe"}),
    ("ciwa_ar", "asam_2020", {9: "mild", 10: "moderate", 18: "moderate", 19: "severe"}),
    ("ciwa_ar", "asam_2020", {67: "severe"}),
    ("phq_2", "usual", {0: "negative", 2: "negative", 3: "positive", 6: "positive"}),
    ("phq_9", "usual", {0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate"}),
    ("phq_9", "usual", {14: "moderate", 15: "moderately_severe", 19: "moderately_severe"}),
    ("phq_9", "usual", {20: "severe", 27: "severe"}),
]


@pytest.mark.parametrize(("name", "group", "bands"), EDGES)
def test_both_sides_of_every_band(name: str, group: str, bands: dict[int, str]) -> None:
    assert {total: score(name, {"total": total}).bands[group] for total in bands} == bands


@pytest.mark.parametrize("name", MOST)
def test_the_most_of_every_item_is_the_published_total(name: str) -> None:
    result = score(name, MOST[name])
    assert (result.value, result.missing) == (TOTALS[name], ())


@pytest.mark.parametrize("name", MOST)
def test_one_missing_item_leaves_no_total(name: str) -> None:
    for item in MOST[name]:
        result = score(name, {k: v for k, v in MOST[name].items() if k != item})
        assert (result.value, result.band, result.bands) == (None, None, {})
        assert result.missing == (item,)
        assert not result.complete


def test_nothing_given_is_not_zero() -> None:
    result = score("cows", {})
    assert result.value is None
    assert result.missing == tuple(MOST["cows"])


def test_none_is_not_known() -> None:
    result = score("phq_2", {"interest": 1, "mood": None})
    assert (result.value, result.missing, result.inputs) == (None, ("mood",), {"interest": 1})


@pytest.mark.parametrize(
    ("rate", "points"),
    [(60, 0), (80, 0), (81, 1), (100, 1), (101, 2), (120, 2), (121, 4), (150, 4)],
)
def test_cows_takes_the_pulse_rate_for_its_points(rate: int, points: int) -> None:
    others = {name: 0 for name in MOST["cows"] if name != "pulse"}
    assert score("cows", {**others, "pulse_per_min": rate}).value == points


def test_a_pulse_rate_beside_its_points_is_refused() -> None:
    with pytest.raises(InputError, match="not both") as error:
        score("cows", {"pulse": 0, "pulse_per_min": 60})
    assert error.value.field == "pulse_per_min"


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("cows", {"pulse": 3}, "pulse"),
        ("cows", {"restlessness": 2}, "restlessness"),
        ("cows", {"gooseflesh": 4}, "gooseflesh"),
        ("cows", {"gut": 1.5}, "gut"),
        ("cows", {"gut": True}, "gut"),
        ("cows", {"gut": "1"}, "gut"),
        ("cows", {"gut": float("nan")}, "gut"),
        ("cows", {"total": 49}, "total"),
        ("cows", {"total": -1}, "total"),
        ("cows", {"pulse_per_min": float("inf")}, "pulse_per_min"),
        ("ciwa_ar", {"orientation": 5}, "orientation"),
        ("ciwa_ar", {"tremor": 8}, "tremor"),
        ("ciwa_ar", {"total": 68}, "total"),
        ("audit_c", {"sex": "other"}, "sex"),
        ("child_pugh", {"ascites": 2}, "ascites"),
        ("child_pugh", {"total": 7}, "total"),
        ("craving_vas", {"craving_mm": 100.5}, "craving_mm"),
        ("craving_vas", {"craving_mm": -0.5}, "craving_mm"),
        ("phq_9", {"mod": 1}, "mod"),
    ],
)
def test_a_wrong_value_names_its_field(name: str, values: dict[str, Value], field: str) -> None:
    with pytest.raises(InputError) as error:
        score(name, values)
    assert (error.value.source, error.value.field) == (f"score {name}", field)


def test_an_unknown_score_and_a_near_field_are_named() -> None:
    with pytest.raises(InputError, match="did you mean cows"):
        score("cow", {})
    with pytest.raises(InputError, match="did you mean sweating"):
        score("cows", {"sweatin": 1})


@pytest.mark.parametrize("total", [8, 10])
def test_a_total_that_its_items_contradict_is_refused(total: int) -> None:
    with pytest.raises(InputError, match="9 to 9"):
        score("audit_c", {"frequency": 3, "typical_day": 3, "heavy_days": 3, "total": total})


def test_a_total_stands_beside_items_that_allow_it() -> None:
    all_items: dict[str, Value] = {
        "frequency": 3,
        "typical_day": 3,
        "heavy_days": 3,
        "total": 9,
        "sex": "male",
    }
    some_items: dict[str, Value] = {"frequency": 3, "total": 3, "sex": "male"}
    assert score("audit_c", all_items).value == 9
    assert score("audit_c", some_items).value == 3
    assert score("audit_c", {**some_items, "total": 11}).value == 11
    for impossible in (2, 12):
        with pytest.raises(InputError, match="3 to 11"):
            score("audit_c", {**some_items, "total": impossible})


@pytest.mark.parametrize(
    ("sex", "total", "band"),
    [
        ("male", 3, "negative"),
        ("male", 4, "positive"),
        ("female", 2, "negative"),
        ("female", 3, "positive"),
    ],
)
def test_audit_c_by_sex(sex: str, total: int, band: str) -> None:
    result = score("audit_c", {"total": total, "sex": sex})
    assert (result.band, result.missing) == (band, ())
    assert list(result.bands.values()) == [band]


@pytest.mark.parametrize(
    ("total", "band", "missing"),
    [(2, "negative", ()), (3, None, ("sex",)), (4, "positive", ())],
)
def test_audit_c_without_sex_has_a_band_only_where_both_agree(
    total: int, band: str | None, missing: tuple[str, ...]
) -> None:
    result = score("audit_c", {"total": total})
    assert (result.value, result.band, result.missing) == (total, band, missing)


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ({"bilirubin_umol_per_l": 33}, 5),
        ({"bilirubin_umol_per_l": 34}, 6),
        ({"bilirubin_umol_per_l": 51}, 6),
        ({"bilirubin_umol_per_l": 52}, 7),
        ({"albumin_g_per_l": 35.1}, 5),
        ({"albumin_g_per_l": 35}, 6),
        ({"albumin_g_per_l": 28}, 6),
        ({"albumin_g_per_l": 27.9}, 7),
        ({"inr": 1.69}, 5),
        ({"inr": 1.7}, 6),
        ({"inr": 2.3}, 6),
        ({"inr": 2.31}, 7),
        ({"ascites": "slight"}, 6),
        ({"ascites": "marked"}, 7),
        ({"encephalopathy": "grade_1_2"}, 6),
        ({"encephalopathy": "grade_3_4"}, 7),
    ],
)
def test_child_pugh_at_every_cut(values: dict[str, Value], points: int) -> None:
    assert score("child_pugh", {**CHILD_PUGH_A, **values}).value == points


@pytest.mark.parametrize(("mg_per_dl", "points"), [(1.9, 5), (2.0, 6), (3.0, 6), (3.1, 7)])
def test_child_pugh_in_mg_per_dl_cuts_at_2_and_3(mg_per_dl: float, points: int) -> None:
    bilirubin = {"bilirubin_umol_per_l": bilirubin_umol_per_l(mg_per_dl)}
    assert score("child_pugh", {**CHILD_PUGH_A, **bilirubin}).value == points


@pytest.mark.parametrize(("g_per_dl", "points"), [(3.6, 5), (3.5, 6), (2.8, 6), (2.7, 7)])
def test_child_pugh_albumin_in_g_per_dl(g_per_dl: float, points: int) -> None:
    albumin = {"albumin_g_per_l": albumin_g_per_l(g_per_dl)}
    assert score("child_pugh", {**CHILD_PUGH_A, **albumin}).value == points


@pytest.mark.parametrize(
    ("raised", "total", "band"),
    [
        ({}, 5, "A"),
        ({"inr": 2.0}, 6, "A"),
        ({"inr": 2.4}, 7, "B"),
        ({"inr": 2.4, "albumin_g_per_l": 20}, 9, "B"),
        ({"inr": 2.4, "albumin_g_per_l": 20, "ascites": "slight"}, 10, "C"),
        (
            {
                "inr": 2.4,
                "albumin_g_per_l": 20,
                "ascites": "marked",
                "encephalopathy": "grade_3_4",
                "bilirubin_umol_per_l": 90,
            },
            15,
            "C",
        ),
    ],
)
def test_child_pugh_classes(raised: dict[str, Value], total: int, band: str) -> None:
    result = score("child_pugh", {**CHILD_PUGH_A, **raised})
    assert (result.value, result.band) == (total, band)


def test_child_pugh_says_where_tables_disagree_on_albumin() -> None:
    def notes(albumin: float) -> int:
        return len(score("child_pugh", {**CHILD_PUGH_A, "albumin_g_per_l": albumin}).notes)

    assert [notes(27.9), notes(28), notes(29.9), notes(30)] == [1, 2, 2, 1]


def test_phq_9_speaks_of_suicide_whatever_the_total() -> None:
    items = dict.fromkeys(score_catalogue()["phq_9"].items, 0)
    assert score("phq_9", items).notes == ()
    alarmed = score("phq_9", {**items, "self_harm_thoughts": 1})
    assert alarmed.band == "minimal"
    assert [note.en.split()[0] for note in alarmed.notes] == ["Thoughts"]
    assert "not known: ask" in score("phq_9", {"total": 3}).notes[0].en


@pytest.mark.parametrize("line_mm", [0, 37, 100])
def test_the_craving_line_has_no_band(line_mm: int) -> None:
    result = score("craving_vas", {"craving_mm": line_mm})
    assert (result.value, result.band, result.bands) == (line_mm, None, {})
