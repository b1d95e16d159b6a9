"""The state of a patient folded from events, and the record as a patient's file of the label."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.patients import US_TABLET, answer, content, patient
from tests.support.records import NURSE, START, SettableClock

from antagonist.feedback.events import Event, NewEvent
from antagonist.feedback.payloads import checked_payload, registry
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.feedback.record import Record
from antagonist.feedback.state import PatientState, folded, patient_file
from antagonist.foundation.errors import InputError
from antagonist.label.gathered import gathered, moment
from antagonist.label.patient import Patient

MOSCOW = "Europe/Moscow"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
INJECTION, IMPLANT = "vivitrol-us-380", "prodetoxone-implant-1000"
OBSERVED = {"dose_mg": 50, "status": "observed", "observed_by": "nurse"}
REPORTED = {"dose_mg": 50, "status": "reported"}
INJECTED = {
    "product": INJECTION, "dose_mg": 380, "lot": "L1", "expiry": "2027-01-31", "side": "left",
    "given_by": "nurse",
}  # fmt: skip
PUT_IN = {"product": IMPLANT, "dose_mg": 1000, "site": "abdomen", "given_by": "surgeon"}
TAKEN_OUT = {"reason": "planned", "done_by": "surgeon"}
RAISED = {
    "alarm": "jaundice", "cause": ["e1"], "key": "k", "severity": "stop", "act": "refer",
    "who": "prescriber", "by": "2026-05-01T12:00Z",
}  # fmt: skip


def event(
    n: int,
    kind: str,
    payload: Mapping[str, Any],
    at: datetime | None = None,
    *,
    corrects: str | None = None,
    version: int | None = None,
) -> Event:
    """Event e1, e2, ...: from noon of 1 May each a day after the one before, or at a given time."""
    occurred = at or NOON + (n - 1) * DAY
    new = NewEvent(kind, occurred, payload, version or NEWEST[kind], corrects)
    kept = json.loads(checked_payload(new))
    return Event(
        f"e{n}", "p1", n, kind, new.version, occurred, NOON + 99 * DAY, "ann", "nurse", "visit",
        corrects, kept, "0" * 64,
    )  # fmt: skip


def state_of(*events: Event, at: datetime = NOON + 50 * DAY) -> PatientState:
    """The state long after the events, unless at is given."""
    return folded(events, at)


def lab(test: str, value: float | str, **more: Any) -> dict[str, Any]:
    """A laboratory result of version 2."""
    return {"test": test, "value": value, "specimen": "blood", **more}


def test_nothing_on_record_is_unknown() -> None:
    state = state_of()
    assert (state.patient, state.events, state.doses, state.last_dose) == (None, 0, (), None)
    assert (state.on_treatment, state.pregnant, state.weight_kg) == (None, None, None)
    assert (state.plan, state.next_planned, state.consented("anything")) == (None, None, None)
    assert (state.fact("alt"), state.noted("lapse"), state.open_alarms) == (None, (), ())


def test_doses_have_their_evidence_and_only_those_that_got_in_count_as_last() -> None:
    state = state_of(
        event(1, "dose", {**OBSERVED, "mouth_checked": True}),
        event(2, "injection", INJECTED),
        event(3, "dose", REPORTED),
        *(event(n, "dose", {"dose_mg": 50, "status": s}) for n, s in
          ((4, "missed"), (5, "held"), (6, "refused"))),
    )  # fmt: skip
    assert [d.status for d in state.doses] == [
        "observed", "given", "reported", "missed", "held", "refused",
    ]  # fmt: skip
    assert [d.event_id for d in state.taken] == ["e1", "e2", "e3"]
    assert state.doses[0].mouth_checked is True
    assert state.doses[2].mouth_checked is None
    assert {route: d.event_id for route, d in state.last_by_route.items()} == {
        "oral": "e3", "im_xr": "e2",
    }  # fmt: skip
    assert state.last_dose is not None
    assert (state.last_dose.event_id, state.doses[1].side) == ("e3", "left")


def test_the_last_dose_is_of_any_route() -> None:
    state = state_of(event(1, "dose", OBSERVED), event(2, "implant_in", PUT_IN))
    assert state.last_dose is not None
    assert (state.last_dose.route, state.last_dose.dose_mg) == ("implant", 1000)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("dose", {"dose_mg": 50, "status": "missed"})], None),
        ([("dose", OBSERVED)], True),
        ([("dose", OBSERVED), ("treatment_stop", {"reason": "x"})], False),
        ([("treatment_stop", {"reason": "x"})], False),
        ([("dose", OBSERVED), ("treatment_stop", {"reason": "x"}), ("dose", REPORTED)], True),
        ([("implant_in", PUT_IN)], True),
        ([("implant_in", PUT_IN), ("implant_out", TAKEN_OUT)], False),
        ([("implant_in", PUT_IN), ("implant_out", TAKEN_OUT), ("implant_in", PUT_IN)], True),
        ([("dose", OBSERVED), ("implant_in", PUT_IN), ("implant_out", TAKEN_OUT)], True),
        ([("implant_out", TAKEN_OUT)], False),
    ],
)
def test_on_treatment(
    events: Sequence[tuple[str, Mapping[str, Any]]], expected: bool | None
) -> None:
    found = [event(n, kind, payload) for n, (kind, payload) in enumerate(events, start=1)]
    assert state_of(*found).on_treatment is expected


def test_a_stop_at_the_moment_of_a_dose_is_a_stop() -> None:
    state = state_of(
        event(1, "treatment_stop", {"reason": "x"}, NOON), event(2, "dose", OBSERVED, NOON)
    )
    assert state.on_treatment is False


def plan(*days: int) -> dict[str, Any]:
    """A plan with a dose at noon of some days from 1 May."""
    doses = [{"at": (NOON + day * DAY).isoformat(), "dose_mg": 50, "kind": "oral"} for day in days]
    return {"product": US_TABLET, "route": "oral", "doses": doses}


def test_the_next_planned_dose_is_after_the_moment() -> None:
    change = event(1, "plan_change", {"plan": plan(3, 2, 1), "reason": "x"})
    just_before = folded([change], NOON + DAY - timedelta(seconds=1)).next_planned
    at_the_dose = folded([change], NOON + DAY).next_planned
    assert just_before is not None
    assert at_the_dose is not None
    assert (just_before.at, at_the_dose.at) == (NOON + DAY, NOON + 2 * DAY)
    assert folded([change], NOON + 3 * DAY).next_planned is None


def test_the_last_plan_holds_and_a_stop_ends_it() -> None:
    decision = {
        "what": "plan", "asked": {}, "inputs": {}, "result": {"plan": plan(60)},
        "rules_hash": "0" * 64, "contents": [], "software": "1",
    }  # fmt: skip
    first = event(1, "plan_change", {"plan": plan(70), "reason": "x"})
    second = event(2, "decision", decision)
    refused = event(3, "decision", {**decision, "result": {"refusal": {}}})
    screened = event(4, "decision", {**decision, "what": "screen"})
    stop = event(5, "treatment_stop", {"reason": "x"})
    none = event(6, "plan_change", {"reason": "no plan"})
    held = state_of(first, second, refused, screened).plan
    assert held is not None
    assert (held.event_id, held.since, held.document) == ("e2", NOON + DAY, plan(60))
    assert [dose.at for dose in held.doses] == [NOON + 60 * DAY]
    assert state_of(first, second, stop).plan is None
    assert state_of(first, none).plan is None
    again = state_of(stop, event(7, "plan_change", {"plan": plan(80), "reason": "x"})).plan
    assert again is not None


def test_a_plan_change_to_come_does_not_hold_yet() -> None:
    change = event(1, "plan_change", {"plan": plan(60), "reason": "x"})
    assert folded([change], NOON - timedelta(microseconds=1)).plan is None
    assert folded([change], NOON).plan is not None


def test_facts_come_from_four_kinds_of_event() -> None:
    state = state_of(
        event(1, "lab", lab("alt", 40, unit="U/L", upper_limit=41)),
        event(2, "lab", {"test": "alt", "value": 120, "unit": "U/L"}, version=1),
        event(3, "vital_signs", {"weight_kg": 70, "pulse_per_min": 80}),
        event(4, "vital_signs", {"pulse_per_min": 90}),
        event(5, "symptom", {"term": "chromaturia", "present": True}),
        event(6, "fact", {"fact": "lactating", "value": False, "source": "patient"}),
        event(7, "lab", {**lab("pregnancy_test", "negative"), "specimen": "urine"}),
    )
    assert [s.value for s in state.facts["alt"]] == [40, 120]
    last = state.fact("alt")
    assert last is not None
    assert (last.at, last.event_id, last.entry["source"]) == (NOON + DAY, "e2", "nurse ann")
    assert state.facts["alt"][0].entry["upper_limit"] == 41
    assert (state.weight_kg, state.signs["pulse_per_min"].event_id) == (70, "e4")
    assert state.facts["dark_urine"][0].value is True
    assert state.facts["lactating"][0].entry["source"] == "patient"
    assert state.pregnant is False
    assert "pulse_per_min" not in state.facts


def test_a_positive_pregnancy_test() -> None:
    negative = event(1, "lab", lab("pregnancy_test", "negative"))
    assert state_of(negative, event(2, "lab", lab("pregnancy_test", "positive"))).pregnant is True


def test_a_symptom_is_present_until_it_is_denied_or_recovered() -> None:
    state = state_of(
        event(1, "symptom", {"term": "nausea", "present": True}),
        event(2, "symptom", {"term": "nausea", "present": False}),
        event(3, "symptom", {"term": "headache", "present": True}),
        event(4, "symptom", {"term": "cough", "present": True, "outcome": "recovered"}),
        event(5, "symptom", {"term": "tremor", "present": True, "outcome": "recovering"}),
    )
    assert {found.payload["term"] for found in state.present_symptoms} == {"headache", "tremor"}
    assert set(state.symptoms) == {"nausea", "headache", "cough", "tremor"}


def test_a_consent_holds_to_the_end_of_its_last_day() -> None:
    given = event(1, "consent", {"to": "messages", "given": True, "until": "2026-05-10"})
    last, next_ = datetime(2026, 5, 10, 23, tzinfo=UTC), datetime(2026, 5, 11, tzinfo=UTC)
    assert folded([given], last).consented("messages") is True
    assert folded([given], next_).consented("messages") is False
    withdrawn = event(2, "consent", {"to": "messages", "given": False})
    assert folded([given, withdrawn], last).consented("messages") is False
    assert folded([given], last).consented("letters") is None


@pytest.mark.parametrize(
    ("kind", "payload", "status"),
    [
        ("alarm_withdrawn", {"alarm": "e1", "because": "e9"}, "withdrawn"),
        ("alarm_acknowledged", {"alarm": "e1"}, "acknowledged"),
        ("alarm_overridden", {"alarm": "e1", "reason": "known"}, "overridden"),
        ("override", {"alarm": "e1", "reason": "known", "second_person": "b"}, "overridden"),
        ("override", {"decision": "e1", "reason": "known", "second_person": "b"}, "open"),
        ("alarm_acknowledged", {"alarm": "e7"}, "open"),
    ],
)
def test_an_alarm_is_open_until_something_closes_it(
    kind: str, payload: Mapping[str, Any], status: str
) -> None:
    raised, later = event(1, "alarm_raised", RAISED), event(2, kind, payload)
    state = state_of(raised, later)
    assert [alarm.status for alarm in state.alarms] == [status]
    assert [alarm.event_id for alarm in state.open_alarms] == (["e1"] if status == "open" else [])
    assert state.alarms[0].closed_by == (None if status == "open" else "e2")
    assert len(state_of(raised).open_alarms) == 1


def test_of_answers_to_an_alarm_the_weightier_stands() -> None:
    raised = event(1, "alarm_raised", RAISED)
    seen = event(2, "alarm_acknowledged", {"alarm": "e1"})
    aside = event(3, "alarm_overridden", {"alarm": "e1", "reason": "known"})
    withdrawn = event(4, "alarm_withdrawn", {"alarm": "e1", "because": "e9"})
    assert state_of(raised, seen, aside).alarms[0].closed_by == "e3"
    assert state_of(raised, seen, aside, withdrawn).alarms[0].status == "withdrawn"
    late = event(4, "alarm_acknowledged", {"alarm": "e1"})
    assert state_of(raised, aside, late).alarms[0].closed_by == "e3"


@pytest.mark.parametrize("severity", ["stop", "urgent", "soon", "info"])
@pytest.mark.parametrize(
    ("kind", "payload", "lifted"),
    [
        ("words", {"text": "called"}, False),
        ("alarm_acknowledged", {"alarm": "e1"}, False),
        ("alarm_overridden", {"alarm": "e1", "reason": "known"}, True),
        ("override", {"alarm": "e1", "reason": "known", "second_person": "b"}, True),
        ("alarm_withdrawn", {"alarm": "e1", "because": "e9"}, True),
    ],
)
def test_an_alarm_that_says_stop_holds_doses_until_it_is_lifted(
    severity: str, kind: str, payload: Mapping[str, Any], lifted: bool
) -> None:
    raised = event(1, "alarm_raised", {**RAISED, "severity": severity})
    held = state_of(raised, event(2, kind, payload)).holding_alarms
    assert [alarm.event_id for alarm in held] == (
        ["e1"] if severity == "stop" and not lifted else []
    )


def test_what_counts_one_by_one_and_what_replaces() -> None:
    state = state_of(
        event(1, "lapse", {"substance": "opioid", "date": "2026-05-01"}),
        event(2, "lapse", {"substance": "alcohol", "date": "2026-05-02"}),
        event(3, "medicines", {"asked_on": "2026-05-03", "source": "patient"}),
        event(4, "medicines", {"asked_on": "2026-05-04", "source": "patient"}),
        event(5, "score", {"score": "cows", "values": {"total": 9}}),
        event(6, "score", {"score": "cows", "values": {"total": 3}}),
    )
    assert [n.event_id for n in state.noted("lapse")] == ["e1", "e2"]
    assert state.latest["medicines"].event_id == "e4"
    assert state.scores["cows"].payload["values"] == {"total": 3}
    assert len(state.noted("score")) == 2


def test_corrections_and_retractions() -> None:
    wrong = event(1, "dose", OBSERVED)
    right = event(2, "dose", {**OBSERVED, "dose_mg": 100}, NOON, corrects="e1")
    taken_back = event(3, "retraction", {"reason": "wrong patient"}, corrects="e2")
    assert [d.dose_mg for d in state_of(wrong, right).doses] == [100]
    assert state_of(wrong, right, taken_back).doses == ()


def test_the_same_state_from_the_record(record: Record, clock: SettableClock) -> None:
    before = START - timedelta(hours=3)
    first = NewEvent("dose", before, OBSERVED)
    (written,) = record.append("p1", [first], NURSE)
    known_at = clock()
    clock.advance(hours=1)
    record.append("p1", [NewEvent("dose", before, REPORTED, corrects=written.event_id)], NURSE)
    then = folded(record.history("p1", known_at=known_at), known_at)
    now = folded(record.history("p1"), clock())
    assert ([d.status for d in then.doses], [d.status for d in now.doses]) == (
        ["observed"], ["reported"],
    )  # fmt: skip
    # with corrected events or without: the same
    assert folded(record.all("p1"), clock()) == now


def test_payloads_of_old_versions_are_brought_up(monkeypatch: pytest.MonkeyPatch) -> None:
    old = event(1, "lapse", {"substance": "opioid", "date": "2026-05-01"})
    monkeypatch.setitem(registry.NEWEST, "lapse", 3)
    for version in (1, 2):
        more = {f"since_{version + 1}": True}
        upgrade = lambda payload, more=more: {**payload, **more}  # noqa: E731
        monkeypatch.setitem(registry.UPGRADES, ("lapse", version), upgrade)
    (found,) = state_of(old).noted("lapse")
    assert found.payload == {**old.payload, "since_2": True, "since_3": True}
    assert "since_2" not in old.payload


# The record as a file


def example_events() -> list[Event]:
    """The eligible example's file, stated as events at the times that it gives."""
    file = content()
    found: list[tuple[str, Mapping[str, Any], datetime]] = []
    latest = datetime(2026, 11, 25, 6, 50, tzinfo=UTC)
    for name, entry in file["facts"].items():
        found.append(("fact", {"fact": name, **entry}, latest))
    found.append(("fact", {"fact": "indication_stated", "value": "opioid", "source": "x"}, latest))
    for sheet in file["scores"]:
        found.append(("score", {"score": sheet["score"], "values": sheet["values"]},
                      datetime(2026, 11, 25, 6, 30, tzinfo=UTC)))  # fmt: skip
    for test in file["urine_tests"]:
        kept = {name: value for name, value in test.items() if name != "source"}
        found.append(("urine_drug_test", kept, latest))
    for test in file["provocation_tests"]:
        found.append(("provocation_test", test, latest))
    for kind in ("opioid_history", "medicines", "allergies"):
        found.append((kind, file[kind], latest))
    found.append(("naltrexone_history", file["naltrexone"], latest))
    return [event(n, kind, payload, at) for n, (kind, payload, at) in enumerate(found, start=1)]


