"""A challenge test in the reader's words: its state, its steps, its clock, what was done so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from antagonist.label.provocation import Protocol, State, provocation_data
from antagonist.label.provocation import protocol as protocol_of
from antagonist.label.rulebook import rulebook
from antagonist.report.label_dates import local_text
from antagonist.report.label_text import in_language, product_title, rule_sentence, source_text
from antagonist.report.wording import Wording
from antagonist.web.actions.challenge_rows import UNDER_WAY, Challenge, Entry, state
from antagonist.web.language import N_, Reader
from antagonist.web.visit import Visit

BADGES: Mapping[str, str] = {
    "needs_baseline": "soon", "ready": "soon", "observing": "urgent", "interrupted": "urgent",
    "expired": "stop", "positive": "stop", "negative": "good",
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "needs_baseline": N_("signs before the test"),
    "ready": N_("ready for the next dose"),
    "observing": N_("watching"),
    "interrupted": N_("interrupted"),
    "expired": N_("expired"),
    "positive": N_("positive"),
    "negative": N_("negative"),
    "aborted": N_("aborted"),
}
DID: Mapping[str, str] = {
    "baseline": N_("Signs before the test were recorded"),
    "given": N_("Naloxone was given"),
    "observed": N_("The patient was looked at"),
    "interrupted": N_("The test was interrupted"),
    "resumed": N_("The test was resumed"),
    "aborted": N_("The test was aborted"),
}
# Rules whose sentences say what a positive test means: stop and wait, and relieve the withdrawal.
AFTER_POSITIVE = ("challenge-signs", "challenge-not-if")


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step of the protocol. place: done, now or next."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Stepper:
    """A test as the page shows it. until: with seconds, so that it is not said too early."""

    row: Challenge
    state: State
    open: bool
    badge: str
    name: str
    says: str
    until: str | None
    left_s: int
    title: str
    product: str
    steps: tuple[StepShown, ...]
    give: str | None
    unset: bool
    note: str | None
    source: str
    new_signs: tuple[str, ...]
    repeat: str | None
    after: tuple[str, ...]
    signs: tuple[tuple[str, str, bool], ...]
    did: tuple[tuple[str, str, str, str], ...]


def stepper(visit: Visit, found: Challenge) -> Stepper:
    """A test in words, as of now."""
    words, now = visit.reader.words, visit.now
    way, here = protocol_of(found.protocol), state(found, now)
    is_open = found.status == UNDER_WAY
    name = here.name if is_open or found.status != "aborted" else "aborted"
    before = {sign for e in found.entries if e.kind == "baseline" for sign in e.signs}
    current = way.steps[here.step]
    return Stepper(
        row=found,
        state=here,
        open=is_open,
        badge=BADGES.get(name, "info"),
        name=visit.say(NAMES[name]),
        says="" if name == "aborted" else words.text(f"provocation.state.{here.name}"),
        until=None if here.until is None else clock(here.until, visit.reader),
        left_s=0 if here.until is None else max(0, ceil((here.until - now).total_seconds())),
        title=in_language(way.title, words),
        product=product_title(found.product, words),
        steps=_steps(way, here, len(found.doses), words),
        give=in_language(current.text, words) if here.name in ("ready", "observing") else None,
        unset=current.route is None or current.observe_s is None,
        note=None if way.note is None else in_language(way.note, words),
        source=source_text(way.source, way.provenance, words),
        new_signs=_titles(here.new_signs, words),
        repeat=None if here.repeat_from is None or here.name != "positive"
        else local_text(here.repeat_from.astimezone(visit.reader.tz), words),
        after=_after_positive(now, words) if here.name == "positive" else (),
        signs=tuple(
            (sign.id, in_language(sign.title, words), sign.id in before)
            for sign in provocation_data().signs
        ),
        did=tuple(_did(entry, visit.reader) for entry in found.entries),
    )  # fmt: skip


def clock(at: datetime, reader: Reader) -> str:
    """A time of day with seconds, in the reader's zone."""
    return f"{at.astimezone(reader.tz):%H:%M:%S}"


def _steps(way: Protocol, here: State, doses: int, words: Wording) -> tuple[StepShown, ...]:
    found = []
    for index, step in enumerate(way.steps):
        now = here.name in ("ready", "observing", "interrupted") and index == here.step
        done = not now and index < doses
        found.append(
            StepShown(in_language(step.text, words), "done" if done else "now" if now else "next")
        )
    return tuple(found)


def _after_positive(now: datetime, words: Wording) -> tuple[str, ...]:
    rules = rulebook(now.date()).rules
    return tuple(rule_sentence(rules[name], (), words.language) for name in AFTER_POSITIVE)


def _titles(signs: Sequence[str], words: Wording) -> tuple[str, ...]:
    titles = {sign.id: in_language(sign.title, words) for sign in provocation_data().signs}
    return tuple(titles[sign] for sign in signs)


def _did(entry: Entry, reader: Reader) -> tuple[str, str, str, str]:
    """When, what, details, by whom."""
    signs = ", ".join(_titles(entry.signs, reader.words))
    if not signs and entry.kind in ("baseline", "observed"):
        signs = reader.say("no sign") if entry.kind == "baseline" else reader.say("no new sign")
    return clock(entry.at, reader), reader.say(DID[entry.kind]), entry.note or signs, entry.by
