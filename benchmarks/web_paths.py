"""Addresses of every page of the clinic for the patients measured, and what has to be there first.

What a page shows is made through the clinic's own actions: a screening, an answer about an
operation, a test begun, a second opinion asked for, outcomes computed.
"""

from __future__ import annotations

import itertools
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.clinics import Browser, OpenClinic
from tests.support.doors import Door, doors

from antagonist.feedback.database import changing
from antagonist.feedback.decisions import decide_plan
from antagonist.feedback.merging import history_of_all
from antagonist.label.formulary import products
from antagonist.label.patient import load_patient
from antagonist.label.provocation import provocation_data
from antagonist.label.rulebook import all_rules
from antagonist.web.accounts.people import create_account
from antagonist.web.actions import challenge_rows
from antagonist.web.actions.challenge_rows import UNDER_WAY, Challenge
from antagonist.web.actions.prints import PRINTS
from antagonist.web.entry.model import kinds, recordable
from antagonist.web.entry.subjects import possible
from benchmarks.web_seed import FILE_OF, FILES, NURSE

ROLE_OF = {"accounts.manage": "administrator", "audit.read": "administrator"}
ROLE_OF["audit.export"] = "administrator"
# Nobody is signed in there, or nobody may be yet; no patient's data are read.
LEFT_OUT = (
    "/", "/activate", "/set-up", "/second-factor", "/second-factor/picture.png", "/sign-in",
    "/sign-in/code", "/health/live", "/health/ready", "/api/openapi.json",
)  # fmt: skip
JURISDICTION, PRODUCT = "us", "naltrexone-hcl-us-chartwell-50"
REASON = "measured: asked for by the benchmark"
WAIT_S = 900.0
PRINTED = 3  # patients whose plan is the planner's own, as prints need it
CHART = re.compile(r"/chart-(\d+)\.svg")
PARAMETER = re.compile(r"{(\w+)}")
Values = dict[str, list[str]]


@dataclass
class Places:
    """What stands in the addresses. of_clinic, of_patient: parameter to values; by patient."""

    clinic: OpenClinic
    patients: Sequence[str]
    of_clinic: Values = field(default_factory=dict)
    of_patient: dict[str, Values] = field(default_factory=dict)

    def addresses(self, door: Door, most: int) -> list[str]:
        """Addresses of a page, of as many patients as there are, or as many as asked for."""
        if not door.of_patient:
            found = list(itertools.islice(_filled(door.path, self.of_clinic), most))
            return found if PARAMETER.search(door.path) and len(found) > 1 else found * most
        each = [self._of(door, patient) for patient in self.patients]
        # one of each patient, then the next of each
        turns = itertools.chain.from_iterable(itertools.zip_longest(*each))
        return [one for one in turns if one is not None][:most]

    def _of(self, door: Door, patient: str) -> list[str]:
        values = {**self.of_clinic, **self.of_patient[patient], "patient": [patient]}
        return [path + door.asked for path in _filled(door.path, _by_kind(door.path, values))]


def _by_kind(path: str, values: Values) -> Values:
    """``{event}`` means another kind of event in each place."""
    place = path.split("/")[3] if path.count("/") > 2 else ""
    place = "prints" if path.endswith("{name}") else place
    return {**values, "event": values.get(f"event of {place}", [])}