def test_the_record_screens_as_the_file_that_it_was_written_from() -> None:
    file = patient()
    state = folded(example_events(), moment(file))
    from_record = patient_file(state, MOSCOW, patient="demo-eligible", birth_date="1994-05-17")
    assert answer(from_record).verdict == answer(file).verdict == "allowed"
    facts, expected = (gathered(p, moment(p)).facts for p in (from_record, file))
    assert facts.keys() == expected.keys()
    values = {name: (fact.value, fact.state) for name, fact in facts.items()}
    assert values == {name: (fact.value, fact.state) for name, fact in expected.items()}


@pytest.mark.parametrize(
    ("kind", "part", "nothing"),
    [
        ("opioid_history", "opioid_history", None),
        ("urine_drug_test", "urine_tests", ()),
        ("medicines", "medicines", None),
        ("allergies", "allergies", None),
        # an empty list would say that none was done
        ("provocation_test", "provocation_tests", None),
        ("naltrexone_history", "naltrexone", None),
    ],
)
def test_what_is_not_on_record_is_unknown(kind: str, part: str, nothing: object) -> None:
    events = [e for e in example_events() if e.kind != kind]
    found = patient_file(folded(events, moment(patient())), MOSCOW)
    assert getattr(found, part) == nothing


def test_none_was_done_only_where_somebody_asked() -> None:
    asked = event(1, "no_provocation_test", {"asked_on": "2026-05-01", "source": "patient"})
    done = {
        "drug": "naloxone", "route": "iv", "total_mg": 0.8, "done_at": "2026-05-02T08:30Z",
        "result": "negative", "source": "prescriber",
    }  # fmt: skip
    assert facts_of(asked)["naloxone_test"] == "not_done"
    later = event(2, "provocation_test", done)
    found = file_of(asked, later).provocation_tests
    assert found is not None
    assert [test.result for test in found] == ["negative"]
    assert file_of(event(1, "words", {"text": "no word of a test"})).provocation_tests is None


