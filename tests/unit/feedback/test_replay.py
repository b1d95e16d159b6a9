"""Decisions come out again as they were kept, on the data they were made with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from tests.support.patients import US_TABLET, content
from tests.support.records import (
    NURSE,
    SettableClock,
    migrated_database,
    new_keys,
    opened,
    words,
)

from antagonist.feedback import contents
from antagonist.feedback import tables as t
from antagonist.feedback.answering import plain_patient
from antagonist.feedback.chain import canonical
from antagonist.feedback.comparing import Change, changes
from antagonist.feedback.contents import Bundle
from antagonist.feedback.database import reading, writing
from antagonist.feedback.decisions import decide_forecast, decide_screen, rules_hash_of, software
from antagonist.feedback.events import Event, NewEvent
from antagonist.feedback.record import Record
from antagonist.feedback.replay import replay
from antagonist.feedback.replay_worker import Worker
from antagonist.foundation.data import read_yaml
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA as LABEL_DATA
from antagonist.label.patient import parse_patient
from antagonist.pharmacology.catalogue import DATA as PHARMACOLOGY_DATA

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
LATE = Path(__file__).parents[3] / "examples" / "treatment" / "injection_late.yaml"
VERDICT = "result.answers[0].verdict"
ASKED = {
    "products": [US_TABLET],
    "jurisdiction": "us",
    "question": "start",
    "as_of": "2026-11-25T10:00:00+03:00",
}


@pytest.fixture
def on_file(tmp_path: Path) -> Iterator[Record]:
    """A record on SQLite, for what does not depend on the database."""
    clock = SettableClock()
    with (
        migrated_database("sqlite", tmp_path) as url,
        opened(url, new_keys(tmp_path), clock) as found,
    ):
        yield found


def screened(record: Record, name: str = "eligible_opioid", patient: str = ONE) -> Event:
    return decide_screen(
        record, patient, NURSE, file=content(name), products=[US_TABLET], jurisdiction="us"
    )


def forecast(record: Record) -> Event:
    return decide_forecast(record, ONE, NURSE, file=read_yaml(LATE), situation="stop", draws=4)


def kept_with(record: Record, event: Event, **changed: Any) -> Event:
    """The same decision kept once more, with some parts of its payload changed."""
    new = NewEvent("decision", record.clock(), {**event.payload, **changed})
    return record.append(event.patient, [new], NURSE)[0]


def data_with(folder: Path, days: int) -> Path:
    """The label's data with another opioid-free interval of the base text; it is 10 days."""
    shutil.copytree(LABEL_DATA, folder)
    path = folder / "rules" / "start_opioid_free.yaml"
    before, rule = path.read_text(encoding="utf-8").split("  - id: opioid-free-base\n")
    here, after = rule.split("\n  - id:", 1)
    changed = here.replace('"<", value: 10', f'"<", value: {days}')
    changed = changed.replace("at_days: 10", f"at_days: {days}")
    assert changed != here
    path.write_text(
        f"{before}  - id: opioid-free-base\n{changed}\n  - id:{after}", encoding="utf-8"
    )
    return folder


def decided_on(record: Record, folder: Path, name: str = "eligible_opioid") -> Event:
    """A decision as a process with other data of the label keeps it."""
    inputs = {"patient": plain_patient(parse_patient(content(name), "patient"), ONE)}
    with Worker({"ANTAGONIST_LABEL_DATA": str(folder)}) as worker:
        result = worker.answered("screen", ASKED, inputs)
    with writing(record.engine) as connection:
        data = contents.data_bundle(folder)
        digest = contents.store(connection, contents.LABEL, data.content)
    payload = {
        "what": "screen",
        "asked": ASKED,
        "inputs": inputs,
        "result": result,
        "rules_hash": rules_hash_of(result),
        "contents": [digest],
        "software": software(),
    }
    return record.append(ONE, [NewEvent("decision", record.clock(), payload)], NURSE)[0]


def tampered(record: Record, event: Event, **changed: Any) -> None:
    """Change an event's payload behind the record's back."""
    text = canonical({**event.payload, **changed})
    with writing(record.engine) as connection:
        change = update(t.events).where(t.events.c.event_id == event.event_id)
        connection.execute(change.values(payload=text))


