"""The opioid-free timeline: classes, latest instants, what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.patients import content, patient

from antagonist.label.facts import Fact
from antagonist.label.gathered import gathered, moment


def facts_for(*exposures: dict[str, Any], **history: Any) -> dict[str, Fact]:
    base = content()["opioid_history"]
    entries = [{"source": "test", **e} for e in exposures]
    found = patient(opioid_history={**base, "exposures": entries, **history})
    return dict(gathered(found, moment(found)).facts)


def days(facts: dict[str, Fact], name: str) -> object:
    fact = facts.get(f"days_since_{name}")
    return None if fact is None or fact.state != "known" else fact.value


@pytest.mark.parametrize(
    ("opioid", "counted"),
    [
        ("heroin", "short_acting"),
        ("героин", "short_acting"),
        ("loperamide", "short_acting"),
        ("Embeda", "short_acting"),
        ("methadone", "methadone"),
        ("Suboxone", "bup_transmucosal"),
        ("tramadol", "tramadol"),
        ("tapentadol", "tapentadol"),
        ("кратом", "kratom"),
        ("desomorphine", "homemade"),
    ],
)
def test_each_opioid_counts_in_its_class(opioid: str, counted: str) -> None:
    facts = facts_for({"opioid": opioid, "last_use": "2026-11-20"})
    assert days(facts, counted) == 5
    assert days(facts, "opioid") == 5


def test_the_latest_of_several_counts() -> None:
    facts = facts_for(
        {"opioid": "heroin", "last_use": "2026-11-01"},
        {"opioid": "morphine", "last_use": {"from": "2026-11-03", "to": "2026-11-09"}},
    )
    assert days(facts, "short_acting") == 16


def test_one_exposure_without_a_date_makes_the_days_unknown() -> None:
    facts = facts_for({"opioid": "heroin", "last_use": "2026-11-01"}, {"opioid": "morphine"})
    assert days(facts, "short_acting") is None
    assert days(facts, "opioid") is None


def test_an_opioid_that_matches_no_entry_is_unknown_never_the_default() -> None:
    facts = facts_for({"opioid": "mystery powder", "last_use": "2020-01-01"})
    assert facts["unmatched_opioid"].state == "unclear"
    assert days(facts, "opioid") is None


@pytest.mark.parametrize(
    ("pattern", "regular", "short"),
    [("regular", 5, 5), ("single", float("inf"), 5), ("unknown", None, 5)],
)
def test_fentanyl_counts_by_its_pattern(pattern: str, regular: object, short: object) -> None:
    facts = facts_for({"opioid": "fentanyl", "pattern": pattern, "last_use": "2026-11-20"})
    assert days(facts, "fentanyl_regular") == regular
    assert days(facts, "short_acting") == short


def test_depot_buprenorphine_counts_from_the_end_of_release_or_not_at_all() -> None:
    without = facts_for({"opioid": "Sublocade", "last_use": "2025-01-10"})
    assert days(without, "bup_depot_end") is None
    assert days(without, "opioid") is None
    ended = facts_for({"opioid": "Sublocade", "release_ended": "2026-11-11"})
    assert days(ended, "bup_depot_end") == 14


def test_a_patch_and_an_implant_count_from_removal() -> None:
    worn = facts_for({"opioid": "fentanyl_patch", "last_use": "2026-11-01"})
    assert days(worn, "fentanyl_patch_removal") is None
    off = facts_for({"opioid": "fentanyl_patch", "removed": "2026-11-15"})
    assert days(off, "fentanyl_patch_removal") == 10
    rods = facts_for({"opioid": "probuphine", "removed": "2026-11-12"})
    assert days(rods, "bup_implant_removal") == 13


def test_a_class_that_was_not_asked_about_is_unknown() -> None:
    facts = facts_for(asked_about=["short_acting"], ever="none")
    assert days(facts, "short_acting") == float("inf")
    assert days(facts, "kratom") is None
    assert "days_since_opioid" not in facts


def test_used_is_yes_by_any_of_the_classes_that_share_it() -> None:
    facts = facts_for({"opioid": "buprenorphine", "last_use": "2026-10-01"})
    assert facts["used_buprenorphine"].value is True
    assert facts_for()["used_buprenorphine"].value is False


@pytest.mark.parametrize(
    ("changes", "dependence", "exposure"),
    [
        ({"ever": "none"}, "none", "none"),
        ({"ever": "none"}, "remission", "past"),
        ({"ever": "past"}, "none", "past"),
        ({"ever": "none"}, "current", "current"),
        ({"ever": "none", "asked_about": ["methadone"]}, "none", None),
    ],
)
def test_no_exposure_needs_the_whole_history(
    changes: dict[str, Any], dependence: str, exposure: str | None
) -> None:
    base = {**content()["opioid_history"], "exposures": [], **changes}
    stated = {"opioid_dependence": {"value": dependence, "source": "test"}}
    found = patient(opioid_history=base, facts=stated)
    fact = gathered(found, moment(found)).facts.get("opioid_exposure")
    assert (fact.value if fact else None) == exposure


@pytest.mark.parametrize(
    ("last_use", "exposure"), [("2026-10-26", "current"), ("2026-10-25", "none")]
)
def test_no_exposure_needs_thirty_days(last_use: str, exposure: str) -> None:
    entry = {"opioid": "codeine", "last_use": last_use, "source": "test"}
    history = {**content()["opioid_history"], "ever": "none", "exposures": [entry]}
    found = patient(
        opioid_history=history, facts={"opioid_dependence": {"value": "none", "source": "test"}}
    )
    fact = gathered(found, moment(found)).facts["opioid_exposure"]
    assert fact.value == exposure