def file_of(*events: Event, at: datetime = NOON + 50 * DAY) -> Patient:
    """The record as a file, in Moscow."""
    return patient_file(folded(events, at), MOSCOW)


def facts_of(*events: Event, at: datetime = NOON + 50 * DAY) -> dict[str, Any]:
    """Values of the facts that the label makes of the record; None = not known."""
    found = file_of(*events, at=at)
    known = gathered(found, moment(found)).facts
    return {n: f.value if f.state == "known" else None for n, f in known.items()}


def test_a_record_without_events_needs_a_code() -> None:
    with pytest.raises(InputError, match="code for the file"):
        patient_file(folded([], NOON), MOSCOW)
    assert patient_file(folded([], NOON), MOSCOW, patient="p1").facts == {}


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(InputError, match="Europe/Moscow"):
        patient_file(folded([event(1, "dose", OBSERVED)], NOON), "Europe/Mosco")


def test_doses_that_got_in_are_the_naltrexone_history() -> None:
    found = facts_of(
        event(1, "dose", OBSERVED),
        event(2, "injection", INJECTED),
        event(3, "dose", {"dose_mg": 50, "status": "missed"}),
        at=NOON + 10 * DAY,
    )
    assert (found["days_since_oral_dose"], found["days_since_injection"]) == (10, 9)
    assert found["days_on_treatment"] == 10
    assert file_of(event(1, "dose", {"dose_mg": 50, "status": "missed"})).naltrexone is None


