"""A decision in the reader's words: verdicts, why, what is missing and where it is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from antagonist.feedback.events import Event
from antagonist.label.answers import Answer, Reason, Verdict
from antagonist.label.assess import candidates
from antagonist.label.gathered import moment
from antagonist.label.jurisdictions import choices, jurisdictions
from antagonist.label.patient import parse_patient
from antagonist.label.rulebook import Rulebook
from antagonist.label.trees import trees_of
from antagonist.report.condition_tree import Branch, branch
from antagonist.report.label_text import contradiction_text, in_language, product_title
from antagonist.report.screening_table import alike, alternatives_texts
from antagonist.report.screening_text import (
    SaidReason,
    asked_text,
    labels_text,
    over_text,
    reason_source,
    said_reason,
    test_row,
    verdict_text,
    weighty_texts,
)
from antagonist.report.wording import Wording
from antagonist.web.actions.decisions import Decided, answers_of
from antagonist.web.language import N_, Reader
from antagonist.web.recording_links import form_of
from antagonist.web.words.alarms import alarm_line

# Kind of badge, by verdict; the word stands in it, so colour is never alone.
BADGES: Mapping[Verdict, str] = {
    "not_allowed": "stop",
    "not_yet": "defer",
    "unknown": "missing",
    "allowed_with_caution": "caution",
    "allowed": "good",
}
SEVERITY_BADGES: Mapping[str, str] = {
    "contraindicated": "stop", "stop": "stop", "defer": "defer", "warn": "caution",
}  # fmt: skip
WHATS: Mapping[str, str] = {
    "screen": N_("Screening"),
    "plan": N_("Plan"),
    "forecast": N_("Forecast"),
    "alarm": N_("Alarm"),
}
COUNTRIES: Mapping[str, str] = {
    "us": N_("USA: all labels"),
    "uk": N_("United Kingdom"),
    "ru": N_("Russia: all instructions"),
}


@dataclass(frozen=True, slots=True)
class ReasonShown:
    """A reason, and how its condition came out; no tree where the rules have changed since."""

    said: SaidReason
    badge: str
    severity: str
    tree: Branch | None


@dataclass(frozen=True, slots=True)
class MissingShown:
    """A fact to find out. href: the form that writes it; None = there is none."""

    fact: str
    state: str
    order: str
    settles: str
    href: str | None


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """Products with the same verdict for the same reasons, in words."""

    products: tuple[str, ...]
    verdict: str
    badge: str
    permits: bool
    weighty: tuple[str, ...]
    asked: str
    labels: str
    stricter: bool
    reasons: tuple[ReasonShown, ...]
    cautions: tuple[ReasonShown, ...]
    open: tuple[ReasonShown, ...]
    missing: tuple[MissingShown, ...]
    timeline: tuple[tuple[str, str, str], ...]
    contradictions: tuple[tuple[str, tuple[str, ...]], ...]
    shown: tuple[ReasonShown, ...]
    alternatives: tuple[str, ...]


def answers_shown(
    event: Event, answers: Sequence[Answer], book: Rulebook, patient: str, words: Wording
) -> list[AnswerShown]:
    """A screening's answers in words, what permits first.

    book: the present rules; their sentences are shown. Trees only where the decision was made
    under the same rules: under others they could show another result than was given.
    """
    return [
        _shown(group, _trees(event, group[0], book, words), book, patient, words)
        for group in alike(answers)
    ]


def _trees(event: Event, answer: Answer, book: Rulebook, words: Wording) -> Mapping[str, Branch]:
    if answer.rules_hash != book.hash:
        return {}
    file = parse_patient(event.payload["inputs"]["patient"], "decision")
    found = trees_of(file, moment(file, answer.as_of), answer, book)
    asked = {r.rule for r in (*answer.reasons, *answer.missing, *answer.cautions)}
    return {
        name: branch(book.rules[name].condition, tree, words)
        for name, tree in found.items()
        if name in asked
    }


def _shown(
    group: Sequence[Answer],
    trees: Mapping[str, Branch],
    book: Rulebook,
    patient: str,
    words: Wording,
) -> AnswerShown:
    answer = group[0]

    def said(reasons: Sequence[Reason]) -> tuple[ReasonShown, ...]:
        return tuple(_reason(reason, trees, book, words) for reason in reasons)

    return AnswerShown(
        products=tuple(product_title(each.product or "", words) for each in group),
        verdict=verdict_text(answer.verdict, words),
        badge=BADGES[answer.verdict],
        permits=answer.permits,
        weighty=weighty_texts(answer, words),
        asked=asked_text(answer, words),
        labels=labels_text(answer, words),
        stricter=answer.base != answer.chosen and answer.departure is None,
        reasons=said(answer.reasons),
        cautions=said(answer.cautions),
        open=said(answer.missing),
        missing=tuple(
            MissingShown(*test_row(test, answer, words), form_of(test.fact, patient))
            for test in answer.next_tests
        ),
        timeline=tuple(
            (over_text(entry, words), reason_source(entry, words), entry.rule)
            for entry in answer.timeline
        ),
        contradictions=tuple(
            (contradiction_text(found, words), found.statements) for found in answer.contradictions
        ),
        shown=said(answer.shown),
        alternatives=alternatives_texts(answer.alternatives, words),
    )


def _reason(
    reason: Reason, trees: Mapping[str, Branch], book: Rulebook, words: Wording
) -> ReasonShown:
    return ReasonShown(
        said=said_reason(reason, book.rules, words),
        badge=SEVERITY_BADGES.get(reason.severity, "info"),
        severity=words.text(f"severity.{reason.severity}"),
        tree=trees.get(reason.rule),
    )


def summary(decided: Decided, reader: Reader) -> list[tuple[str, str]]:
    """A decision in a line or a few: kind of badge and text."""
    words, result = reader.words, decided.event.payload["result"]
    if decided.what == "screen":
        found: dict[Verdict, list[Answer]] = {}
        for group in alike(answers_of(decided.event)):
            found.setdefault(group[0].verdict, []).extend(group)
        return [
            (BADGES[verdict], f"{verdict_text(verdict, words)}: {_products(answers, reader)}")
            for verdict, answers in found.items()
        ]
    if decided.what == "plan":
        refusal = result.get("refusal")
        if refusal is None:
            return [("good", reader.say("plan made"))]
        verdict: Verdict = refusal["answer"]["verdict"]
        said = reader.say("no plan: %(verdict)s", verdict=verdict_text(verdict, words))
        return [(BADGES[verdict], said)]
    if decided.what == "forecast":
        kind = (result.get("situation") or {}).get("kind")
        known = f"situation.{kind}" in words.entries
        return [("info", words.text(f"situation.{kind}") if known else reader.say("the course"))]
    at = decided.event.recorded_at
    raised = [
        (str(one["severity"]), alarm_line(one, at, reader)) for one in result.get("alarms", ())
    ]
    return raised or [("info", reader.say("no alarm"))]


def _products(group: Sequence[Answer], reader: Reader) -> str:
    if len(group) == 1:
        return product_title(group[0].product or "", reader.words)
    return reader.say_count("%(n)s product", "%(n)s products", len(group))


def what_text(what: str, reader: Reader) -> str:
    """A kind of decision in words."""
    return reader.say(WHATS[what])


def product_choices(reader: Reader) -> list[tuple[str, str]]:
    """Products that can be planned, by name and maker: the same name may stand for several."""
    found = []
    for item in candidates(None):
        maker = item.country if item.maker is None else in_language(item.maker, reader.words)
        found.append((item.id, f"{product_title(item.id, reader.words)} ({maker})"))
    return sorted(found, key=lambda pair: pair[1])


def jurisdiction_choices(reader: Reader) -> list[tuple[str, str]]:
    """What a clinic can choose, by title: a country with all its labels, or one label."""
    known = jurisdictions()
    return [
        (name, reader.say(COUNTRIES[name]) if name in COUNTRIES else
         in_language(known[name].title, reader.words))
        for name in choices()
    ]  # fmt: skip
