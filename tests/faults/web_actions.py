"""One request for every route that takes a POST: who sends it, about what, with which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from tests.faults.scene import DAILY, FACTOR, REASON, WANTED, Scene
from tests.support.clinics import PASSWORD, Browser
from tests.support.patients import US_TABLET

from antagonist.web.accounts import tables as t

NEW = "another four words by her"
SET_UP = "8 words on a console"
OCCURRED, MOMENT = "2026-11-25T06:30", "2026-11-25T06:30:00Z"
SIGN = {"value": "yes", "source": "patient", "date": "2026-11-25"}
ALT = {"test": "alt", "value": 40, "unit": "U/L", "specimen": "blood"}
SURE = {"password": PASSWORD}
ACCOUNT = {"shown": "S", "role": "nurse", "language": "en", **SURE}
WANTED_API: dict[str, Any] = {"start": "2026-11-25", "months": 1, "jurisdiction": "us"}


@dataclass(frozen=True)
class Act:
    """A request. who: as ``Scene.sender`` takes it. path: with names of ``Scene.known``.

    sent: fields of the form or the JSON body, with such names in texts. more: fields that have to
    be found first. keyed: a second time with its key it is the same request. reads: what is written
    in the audit where its page is shown again. first: changes the clinic beforehand. slow: it
    computes for long before it writes.
    """

    who: str
    path: str
    sent: Mapping[str, Any] = field(default_factory=dict)
    keyed: bool = True
    more: Callable[[Scene], Mapping[str, Any]] | None = None
    reads: str = ""
    first: Callable[[Any], None] | None = None
    slow: bool = False

    def send(self, scene: Scene, sender: Browser, key: str) -> Response:
        """Send it."""
        known = scene.known
        fields = {**_filled(self.sent, known), **(self.more(scene) if self.more else {})}
        path = self.path.format(**known)
        if path.startswith("/api/"):
            headers = {"Idempotency-Key": key} if self.keyed else {}
            return sender.client.post(path, json=fields, headers=headers)
        return sender.post(path, key, **fields)

    @property
    def patient(self) -> str | None:
        """Name of the patient in the path."""
        return self.path.split("{", 1)[1].split("}")[0] if "/patients/{" in self.path else None


def _filled(sent: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: value.format(**known) if isinstance(value, str) else value
        for name, value in sent.items()
    }


def _seen(name: str) -> Callable[[Scene], Mapping[str, Any]]:
    """The number of events that a form's writer saw."""
    return lambda scene: {"expected": str(scene.events(name)), "occurred_at": OCCURRED}


def _code(scene: Scene) -> Mapping[str, Any]:
    return {"code": scene.factor.at(scene.clinic.clinic.now())}


def _pending(scene: Scene) -> Mapping[str, Any]:
    return {"code": scene.pending.at(scene.clinic.clinic.now())}


def _nobody_administers(connection: Any) -> None:
    connection.execute(t.accounts.update().values(disabled=True))


_P, _API = "/patients/{patient}", "/api/v1/patients/{patient}"
_TEST = "/patients/{tested}/challenge/{challenge}"
_BEGIN: dict[str, Any] = {"protocol": "iv", "product": US_TABLET, "never_tested": "yes"}
_SCREEN: dict[str, Any] = {"question": "start", "jurisdiction": ""}