def test_earlier_doses_as_asked_count_up_to_the_first_on_record() -> None:
    history = {
        "asked_on": "2026-05-02", "source": "patient",
        "doses": [{"route": "oral", "at": day, "dose_mg": 25} for day in
                  ("2026-04-30", "2026-05-01", "2026-05-02")],
    }  # fmt: skip
    # the first dose on record: at noon UTC of 1 May, before that day in Moscow has ended
    asked, dose = event(2, "naltrexone_history", history), event(1, "dose", OBSERVED)
    found = file_of(dose, asked).naltrexone
    alone = file_of(asked).naltrexone
    assert found is not None
    assert alone is not None
    assert [(d.dose_mg, d.at) for d in found.doses] == [
        (25, "2026-04-30"), (50, "2026-05-01T12:00:00Z"),
    ]  # fmt: skip
    assert len(alone.doses) == 3


HISTORY = {
    "asked_on": "2026-05-01", "ever": "none", "asked_about": "all", "source": "patient",
}  # fmt: skip
USE = {"opioid": "heroin", "last_use": "2026-05-05", "reported_by": "mother"}


def test_a_use_after_the_history_joins_it() -> None:
    asked, use = event(1, "opioid_history", HISTORY), event(6, "opioid_use", USE)
    before, after = (
        facts_of(asked, at=NOON + 10 * DAY),
        facts_of(asked, use, at=NOON + 10 * DAY),
    )
    assert before["days_since_short_acting"] == float("inf")
    assert after["days_since_short_acting"] == 6
    assert after["opioid_exposure"] == "current"
    joined = file_of(asked, use).opioid_history
    assert joined is not None
    assert (joined.ever, joined.asked_about) == ("current", "all")


