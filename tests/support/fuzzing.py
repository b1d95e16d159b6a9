"""Requests of a fuzzer made to reach what lies behind the checks: real ids, keys, bodies."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.demo_clinics import DemoClinic
from tests.support.patients import US_TABLET
from tests.support.record_entries import ENTRIES, WHEN

from antagonist.feedback.database import reading
from antagonist.feedback.payloads.registry import OWN_CALLS
from antagonist.web.actions import challenge_rows
from antagonist.web.api.common import PREFIX

Ids = Mapping[str, str]
AS_GENERATED = 6  # of so many requests one keeps what the fuzzer made up
ADMINISTRATORS = ("accounts", "audit")
PRODUCTS = ("revia-us-50", "vivitrol-us-380", "antaxone-capsule-50", "prodetoxone-implant-1000")
REGIMEN = "r1_weekdays_50_saturday_100"
KEY, MATCH = "Idempotency-Key", "If-Match"


@dataclass
class Feeder:
    """Puts what is on a clinic's record into a fuzzer's requests, in turns and never at random.

    tokens: headers of a prescriber and an administrator. made: what is in no patient's record, by
    the name of its path parameter.
    """

    demo: DemoClinic
    tokens: Mapping[str, Mapping[str, str]]
    made: Mapping[str, Sequence[Ids]]
    turn: itertools.count[int] = field(default_factory=itertools.count)
    known: dict[str, Sequence[Ids]] = field(default_factory=dict)

    def token(self, path: str) -> Mapping[str, str]:
        """The header of somebody who may."""
        office = path.removeprefix(f"{PREFIX}/").split("/")[0] in ADMINISTRATORS
        return self.tokens["administrator" if office else "prescriber"]

    def feed(self, case: Any) -> None:
        """Change a case in place; what the fuzzer made wrong on purpose stays wrong."""
        n = next(self.turn)
        wrong = _wrong(case)
        if n % AS_GENERATED == 0:
            return
        if "path" not in wrong and case.path_parameters:
            known = self._ids(case.path)
            case.path_parameters.update(known[n % len(known)])
        if "header" not in wrong:
            self._header(case, n)
        if "body" not in wrong and isinstance(case.body, dict):
            self._body(case, n)

    def _header(self, case: Any, n: int) -> None:
        names = {each.name for each in case.operation.headers}
        if KEY in names:
            case.headers[KEY] = f"request-{n}"
        if MATCH in names and n % 4:
            case.headers.pop(MATCH, None)

    def _body(self, case: Any, n: int) -> None:
        body, path = case.body, case.path
        if "product" in body and n % 2:
            body["product"] = PRODUCTS[n // 2 % len(PRODUCTS)]
        if body.get("products") and n % 2:
            body["products"] = [PRODUCTS[n // 2 % len(PRODUCTS)]]
        if body.get("jurisdiction") is not None and n % 3:
            body["jurisdiction"] = ("us", "ru_oral", "ru")[n % 3]
        if path.endswith("/events") and n % 4:
            entry = ENTRIES[n % len(ENTRIES)]
            mixed = dict(entry.payload)
            if n % 8 == 1 and isinstance(body["payload"], dict):
                mixed |= dict.fromkeys(list(mixed)[:1], next(iter(body["payload"].values()), None))
            at = f"{WHEN}:00Z" if n % 8 == 2 else body["occurred_at"]
            case.body = {"kind": entry.path.split("/")[0], "occurred_at": at, "payload": mixed}
        if path.endswith("/plans") and n % 4:
            body["regimen"], body["product"] = REGIMEN, US_TABLET
        if path.endswith("/correct") and n % 4:
            body |= self._told(case.path_parameters)
        if "version" in body and n % 4:
            body["version"] = self._version(case.path_parameters["challenge"])
        if path.endswith("/find") and n % 2:
            case.body = {"system": "demo", "value": list(self.demo.patients)[n % 12]}

    def _told(self, at: Ids) -> Mapping[str, Any]:
        """What an event says, for a correction of it."""
        for event in self.demo.events(at["patient"]):
            if event.event_id == at["event"] and event.kind not in OWN_CALLS:
                at_then = event.occurred_at.isoformat()
                return {"occurred_at": at_then, "payload": dict(event.payload)}
        return {}

    def _version(self, challenge: str) -> int:
        with reading(self.demo.open.clinic.engine) as connection:
            found = challenge_rows.read(connection, challenge)
        return 1 if found is None else found.version

    def _ids(self, path: str) -> Sequence[Ids]:
        """Path parameters that fit each other, of what is on record."""
        if path not in self.known:
            self.known[path] = self._looked_up(path)
        return self.known[path]

    def _looked_up(self, path: str) -> Sequence[Ids]:
        demo = self.demo
        # own models are learnt for a quarter of a minute in processes of their own
        patients = [p for p in demo.patients.values() if not demo.events(p, "level")]
        if "{alarm}" in path:
            # one answer each: those of one ending leave the other half alone
            half = demo.of_kind("alarm_raised")[path.endswith("override") :: 2]
            return [{"patient": p, "alarm": e} for p, e in half]
        if "/decisions/{event}" in path:
            return [{"patient": p, "event": e} for p, e in demo.of_kind("decision")]
        if "/plans/{event}" in path:
            found = [*demo.of_decision("plan"), *demo.of_kind("plan_change")]
            return [
                *({"patient": p, "event": e} for p, e in found),
                *self.made["plan"],
                *self.made["plan"],
            ]
        if "{event}" in path:
            spare = patients[-2:]  # what is taken back there is missed nowhere else
            return [{"patient": p, "event": e.event_id} for p in spare for e in demo.events(p)]
        own = [name for name in ("challenge", "approval", "run", "rule") if f"{{{name}}}" in path]
        if own:
            return self.made[own[0]]
        return [{"patient": p} for p in patients]


def _wrong(case: Any) -> set[str]:
    """Parts of a request that are wrong on purpose."""
    meta = case.meta
    if meta is None:
        return set()
    return {
        str(location.value) for location, info in meta.components.items() if info.mode.is_negative
    }
