"""Decisions are kept with what they rest on; overrides are counted for each rule."""

from __future__ import annotations

import hashlib
import os
import tarfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from tests.support.patients import INJECTION, US_TABLET, content
from tests.support.records import NURSE, SettableClock, retraction, words

from antagonist.feedback import contents
from antagonist.feedback import tables as t
from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.answering import plain
from antagonist.feedback.database import reading, writing
from antagonist.feedback.decisions import (
    decide_forecast,
    decide_plan,
    decide_screen,
    decision_payload,
    software,
)
from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.overrides import RuleCount, overrides_by_rule, record_override
from antagonist.feedback.record import Record
from antagonist.feedback.replay import replay
from antagonist.foundation.data import read_yaml
from antagonist.foundation.errors import InputError
from antagonist.label.rulebook import rulebook

PATIENT = "11111111-1111-4111-8111-111111111111"
PRESCRIBER = Actor("dr.one", "prescriber", "visit")
LATE = Path(__file__).parents[3] / "examples" / "treatment" / "injection_late.yaml"
CLINIC_RULE = """
category: clinic
rules:
  - id: clinic-weight
    topic: weight
    jurisdictions: [clinic]
    indications: [opioid]
    routes: [oral]
    asked: [start]
    severity: contraindicated
    when: {op: compare, fact: weight_kg, is: "<", value: 75, unit: kg}
    text: {en: "Below 75 kg not here.", ru: "При массе тела меньше 75 кг не здесь."}
    source: ["the clinic"]
    provenance: own
    cases:
      - {name: light, facts: {weight_kg: 74.9}, gives: "true"}
      - {name: at the limit, facts: {weight_kg: 75}, gives: "false"}
"""


def screened(record: Record, name: str = "eligible_opioid", **more: Any) -> Event:
    given = {"products": [US_TABLET], "jurisdiction": "us"} | more
    return decide_screen(record, PATIENT, PRESCRIBER, file=content(name), **given)


def test_a_screening_is_kept_with_question_file_answer_and_what_it_rests_on(
    record: Record,
) -> None:
    event = screened(record)
    kept = record.all(PATIENT)
    assert [e.kind for e in kept] == ["decision"]
    payload = kept[0].payload
    assert payload["what"] == "screen"
    assert payload["asked"]["products"] == [US_TABLET]
    assert payload["asked"]["as_of"] == "2026-11-25T10:00:00+03:00"
    assert [a["verdict"] for a in payload["result"]["answers"]] == ["allowed"]
    assert payload["rules_hash"] == rulebook(datetime(2026, 11, 25).date()).hash
    assert payload["software"] == software()
    assert kept[0].hash == event.hash
    with reading(record.engine) as connection:
        (digest,) = payload["contents"]
        kind, stored = contents.load(connection, digest)
    assert kind == "label"
    assert hashlib.sha256(stored).hexdigest() == digest
    with tarfile.open(fileobj=BytesIO(stored)) as archive:
        names = archive.getnames()
    assert f"products/{US_TABLET}.yaml" in names
    assert "rules/start_opioid_free.yaml" in names


def test_the_clinics_own_code_of_a_patient_is_not_kept(record: Record) -> None:
    payload = screened(record).payload
    assert payload["inputs"]["patient"]["patient"] == PATIENT
    assert "demo-eligible" not in str(payload)


def test_the_same_contents_are_stored_once(record: Record) -> None:
    first, second = screened(record), screened(record, "too_early")
    assert first.payload["contents"] == second.payload["contents"]
    with reading(record.engine) as connection:
        assert len(connection.execute(select(t.contents.c.hash)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"products": ["no-such-tablet"]}, "product"),
        ({"question": "whether"}, "question"),
        ({"as_of": datetime(2026, 11, 25, 10)}, "as_of"),
        ({"jurisdiction": "atlantis"}, "jurisdiction"),
    ],
)
def test_nothing_is_kept_of_a_question_that_is_refused(
    record: Record, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError, match=field):
        screened(record, **changes)
    assert record.all(PATIENT) == ()
    with reading(record.engine) as connection:
        assert connection.execute(select(t.contents.c.hash)).all() == []


