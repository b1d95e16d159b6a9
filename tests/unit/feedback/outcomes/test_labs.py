"""Liver outcomes: CTCAE grades by baseline, candidates for Hy's law."""

from __future__ import annotations

import pytest
from tests.support.courses import Told, course, doses, lab, on

from antagonist.feedback.outcomes.labs import Liver, grade_of, liver


def outcomes(told: list[Told], today: int = 90) -> Liver:
    seen = course([*doses(range(0, today, 2)), *told], today)
    return liver(seen.labs, on(0), on(today))


@pytest.mark.parametrize(
    ("test", "xuln", "baseline", "grade"),
    # measures.md section 5, CTCAE v5
    [
        ("alt", 1.0, 0.5, 0), ("alt", 1.01, 0.5, 1), ("alt", 3.0, 0.5, 1), ("alt", 3.01, 0.5, 2),
        ("alt", 5.01, 1.0, 3), ("alt", 20.1, None, 4),
        # a raised baseline: times that value
        ("alt", 2.9, 2.0, 0), ("alt", 3.0, 2.0, 1), ("alt", 6.01, 2.0, 2), ("ast", 10.1, 2.0, 3),
        ("bilirubin", 1.5, 0.9, 1), ("bilirubin", 1.51, 0.9, 2), ("bilirubin", 3.01, 0.9, 3),
        ("bilirubin", 2.0, 2.0, 0), ("bilirubin", 2.1, 2.0, 1),
    ],
)  # fmt: skip
def test_grades(test: str, xuln: float, baseline: float | None, grade: int) -> None:
    assert grade_of(test, xuln, baseline) == grade


def test_the_last_value_before_treatment_is_the_baseline() -> None:
    told = [lab(-30, "alt", 4.0), lab(0, "alt", 0.8), lab(30, "alt", 3.5), lab(60, "alt", None)]
    alt = outcomes(told).grades[0]
    assert (alt.test, alt.baseline, alt.baseline_xuln) == ("alt", "normal", 0.8)
    assert (alt.tests, alt.ungraded, alt.worst_xuln, alt.grade, alt.on) == (1, 1, 3.5, 2, on(30))


def test_without_a_value_there_is_no_grade() -> None:
    alt = outcomes([lab(0, "alt", 0.8)]).grades[0]
    assert (alt.tests, alt.grade, alt.worst_xuln) == (0, None, None)


@pytest.mark.parametrize(
    ("enzyme", "bilirubin", "apart", "found"),
    [(3.1, 2.1, 0, True), (3.0, 2.1, 0, False), (3.1, 2.0, 0, False), (3.1, 2.1, 15, False)],
)
def test_hys_law_needs_both_about_the_same_time(
    enzyme: float, bilirubin: float, apart: int, found: bool
) -> None:
    told = [lab(30, "ast", enzyme), lab(30 + apart, "bilirubin", bilirubin)]
    seen = outcomes(told)
    assert (seen.hy_candidate is not None) is found
    assert seen.hy_looked_at is (apart < 15)


def test_hys_law_is_not_looked_at_without_bilirubin() -> None:
    seen = outcomes([lab(30, "alt", 9.0)])
    assert (seen.hy_candidate, seen.hy_looked_at) == (None, False)


@pytest.mark.parametrize(
    ("phosphatase", "said"),
    [(1.9, "below"), (2.0, None), (None, "not_on_record")],
)
def test_a_high_alkaline_phosphatase_is_another_thing(
    phosphatase: float | None, said: str | None
) -> None:
    told = [lab(30, "alt", 4.0), lab(31, "bilirubin", 2.5)]
    told += [] if phosphatase is None else [lab(35, "alkaline_phosphatase", phosphatase)]
    found = outcomes(told)
    assert found.hy_looked_at
    assert (found.hy_candidate.alkaline_phosphatase if found.hy_candidate else None) == said
