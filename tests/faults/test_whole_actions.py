"""Every action happens whole or not at all: a fault at any of its writes, and at its commit.

An action that answers with an error has changed nothing; one that answers well is whole. The same
request with the same key is then done, once. What may differ after a failure, and why, stands in
``part_faults``: attempts count, a session goes on under a new value, the audit has the door's line
and that it failed. Of actions with many writes the first, the middle and the last are tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from tests.faults.scene import Scene, scene_in, shown
from tests.faults.tried import Tried
from tests.faults.web_actions import ACTS, SET_UP
from tests.support.clinics import clinic_on, text_of
from tests.support.doors import doors
from tests.support.part_faults import COMMIT, chosen, faults_in, lost_after_commit, picture

from antagonist.feedback.alarms.raising import RAISED

PATIENT = "/patients/{patient}"
UNCHECKED = "the alarms could not be checked after it"
pytestmark = pytest.mark.usefixtures("only_answers")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One clinic for all: it is put back before each request."""
    folder = tmp_path_factory.mktemp("whole")
    with clinic_on("sqlite", folder, set_up=SET_UP) as clinic:
        yield scene_in(clinic)


def test_every_route_that_takes_something_is_tried(scene: Scene) -> None:
    taking = {door.path for door in doors(scene.clinic.app) if door.method != "GET"}
    assert taking == ACTS.keys()


@pytest.mark.parametrize("path", ACTS)
def test_an_action_is_whole_or_not_at_all(scene: Scene, path: str) -> None:
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[path], path, faults)
        answer = tried.send()
        assert answer.status_code < 400, shown(answer)
        whole, places = tried.done(), list(faults.places)
        # what the door writes before each action is tried below
        found = chosen(places, places.index(COMMIT) + 1 if tried.door else 0)
        if not found:
            assert whole == ({}, Counter()), "it only looks"
            return
        tried.anew()
        for at in found[-2:] if tried.act.slow else found:
            answer = tried.send(at)
            assert faults.fired, faults.places
            if answer.status_code >= 400:
                tried.nothing_done()
                continue
            tried.checked_later()  # only alarms may be left to be done
            assert tried.done() == whole, f"{places} {at}: {shown(answer)}"
            assert tried.holds()
            tried.anew()
        answer = tried.send()
        assert answer.status_code < 400, shown(answer)
        assert tried.done() == whole
        if tried.act.keyed:
            assert tried.send().status_code == answer.status_code
            assert tried.done() == whole
        assert tried.holds()


@pytest.mark.parametrize("path", ["/own/reading", "/api/v1/patients/{patient}/events"])
def test_a_fault_at_the_door_lets_nobody_in(scene: Scene, path: str) -> None:
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[path], path, faults)
        scene.clinic.clock.advance(minutes=2)  # then it writes when the session was used, too
        tried.send()
        first = faults.places.index(COMMIT)
        tried.anew()
        for at in range(first + 1):
            assert tried.send(at).status_code >= 500
            tried.nothing_done()
            assert picture(scene.clinic.clinic.engine) == tried.before
        assert tried.send().status_code < 400


def test_an_answer_of_the_database_that_is_lost_is_asked_for_again(scene: Scene) -> None:
    path = "/patients/new"
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[path], path, faults)
        with lost_after_commit(faults, 2):
            answer = tried.send()
        assert answer.status_code == 303, shown(answer)
        assert tried.done()[0]["identities"] == (1, 0)
        assert tried.send().headers["location"] == answer.headers["location"]
        assert tried.done()[0]["identities"] == (1, 0)
        assert tried.holds()


@pytest.mark.parametrize("path", ["/patients/{patient}/report", "/api/v1/programme/run"])
def test_work_begins_once_it_is_on_record(scene: Scene, path: str, only_answers: list[str]) -> None:
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[path], path, faults)
        tried.send()
        last = len(faults.places) - 1
        tried.anew()
        only_answers.clear()
        assert tried.send(last).status_code >= 400
        assert only_answers == []
        for _ in range(2):
            assert tried.send().status_code < 400
        assert len(only_answers) == 1


@pytest.mark.parametrize("face", ["page", "program"])
def test_alarms_that_could_not_be_checked_are_raised_later_and_said_to_be_open(
    scene: Scene, face: str, caplog: pytest.LogCaptureFixture
) -> None:
    pages = {"page": f"{PATIENT}/record/{{kind}}/{{of}}", "program": f"/api/v1{PATIENT}/events"}
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[pages[face]], pages[face], faults)
        tried.send()
        after = len(faults.places) - 1
        tried.anew()
        answer = tried.send(after)
    record, patient = scene.clinic.clinic.record, scene.known["patient"]
    assert answer.status_code in (201, 303)
    assert [line.message for line in caplog.records].count("alarms not checked") == 1
    assert patient not in caplog.text
    assert record.all(patient)[-1].payload["fact"] == "dark_urine"
    if face == "program":
        assert (answer.json()["alarms"], answer.json()["alarms_checked"]) == ([], False)
    else:
        assert UNCHECKED in text_of(tried.sender.follow(answer))
        assert UNCHECKED not in text_of(tried.sender.get(f"/patients/{patient}"))
    tried.checked_later()
    assert [e.payload["alarm"] for e in record.all(patient) if e.kind == RAISED] == ["liver-signs"]


def test_a_head_that_cannot_be_kept_is_told_and_nothing_is_done_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{PATIENT}/record/{{kind}}"
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[path], path, faults)
        with monkeypatch.context() as full:
            full.setattr("antagonist.feedback.heads._write_over", no_room)
            answer = tried.send()
        assert answer.status_code == 422, shown(answer)
        assert "the events were written" in text_of(answer)
        assert tried.done()[0]["events"] == (1, 0)
        assert tried.send().status_code == 303
        assert tried.done()[0]["events"] == (1, 0)
        assert tried.holds()


def no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")