def test_a_plan_rests_on_label_and_pharmacology(record: Record) -> None:
    asked = {"product": INJECTION, "regimen": "injection_380_every_4_weeks", "jurisdiction": "us"}
    event = decide_plan(
        record,
        PATIENT,
        PRESCRIBER,
        file=content(),
        request=asked | {"months": 3, "prescriber": "dr.one"},
        as_of=datetime(2026, 11, 25, 7, tzinfo=UTC),
        draws=4,
    )
    plan = event.payload["result"]["plan"]
    assert plan["start"] == "2026-11-25"
    assert plan["outlook"]["draws"] == 4
    assert event.payload["asked"]["model"]["draws"] == 4
    with reading(record.engine) as connection:
        kinds = [contents.load(connection, h)[0] for h in event.payload["contents"]]
    assert kinds == ["label", "pharmacology"]


def test_a_refused_plan_is_a_decision_too(record: Record) -> None:
    request = {"product": INJECTION, "regimen": "injection_380_every_4_weeks", "jurisdiction": "us"}
    event = decide_plan(record, PATIENT, PRESCRIBER, file=content("too_early"), request=request)
    refusal = event.payload["result"]["refusal"]
    assert refusal["stage"] == "screening"
    assert refusal["answer"]["verdict"] == "not_yet"


def test_a_forecast_of_a_late_injection(record: Record) -> None:
    event = decide_forecast(
        record, PATIENT, NURSE, file=read_yaml(LATE), situation="late_injection", draws=4
    )
    found = event.payload["result"]["situation"]
    # 27 September and 28 days, given twice: 25 October; due 22 November, asked on the 25th
    assert found["dates"]["due"] == "2026-11-22T10:00:00+03:00"
    late = [s["values"]["days_late"] for s in found["steps"] if s["id"] == "inject_late"]
    assert late == [{"value": 3.0, "unit": "d"}]
    assert found["figures"]["draws"] == 4
    assert event.payload["rules_hash"] == found["answer"]["rules_hash"]