def test_a_use_before_a_history_that_denies_it_stays_a_contradiction() -> None:
    use = event(1, "opioid_use", {**USE, "last_use": "2026-04-20"})
    asked = event(2, "opioid_history", {**HISTORY, "asked_on": "2026-05-02"})
    found = file_of(use, asked)
    kinds = [c.kind for c in gathered(found, moment(found)).contradictions]
    assert kinds == ["denied_but_exposed"]


def test_a_use_without_a_history_leaves_the_other_opioids_unknown() -> None:
    found = facts_of(event(6, "opioid_use", USE), at=NOON + 10 * DAY)
    assert found["days_since_short_acting"] == 6
    assert "days_since_methadone" not in found


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("lapse", {"substance": "opioid", "date": "2026-05-06"}),
        ("overdose", {"fatal": False, "treated": True, "naloxone_given": True}),
    ],
)
def test_a_lapse_whose_opioid_nobody_named_leaves_the_history_unclear(
    kind: str, payload: Mapping[str, Any]
) -> None:
    asked, lapse = event(1, "opioid_history", HISTORY), event(6, kind, payload)
    found = facts_of(asked, lapse)
    assert (found["unmatched_opioid"], found["days_since_opioid"]) == (None, None)
    # named on the same day, it is one exposure, and clear
    named = event(7, "opioid_use", {**USE, "last_use": "2026-05-06"})
    history = file_of(asked, lapse, named).opioid_history
    assert history is not None
    assert [e.opioid for e in history.exposures] == ["heroin"]
    other_day = event(7, "opioid_use", USE)
    history = file_of(asked, lapse, other_day).opioid_history
    assert history is not None
    assert len(history.exposures) == 2


