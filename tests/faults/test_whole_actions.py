"""Every action happens whole or not at all: a fault at any of its writes, and at its commit.

An action that answers with an error has changed nothing; one that answers well is whole. The same
request with the same key is then done, once. What may differ after a failure, and why, stands in
``part_faults``: attempts count, a session goes on under a new value, the audit has the door's line
and that it failed. Of actions with many writes the first, the middle and the last are tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.faults.scene import Scene, scene_in, shown
from tests.faults.web_actions import ACTS, SET_UP, Act
from tests.support.clinics import Browser, clinic_on
from tests.support.doors import doors
from tests.support.part_faults import COMMIT, Faults, chosen, faults_in, picture

from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.database import changing
from antagonist.feedback.verify import verify
from antagonist.web.forms import new_key


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One clinic for all: it is put back before each request."""
    folder = tmp_path_factory.mktemp("whole")
    with clinic_on("sqlite", folder, set_up=SET_UP) as clinic:
        yield scene_in(clinic)


@pytest.fixture(autouse=True)
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on in threads after an answer is not part of the action."""
    monkeypatch.setattr("antagonist.web.actions.jobs._run", lambda *_: None)
    # Argon2 is slow by design, and has tests of its own
    for name in ("entering", "confirming"):
        monkeypatch.setattr(f"antagonist.web.{name}.fits", lambda _, kept: kept is not None)
    for name in ("accounts.people", "accounts.activation", "pages.own"):
        monkeypatch.setattr(f"antagonist.web.{name}.hashed", lambda *_: "a hash")


def test_every_route_that_takes_something_is_tried(scene: Scene) -> None:
    taking = {door.path for door in doors(scene.clinic.app) if door.method != "GET"}
    assert taking == ACTS.keys()


class Tried:
    """One action in a clinic, from a state that can be had again."""

    def __init__(self, scene: Scene, act: Act, path: str, faults: Faults) -> None:
        self.scene, self.act, self.faults, self.key = scene, act, faults, new_key()
        found = next(d for d in doors(scene.clinic.app) if d.path == path and d.method != "GET")
        self.door = found.action
        self.sender = self.anew()
        self.before = picture(scene.clinic.clinic.engine)

    def anew(self) -> Browser:
        """The state before, and somebody who will send."""
        self.scene.restore()
        if self.act.first is not None:
            with changing(self.scene.clinic.clinic.engine) as connection:
                self.act.first(connection)
        self.sender = self.scene.sender(self.act.who)
        return self.sender

    def send(self, at: int | None = None) -> Any:
        """The request, with a fault at a place."""
        self.faults.begin(at)
        answer = self.act.send(self.scene, self.sender, self.key)
        self.faults.at = None
        assert self.faults.fired == (at is not None), self.faults.places
        return answer

    def done(self) -> Mapping[str, tuple[int, int]]:
        """What it came to; the record holds."""
        assert verify(self.scene.clinic.clinic.record).problems == ()
        return picture(self.scene.clinic.clinic.engine).since(self.before)

    def nothing_done(self) -> None:
        """Raises AssertionError for anything but what a failure leaves."""
        now = picture(self.scene.clinic.clinic.engine)
        assert now.since(self.before) == {}
        assert self.scene.head.read_bytes() == self.scene.saved[1]  # so the record holds as before
        patient = None if self.act.patient is None else self.scene.known[self.act.patient]
        for action, outcome, of, more in now.lines - self.before.lines:
            if outcome != "allowed" or action == self.act.reads:
                continue
            assert (action, of, more) == (self.door, patient, False), "said to be done"

    def checked_later(self) -> None:
        """The clinic's check of everybody."""
        clinic = self.scene.clinic.clinic
        for name in ("patient", "untested", "tested"):
            evaluate(clinic.record, self.scene.known[name], clinic.now().astimezone(clinic.tz))


@pytest.mark.parametrize("path", ACTS)
def test_an_action_is_whole_or_not_at_all(scene: Scene, path: str) -> None:
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[path], path, faults)
        answer = tried.send()
        assert answer.status_code < 400, shown(answer)
        whole, places = tried.done(), list(faults.places)
        tried.anew()
        # what the door writes before each action is tried below
        for at in chosen(places, places.index(COMMIT) + 1 if tried.door else 0):
            answer = tried.send(at)
            if answer.status_code >= 400:
                tried.nothing_done()
                continue
            tried.checked_later()  # only alarms may be left to be done
            assert tried.done() == whole, f"{places} {at}: {shown(answer)}"
            tried.anew()
        answer = tried.send()
        assert answer.status_code < 400, shown(answer)
        assert tried.done() == whole
        if tried.act.keyed:
            assert tried.send().status_code == answer.status_code
            assert tried.done() == whole