@pytest.mark.parametrize(
    ("situation", "details", "message"),
    [
        ("stopp", {}, "did you mean stop"),
        ("missed_dose", {"planned_at": "2026-11-25T09:00"}, "details.next_at"),
        ("surgery", {}, "details.at"),
    ],
)
def test_a_forecast_says_what_it_needs(
    record: Record, situation: str, details: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        decide_forecast(
            record,
            PATIENT,
            NURSE,
            file=read_yaml(LATE),
            situation=situation,
            details=details,
            draws=4,
        )


def test_a_clinics_own_rules_are_kept_with_the_decision(record: Record, tmp_path: Path) -> None:
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic" / "own.yaml").write_text(CLINIC_RULE, encoding="utf-8")
    event = screened(record, clinic=tmp_path / "clinic")
    (answer,) = event.payload["result"]["answers"]
    assert answer["verdict"] == "not_allowed"
    assert [reason["rule"] for reason in answer["reasons"]] == ["clinic-weight"]
    assert event.payload["rules_hash"] == answer["rules_hash"].split("+")[0]
    with reading(record.engine) as connection:
        kept = dict(contents.load(connection, h) for h in event.payload["contents"])
    contents.unpack(kept["clinic"], tmp_path)
    assert (tmp_path / "own.yaml").read_text(encoding="utf-8") == CLINIC_RULE


def test_another_kind_of_decision_is_refused(record: Record) -> None:
    with (
        writing(record.engine) as connection,
        pytest.raises(InputError, match="did you mean screen"),
    ):
        decision_payload(connection, "screens", asked={}, inputs={}, result={})


def test_plain_values_know_dates_sets_and_numbers_that_are_not_finite() -> None:
    at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    given = {"at": at, "on": at.date(), "all": frozenset("ba"), "none": float("inf"), "yes": True}
    assert plain(given) == {
        "at": "2026-05-01T09:00:00+00:00",
        "on": "2026-05-01",
        "all": ["a", "b"],
        "none": None,
        "yes": True,
    }


def test_an_alarm_s_decision_keeps_the_alarm_rules_and_is_replayed(record: Record) -> None:
    jaundice = {"term": "jaundice", "present": True}
    record.append(PATIENT, [NewEvent("symptom", record.clock(), jaundice)], NURSE)
    evaluate(record, PATIENT, record.clock().astimezone(ZoneInfo("Europe/Moscow")))
    (decision,) = (event for event in record.all(PATIENT) if event.kind == "decision")
    assert decision.payload["what"] == "alarm"
    assert decision.payload["result"]["alarms"]
    with reading(record.engine) as connection:
        kinds = [contents.load(connection, h)[0] for h in decision.payload["contents"]]
    assert kinds == ["label", "pharmacology", "feedback"]
    report = replay(record)
    assert (report.identical, report.differing, report.not_run) == (1, (), ())


# --- contents ---


def folder_of(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / f"{name}.yaml").parent.mkdir(parents=True, exist_ok=True)
        (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return path


def test_a_bundle_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    one = folder_of(tmp_path / "one", a="x: 1", b="y: 2")
    other = folder_of(tmp_path / "other", b="y: 2", a="x: 1")
    os.utime(other / "a.yaml", (0, 0))
    (other / "a.yaml").chmod(0o600)
    renamed = folder_of(tmp_path / "renamed", a="x: 1", c="y: 2")
    changed = folder_of(tmp_path / "changed", a="x: 1", b="y: 3")
    bundles = [contents.data_bundle(f) for f in (one, other, renamed, changed)]
    assert bundles[0] == bundles[1]
    assert len({found.hash for found in bundles}) == 3
    assert bundles[0].hash == hashlib.sha256(bundles[0].content).hexdigest()


def test_an_unpacked_bundle_makes_the_same_bundle(tmp_path: Path) -> None:
    for found in (contents.bundle_of_label(), contents.bundle_of_pharmacology()):
        folder = tmp_path / found.hash
        folder.mkdir()
        contents.unpack(found.content, folder)
        assert contents.data_bundle(folder) == found


@pytest.mark.parametrize("name", ["../out.yaml", "/out.yaml", "in/../../out.yaml"])
def test_a_bundle_writes_nothing_outside_its_folder(tmp_path: Path, name: str) -> None:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name), BytesIO())
    inside = tmp_path / "deep" / "inside"
    inside.mkdir(parents=True)
    with pytest.raises(InputError, match="inside the bundle"):
        contents.unpack(buffer.getvalue(), inside)
    assert list(tmp_path.rglob("*.yaml")) == []