def with_verdict(event: Event, verdict: str) -> Mapping[str, Any]:
    result = json.loads(canonical(event.payload["result"]))
    result["answers"][0]["verdict"] = verdict
    return dict(result)


# --- on the present data ---


def test_decisions_come_out_identical(record: Record) -> None:
    screened(record)
    screened(record, "too_early", OTHER)
    record.append(ONE, [words("not a decision")], NURSE)
    forecast(record)
    done: list[int] = []
    report = replay(record, progress=done.append)
    assert (report.replayed, report.identical) == (3, 3)
    assert (report.within_tolerance, report.other_software) == (0, 0)
    assert report.agrees
    assert done == [1, 2, 3]


def test_a_tampered_decision_is_shown_with_its_place(record: Record) -> None:
    event, other = screened(record, "too_early"), screened(record)
    tampered(record, event, result=with_verdict(event, "allowed"))
    report = replay(record)
    assert report.identical == 1
    assert [(d.event_id, d.path, d.was, d.now) for d in report.differing] == [
        (event.event_id, VERDICT, "allowed", "not_yet")
    ]
    assert not report.agrees
    assert other.event_id not in {d.event_id for d in report.differing}


def test_a_tampered_question_is_shown(record: Record) -> None:
    event = screened(record)
    later = {**event.payload["asked"], "as_of": "2026-11-26T10:00:00+03:00"}
    tampered(record, event, asked=later)
    paths = {d.path: (d.was, d.now) for d in replay(record).differing}
    assert paths["result.answers[0].as_of"] == (
        "2026-11-25T10:00:00+03:00",
        "2026-11-26T10:00:00+03:00",
    )


def test_a_wrong_hash_of_the_rules_is_shown(on_file: Record) -> None:
    event = screened(on_file)
    kept_with(on_file, event, rules_hash="0" * 64)
    (found,) = replay(on_file).differing
    assert (found.path, found.was, found.now) == (
        "rules_hash", "0" * 64, event.payload["rules_hash"],
    )  # fmt: skip


def moved(event: Event, factor: float) -> dict[str, Any]:
    """A forecast's result with one of the model's figures changed."""
    result: dict[str, Any] = json.loads(canonical(event.payload["result"]))
    blocked = result["situation"]["figures"]["blocked_now"]
    assert blocked[1] > 0
    blocked[1] *= factor
    return result


@pytest.mark.parametrize(
    ("elsewhere", "factor", "agrees"),
    [
        (True, 1 + 1e-10, True),
        (True, 1 + 1e-8, False),
        (False, 1 + 1e-10, False),
    ],
)
def test_numbers_are_identical_on_the_same_packages_and_close_elsewhere(
    on_file: Record, elsewhere: bool, factor: float, agrees: bool
) -> None:
    event = forecast(on_file)
    made_with = "antagonist 0.0.1; another machine" if elsewhere else software()
    kept_with(on_file, event, result=moved(event, factor), software=made_with)
    report = replay(on_file)
    assert report.replayed == 2
    assert report.identical == 1
    assert report.other_software == int(elsewhere)
    assert report.within_tolerance == int(agrees)
    places = {d.path for d in report.differing}
    assert places == (set() if agrees else {"result.situation.figures.blocked_now[1]"})


def test_words_are_identical_on_other_packages_too(on_file: Record) -> None:
    event = screened(on_file)
    result = with_verdict(event, "unknown")
    kept_with(on_file, event, result=result, software="antagonist 0.0.1; another machine")
    assert [d.path for d in replay(on_file).differing] == [VERDICT]


def test_one_patient_or_the_time_since(record: Record, clock: SettableClock) -> None:
    screened(record)
    clock.advance(days=1)
    screened(record, patient=OTHER)
    assert replay(record).replayed == 2
    assert replay(record, patient=ONE).replayed == 1
    assert replay(record, since=clock.at).replayed == 1
    assert replay(record, since=clock.at - timedelta(days=1)).replayed == 2
    assert replay(record, since=clock.at + timedelta(microseconds=1)).replayed == 0