def _filled(path: str, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    names = PARAMETER.findall(path)
    if names[-2:] == ["kind", "of"]:
        for kind in kinds():
            if kinds()[kind].subjects:
                yield from (
                    path.replace("{patient}", values["patient"][0])
                    .replace("{kind}", kind)
                    .replace("{of}", of)
                    for of in sorted(possible(kind))[:3]
                )
        return
    for chosen in itertools.product(*(values.get(name, []) for name in names)):
        found = path
        for name, value in zip(names, chosen, strict=True):
            found = found.replace(f"{{{name}}}", value)
        yield found


def pages(clinic: OpenClinic) -> list[Door]:
    """Every page that somebody signed in can ask for."""
    found = [d for d in doors(clinic.app) if d.method == "GET" and not d.path.startswith("/api/v")]
    known = {door.path for door in found}
    assert set(LEFT_OUT) <= known, set(LEFT_OUT) - known
    return [door for door in found if door.path not in LEFT_OUT]


def somebody(clinic: OpenClinic, role: str) -> Browser:
    """A browser of somebody new: what is limited is limited for each account."""
    name = f"timed-{role}-{uuid.uuid4()}"
    with changing(clinic.clinic.engine) as connection:
        account = create_account(connection, clinic.clinic.now(), name, role)
    clinic.people = {**clinic.people, name: account}
    return clinic.browser(name)


def role_of(door: Door) -> str:
    """Who may open a page."""
    return ROLE_OF.get(door.action or "", "prescriber")


def made(clinic: OpenClinic, patients: Sequence[str]) -> Places:
    """Places with all that the pages show."""
    places = Places(clinic, patients)
    for patient in patients:
        places.of_patient[patient] = _of_patient(clinic, patient)
    for patient in patients[-PRINTED:]:
        places.of_patient[patient]["event of prints"] = [_plan(clinic, patient)]
    _approvals(places)
    _programme(places)
    _reports(places)
    places.of_clinic |= {
        "account": [account.account for account in clinic.people.values()],
        "rule": sorted({rule.id for rule in all_rules()}),
        "product": sorted(products()),
        "kind": list(recordable()),
        "name": list(PRINTS),
    }
    return places


def _of_patient(clinic: OpenClinic, patient: str) -> Values:
    browser = somebody(clinic, "prescriber")
    screened = _sent(
        browser, f"/patients/{patient}/screening",
        # of all labels the strictest: it refuses some of them, and so there is what to override
        question="start", **{"products[]": PRODUCT},
    )  # fmt: skip
    asked = _sent(browser, f"/patients/{patient}/situation", kind="stop")
    history = history_of_all(clinic.clinic.record, patient)
    held = {kind: [e.event_id for e in history if e.kind == kind][-3:] for kind in _kinds(history)}
    return {
        "event of decisions": screened,
        "event of situation": asked,
        "event of plan": held["plan_change"][-1:],
        "event of recorded": held["words"][-1:],
        "event of events": held["words"][-1:],
        "alarm": held.get("alarm_raised", []),
        "challenge": [_challenge(clinic, patient, screened[0])],
    }


def _kinds(history: Sequence[object]) -> set[str]:
    return {str(event.kind) for event in history}  # type: ignore[attr-defined]


def _sent(browser: Browser, path: str, **fields: str) -> list[str]:
    """The id in the address that a form leads to."""
    answer = browser.post(path, **fields)
    assert answer.status_code == 303, (path, answer.status_code, answer.text)
    return [answer.headers["location"].rpartition("/")[2]]


def _plan(clinic: OpenClinic, patient: str) -> str:
    """A plan of the planner, made on the day of the examples' file."""
    file = load_patient(FILES / FILE_OF["opioid"])
    request = {"product": PRODUCT, "regimen": "r6_50_daily", "prescriber": "dr.simulated"}
    found = decide_plan(clinic.clinic.record, patient, NURSE, file=file, request=request)
    return found.event_id


def _challenge(clinic: OpenClinic, patient: str, decision: str) -> str:
    """A test that has just begun, whatever the label says of this patient."""
    now, protocol = clinic.clinic.now(), next(iter(provocation_data().protocols))
    one = Challenge(
        str(uuid.uuid4()), patient, protocol, PRODUCT, decision, UNDER_WAY, 1, (), now,
        next(iter(clinic.people.values())).account,
    )  # fmt: skip
    with changing(clinic.clinic.engine) as connection:
        for old in challenge_rows.of_patient(connection, patient):
            if old.status == UNDER_WAY:
                return old.challenge
        challenge_rows.add(connection, one)
    return one.challenge


def _approvals(places: Places) -> None:
    browser = somebody(places.clinic, "prescriber")
    for patient in places.patients:
        decision = places.of_patient[patient]["event of decisions"][0]
        browser.post(f"/patients/{patient}/decisions/{decision}/override", reason=REASON)
    found = re.findall(r'href="/approvals/([-\w]+)"', browser.get("/approvals").text)
    places.of_clinic["approval"] = list(dict.fromkeys(found))


def _programme(places: Places) -> None:
    """Computed where it never was: with 1,000 patients that takes minutes."""
    browser, link = somebody(places.clinic, "prescriber"), re.compile(r'href="/programme/([-\w]+)"')
    if not link.search(browser.get("/programme").text):
        assert browser.post("/programme/run", days="90").status_code == 303
        _wait(browser, "/programme/progress")
    page = browser.get("/programme").text
    places.of_clinic["report"] = list(dict.fromkeys(link.findall(page))) * 2
    places.of_clinic["number"] = CHART.findall(page)


def _reports(places: Places) -> None:
    for patient in places.patients:
        browser = somebody(places.clinic, "prescriber")
        assert browser.post(f"/patients/{patient}/report").status_code == 303
        _wait(browser, f"/patients/{patient}/report/progress")
        page = browser.get(f"/patients/{patient}/report").text
        places.of_patient[patient]["number"] = CHART.findall(page)


def _wait(browser: Browser, path: str) -> None:
    """Until a computation has ended: its page is to be loaded anew then."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        answer = browser.client.get(path, headers={"HX-Request": "true"})
        assert answer.status_code in (200, 429), (path, answer.status_code)
        if answer.headers.get("HX-Refresh"):
            return
        time.sleep(0.6)
    raise AssertionError(path)