def test_an_alcohol_lapse_is_no_opioid() -> None:
    asked = event(1, "opioid_history", HISTORY)
    found = file_of(asked, event(6, "lapse", {"substance": "alcohol", "date": "2026-05-06"}))
    assert found.opioid_history is not None
    assert found.opioid_history.exposures == ()


def test_an_overdose_with_its_opioid_is_an_exposure() -> None:
    payload = {"opioid": "methadone", "fatal": False, "treated": True, "naloxone_given": True}
    found = facts_of(event(1, "opioid_history", HISTORY), event(6, "overdose", payload),
                     at=NOON + 10 * DAY)  # fmt: skip
    assert found["days_since_methadone"] == 5


@pytest.mark.parametrize(
    ("events", "days"),
    [
        ([("alcohol_day", {"date": "2026-05-04", "drinks": 0})], None),
        ([("alcohol_day", {"date": "2026-05-04", "drinks": 2})], 7),
        ([("alcohol_day", {"date": "2026-05-04", "grams": 20})], 7),
        ([("lapse", {"substance": "alcohol", "date": "2026-05-05"})], 6),
        ([("lapse", {"substance": "opioid", "date": "2026-05-05"})], None),
        ([("alcohol", {"asked_on": "2026-05-01", "last_drink": "2026-04-30", "source": "x"})], 11),
        ([("alcohol", {"asked_on": "2026-05-01", "last_drink": "2026-04-30", "source": "x"}),
          ("alcohol_day", {"date": "2026-05-02", "drinks": 1})], 9),
        ([("alcohol_day", {"date": "2026-05-01", "drinks": 1}),
          ("alcohol", {"asked_on": "2026-05-02", "last_drink": "2026-05-02", "source": "x"})], 9),
    ],
)  # fmt: skip
def test_the_last_drink_is_the_latest_on_record(
    events: Sequence[tuple[str, Mapping[str, Any]]], days: float | None
) -> None:
    found = [event(n, kind, payload) for n, (kind, payload) in enumerate(events, start=5)]
    assert facts_of(*found, at=NOON + 10 * DAY).get("days_since_drink") == days