def test_more_decisions_than_are_read_at_once(on_file: Record) -> None:
    event = screened(on_file)
    again = NewEvent("decision", on_file.clock(), event.payload)
    on_file.append(ONE, [again] * 400, NURSE)
    report = replay(on_file)
    assert (report.replayed, report.identical) == (401, 401)


def test_a_decision_with_a_clinics_rules_is_replayed_with_them(
    on_file: Record, tmp_path: Path
) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    rule = (LABEL_DATA / "rules" / "project.yaml").read_text(encoding="utf-8")
    rule = rule.replace('"guideline:PROJECT"', "clinic").replace("  - id: ", "  - id: clinic-")
    (folder / "own.yaml").write_text(rule, encoding="utf-8")
    decide_screen(on_file, ONE, NURSE, file=content(), products=[US_TABLET], clinic=folder)
    (folder / "own.yaml").unlink()
    report = replay(on_file)
    assert (report.identical, report.not_run) == (1, ())


# --- on other data ---


def test_an_old_decision_replays_under_its_own_rules_and_differs_under_the_present_ones(
    record: Record, tmp_path: Path
) -> None:
    # last use on 12 November at the latest: 13 days before; free from the 26th on by 14 days
    event = decided_on(record, data_with(tmp_path / "data", 14))
    (answer,) = event.payload["result"]["answers"]
    assert (answer["verdict"], answer["earliest"]) == ("not_yet", "2026-11-26")
    own = replay(record)
    assert (own.replayed, own.identical, own.differing, own.not_run) == (1, 1, (), ())
    present = replay(record, under="present")
    paths = {d.path: (d.was, d.now) for d in present.differing}
    assert paths[VERDICT] == ("not_yet", "allowed")
    assert paths["result.answers[0].earliest"] == ("2026-11-26", None)
    assert not any(path.endswith("rules_hash") for path in paths)


def test_a_tampered_old_decision_is_shown_under_its_own_rules(
    on_file: Record, tmp_path: Path
) -> None:
    event = decided_on(on_file, data_with(tmp_path / "data", 14))
    tampered(on_file, event, result=with_verdict(event, "allowed"))
    (found,) = replay(on_file).differing
    assert (found.path, found.was, found.now) == (VERDICT, "allowed", "not_yet")


def test_decisions_on_many_data_are_each_replayed_on_their_own(
    on_file: Record, tmp_path: Path
) -> None:
    folders = [data_with(tmp_path / str(days), days) for days in (12, 14, 16)]
    events = [decided_on(on_file, folder) for folder in (*folders, folders[0])]
    verdicts = [e.payload["result"]["answers"][0]["verdict"] for e in events]
    assert verdicts == ["allowed", "not_yet", "not_yet", "allowed"]
    screened(on_file)
    # another question to data whose worker was ended meanwhile
    decided_on(on_file, folders[1], "too_early")
    report = replay(on_file)
    assert (report.replayed, report.identical) == (6, 6)
    assert report.agrees


