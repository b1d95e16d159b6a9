"""Payloads: what each kind of event may say, and how old versions are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads import checked_payload, payload_models, read_payload, upgraded
from antagonist.feedback.payloads.parts import symptom_facts
from antagonist.feedback.payloads.registry import NEWEST, UPGRADES
from antagonist.foundation.errors import InputError
from antagonist.label.facts import fact_types
from antagonist.label.side_effects import side_effects

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
HASH = "0" * 64
TABLET, INJECTION, IMPLANT = (
    "naltrexone-hcl-us-chartwell-50",
    "vivitrol-us-380",
    "prodetoxone-implant-1000",
)
PLAN = {
    "product": TABLET, "route": "oral", "regimen": "daily_50",
    "doses": [{"at": "2026-05-02T09:00+03:00", "dose_mg": 50, "kind": "oral", "units": 1}],
    "checks": [{"on": "2026-05-20", "check": "liver_tests"}],
}  # fmt: skip
WHOLE: Mapping[str, Mapping[str, Any]] = {
    "dose": {
        "product": TABLET, "dose_mg": 50, "status": "observed", "observed_by": "nurse",
        "mouth_checked": True, "planned_at": "2026-05-01T09:00+03:00", "note": "with food",
    },
    "injection": {
        "product": INJECTION, "dose_mg": 380, "lot": "L1", "expiry": "2027-01-31", "side": "left",
        "needle": "20G 2 in", "given_by": "nurse", "planned_at": "2026-05-01T09:00Z",
    },
    "implant_in": {"product": IMPLANT, "dose_mg": 1000, "site": "abdomen", "given_by": "surgeon"},
    "implant_out": {"reason": "infection", "done_by": "surgeon"},
    "plan_change": {"plan": PLAN, "reason": "first plan"},
    "dispensed": {"product": TABLET, "route": "oral", "days": 30},
    "hospital_stay": {"first": "2026-04-20", "last": "2026-04-24"},
    "departure": {"how": "transfer", "date": "2026-04-30", "note": "moved away"},
    "treatment_stop": {"reason": "wish of the patient"},
    "surgery_planned": {"at": "2026-06-01T08:00+03:00", "with_opioids": True},
    "level": {
        "analyte": "6_beta_naltrexol", "matrix": "urine", "value_ng_per_ml": 120.5,
        "below_limit": False, "limit_ng_per_ml": 10,
    },
    "lab": {"test": "alt", "value": 120, "unit": "U/L", "upper_limit": 40, "specimen": "blood"},
    "urine_drug_test": {
        "taken": "2026-05-01T08:00Z", "method": "immunoassay", "creatinine": 90,
        "creatinine_unit": "mg/dL", "results": {"opiates": "negative", "oxycodone": "positive"},
    },
    "vital_signs": {"pulse_per_min": 72, "weight_kg": 70.5},
    "symptom": {
        "term": "nausea", "words": "sick after the tablet", "organ_system": "gastrointestinal",
        "snomed": "422587007", "ctcae_grade": 1, "ctcae_version": "5.0",
        "onset": "2026-04-30T20:00Z", "outcome": "recovering", "relation": "probable",
        "present": True,
    },
    "score": {"score": "cows", "values": {"total": 7}, "total": 7, "band": "mild"},
    "global_impression": {"scale": "CGI-S", "value": 4},
    "rating": {"item": "works", "by": "patient", "product": TABLET, "value": 8},
    "words": {"text": "I sleep badly"},
    "alcohol_day": {"date": "2026-04-30", "drinks": 2, "grams": 20, "country": "RU"},
    "opioid_use": {
        "opioid": "heroin", "amount": "0.1 g", "route": "smoked",
        "last_use": {"from": "2026-04-28", "to": "2026-04-29"}, "reported_by": "patient",
    },
    "use_calendar": {
        "substance": "opioid", "first": "2026-04-01", "last": "2026-04-28", "days": ["2026-04-03"],
    },
    "lapse": {"substance": "opioid", "date": "2026-04-29"},
    "relapse": {"substance": "alcohol", "rule": "clinic-1", "date": "2026-04-29"},
    "overdose": {"opioid": "heroin", "fatal": False, "treated": True, "naloxone_given": True},
    "naloxone_kit": {"kits": 1, "trained": True},
    "override_attempt": {"opioid": "heroin", "felt": "partial"},
    "consent": {"to": "text messages", "given": True, "until": "2027-01-01"},
    "fact": {"fact": "lactating", "value": False, "date": "2026-05-01", "source": "patient"},
    "opioid_history": {
        "asked_on": "2026-05-01", "ever": "current", "asked_about": "all", "source": "patient",
        "exposures": [{"opioid": "methadone", "last_use": "2026-04", "source": "patient"}],
    },
    "allergies": {"asked_on": "2026-05-01", "to": ["naloxone"], "source": "patient"},
    "medicines": {
        "asked_on": "2026-05-01", "source": "patient",
        "taken": [{"name": "Ibuprofen", "ingredients": ["ibuprofen"]}],
    },
    "provocation_test": {
        "drug": "naloxone", "route": "iv", "total_mg": 0.8, "done_at": "2026-05-01T08:30Z",
        "result": "negative", "source": "prescriber",
    },
    "no_provocation_test": {"asked_on": "2026-05-01", "source": "patient"},
    "alcohol": {"asked_on": "2026-05-01", "last_drink": "2026-04-01", "source": "patient"},
    "naltrexone_history": {
        "asked_on": "2026-05-01", "source": "patient",
        "doses": [
            {"route": "oral", "at": "2026-03-01", "dose_mg": 50, "every_days": 1, "times": 9},
        ],
    },
    "decision": {
        "what": "screen", "asked": {"question": "start"}, "inputs": {"facts": {"alt": None}},
        "result": {"verdict": "allowed"}, "rules_hash": HASH, "contents": [HASH], "software": "1",
    },
    "override": {"decision": "e1", "reason": "benefit outweighs", "second_person": "dr. two"},
    "alarm_raised": {
        "alarm": "jaundice", "cause": ["e1"], "key": "jaundice e1", "severity": "stop",
        "facts": [{"fact": "dark_urine", "value": True}], "act": "stop and refer",
        "who": "prescriber", "by": "2026-05-01T12:00Z",
    },
    "alarm_withdrawn": {"alarm": "e2", "because": "e3"},
    "alarm_acknowledged": {"alarm": "e2", "note": "called"},
    "alarm_overridden": {"alarm": "e2", "reason": "known hepatitis"},
    "patient_created": {"program": "clinic"},
    "identifier_added": {"system": "passport"},
    "merged": {"other": "p2", "kept": "p1", "reason": "same person"},
    "unmerged": {"other": "p2", "event": "e4"},
    "identity_erased": {"reason": "asked for"},
    "retraction": {"reason": "wrong patient"},
}  # fmt: skip


def event(kind: str, payload: Mapping[str, Any], version: int | None = None) -> NewEvent:
    """A new event of the newest version unless another is asked for."""
    return NewEvent(kind, AT, payload, version=version or NEWEST.get(kind, 1))


def changed(kind: str, **changes: Any) -> NewEvent:
    """An event of a kind with some fields changed; None takes a field away."""
    payload = {k: v for k, v in {**WHOLE[kind], **changes}.items() if v is not None}
    return event(kind, payload)


def test_every_kind_has_an_example_here() -> None:
    assert set(WHOLE) == set(payload_models())


@pytest.mark.parametrize("kind", WHOLE)
def test_a_payload_comes_back_as_it_was_written(kind: str) -> None:
    text = checked_payload(event(kind, WHOLE[kind]))
    kept = json.loads(text)
    model = payload_models()[kind][NEWEST[kind]]
    assert read_payload(kind, NEWEST[kind], kept) == model.model_validate(WHOLE[kind])
    assert checked_payload(event(kind, kept)) == text
    assert kept.keys() >= WHOLE[kind].keys()


@pytest.mark.parametrize("kind", WHOLE)
def test_a_field_nobody_knows_is_refused(kind: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_payload(changed(kind, surprise=1))
    assert (caught.value.source, caught.value.field) == (f"event {kind}", "surprise")


def test_text_is_canonical_and_has_no_nulls() -> None:
    one = {"status": "reported", "dose_mg": 50, "note": None, "product": None}
    other = {"dose_mg": 50.0, "status": "reported"}
    assert checked_payload(event("dose", one)) == checked_payload(event("dose", other))
    assert checked_payload(event("dose", one)) == (
        '{"dose_mg":50.0,"route":"oral","status":"reported"}'
    )


def test_nulls_inside_a_decision_stay() -> None:
    kept = json.loads(checked_payload(event("decision", WHOLE["decision"])))
    assert kept["inputs"] == {"facts": {"alt": None}}


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean injection") as caught:
        checked_payload(event("injektion", {}))
    assert caught.value.field == "kind"


@pytest.mark.parametrize(("kind", "version"), [("lab", 0), ("lab", 3), ("dose", 2)])
def test_an_unknown_version_is_refused(kind: str, version: int) -> None:
    new = NewEvent(kind, AT, WHOLE[kind], version=version)
    with pytest.raises(InputError) as caught:
        checked_payload(new)
    assert (caught.value.source, caught.value.field) == (f"event {kind}", "version")
    with pytest.raises(InputError):
        read_payload(kind, version, WHOLE[kind])


def test_a_laboratory_result_of_version_1_is_read_as_version_2() -> None:
    old = {"test": "alt", "value": 120, "unit": "U/L", "upper_limit": 40}
    kept = json.loads(checked_payload(event("lab", old, version=1)))
    assert "specimen" not in kept
    found = read_payload("lab", 1, kept)
    assert found.model_dump() == {**old, "specimen": "not_stated"}
    assert "specimen" not in kept


def test_version_2_needs_the_specimen_and_version_1_does_not_know_it() -> None:
    with pytest.raises(InputError, match="specimen"):
        checked_payload(event("lab", {"test": "alt", "value": 1, "unit": "U/L"}, version=2))
    with pytest.raises(InputError, match="specimen"):
        checked_payload(event("lab", WHOLE["lab"], version=1))


def test_every_old_version_has_a_way_up() -> None:
    for kind, versions in payload_models().items():
        assert list(versions) == list(range(1, NEWEST[kind] + 1))
        assert {v for k, v in UPGRADES if k == kind} == set(range(1, NEWEST[kind]))


def test_the_newest_version_is_given_back_as_it_is() -> None:
    payload = dict(WHOLE["lab"])
    assert upgraded("lab", 2, payload) is payload


def test_models_are_frozen_and_closed() -> None:
    for versions in payload_models().values():
        for model in versions.values():
            assert model.model_config.get("frozen") is True
            assert model.model_config.get("extra") == "forbid"


@pytest.mark.parametrize(
    ("kind", "field", "right", "wrong"),
    [
        ("dose", "dose_mg", 0.001, 0),
        ("dose", "dose_mg", 10_000, 10_000.001),
        ("dose", "dose_mg", 1, True),
        ("dose", "dose_mg", 1, float("nan")),
        ("dose", "route", "oral", "im_xr"),
        ("dose", "planned_at", "2026-05-01T09:00Z", "2026-05-01T09:00"),
        ("dose", "planned_at", "2026-05-01T09:00Z", 20260501),
        ("injection", "side", "right", "middle"),
        ("injection", "expiry", "2026-05-01", 20260501),
        ("injection", "lot", "L", ""),
        ("level", "limit_ng_per_ml", 0.1, 0),
        ("level", "value_ng_per_ml", 0, -0.1),
        ("level", "matrix", "plasma", "saliva"),
        ("symptom", "ctcae_grade", 1, 0),
        ("symptom", "ctcae_grade", 5, 6),
        ("symptom", "snomed", "422587007", "022587007"),
        ("symptom", "outcome", "recovered", "better"),
        ("symptom", "organ_system", "eye", "eyes"),
        ("vital_signs", "oxygen_saturation", 100, 100.1),
        ("vital_signs", "temperature_c", 20, 19.9),
        ("global_impression", "value", 0, -1),
        ("global_impression", "value", 7, 8),
        ("naloxone_kit", "kits", 1, 0),
        ("alcohol_day", "drinks", 0, -1),
        ("alcohol_day", "country", "US", "usa"),
        ("override_attempt", "felt", "none", "a bit"),
        ("override", "reason", "abc", "ab"),
        ("decision", "rules_hash", "a" * 64, "a" * 63),
        ("alarm_raised", "who", "nurse", "friend"),
        # read by the label itself
        ("dose", "product", TABLET, INJECTION),
        ("injection", "product", INJECTION, TABLET),
        ("implant_in", "product", IMPLANT, "no-such-implant"),
        ("lab", "test", "ast", "asat"),
        ("lab", "test", "ast", "alt_xuln"),
        ("lab", "value", 0, -1),
        ("lab", "value", 20_000, 20_001),
        ("lab", "unit", "ukat/L", "mg"),
        ("lab", "upper_limit", 0.1, 0),
        ("lab", "specimen", "not_stated", "urine"),
        ("fact", "fact", "lactating", "pregnant"),
        ("fact", "value", True, "perhaps"),
        ("score", "total", 7, 8),
        ("score", "band", "mild", "moderate"),
        ("urine_drug_test", "results", {"6_mam": "positive"}, {"heroin": "positive"}),
        ("urine_drug_test", "results", {"6_mam": "invalid"}, {"6_mam": "weak"}),
        ("urine_drug_test", "creatinine_unit", "mg/dL", "g"),
        ("provocation_test", "total_mg", 10, 10.1),
        ("opioid_use", "last_use", "2026-04", "lately"),
        ("dispensed", "product", TABLET, INJECTION),
        ("dispensed", "days", 1, 0),
        ("departure", "how", "death", "bored"),
        ("rating", "item", "works", "worksy"),
        ("rating", "by", "patient", "clinician"),
        ("rating", "value", 10, 10.5),
        ("rating", "value", 0, True),
        ("rating", "product", INJECTION, "no-such-product"),
    ],
)
def test_both_sides_of_what_is_allowed(kind: str, field: str, right: Any, wrong: Any) -> None:
    checked_payload(changed(kind, **{field: right}))
    with pytest.raises(InputError) as caught:
        checked_payload(changed(kind, **{field: wrong}))
    assert caught.value.source == f"event {kind}"
    assert caught.value.field.split(".")[0] == field


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("dose", {"observed_by": None}, "who observed"),
        ("dose", {"status": "reported"}, "observed dose"),
        ("dose", {"status": "missed", "observed_by": None}, "observed dose"),
        ("level", {"below_limit": True}, "not both"),
        ("level", {"value_ng_per_ml": None}, "not both"),
        ("symptom", {"ctcae_version": None}, "together"),
        ("symptom", {"ctcae_grade": None}, "together"),
        ("symptom", {"present": False}, "grade"),
        ("alcohol_day", {"drinks": None, "grams": None}, "drinks or grams"),
        ("vital_signs", {"pulse_per_min": None, "weight_kg": None}, "one sign"),
        ("override", {"decision": None}, "one of the two"),
        ("override", {"alarm": "e9"}, "one of the two"),
        ("score", {"values": {}, "total": None, "band": None}, "values, or a total"),
        ("rating", {"item": "liver_complaint"}, "true or false"),
        ("use_calendar", {"last": "2026-03-31", "days": []}, "not before the first"),
        ("use_calendar", {"days": ["2026-04-29"]}, "from the first to the last"),
        ("hospital_stay", {"last": "2026-04-19"}, "not before the first"),
        ("score", {"score": "sows", "total": 64.1}, "0 to 64"),
        ("score", {"score": "sowz"}, "did you mean sows"),
    ],
)
def test_fields_that_do_not_fit_together(
    kind: str, changes: Mapping[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        checked_payload(changed(kind, **changes))


@pytest.mark.parametrize("changes", [{"score": "sows", "total": 64}, {"values": {}}])
def test_a_total_is_enough(changes: Mapping[str, Any]) -> None:
    checked_payload(changed("score", **changes))


def test_a_level_below_the_limit_has_no_value() -> None:
    checked_payload(changed("level", below_limit=True, value_ng_per_ml=None))


def test_a_urine_pregnancy_test_is_a_laboratory_result() -> None:
    result = {"test": "pregnancy_test", "value": "negative", "specimen": "urine"}
    assert json.loads(checked_payload(event("lab", result))) == result


@pytest.mark.parametrize(
    ("taken", "allowed"),
    # the last zone to the east is 14 hours ahead of UTC: there it is 23:00 of 1 May at 09:00 UTC
    [("2026-05-01", True), ("2026-05-02", False), ("2026-05-01T23:00Z", True)],
)
def test_a_sample_is_not_of_a_day_to_come(taken: str, allowed: bool) -> None:
    new = changed("urine_drug_test", taken=taken)
    if allowed:
        checked_payload(new)
        return
    with pytest.raises(InputError, match="not after") as caught:
        checked_payload(new)
    assert caught.value.field == "taken"


def test_a_payload_stays_readable_when_the_label_no_longer_knows_its_names() -> None:
    kept = {"test": "a_test_of_old", "value": 3, "specimen": "blood"}
    with pytest.raises(InputError):
        checked_payload(event("lab", kept))
    assert read_payload("lab", 2, kept).model_dump(exclude_none=True) == kept


def test_a_plan_keeps_what_the_planner_wrote() -> None:
    kept = json.loads(checked_payload(event("plan_change", WHOLE["plan_change"])))
    assert kept["plan"]["regimen"] == "daily_50"
    assert kept["plan"]["doses"][0]["units"] == 1


@pytest.mark.parametrize("missing", ["product", "route", "doses"])
def test_a_plan_without_what_the_record_reads_is_refused(missing: str) -> None:
    plan = {name: value for name, value in PLAN.items() if name != missing}
    with pytest.raises(InputError, match=f"plan.{missing}"):
        checked_payload(event("plan_change", {"plan": plan, "reason": "x"}))


def test_terms_that_are_facts_are_known_on_both_sides() -> None:
    assert symptom_facts().keys() <= side_effects().terms.keys()
    assert {fact_types()[fact].kind for fact in symptom_facts().values()} == {"yes_no"}
    assert symptom_facts()["jaundice"] == "yellow_eyes_or_skin"
