"""A walk through every page and endpoint of a clinic, after the main things were done in it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from tests.support.clinics import PASSWORD, Browser, OpenClinic, text_of
from tests.support.demo_clinics import DemoClinic
from tests.support.doors import Door, doors
from tests.support.files_on_record import file_on_record
from tests.support.patients import US_TABLET

from antagonist.web.api.common import PREFIX

ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")
OFFICE = ("/accounts", "/audit", f"{PREFIX}/accounts", f"{PREFIX}/audit")


@dataclass
class Tour:
    """What is known on the way. places: values of path parameters, by the template's beginning;
    the longest that fits holds.
    """

    demo: DemoClinic
    places: dict[str, Mapping[str, str]] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    programs: dict[str, Any] = field(default_factory=dict)

    @property
    def clinic(self) -> OpenClinic:
        """The clinic that is walked through."""
        return self.demo.open

    def browser(self, who: str) -> Browser:
        """Somebody's browser, one for all requests."""
        if who not in self.browsers:
            self.browsers[who] = self.clinic.browser(who)
        return self.browsers[who]

    def program(self, who: str) -> Any:
        """Somebody's program, one for all requests."""
        if who not in self.programs:
            self.programs[who] = self.clinic.program(who)
        return self.programs[who]

    def sends(self, path: str, who: str = "prescriber", **fields: Any) -> str:
        """Send a form as its page makes it. Returns the last part of where it leads."""
        answer = self.browser(who).post(path, **fields)
        assert answer.status_code == 303, (path, answer.status_code, text_of(answer))
        return str(answer.headers["location"]).rsplit("/", 1)[-1]

    def calls(self, path: str, **body: Any) -> Any:
        """Send a request of a program, with a key of its own."""
        key = {"Idempotency-Key": f"{path} {sorted(body)}"[:200]}
        answer = self.program("prescriber").post(f"{PREFIX}/{path}", json=body, headers=key)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json()

    def sees(self, door: Door) -> Response:
        """What a door shows for the place that is known for it."""
        fits = [begin for begin in self.places if door.path.startswith(begin)]
        place = self.places[max(fits, key=len)] if fits else {}
        path = re.sub(r"{(\w+)}", lambda found: place[found[1]], door.path)
        who = "administrator" if door.path.startswith(OFFICE) else "prescriber"
        if door.face == "program":
            return self.program(who).get(path)  # type: ignore[no-any-return]
        return self.browser(who).client.get(path + door.asked)


def gets(app: Any) -> Iterator[Door]:
    """Every page and every endpoint that shows something to somebody who is signed in."""
    return (door for door in doors(app) if door.method == "GET" and door.action)


def said(answer: Response) -> str:
    """What an answer says, without what differs from clinic to clinic; of a file its kind."""
    kind = answer.headers.get("content-type", "")
    if not kind.startswith(("text/", "application/json", "application/problem", "image/svg")):
        return kind
    text = text_of(answer) if kind.startswith("text/html") else answer.text
    return DIGEST.sub("DIGEST", ID.sub("ID", text))


def work_done() -> None:
    """Until every job's thread has ended."""
    for thread in threading.enumerate():
        if thread.name.startswith("report-"):
            thread.join(60)


def done(demo: DemoClinic) -> Tour:
    """Do the main things, by forms and by programs, and know where what came of them lies."""
    tour = Tour(demo)
    for act in (_records, _answers, _screens, _plans, _asks, _administers, _computes):
        act(tour)
    return tour


def _treated(tour: Tour) -> str:
    """A patient with injections, of whom no own model has to be learnt."""
    return next(
        each
        for each in tour.demo.patients.values()
        if tour.demo.events(each, "injection") and not tour.demo.events(each, "level")
    )


def _records(tour: Tour) -> None:
    patient = _treated(tour)
    here, clock = f"/patients/{patient}", tour.clinic.clinic.now()
    seen = len(tour.clinic.clinic.record.all(patient))
    said = {"text": "slept well", "occurred_at": clock.strftime("%Y-%m-%dT%H:%M")}
    event = tour.sends(f"{here}/record/words", "nurse", expected=seen, **said)
    said["text"] = "slept badly"
    corrected = tour.sends(
        f"{here}/events/{event}/correct", "nurse", why="misheard",
        expected=len(tour.clinic.clinic.record.all(patient)), **said,
    )  # fmt: skip
    found = {"kind": "words", "occurred_at": clock.isoformat(), "payload": {"text": "well"}}
    written = tour.calls(f"patients/{patient}/events", **found)["event"]
    tour.calls(f"patients/{patient}/events/{written}/retract", reason="of another patient")
    tour.places |= {
        "/patients/{patient}": {"patient": patient},
        f"{PREFIX}/patients/{{patient}}": {"patient": patient},
        "/patients/{patient}/record/": {"patient": patient, "kind": "dose"},
        "/patients/{patient}/record/{kind}/{of}": {
            "patient": patient, "kind": "lab", "of": "alt",
        },
        "/patients/{patient}/recorded/": {"patient": patient, "event": corrected},
        "/patients/{patient}/events/": {"patient": patient, "event": corrected},
    }  # fmt: skip