def test_a_forecast_is_replayed_with_its_own_parameters(on_file: Record, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(PHARMACOLOGY_DATA, folder)
    path = folder / "defaults.yaml"
    text = path.read_text(encoding="utf-8")
    changed = text.replace("dose_mg: 25", "dose_mg: 50")
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    here = forecast(on_file).payload
    with Worker({"ANTAGONIST_PHARMACOLOGY_DATA": str(folder)}) as worker:
        result = worker.answered("forecast", here["asked"], here["inputs"])
    with writing(on_file.engine) as connection:
        data = contents.data_bundle(folder)
        contents.store(connection, contents.PHARMACOLOGY, data.content)
    payload = {**here, "result": result, "contents": [here["contents"][0], data.hash]}
    on_file.append(ONE, [NewEvent("decision", on_file.clock(), payload)], NURSE)
    assert result["situation"]["figures"]["threshold"]["dose_mg"] == 50.0
    own = replay(on_file)
    assert (own.replayed, own.identical, own.not_run) == (2, 2, ())
    present = {d.path: (d.was, d.now) for d in replay(on_file, under="present").differing}
    assert present["result.situation.figures.threshold.dose_mg"] == (50.0, 25.0)
    was, now = present["result.situation.figures.blocked_now[1]"]
    assert was < now  # twice the heroin is blocked less


def test_data_that_this_version_cannot_read_are_named(on_file: Record, tmp_path: Path) -> None:
    event = decided_on(on_file, data_with(tmp_path / "data", 14))
    folder = tmp_path / "broken"
    shutil.copytree(LABEL_DATA, folder)
    (folder / "rules" / "project.yaml").write_text("rules: [", encoding="utf-8")
    data = contents.data_bundle(folder)
    with writing(on_file.engine) as connection:
        contents.store(connection, contents.LABEL, data.content)
    again = kept_with(on_file, event, contents=[data.hash])
    report = replay(on_file)
    assert report.identical == 1
    assert [found.event_id for found in report.not_run] == [again.event_id]
    assert "project.yaml" in report.not_run[0].why
    assert not report.agrees


@pytest.mark.parametrize("what", ["lost", "altered"])
def test_a_decision_whose_rules_are_gone_is_not_run(on_file: Record, what: str) -> None:
    event = screened(on_file)
    with writing(on_file.engine) as connection:
        if what == "lost":
            connection.execute(delete(t.contents))
        else:
            connection.execute(update(t.contents).values(content=b"other rules"))
    report = replay(on_file)
    assert (report.replayed, report.identical) == (0, 0)
    (found,) = report.not_run
    assert found.event_id == event.event_id
    assert event.payload["contents"][0] in found.why


def test_a_worker_that_cannot_start_says_so_each_time(tmp_path: Path) -> None:
    with Worker({"PYTHONHOME": str(tmp_path)}) as worker:
        for _ in range(2):
            with pytest.raises(InputError, match="a process that answers"):
                worker.answered("screen", ASKED, {})


def test_a_question_without_its_parts_is_not_run_and_the_next_one_is(on_file: Record) -> None:
    event = screened(on_file)
    bad = kept_with(on_file, event, inputs={})
    kept_with(on_file, event, what="alarm")
    kept_with(on_file, event)
    report = replay(on_file)
    assert (report.replayed, report.identical) == (2, 2)
    assert bad.event_id in {found.event_id for found in report.not_run}
    assert len(report.not_run) == 2


def test_this_process_uses_the_data_it_stores(record: Record, tmp_path: Path) -> None:
    digest = screened(record).payload["contents"][0]
    with reading(record.engine) as connection:
        stored = connection.execute(select(t.contents.c.hash, t.contents.c.content)).all()
    assert [Bundle(*row).hash for row in stored] == [digest]
    contents.unpack(stored[0][1], tmp_path)
    rule = (tmp_path / "rules" / "start_opioid_free.yaml").read_bytes()
    assert rule == (LABEL_DATA / "rules" / "start_opioid_free.yaml").read_bytes()


# --- comparing ---


@pytest.mark.parametrize(
    ("was", "now", "tolerance", "paths"),
    [
        ({"a": 1.0}, {"a": 1.0 + 1e-10}, 1e-9, []),
        ({"a": 1.0}, {"a": 1.0 + 1e-8}, 1e-9, ["a"]),
        ({"a": 1.0}, {"a": 1.0 + 1e-10}, 0.0, ["a"]),
        ({"a": 1}, {"a": True}, 1e-9, ["a"]),
        ({"a": 10**12}, {"a": 10**12 + 1}, 1e-9, ["a"]),
        ({"a": None}, {}, 0.0, []),
        ({"a": False}, {}, 0.0, ["a"]),
        ({}, {"a": {"b": "x"}}, 0.0, ["a"]),
        ({"a": ["x", "y"]}, {"a": ["x"]}, 0.0, ["a.length"]),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, 0.0, ["a[0]", "a[1]"]),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, 0.0, ["a[0].b"]),
        ({"a": "2026-11-25"}, {"a": "2026-11-26"}, 1.0, ["a"]),
    ],
)
def test_what_differs_is_named(was: Any, now: Any, tolerance: float, paths: list[str]) -> None:
    assert [c.path for c in changes(was, now, tolerance=tolerance)] == paths


def test_a_change_says_what_was_and_what_is() -> None:
    assert list(changes({"a": [1]}, {"a": [2]})) == [Change("a[0]", 1, 2)]