def test_a_link_in_a_bundle_is_refused(tmp_path: Path) -> None:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("a.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        archive.addfile(link)
    with pytest.raises(InputError, match="inside the bundle"):
        contents.unpack(buffer.getvalue(), tmp_path)


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a bundle"):
        contents.unpack(b"no archive", tmp_path)


def test_a_content_that_was_altered_or_lost_is_found(record: Record) -> None:
    with writing(record.engine) as connection:
        digest = contents.store(connection, "label", b"as it was")
        assert contents.store(connection, "label", b"as it was") == digest
        assert contents.load(connection, digest) == ("label", b"as it was")
        change = update(t.contents).values(content=b"as it was not")
        connection.execute(change.where(t.contents.c.hash == digest))
        with pytest.raises(InputError, match="altered"):
            contents.load(connection, digest)
        connection.execute(t.contents.delete())
        with pytest.raises(InputError, match="a content that the record keeps"):
            contents.load(connection, digest)


# --- overrides ---


def test_an_override_names_the_decision_the_reason_and_two_people(record: Record) -> None:
    decision = screened(record, "too_early")
    event = record_override(record, decision, PRESCRIBER, "rapid start in hospital", "dr.two")
    assert (event.kind, event.author) == ("override", "dr.one")
    assert event.payload == {
        "decision": decision.event_id,
        "reason": "rapid start in hospital",
        "second_person": "dr.two",
    }


@pytest.mark.parametrize(
    ("actor", "reason", "second", "field"),
    [
        (PRESCRIBER, "a reason", " DR.ONE ", "second_person"),
        (PRESCRIBER, "a reason", " ", "second_person"),
        (PRESCRIBER, "no", "dr.two", "reason"),
        (Actor("antagonist", "program", "alarms"), "a reason", "dr.two", "actor"),
    ],
)
def test_an_override_without_two_people_and_a_reason_is_refused(
    record: Record, actor: Actor, reason: str, second: str, field: str
) -> None:
    decision = screened(record, "too_early")
    with pytest.raises(InputError, match=field):
        record_override(record, decision, actor, reason, second)
    assert len(record.all(PATIENT)) == 1


def test_only_a_decision_on_record_is_overridden(record: Record) -> None:
    (said,) = record.append(PATIENT, [words("no decision")], NURSE)
    with pytest.raises(InputError, match="a decision of the record"):
        record_override(record, said, PRESCRIBER, "a reason", "dr.two")


def count_of(record: Record, rule: str, **window: datetime) -> RuleCount | None:
    report = overrides_by_rule(record, **window)
    return next((row for row in report.rules if row.rule == rule), None)


def test_overrides_are_counted_for_each_rule_that_closed(
    record: Record, clock: SettableClock
) -> None:
    first = screened(record, "too_early")
    (answer,) = first.payload["result"]["answers"]
    rules = {r["rule"] for r in answer["reasons"]}
    assert rules
    screened(record, "too_early")
    screened(record)
    override = record_override(record, first, PRESCRIBER, "a reason", "dr.two")
    report = overrides_by_rule(record)
    assert report.decisions == 3
    assert set(report.rules) == {RuleCount(rule, 2, 1, 0, 1) for rule in rules}
    record.append(PATIENT, [retraction(override.event_id, "by mistake")], PRESCRIBER)
    assert set(overrides_by_rule(record).rules) == {RuleCount(rule, 2, 0, 0, 1) for rule in rules}
    record.append(PATIENT, [retraction(first.event_id, "wrong patient")], PRESCRIBER)
    assert set(overrides_by_rule(record).rules) == {RuleCount(rule, 1, 0, 0, 1) for rule in rules}
    assert overrides_by_rule(record).decisions == 2
    now = clock.at
    assert overrides_by_rule(record, first=now).decisions == 2
    assert overrides_by_rule(record, first=now + timedelta(microseconds=1)).decisions == 0
    assert overrides_by_rule(record, until=now).decisions == 0
    assert overrides_by_rule(record, until=now + timedelta(microseconds=1)).decisions == 2


def test_a_departure_with_two_people_is_counted_apart(record: Record) -> None:
    plainly = screened(record, "chronic_hepatitis_c")
    (answer,) = plainly.payload["result"]["answers"]
    assert answer["departure"]["accepted"] is False
    rules = answer["departure"]["rules"]
    agreed = [
        {
            "rule": rule,
            "reason": "stable, hepatologist agrees",
            "first_person": "dr.one",
            "second_person": "dr.two",
            "date": "2026-11-25",
        }
        for rule in rules
    ]
    file = content("chronic_hepatitis_c", departures=agreed)
    decide_screen(record, PATIENT, PRESCRIBER, file=file, products=[US_TABLET], jurisdiction="us")
    for rule in rules:
        assert count_of(record, rule) == RuleCount(rule, 1, 0, 1, 1)
