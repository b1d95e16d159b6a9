"""What looks wrong about a dose: never refused, for a dose given in error was given all the same.

A page asks whoever typed it to look once more before it is recorded. A program is told with the
answer: by then its user has given the dose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from antagonist.feedback.alarms.rules import alarm_book
from antagonist.feedback.events import Event, NewEvent
from antagonist.feedback.history import current
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import AlarmOnRecord, DoseOnRecord
from antagonist.foundation.errors import InputError
from antagonist.label.formulary.catalogue import products
from antagonist.label.induction import inductions
from antagonist.label.regimens import regimens
from antagonist.planning.situation_data import limit
from antagonist.web.actions.told import Told

ROUTES: Mapping[str, str] = {"dose": "oral", "injection": "im_xr", "implant_in": "implant"}
# What a guideline has between the last dose by a route and an operation with opioids: rule, fact.
TO_SURGERY: Mapping[str, tuple[str, str]] = {
    "oral": ("surgery-oral", "hours_oral_dose_to_surgery"),
    "im_xr": ("surgery-xr", "days_injection_to_surgery"),
}
NOT_TAKEN = ("missed", "held", "refused")
GAP = "gap"  # topic of alarms that the blockade may have lapsed
Name = Literal["stop", "gap", "surgery", "amount", "expired", "again", "early", "side"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubt. alarm: that says STOP, or that the blockade may have lapsed. known_mg: amounts
    that label or plan name. dose: the other dose. on: when a lot expired. days: the label's
    interval. surgery_at: of an operation with opioids that comes too soon after the dose.
    """

    name: Name
    alarm: AlarmOnRecord | None = None
    known_mg: tuple[float, ...] = ()
    dose: DoseOnRecord | None = None
    on: date | None = None
    days: int = 0
    surgery_at: datetime | None = None


class DoubtError(InputError):
    """What was typed is to be looked at once more. doubts: why."""

    def __init__(self, doubts: tuple[Doubt, ...]) -> None:
        super().__init__("", "sure", None, "that it was looked at once more")
        self.doubts = doubts


def sure_of(doubts: tuple[Doubt, ...]) -> str:
    """What a form sends that was looked at once more for these doubts, and for no others."""
    return ",".join(doubt.name for doubt in doubts)


def doubts_of(told: Told, event: NewEvent, *, corrects: bool = False) -> tuple[Doubt, ...]:
    """What looks wrong about a dose that somebody wants to record; none for other events.

    corrects: it stands for an event on record: then only what it says itself is looked at.
    """
    if event.kind not in ROUTES or event.payload.get("status") in NOT_TAKEN:
        return ()
    found = list(_of_itself(told, event))
    return tuple(found if corrects else [*found, *_beside_others(told, event)])


def doubts_when_written(told: Told, event: Event) -> tuple[Doubt, ...]:
    """What looked wrong about a dose on record by what was on record before it."""
    before = tuple(e for e in told.written if _before(e, event))
    held = current(before, told.at)
    then = replace(told, written=before, held=held, state=folded_held(held, told.at))
    new = NewEvent(event.kind, event.occurred_at, event.payload, event.version)
    return doubts_of(then, new, corrects=event.corrects is not None)


def _before(one: Event, other: Event) -> bool:
    if one.patient == other.patient:
        return one.n < other.n
    return one.recorded_at < other.recorded_at


def _of_itself(told: Told, event: NewEvent) -> Iterator[Doubt]:
    said = event.payload
    known = _known_mg(told, ROUTES[event.kind], said)
    if known and float(said["dose_mg"]) not in known:
        yield Doubt("amount", known_mg=known)
    expiry = said.get("expiry")
    if expiry is not None and date.fromisoformat(str(expiry)) < _day(event, told):
        yield Doubt("expired", on=date.fromisoformat(str(expiry)))


def _beside_others(told: Told, event: NewEvent) -> Iterator[Doubt]:
    holding = told.state.holding_alarms
    if holding:
        yield Doubt("stop", alarm=holding[-1])
    gap = _gap(told, event.occurred_at)
    if gap is not None:
        yield Doubt("gap", alarm=gap)
    route = ROUTES[event.kind]
    surgery_at = _surgery_at(told)
    if surgery_at is not None and _too_near(event.occurred_at, surgery_at, route):
        yield Doubt("surgery", surgery_at=surgery_at)
    before = [d for d in told.state.taken if d.route == route and d.at <= event.occurred_at]
    if not before:
        return
    last = before[-1]
    if last.at.astimezone(told.at.tzinfo).date() == _day(event, told):
        yield Doubt("again", dose=last)
    elif event.kind == "injection" and event.payload.get("planned_at") is None:
        days = _interval_days()
        if event.occurred_at - last.at < timedelta(days=days):
            yield Doubt("early", dose=last, days=days)
    side = event.payload.get("side")
    if side is not None and side == last.side:
        yield Doubt("side", dose=last)


def _gap(told: Told, at: datetime) -> AlarmOnRecord | None:
    """The open alarm that the blockade may have lapsed since the last dose before a moment.

    Then opioids are asked about before the next one.
    """
    last = max((dose.at for dose in told.state.taken if dose.at <= at), default=None)
    found = [
        alarm
        for alarm in told.state.open_alarms
        if not alarm.holds and _topic(alarm) == GAP and (last is None or last < alarm.at <= at)
    ]
    return found[-1] if found else None


def _topic(alarm: AlarmOnRecord) -> str | None:
    rule = alarm_book(alarm.at.date()).rules.get(str(alarm.payload["alarm"]))
    return None if rule is None else rule.topic


def _surgery_at(told: Told) -> datetime | None:
    """When an operation with opioids is planned, by the last word on it."""
    said = told.state.latest.get("surgery_planned")
    if said is None or not said.payload["with_opioids"]:
        return None
    return datetime.fromisoformat(str(said.payload["at"]))


def _too_near(at: datetime, surgery_at: datetime, route: str) -> bool:
    """Whether an operation comes after a dose within what the guideline has between them.

    No text says how long an implant blocks: then any operation to come.
    """
    if surgery_at <= at:
        return False
    if route not in TO_SURGERY:
        return True
    found = limit(*TO_SURGERY[route], at.date())
    least = timedelta(hours=found.value) if found.unit == "h" else timedelta(days=found.value)
    return surgery_at - at < least


def _day(event: NewEvent, told: Told) -> date:
    """The day of an event by the clinic's clock."""
    return event.occurred_at.astimezone(told.at.tzinfo).date()


def _interval_days() -> int:
    """The label's least interval between injections, days (data/regimens.yaml)."""
    return min(r.cycle_days for r in regimens().values() if r.route == "im_xr" and r.cycle_days)


def _known_mg(told: Told, route: str, said: Mapping[str, Any]) -> tuple[float, ...]:
    """Amounts of one dose that label, plan or package name; empty where none is known.

    Sources: data/regimens.yaml and data/induction.yaml of the label; of a depot what one package
    holds; the doses of the plan that holds.
    """
    plan = told.state.plan
    planned = set() if plan is None else {dose.dose_mg for dose in plan.doses}
    if route != "oral":
        package = products().get(str(said.get("product")))
        strength = None if package is None else package.strength_mg
        return () if strength is None else tuple(sorted({strength, *planned}))
    found = {dose.dose_mg for r in regimens().values() if r.route == route for dose in r.doses}
    for start in inductions().values():
        if start.route == route:
            found |= {start.until_cycle_mg}
            found |= {mg for day in start.days for mg in (day.dose_mg, day.instead_mg)}
    return tuple(sorted(found | planned))
