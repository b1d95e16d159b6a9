"""One action tried: sent from a state that can be had again, with a fault or without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.faults.scene import Scene
from tests.faults.web_actions import Act
from tests.support.clinics import Browser
from tests.support.doors import doors
from tests.support.part_faults import Faults, Picture, picture

from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.database import changing
from antagonist.feedback.verify import verify
from antagonist.web.forms import new_key


class Tried:
    """One action in a clinic, from a state that can be had again."""

    def __init__(self, scene: Scene, act: Act, path: str, faults: Faults) -> None:
        self.scene, self.act, self.faults, self.key = scene, act, faults, new_key()
        found = next(d for d in doors(scene.clinic.app) if d.path == path and d.method != "GET")
        self.door = found.action
        self.patient = None if act.patient is None else scene.known[act.patient]
        self.sender = self.anew()
        self.before = picture(scene.clinic.clinic.engine)
        self.head = scene.head.read_bytes()

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
        return answer

    def done(self) -> tuple[Mapping[str, tuple[int, int]], Counter[str]]:
        """What it came to, and what the audit says of it."""
        now = picture(self.scene.clinic.clinic.engine)
        return now.since(self.before), self._said(now)

    def holds(self) -> bool:
        """Whether the record is as it was written."""
        return verify(self.scene.clinic.clinic.record).problems == ()

    def nothing_done(self) -> None:
        """Raises AssertionError for anything but what a failure leaves."""
        now = picture(self.scene.clinic.clinic.engine)
        assert now.since(self.before) == {}
        assert self.scene.head.read_bytes() == self.head  # so the record holds as before
        assert not self._said(now), "said to be done"

    def _said(self, now: Picture) -> Counter[str]:
        """Lines of the audit that say that something was done: not the door's, not refusals."""
        found = Counter[str]()
        for (action, outcome, of, more), n in (now.lines - self.before.lines).items():
            of_the_door = (action, of, more) == (self.door, self.patient, False)
            if outcome == "allowed" and not of_the_door and action != self.act.reads:
                found[action] += n
        return found

    def checked_later(self) -> None:
        """The clinic's check of everybody."""
        clinic = self.scene.clinic.clinic
        for name in ("patient", "untested", "tested"):
            evaluate(clinic.record, self.scene.known[name], clinic.now().astimezone(clinic.tz))