def said(n: int, name: str, value: Any, source: str, at: datetime | None = None) -> Event:
    """A stated fact."""
    return event(n, "fact", {"fact": name, "value": value, "source": source}, at)


def test_a_later_finding_replaces_what_changes_by_itself() -> None:
    earlier, later = (
        said(1, "dark_urine", True, "nurse"),
        said(2, "dark_urine", False, "prescriber"),
    )
    assert facts_of(earlier, later)["dark_urine"] is False
    same_day = said(2, "dark_urine", False, "prescriber", NOON + timedelta(hours=1))
    assert facts_of(earlier, same_day)["dark_urine"] is None


def test_the_day_is_the_clinic_s() -> None:
    # 20:30 and 21:30 UTC are two days in Moscow
    late = datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
    earlier = said(1, "dark_urine", True, "nurse", late)
    later = said(2, "dark_urine", False, "prescriber", late + timedelta(hours=1))
    assert facts_of(earlier, later)["dark_urine"] is False


def test_sources_that_differ_on_what_lasts_are_a_conflict() -> None:
    found = facts_of(said(1, "lactose_intolerance", True, "nurse"),
                     said(2, "lactose_intolerance", False, "patient"))  # fmt: skip
    assert found["lactose_intolerance"] is None


def test_the_first_liver_tests_stay_in_the_file() -> None:
    tests = [event(n, "lab", lab("alt", v, unit="U/L", upper_limit=40)) for n, v in
             ((1, 60), (3, 30))]  # fmt: skip
    found = facts_of(tests[0], event(2, "dose", OBSERVED), tests[1])
    assert (found["alt"], found["liver_baseline_raised"]) == (30, True)


def test_a_score_that_the_label_does_not_add_up_is_left_out() -> None:
    sheets = [
        event(1, "score", {"score": "sows", "values": {}, "total": 20}),
        event(2, "score", {"score": "cows", "values": {}, "total": 3}),
    ]
    assert [sheet.score for sheet in file_of(*sheets).scores] == ["cows"]
    assert facts_of(*sheets)["cows_total"] == 3


def test_names_that_the_label_no_longer_knows_are_left_out() -> None:
    known = event(1, "lab", lab("alt", 30, unit="U/L"))
    gone = Event(**{
        **{name: getattr(known, name) for name in known.__slots__},
        "event_id": "e2", "n": 2, "payload": lab("a_test_of_old", 3),
    })  # fmt: skip
    assert set(file_of(known, gone).facts) == {"alt"}
    assert set(folded([known, gone], NOON + DAY).facts) == {"alt", "a_test_of_old"}
