"""May treatment start, or go on: the rules of the label for one patient on one day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from antagonist.label.answers import (
    PERMITTING,
    Answer,
    Clearing,
    Departure,
    NextTest,
    Reason,
    Verdict,
)
from antagonist.label.conditions.explain import deciding
from antagonist.label.conditions.single import Truth
from antagonist.label.contradictions import Contradiction
from antagonist.label.dates import days_later
from antagonist.label.facts import Fact, Facts
from antagonist.label.jurisdictions import has_label, labels_for
from antagonist.label.patient import DepartureRecord
from antagonist.label.rulebook import Asked, Rulebook, Selection
from antagonist.label.rules import GATING, Rule

CLOSING = frozenset(("contraindicated", "stop"))
DEPARTURE_NEEDS = ("reason", "second_person")


@dataclass(frozen=True)
class Case:
    """One patient and product on one day, ready to be asked about."""

    patient: str
    as_of: str
    today: date
    facts: Facts
    product: str | None = None
    contradictions: tuple[Contradiction, ...] = ()
    departures: tuple[DepartureRecord, ...] = ()


def screened(case: Case, asked: Asked, book: Rulebook) -> Answer:
    """The answer for one patient.

    case: facts of the patient and the product. asked: question, indication, route, label.
    book: the rules. The result permits only where no gating rule is true or unknown.
    """
    chosen_rules = book.selection(asked)
    results = book.single.results(case.facts, chosen_rules.names)
    truths = [results[root] for root in chosen_rules.roots]
    pairs = list(zip(chosen_rules.rules, truths, strict=True))
    base = verdict(p for p, here in zip(pairs, chosen_rules.base, strict=True) if here)
    chosen = verdict(p for p, here in zip(pairs, chosen_rules.departing, strict=True) if not here)
    strict = verdict(pairs)
    departure = _departure(case, asked, chosen_rules, truths, base, chosen)
    given = [
        _reason(rule, truth, results, case, book) for rule, truth in pairs if truth is not False
    ]
    return Answer(
        patient=case.patient,
        as_of=case.as_of,
        question=asked.question,
        indication=asked.indication,
        route=asked.route,
        product=case.product,
        jurisdiction=asked.label,
        labels=labels_for(asked.label, asked.route),
        verdict="allowed_with_caution" if departure and departure.accepted else strict,
        base=base,
        chosen=chosen,
        earliest=_earliest(given) if strict == "not_yet" else None,
        reasons=_some(given, "true", CLOSING | {"defer"}),
        missing=_some(given, "unknown", GATING),
        cautions=_some(given, "true", {"warn"}),
        shown=_some(given, "true", {"monitor", "inform"}),
        next_tests=next_tests(given),
        timeline=_timeline(chosen_rules.rules, case),
        departure=departure,
        contradictions=case.contradictions,
        rules_hash=book.hash,
    )


def verdict(results: Iterable[tuple[Rule, Truth]]) -> Verdict:
    """What some rules come to together: closed, not yet, unknown, with caution, or allowed."""
    true: set[str] = set()
    unknown = False
    for rule, truth in results:
        if truth:
            true.add(rule.severity)
        elif truth is None and rule.gating:
            unknown = True
    if true & CLOSING:
        return "not_allowed"
    if "defer" in true:
        return "not_yet"
    if unknown:
        return "unknown"
    return "allowed_with_caution" if "warn" in true else "allowed"


def _departure(
    case: Case,
    asked: Asked,
    rules: Selection,
    truths: Sequence[Truth],
    base: Verdict,
    chosen: Verdict,
) -> Departure | None:
    """What the base text alone closes and the chosen label leaves open; None for nothing.

    Without a chosen label for the route the stricter applies and there is nothing to depart from.
    """
    if not has_label(asked.label, asked.route) or chosen not in PERMITTING:
        return None
    own = [
        (name, truth)
        for name, truth, departs in zip(rules.names, truths, rules.departing, strict=True)
        if departs
    ]
    closed = tuple(name for name, truth in own if truth)
    if not closed or any(truth is None for _, truth in own):
        return None
    on_record = {record.rule for record in case.departures}
    accepted = set(closed) <= on_record
    return Departure(closed, base, "allowed_with_caution", DEPARTURE_NEEDS, accepted)


def _reason(
    rule: Rule, truth: Truth, results: Sequence[Truth], case: Case, book: Rulebook
) -> Reason:
    return Reason(
        rule=rule.id,
        severity=rule.severity,
        result="true" if truth else "unknown",
        topic=rule.topic,
        jurisdictions=rule.jurisdictions,
        facts=deciding(book.graph, rule.id, case.facts, results),
        clears_on=clears_on(rule, case.facts, case.today) if truth else None,
        source=rule.source,
        provenance=rule.provenance,
    )


def clears_on(rule: Rule, facts: Facts, today: date) -> date | None:
    """Day on which time alone opens a rule: the latest of its counts; None = time does not."""
    days: list[date] = []
    for entry in rule.clears:
        so_far = _count(facts.get(entry.fact))
        if so_far is not None and so_far < entry.at_days:
            days.append(days_later(today, entry.at_days - so_far))
    return max(days, default=None)


def _count(fact: Fact | None) -> float | None:
    """A known count of days."""
    if fact is None or fact.state != "known" or not isinstance(fact.value, float):
        return None
    return fact.value


def _earliest(given: Sequence[Reason]) -> date | None:
    """The first day on which every true 'defer' is over; None where time alone opens none."""
    waiting = [r for r in given if r.result == "true" and r.severity == "defer"]
    return max((r.clears_on for r in waiting if r.clears_on is not None), default=None)


def _some(given: Sequence[Reason], result: str, severities: Iterable[str]) -> tuple[Reason, ...]:
    wanted = frozenset(severities)
    return tuple(r for r in given if r.result == result and r.severity in wanted)


def next_tests(given: Sequence[Reason]) -> tuple[NextTest, ...]:
    """What to find out next: facts that are not known, those that settle most rules first."""
    wanted: dict[str, list[str]] = {}
    states: dict[str, str] = {}
    for reason in given:
        if reason.result == "unknown" and reason.severity in GATING:
            for use in reason.facts:
                wanted.setdefault(use.fact, []).append(reason.rule)
                states.setdefault(use.fact, use.state)
    ranked = sorted(wanted.items(), key=lambda item: -len(item[1]))
    return tuple(NextTest(fact, states[fact], tuple(rules)) for fact, rules in ranked)


def _timeline(rules: Sequence[Rule], case: Case) -> tuple[Clearing, ...]:
    """For every rule with an interval: when it is over, by its source."""
    found = []
    for rule in rules:
        for entry in rule.clears:
            fact = case.facts.get(entry.fact)
            days = _count(fact)
            if days is None:
                if fact is not None:
                    found.append(_clearing(rule, None, passed=False))
            elif days != float("inf"):
                on = days_later(case.today, entry.at_days - days)
                found.append(_clearing(rule, on, passed=days >= entry.at_days))
    return tuple(found)


def _clearing(rule: Rule, on: date | None, *, passed: bool) -> Clearing:
    return Clearing(rule.id, rule.jurisdictions, on, passed, rule.source, rule.provenance)