RECORD: Mapping[str, Act] = {
    "/patients/{patient}/record/{kind}": Act(
        "nurse", f"{_P}/record/words", {"text": "said so"}, more=_seen("patient")),
    "/patients/{patient}/record/{kind}/{of}": Act(
        "nurse", f"{_P}/record/fact/dark_urine", SIGN, more=_seen("patient")),
    "/patients/{patient}/events/{event}/correct": Act(
        "nurse", f"{_P}/events/{{event}}/correct", {"text": "said otherwise", "why": "typing"},
        more=_seen("patient")),
    "/patients/{patient}/events/{event}/retract": Act(
        "nurse", f"{_P}/events/{{event}}/retract", {"taken_back": "never said"},
        more=_seen("patient")),
    "/patients/{patient}/alarms/{alarm}/acknowledge": Act(
        "nurse", "/patients/{alarmed}/alarms/{alarm}/acknowledge", {"note": "called"}),
    "/patients/{patient}/alarms/{alarm}/override": Act(
        "prescriber", "/patients/{alarmed}/alarms/{alarm}/override", {"reason": REASON}),
    "/patients/search": Act("nurse", "/patients/search", {"text": "Anna"}, keyed=False),
    "/patients/new": Act(
        "nurse", "/patients/new",
        {"family": "New", "given": "Nina", "system": "card", "value": "77"}),
}  # fmt: skip
DECIDE: Mapping[str, Act] = {
    "/patients/{patient}/screening": Act(
        "nurse", "/patients/{untested}/screening",
        {**_SCREEN, "products[]": [US_TABLET], "never_tested": "yes"}),
    "/patients/{patient}/decisions/{event}/override": Act(
        "prescriber", "/patients/{first}/decisions/{decision_first}/override", {"reason": REASON}),
    "/approvals/{approval}/confirm": Act(
        "second", "/approvals/{approval}/confirm", SURE, reads="screening.read"),
    "/approvals/{approval}/refuse": Act(
        "second", "/approvals/{approval}/refuse", reads="screening.read"),
    "/approvals/{approval}/withdraw": Act(
        "prescriber", "/approvals/{approval}/withdraw", reads="screening.read"),
    "/patients/{patient}/challenge": Act("nurse", "/patients/{untested}/challenge", _BEGIN),
    "/patients/{patient}/challenge/{challenge}": Act(
        "nurse", _TEST, {"version": "3", "kind": "observed", "seen": "signs",
                         "signs[]": ["yawning"]}),
    "/patients/{patient}/challenge/{challenge}/abort": Act(
        "nurse", f"{_TEST}/abort", {"version": "3", "reason": "the patient left"}),
    "/patients/{patient}/plan/new": Act(
        "nurse", f"{_P}/plan/new", {**WANTED, "what": US_TABLET}, keyed=False),
    "/patients/{patient}/plan/review": Act(
        "nurse", f"{_P}/plan/review", {**WANTED, **DAILY}, keyed=False),
    "/patients/{patient}/plan": Act(
        "prescriber", f"{_P}/plan", more=lambda scene: scene.plan, slow=True),
    "/patients/{patient}/situation": Act(
        "nurse", "/patients/{treated}/situation", {"kind": "stop"}, slow=True),
    "/patients/{patient}/chart.json": Act(
        "nurse", "/patients/{treated}/chart.json", {"skip_next": "yes"}, keyed=False),
    "/patients/{patient}/report": Act("nurse", "/patients/{treated}/report"),
    "/programme/run": Act("prescriber", "/programme/run", {"days": "30"}),
}  # fmt: skip
PEOPLE: Mapping[str, Act] = {
    "/accounts/new": Act(
        "administrator", "/accounts/new",
        {**ACCOUNT, "name": "fay", "sees": "some", "patients": "{patient}"}, keyed=False),
    **{
        f"/accounts/{{account}}/{what}": Act(
            "administrator", f"/accounts/{{account_nurse}}/{what}", {**SURE, **fields},
            keyed=False)
        for what, fields in {
            "change": {**ACCOUNT, "role": "viewer"},
            "patients": {"sees": "some", "patients": "{patient}"},
            "disable": {}, "enable": {}, "activation": {}, "factor": {"seen": "yes"},
            "sessions": {},
        }.items()
    },
    "/own/reading": Act("nurse", "/own/reading", {"language": "ru"}, keyed=False),
    "/own/password": Act(
        "nurse", "/own/password", {**SURE, "new_password": NEW, "again": NEW}, keyed=False),
    "/own/sessions": Act("nurse", "/own/sessions", SURE, keyed=False),
    "/own/tokens": Act(
        FACTOR, "/own/tokens", {**SURE, "label": "laboratory", "days": "30"}, keyed=False,
        more=_code),
    "/own/tokens/revoke": Act(
        "nurse", "/own/tokens/revoke", {"token": "{token_nurse}"}, keyed=False),
    "/second-factor/begin": Act("prescriber", "/second-factor/begin", keyed=False),
    "/second-factor": Act("nurse", "/second-factor", SURE, keyed=False, more=_pending),
    "/second-factor/remove": Act(
        FACTOR, "/second-factor/remove", SURE, keyed=False, more=_code),
    "/set-up": Act(
        "nobody", "/set-up", {**SURE, "code": SET_UP, "name": "Director", "again": PASSWORD},
        keyed=False, first=_nobody_administers),
    "/activate": Act(
        "nobody", "/activate", {"code": "{activation}", "password": NEW, "again": NEW},
        keyed=False),
    "/sign-in": Act("nobody", "/sign-in", {**SURE, "name": "nurse"}, keyed=False),
    "/sign-in/again": Act(
        "nobody", "/sign-in/again", {**SURE, "again_name": "nurse", "again_action": "/own"},
        keyed=False),
    "/sign-in/code": Act("half", "/sign-in/code", keyed=False, more=_code),
    "/sign-out": Act("other", "/sign-out", keyed=False),
    "/language": Act("nurse", "/language", {"language": "ru"}, keyed=False),
}  # fmt: skip
PROGRAMS: Mapping[str, Act] = {
    "/patients": Act(
        "api.nurse", "/api/v1/patients", {"family": "New", "given": "Nina"}),
    "/patients/find": Act(
        "api.nurse", "/api/v1/patients/find", {"system": "test", "value": "2"}, keyed=False),
    "/patients/{patient}/events": Act(
        "api.nurse", f"{_API}/events",
        {"kind": "fact", "occurred_at": MOMENT,
         "payload": {"fact": "dark_urine", "value": True, "source": "patient"}}),
    "/patients/{patient}/events/{event}/correct": Act(
        "api.nurse", f"{_API}/events/{{event}}/correct",
        {"occurred_at": MOMENT, "payload": {"text": "said otherwise"}, "reason": "typing"}),
    "/patients/{patient}/events/{event}/retract": Act(
        "api.nurse", f"{_API}/events/{{event}}/retract", {"reason": "never said"}),
    "/patients/{patient}/alarms/{alarm}/acknowledge": Act(
        "api.nurse", "/api/v1/patients/{alarmed}/alarms/{alarm}/acknowledge", {"note": "called"}),
    "/patients/{patient}/alarms/{alarm}/override": Act(
        "api.prescriber", "/api/v1/patients/{alarmed}/alarms/{alarm}/override",
        {"reason": REASON}),
    "/patients/{patient}/challenges": Act(
        "api.nurse", "/api/v1/patients/{untested}/challenges", {**_BEGIN, "never_tested": True}),
    "/patients/{patient}/challenges/{challenge}/steps": Act(
        "api.nurse", "/api/v1/patients/{tested}/challenges/{challenge}/steps",
        {"version": 3, "kind": "observed", "signs": ["yawning"]}),
    "/patients/{patient}/challenges/{challenge}/abort": Act(
        "api.nurse", "/api/v1/patients/{tested}/challenges/{challenge}/abort",
        {"version": 3, "reason": "the patient left"}),
    "/patients/{patient}/screenings": Act(
        "api.nurse", "/api/v1/patients/{untested}/screenings",
        {"products": [US_TABLET], "never_tested": True}),
    "/patients/{patient}/decisions/{event}/override": Act(
        "api.prescriber", "/api/v1/patients/{first}/decisions/{decision_first}/override",
        {"reason": REASON}),
    "/approvals/{approval}/withdraw": Act(
        "api.prescriber", "/api/v1/approvals/{approval}/withdraw"),
    "/patients/{patient}/plans/compare": Act(
        "api.nurse", f"{_API}/plans/compare",
        {**WANTED_API, "product": US_TABLET}, keyed=False),
    "/patients/{patient}/plans": Act(
        "api.prescriber", "/api/v1/patients/{first}/plans", {**WANTED_API, **DAILY}),
    "/patients/{patient}/situations": Act(
        "api.nurse", "/api/v1/patients/{treated}/situations", {"situation": "stop"}, slow=True),
    "/patients/{patient}/forecast": Act(
        "api.nurse", "/api/v1/patients/{treated}/forecast", {"skip_next": True}, keyed=False),
    "/programme/run": Act("api.prescriber", "/api/v1/programme/run", {"days": 30}),
}  # fmt: skip
ACTS: Mapping[str, Act] = {
    **RECORD, **DECIDE, **PEOPLE, **{f"/api/v1{path}": act for path, act in PROGRAMS.items()},
}  # fmt: skip