def _answers(tour: Tour) -> None:
    open_ = [
        (patient, event.event_id)
        for patient in tour.demo.patients.values()
        for event in tour.demo.events(patient, "alarm_raised")
        if not any(
            event.event_id == other.payload.get("alarm")
            for other in tour.demo.events(patient, "alarm_acknowledged", "alarm_overridden")
        )
    ]
    (patient, alarm), (other, second), *_ = open_
    tour.sends(f"/patients/{patient}/alarms/{alarm}/acknowledge", "nurse", note="seen to")
    tour.calls(f"patients/{other}/alarms/{second}/override", reason="known for years")
    tour.places["/patients/{patient}/alarms/"] = {"patient": patient, "alarm": alarm}


def _screens(tour: Tour) -> None:
    record = tour.clinic.clinic.record
    closed = file_on_record(record, "urine_positive")
    asked = {"question": "start", "jurisdiction": "us", "products[]": [US_TABLET]}
    decision = tour.sends(f"/patients/{closed}/screening", "nurse", **asked)
    waiting = tour.sends(f"/patients/{closed}/decisions/{decision}/override", reason="no other way")
    again = tour.calls(f"patients/{closed}/screenings", products=[US_TABLET])["event"]
    approval = tour.calls(f"patients/{closed}/decisions/{again}/override", reason="the second one")[
        "approval"
    ]
    assert waiting
    tour.sends(f"/approvals/{approval}/confirm", "second", password=PASSWORD)
    open_ = file_on_record(record, provocation_tests=None)
    begun = {"protocol": "iv", "product": US_TABLET, "never_tested": "yes"}
    test = tour.sends(f"/patients/{open_}/challenge", "nurse", **begun)
    tour.sends(f"/patients/{open_}/challenge/{test}", "nurse", kind="baseline", version=1)
    for face in ("", PREFIX):
        tour.places[f"{face}/patients/{{patient}}/decisions"] = {
            "patient": closed, "event": again,
        }  # fmt: skip
    tour.places["/patients/{patient}/challenge"] = {"patient": open_, "challenge": test}
    tour.places[f"{PREFIX}/patients/{{patient}}/challenges"] = tour.places[
        "/patients/{patient}/challenge"
    ]
    tour.places["/approvals/"] = {"approval": approval}


def _plans(tour: Tour) -> None:
    patient = file_on_record(tour.clinic.clinic.record)
    options = tour.calls(f"patients/{patient}/plans/compare", product=US_TABLET)
    chosen = next(each for each in options if not each["refused"])
    made = tour.calls(
        f"patients/{patient}/plans", product=chosen["product"], regimen=chosen["regimen"]
    )["event"]
    for face in ("", PREFIX):
        place = {"patient": patient, "event": made, "name": "plan.ics"}
        tour.places[f"{face}/patients/{{patient}}/plan"] = place


def _asks(tour: Tour) -> None:
    patient = _treated(tour)
    situation = tour.calls(f"patients/{patient}/situations", situation="stop")["event"]
    tour.places["/patients/{patient}/situation"] = {"patient": patient, "event": situation}


def _administers(tour: Tour) -> None:
    fields = {"name": "new.nurse", "role": "nurse", "language": "en", "sees": "all",
        "password": PASSWORD,
    }  # fmt: skip
    answer = tour.browser("administrator").post("/accounts/new", **fields)
    assert answer.status_code in (200, 303), text_of(answer)
    nurse = tour.clinic.people["nurse"].account
    changed = {"shown": "Nurse", "role": "nurse", "language": "en", "password": PASSWORD}
    tour.sends(f"/accounts/{nurse}/change", "administrator", **changed)
    tour.places["/accounts/{account}"] = {"account": nurse}


def _computes(tour: Tour) -> None:
    run = tour.calls("programme/run", days=90)["run"]
    work_done()
    patient = _treated(tour)
    tour.browser("prescriber").post(f"/patients/{patient}/report")
    work_done()
    tour.places |= {
        "/programme/": {"report": run, "number": "1"},
        f"{PREFIX}/programme/": {"run": run},
        "/patients/{patient}/report": {"patient": patient, "number": "1"},
        f"{PREFIX}/patients/{{patient}}/report": {"patient": patient},
        "/patients/{patient}/breakthrough": {"patient": patient},
        f"{PREFIX}/patients/{{patient}}/breakthrough": {"patient": patient},
        "/label/rules/": {"rule": "pregnancy"},
        f"{PREFIX}/label/rules/": {"rule": "pregnancy"},
        "/label/products/": {"product": US_TABLET},
    }


def walked(demo: DemoClinic) -> Mapping[str, tuple[int, str]]:
    """Status and text of every page and endpoint, by its template, after the main things."""
    tour = done(demo)
    found = {}
    for door in gets(tour.clinic.app):
        answer = tour.sees(door)
        found[door.path] = (answer.status_code, said(answer))
    return found
