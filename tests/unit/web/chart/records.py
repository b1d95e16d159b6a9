"""Patients for the chart, as events without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tests.support.example_record import AT, MOSCOW, event, events

from antagonist.feedback.events import Event

PRODUCT = "vivitrol-us-380"
TABLET = "naltrexone-hcl-us-generic-50"
INJECTION = {
    "product": PRODUCT, "dose_mg": 380, "lot": "L", "expiry": "2028-01-01", "side": "left",
    "given_by": "n",
}  # fmt: skip
OPIOID = event(
    990, "fact", AT - timedelta(days=200),
    {"fact": "indication_stated", "value": "opioid", "source": "x"}, "prescriber",
)  # fmt: skip


def planned(
    product: str, route: str, kind: str, dose_mg: float, *times: datetime, since: datetime
) -> Event:
    """A plan with doses at some moments."""
    doses = [{"at": at.isoformat(), "dose_mg": dose_mg, "kind": kind} for at in times]
    plan = {"product": product, "route": route, "regimen": "x", "doses": doses}
    return event(900, "plan_change", since, {"plan": plan, "reason": "x"}, "prescriber")


def tablets() -> tuple[Event, ...]:
    """The example patient with a plan of 100 mg on every second day, two of its doses past."""
    first = datetime(2026, 5, 19, 9, tzinfo=MOSCOW)
    times = [first + timedelta(days=2 * n) for n in range(10)]
    since = datetime(2026, 5, 18, 8, tzinfo=MOSCOW)
    return (*events(), OPIOID, planned(TABLET, "oral", "oral", 100, *times, since=since))


def injections(*days: float, plan: tuple[float, ...] = ()) -> tuple[Event, ...]:
    """Injections given so many days before AT, and planned so many days after it."""
    given = [
        event(2 + n, "injection", AT - timedelta(days=day), INJECTION, "nurse")
        for n, day in enumerate(days)
    ]
    times = [AT + timedelta(days=day) for day in plan]
    since = AT - timedelta(days=100)
    more = [planned(PRODUCT, "im_xr", "injection", 380, *times, since=since)] if plan else []
    return (OPIOID, *given, *more)


def with_dose(said: Mapping[str, object], at: datetime, n: int = 800) -> Event:
    """A dose by mouth, as said."""
    return event(n, "dose", at, {"route": "oral", "dose_mg": 100, **said}, "nurse")


def as_missed(told: tuple[Event, ...], event_id: str) -> tuple[Event, ...]:
    """The same with one dose not taken."""

    def turned(one: Event) -> Event:
        if one.event_id != event_id:
            return one
        said = {"route": "oral", "dose_mg": one.payload["dose_mg"], "status": "missed"}
        return replace(one, payload=said)

    return tuple(map(turned, told))
