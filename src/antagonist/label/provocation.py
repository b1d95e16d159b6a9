"""The naloxone provocation test as a state machine: a log of events in, the state out.

Only naloxone is offered. Whether the test may be done is a screening question of its own
(``challenge``), asked before the first event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.clock import hours_between
from antagonist.foundation.data import near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Both, Provenance


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """One dose of naloxone and the watching after it; None where the text gives no figure."""

    give_mg: float = Field(gt=0)
    route: Literal["iv", "sc", "im"] | None
    observe_s: float | None
    then: Literal["next_step", "negative"]
    text: Both


class Protocol(_Part):
    """One way of doing the test."""

    title: Both
    rule: str
    jurisdictions: tuple[str, ...]
    after_h: float = Field(ge=0)
    steps: tuple[Step, ...] = Field(min_length=1)
    note: Both | None
    source: tuple[str, ...]
    provenance: Provenance
    read_in: str


class Sign(_Part):
    """A sign that is looked for before and after."""

    id: str
    title: Both
    provenance: Provenance


class ProvocationData(_Part):
    """The whole file data/challenge.yaml."""

    drug: Literal["naloxone"]
    any_sign: Literal["positive"]
    repeat_after_h: float = Field(gt=0)
    repeat_source: tuple[str, ...]
    repeat_provenance: Provenance
    resume_within_s: float = Field(gt=0)
    expires_after_h: float = Field(gt=0)
    own_source: tuple[str, ...]
    protocols: Mapping[str, Protocol]
    signs_rule: str
    signs_source: tuple[str, ...]
    signs_read_in: str
    signs: tuple[Sign, ...]


@lru_cache(maxsize=1)
def provocation_data() -> ProvocationData:
    """Protocols, signs and waiting times, checked."""
    return validated(ProvocationData, read_yaml(DATA / "challenge.yaml"), "challenge.yaml")


EventKind = Literal["baseline", "given", "observed", "interrupted", "resumed"]
StateName = Literal[
    "needs_baseline",  # signs before the test are not recorded
    "ready",  # the next step may be given
    "observing",  # a step was given and is being watched
    "interrupted",  # may be resumed for a while
    "expired",  # not finished in time: start anew
    "positive",  # the gate is closed
    "negative",
]


class Event(_Part):
    """One thing that happened. signs: ids seen; step: which dose, from 0."""

    kind: EventKind
    at: datetime
    signs: tuple[str, ...] = ()
    step: int | None = Field(default=None, ge=0)
    observe_s: float | None = Field(
        default=None, gt=0, description="Set by the prescriber where the text gives none"
    )


@dataclass(frozen=True, slots=True)
class State:
    """Where a test stands.

    step: the step to give, or being watched. until: end of the watching, or of the time to resume.
    new_signs: signs that were not there before. repeat_from: earliest time of another test.
    """

    name: StateName
    step: int = 0
    until: datetime | None = None
    new_signs: tuple[str, ...] = ()
    repeat_from: datetime | None = None


@dataclass(frozen=True)
class _Log:
    """What is known while events are read."""

    state: State
    started: datetime | None = None
    baseline: frozenset[str] = frozenset()
    observe_s: float = 0.0


def protocol(name: str) -> Protocol:
    """One protocol. Raises InputError with the nearest known id."""
    known = provocation_data().protocols
    if name not in known:
        raise InputError("", "protocol", name, near_match(name, known))
    return known[name]


def state_of(name: str, events: Sequence[Event], now: datetime) -> State:
    """State of a test after some events.

    name: the protocol. events: in order of time. now: aware.
    Raises InputError for events out of order, a sign that is not listed, a step that may not be
    given yet, or an event after the test has ended.
    """
    way = protocol(name)
    log = _Log(State("needs_baseline"))
    last: datetime | None = None
    for index, event in enumerate(events):
        field = f"events[{index}]"
        _check(event, last, now, field)
        log = _after(_aged(log, event.at), event, way, field)
        last = event.at
    return _aged(log, now).state


def _check(event: Event, last: datetime | None, now: datetime, field: str) -> None:
    if event.at.tzinfo is None:
        raise InputError("", f"{field}.at", str(event.at), "a time with its zone or offset")
    if (last is not None and event.at < last) or event.at > now:
        raise InputError("", f"{field}.at", str(event.at), "events in order, none in the future")
    known = {sign.id for sign in provocation_data().signs}
    for sign in event.signs:
        if sign not in known:
            raise InputError("", f"{field}.signs", sign, near_match(sign, known))


def _aged(log: _Log, now: datetime) -> _Log:
    """The log as time alone leaves it: what was not finished or resumed in time has expired."""
    data, state = provocation_data(), log.state
    if state.name in ("positive", "negative", "expired", "needs_baseline"):
        return log
    assert log.started is not None
    late = hours_between(log.started, now) > data.expires_after_h
    resumable = state.name != "interrupted" or state.until is None or now <= state.until
    if late or not resumable:
        return _Log(State("expired", repeat_from=now), log.started, log.baseline)
    return log


def _after(log: _Log, event: Event, way: Protocol, field: str) -> _Log:
    name = log.state.name
    allowed: Mapping[str, tuple[EventKind, ...]] = {
        "needs_baseline": ("baseline",),
        "ready": ("given", "interrupted"),
        "observing": ("observed", "interrupted"),
        "interrupted": ("resumed", "observed"),
    }
    if event.kind not in allowed.get(name, ()):
        words = ", ".join(allowed.get(name, ())) or f"nothing: the test is {name}"
        raise InputError("", f"{field}.kind", event.kind, words)
    match event.kind:
        case "baseline":
            return _Log(State("ready"), event.at, frozenset(event.signs))
        case "given":
            return _given(log, event, way, field)
        case "observed":
            return _observed(log, event, way, field)
        case "interrupted":
            until = event.at + timedelta(seconds=provocation_data().resume_within_s)
            return _Log(
                State("interrupted", log.state.step, until),
                log.started, log.baseline, log.observe_s,
            )  # fmt: skip
        case "resumed":
            return _resumed(log, event)


def _given(log: _Log, event: Event, way: Protocol, field: str) -> _Log:
    step = log.state.step
    if event.step is not None and event.step != step:
        raise InputError("", f"{field}.step", event.step, f"step {step} is next")
    observe_s = event.observe_s or way.steps[step].observe_s
    if observe_s is None:
        raise InputError("", f"{field}.observe_s", None, "seconds to watch, set by the prescriber")
    observe_s = max(observe_s, way.steps[step].observe_s or 0.0)
    until = event.at + timedelta(seconds=observe_s)
    return _Log(State("observing", step, until), log.started, log.baseline, observe_s)


def _observed(log: _Log, event: Event, way: Protocol, field: str) -> _Log:
    new = tuple(sorted(set(event.signs) - log.baseline))
    step = log.state.step
    if new:
        repeat = event.at + timedelta(hours=provocation_data().repeat_after_h)
        return _Log(State("positive", step, None, new, repeat), log.started, log.baseline)
    if log.state.name == "interrupted":
        raise InputError("", f"{field}.kind", event.kind, "resumed first: no sign was seen")
    if log.state.until is not None and event.at < log.state.until:
        return log
    if way.steps[step].then == "negative":
        return _Log(State("negative", step), log.started, log.baseline)
    return _Log(State("ready", step + 1), log.started, log.baseline)


def _resumed(log: _Log, event: Event) -> _Log:
    """The step is watched anew from the start; a test stopped between steps goes on."""
    if log.observe_s == 0.0:
        return _Log(State("ready", log.state.step), log.started, log.baseline)
    until = event.at + timedelta(seconds=log.observe_s)
    state = State("observing", log.state.step, until)
    return _Log(state, log.started, log.baseline, log.observe_s)
