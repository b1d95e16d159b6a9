"""Screening: verdicts, gates on both sides of their limits, departures, interactions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.patients import (
    CAPSULE,
    INJECTION,
    RU_TABLET,
    UK_TABLET,
    US_TABLET,
    answer,
    content,
    fact,
    patient,
)

from antagonist.foundation.errors import InputError
from antagonist.label.answers import Answer
from antagonist.label.assess import assessed
from antagonist.label.gathered import moment
from antagonist.label.patient import parse_patient

IMPLANT = "prodetoxone-implant-1000"
RECORD = {
    "rule": "hepatitis-base", "reason": "stable for years", "first_person": "Dr A",
    "second_person": "Dr B", "date": "2026-11-25",
}  # fmt: skip


def fired(found: Answer) -> set[str]:
    return {reason.rule for reason in (*found.reasons, *found.cautions)}


def missing(found: Answer) -> set[str]:
    return {reason.rule for reason in found.missing}


def exposed(opioid: str, **entry: Any) -> dict[str, Any]:
    history = content()["opioid_history"]
    exposure = {"opioid": opioid, "source": "patient", "pattern": "regular", **entry}
    return {"opioid_history": {**history, "exposures": [exposure]}}


@pytest.mark.parametrize("name", ["us", "ru", "uk", None])
def test_the_eligible_patient_may_start(name: str | None) -> None:
    product = {"ru": RU_TABLET, "uk": UK_TABLET}.get(name or "", US_TABLET)
    assert answer(patient(), product, label=name).permits


@pytest.mark.parametrize(
    ("last_use", "verdict", "earliest"),
    [("2026-11-15", "allowed", None), ("2026-11-16", "not_yet", "2026-11-26")],
)
def test_the_base_interval_is_ten_days(last_use: str, verdict: str, earliest: str | None) -> None:
    found = answer(patient(**exposed("heroin", last_use=last_use)), label="us")
    assert found.verdict == verdict or (verdict == "allowed" and found.permits)
    assert (found.earliest.isoformat() if found.earliest else None) == earliest


@pytest.mark.parametrize(
    ("opioid", "entry", "rule", "open_day", "shut_day"),
    [
        ("methadone", "last_use", "opioid-free-long-acting", "2026-11-11", "2026-11-12"),
        ("buprenorphine", "last_use", "opioid-free-long-acting", "2026-11-11", "2026-11-12"),
        ("Sublocade", "release_ended", "opioid-free-bup-depot", "2026-11-11", "2026-11-12"),
        ("probuphine", "removed", "opioid-free-bup-implant", "2026-11-11", "2026-11-12"),
        ("butrans", "removed", "opioid-free-bup-transdermal", "2026-11-11", "2026-11-12"),
        ("fentanyl_patch", "removed", "opioid-free-bup-transdermal", "2026-11-15", "2026-11-16"),
        ("fentanyl", "last_use", "opioid-free-fentanyl-regular", "2026-11-15", "2026-11-16"),
        ("tramadol", "last_use", "opioid-free-tramadol", "2026-11-18", "2026-11-19"),
        ("tapentadol", "last_use", "opioid-free-tapentadol", "2026-11-15", "2026-11-16"),
        ("kratom", "last_use", "opioid-free-kratom", "2026-11-15", "2026-11-16"),
        ("desomorphine", "last_use", "opioid-free-homemade", "2026-11-11", "2026-11-12"),
    ],
)
def test_each_class_has_its_own_interval(
    opioid: str, entry: str, rule: str, open_day: str, shut_day: str
) -> None:
    shut = answer(patient(**exposed(opioid, **{entry: shut_day})), label="us")
    assert rule in fired(shut)
    opened = answer(patient(**exposed(opioid, **{entry: open_day})), label="us")
    assert rule not in fired(opened)


@pytest.mark.parametrize("opioid", ["Sublocade", "probuphine", "butrans", "nobody-knows-it"])
def test_without_the_date_that_counts_the_answer_never_permits(opioid: str) -> None:
    found = answer(patient(**exposed(opioid, last_use="2020-01-01")), label="us")
    assert not found.permits
    assert found.earliest is None


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"scores": [{"score": "cows", "date": "2026-11-25 09:30", "source": "n",
                      "values": {"total": 5}}]}, "withdrawal-present"),
        ({"facts": {"withdrawal_finding": fact(True, date="2026-11-25 09:30")}},
         "withdrawal-present"),
        ({"facts": {"liver_failure": fact(True)}}, "hepatitis-us"),
        ({"facts": {"opioid_dependent_now": fact(True)}}, "current-opioid-therapy"),
    ],
)  # fmt: skip
def test_a_closed_gate_says_which_rule(changes: dict[str, Any], rule: str) -> None:
    found = answer(patient(**changes), label="us")
    assert not found.permits
    assert rule in fired(found)


def test_cows_of_four_is_no_withdrawal() -> None:
    sheet = {"score": "cows", "date": "2026-11-25 09:30", "source": "n", "values": {"total": 4}}
    assert answer(patient(scores=[sheet]), label="us").permits


@pytest.mark.parametrize(
    ("taken", "known"), [("2026-11-22 10:00", True), ("2026-11-22 09:59", False)]
)
def test_urine_counts_for_72_hours(taken: str, known: bool) -> None:
    sample = {**content()["urine_tests"][0], "taken": taken}
    found = answer(patient(urine_tests=[sample]), label="us")
    assert ("urine-opioid-positive" not in missing(found)) is known
    assert found.permits is known


@pytest.mark.parametrize(
    ("done_at", "permits"), [("2026-11-24 10:00", True), ("2026-11-24 09:59", False)]
)
def test_the_naloxone_test_counts_for_24_hours(done_at: str, permits: bool) -> None:
    test = {**content()["provocation_tests"][0], "done_at": done_at}
    assert answer(patient(provocation_tests=[test]), label="us").permits is permits


def test_opioid_use_after_the_test_makes_it_void() -> None:
    test = {**content()["provocation_tests"][0], "done_at": "2026-11-25 09:40"}
    found = answer(
        patient(provocation_tests=[test], **exposed("heroin", last_use="2026-11-25 09:50")),
        label="us",
    )
    assert "provocation-negative" in missing(found) | fired(found)


@pytest.mark.parametrize(
    ("medicine", "rule"),
    [
        (["tramadol"], "current-opioid-therapy"),
        (["methadone"], "current-opioid-therapy"),
        (["morphine_naltrexone"], "ix-morphine-naltrexone"),
        (["oxycodone_naltrexone"], "ix-morphine-naltrexone"),
        (["loperamide"], "ix-opioid-otc"),
        (["disulfiram"], "ix-disulfiram"),
        (["thioridazine"], "ix-thioridazine"),
        (["naltrexone_bupropion"], "ix-naltrexone-bupropion"),
    ],
)
def test_interactions_go_by_ingredient(medicine: list[str], rule: str) -> None:
    taken = [{"name": "x", "ingredients": medicine, "tablets_per_day": 2}]
    listed = {"asked_on": "2026-11-25", "source": "patient", "taken": taken}
    found = answer(patient(medicines=listed), label="us")
    assert rule in fired(found)


@pytest.mark.parametrize("ingredient", ["naltrexone", "naloxone", "nalmefene", "dextromethorphan"])
def test_an_antagonist_is_no_opioid_exposure(ingredient: str) -> None:
    taken = [{"name": "x", "ingredients": [ingredient]}]
    listed = {"asked_on": "2026-11-25", "source": "patient", "taken": taken}
    found = answer(patient(medicines=listed), label="us")
    assert not any("opioid" in rule for rule in fired(found))
    assert found.permits


def test_a_medicine_nobody_knows_is_unknown_until_it_is_reviewed() -> None:
    unknown = {"name": "Tonic", "ingredients": ["mystery extract"]}
    listed = {"asked_on": "2026-11-25", "source": "patient", "taken": [unknown]}
    assert answer(patient(medicines=listed), label="us").verdict == "unknown"
    reviewed = {**listed, "taken": [{**unknown, "reviewed_not_opioid": True}]}
    assert answer(patient(medicines=reviewed), label="us").verdict != "not_allowed"


@pytest.mark.parametrize("product", [US_TABLET, CAPSULE])
def test_lactose_excludes_the_product_and_names_what_is_left(product: str) -> None:
    found = answer(patient("lactose_intolerance"), product)
    assert "lactose" in fired(found)
    assert found.alternatives is not None
    assert INJECTION in found.alternatives.free
    assert "seed-tablet-50" in found.alternatives.unknown
    assert answer(patient("lactose_intolerance"), INJECTION).permits


def test_unknown_excipients_are_unknown_not_safe() -> None:
    found = answer(patient("lactose_intolerance"), "seed-tablet-50")
    assert "lactose" in missing(found)
    assert not found.permits


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"birth_date": "1960-01-01"}, "age-over-65"),
        ({"facts": {"kidney_disease": fact(True)}}, "kidney-base"),
        ({"facts": {"hepatitis": fact("chronic")}}, "hepatitis-base"),
    ],
)
def test_where_the_chosen_label_is_less_strict_both_are_shown(
    changes: dict[str, Any], rule: str
) -> None:
    found = answer(patient(**changes), label="us")
    assert (found.verdict, found.base) == ("not_allowed", "not_allowed")
    assert found.departure is not None
    assert found.departure.rules == (rule,)
    assert found.departure.chosen == "allowed_with_caution"
    assert found.departure.needs == ("reason", "second_person")
    without = answer(patient(**changes))
    assert without.departure is None
    assert not without.permits


@pytest.mark.parametrize(("born", "closed"), [("1960-11-25", True), ("1960-11-26", False)])
def test_over_65_begins_with_66(born: str, closed: bool) -> None:
    assert ("age-over-65" in fired(answer(patient(birth_date=born), label="us"))) is closed


def test_a_departure_needs_every_rule_on_record_and_two_people() -> None:
    hepatitis: dict[str, Any] = {"facts": {"hepatitis": fact("chronic")}}
    found = answer(patient(**hepatitis, departures=[RECORD]), label="us")
    assert found.verdict == "allowed_with_caution"
    both: dict[str, Any] = {"facts": {"hepatitis": fact("chronic"), "kidney_disease": fact(True)}}
    assert not answer(patient(**both, departures=[RECORD]), label="us").permits
    with pytest.raises(InputError, match="someone else"):
        parse_patient(content(departures=[{**RECORD, "second_person": " dr a "}]), "p")


@pytest.mark.parametrize("rule", ["urine-opioid-positive", "opioid-free-base"])
def test_a_gate_cannot_be_departed_from(rule: str) -> None:
    name = {"urine-opioid-positive": "urine_positive", "opioid-free-base": "too_early"}[rule]
    record = {**RECORD, "rule": rule}
    assert not answer(patient(name, departures=[record]), label="us").permits


def test_alcohol_needs_history_and_urine_and_no_challenge() -> None:
    found = answer(patient("alcohol_raised_alt", provocation_tests=None), label="us")
    assert found.permits
    without = patient("alcohol_raised_alt", urine_tests=[])
    assert "urine-opioid-positive" in missing(answer(without, label="us"))
    unasked = patient("alcohol_raised_alt", opioid_history=None)
    assert not answer(unasked, label="us").permits


def test_missing_facts_are_ranked_by_what_they_settle() -> None:
    sample = {**content()["urine_tests"][0], "results": {"opiates": "negative"}}
    found = answer(patient(urine_tests=[sample]))
    assert found.verdict == "not_yet"
    counts = [len(test.settles) for test in found.next_tests]
    assert counts == sorted(counts, reverse=True)
    assert "urine_fentanyl" in {test.fact for test in found.next_tests}


def test_the_timeline_has_each_sources_interval() -> None:
    found = answer(patient("too_early"))
    days = {entry.rule: entry.on.isoformat() if entry.on else None for entry in found.timeline}
    assert days["opioid-free-base"] == "2026-11-30"
    assert days["opioid-free-us"] == "2026-11-27"


@pytest.mark.parametrize(
    ("product", "match"), [("depotrex-192", "a product given by"), ("antaxon", "did you mean")]
)
def test_a_product_the_label_cannot_give_is_an_error(product: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        answer(patient(), product)


@pytest.mark.parametrize("product", ["naltrel", "seed-gel-syringe", "embeda-trap"])
def test_what_cannot_be_planned_is_never_permitted(product: str) -> None:
    found = answer(patient(), product)
    assert "product-not-plannable" in fired(found)


def test_an_indication_outside_the_base_text_is_an_error() -> None:
    with pytest.raises(InputError, match="opioid or alcohol"):
        assessed(patient(indication="other"), moment(patient()), [US_TABLET])


def test_no_product_asks_for_all_that_can_be_planned() -> None:
    found = assessed(patient(), moment(patient()), label="ru")
    assert {a.product for a in found} >= {RU_TABLET, IMPLANT, "vivitrol-ru-380"}
    assert US_TABLET not in {a.product for a in found}


@pytest.mark.parametrize(
    ("days_ago", "permits"), [("2026-11-25 09:30", False), ("2026-11-24 09:30", True)]
)
def test_a_challenge_may_be_repeated_a_day_after_a_positive_one(
    days_ago: str, permits: bool
) -> None:
    test = {**content()["provocation_tests"][0], "done_at": days_ago, "result": "positive"}
    found = answer(patient(provocation_tests=[test]), label="us", question="challenge")
    assert found.permits is permits


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (
            {"facts": {"withdrawal_finding": fact(True, date="2026-11-25 09:30")}},
            "challenge-not-if",
        ),
        ({"urine": "positive"}, "challenge-not-if"),
    ],
)
def test_a_challenge_is_never_offered_in_withdrawal_or_with_opioids_in_the_urine(
    changes: dict[str, Any], rule: str
) -> None:
    if "urine" in changes:
        sample = content()["urine_tests"][0]
        sample["results"]["opiates"] = changes.pop("urine")
        changes["urine_tests"] = [sample]
    found = answer(patient(provocation_tests=[], **changes), label="us", question="challenge")
    assert not found.permits
    assert rule in fired(found)


def test_a_jurisdiction_nobody_knows_is_an_error_also_with_a_product_named() -> None:
    with pytest.raises(InputError, match="jurisdiction: 'atlantis'"):
        answer(patient(), label="atlantis")
