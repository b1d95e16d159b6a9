"""The suicide screener: highest level with a yes, and never a level that a gap could raise."""

from __future__ import annotations

from itertools import product

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.scores import score, score_catalogue
from antagonist.label.scores.models import Value

ASKED = tuple(score_catalogue()["c_ssrs"].items)
ALL_NO: dict[str, Value] = dict.fromkeys(ASKED, False)


@pytest.mark.parametrize(
    ("yes", "band", "value"),
    [
        ((), "none", 0),
        (("wish_to_be_dead",), "low", 1),
        (("suicidal_thoughts",), "low", 1),
        (("suicidal_thoughts", "method"), "moderate", 2),
        (("suicidal_thoughts", "intent"), "high", 3),
        (("suicidal_thoughts", "plan_with_intent"), "high", 3),
        (("behaviour_ever",), "moderate", 2),
        (("behaviour_ever", "behaviour_last_3_months"), "high", 3),
    ],
)
def test_levels(yes: tuple[str, ...], band: str, value: int) -> None:
    result = score("c_ssrs", {**ALL_NO, **dict.fromkeys(yes, True)})
    assert (result.band, result.value, result.at_least) == (band, value, band)
    assert result.complete


def test_what_is_not_asked_after_a_no_counts_as_no() -> None:
    asked = {"wish_to_be_dead": True, "suicidal_thoughts": False, "behaviour_ever": False}
    assert score("c_ssrs", asked).band == "low"


def test_a_gap_that_could_raise_the_level_leaves_none() -> None:
    known: dict[str, Value] = {**ALL_NO, "behaviour_ever": True}
    known["suicidal_thoughts"] = True
    del known["behaviour_last_3_months"], known["intent"]
    result = score("c_ssrs", known)
    assert (result.value, result.band, result.at_least) == (None, None, "moderate")
    assert result.missing == ("intent", "behaviour_last_3_months")


def test_nothing_known_is_no_level_at_all() -> None:
    result = score("c_ssrs", {})
    assert (result.value, result.band, result.at_least) == (None, None, None)
    assert result.missing == ASKED


def test_one_alarm_is_enough_whatever_is_missing() -> None:
    for alarm in ("intent", "plan_with_intent", "behaviour_last_3_months"):
        result = score("c_ssrs", {alarm: True})
        assert (result.band, result.missing) == ("high", ())


def test_a_yes_counts_though_its_question_should_not_have_been_asked() -> None:
    assert score("c_ssrs", {**ALL_NO, "intent": True}).band == "high"


def test_a_missing_answer_never_hides_what_a_full_answer_shows() -> None:
    """Taking answers away leaves the level as it was or leaves none, never a lower one."""
    for answers in product((False, True), repeat=len(ASKED)):
        full: dict[str, Value] = dict(zip(ASKED, answers, strict=True))
        level = score("c_ssrs", full).value
        for name in ASKED:
            # Where the opening question was 'no', what follows it was not asked.
            gate = score_catalogue()["c_ssrs"].items[name].asked_if
            if gate is not None and not full[gate]:
                continue
            known = {k: v for k, v in full.items() if k != name}
            assert score("c_ssrs", known).value in (level, None)


@pytest.mark.parametrize("value", [1, 0, "yes", 1.0])
def test_only_yes_or_no(value: Value) -> None:
    with pytest.raises(InputError, match="true or false") as error:
        score("c_ssrs", {"intent": value})
    assert error.value.field == "intent"
