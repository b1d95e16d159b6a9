"""Rules of the label as a reader sees them, made once for each language and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from antagonist.label.clinic_rules import load_clinic_rules
from antagonist.label.compare_labels import diff
from antagonist.label.facts import Both
from antagonist.label.jurisdictions import jurisdictions
from antagonist.label.rulebook import all_rules
from antagonist.label.rules import Rule
from antagonist.report.label_pages import condition_lines, plain_sentence
from antagonist.report.label_text import (
    in_language,
    jurisdictions_text,
    label_words,
    provenance_text,
)
from antagonist.web.clinic import Clinic

INDENT = "  "  # of one level of a condition, as condition_lines writes it


@dataclass(frozen=True, slots=True)
class ShownCase:
    """An example of a rule: true, false or unknown."""

    name: str
    gives: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownRule:
    """One version of a rule in one language.

    condition: level and text of each line. provenance: seen, secondary, recalled or own.
    """

    rule: str
    category: str
    category_text: str
    topic: str
    topic_text: str
    jurisdictions: tuple[str, ...]
    whose: str
    severity: str
    severity_text: str
    text: str
    note: str | None
    condition: tuple[tuple[int, str], ...]
    first: date | None
    last: date | None
    source: tuple[str, ...]
    provenance: str
    provenance_text: str
    read_in: str | None
    rows: tuple[str, ...]
    cases: tuple[ShownCase, ...]
    searched: str

    def fits(self, jurisdiction: str | None, category: str | None, query: str) -> bool:
        """Whether it is of a jurisdiction and a subject and holds every word of a query."""
        return (
            jurisdiction in (None, *self.jurisdictions)
            and category in (None, self.category)
            and all(word in self.searched for word in query.casefold().split())
        )


@dataclass(frozen=True, slots=True)
class Beside:
    """A subject under two jurisdictions."""

    topic_text: str
    first: tuple[ShownRule, ...]
    second: tuple[ShownRule, ...]
    difference: str


@lru_cache(maxsize=1)
def _subjects() -> Mapping[str, Mapping[str, Both]]:
    text = files("antagonist.web").joinpath("data/label_subjects.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, dict[str, Both]]).validate_python(yaml.safe_load(text))


def _subject(kind: str, name: str, language: str) -> str:
    found = _subjects()[kind].get(name)
    if found is None:  # a clinic's own
        return name.replace("_", " ")
    return found.ru if language == "ru" else found.en


def categories(language: str) -> list[tuple[str, str]]:
    """Subjects that rules are browsed by, with their names."""
    return [(name, _subject("categories", name, language)) for name in _subjects()["categories"]]


def rules_of(clinic: Clinic, language: str) -> tuple[ShownRule, ...]:
    """Every version of every rule, the clinic's own among them, in the order of the files."""
    return _rules(clinic.config.rules, language)


@lru_cache(maxsize=8)
def _rules(folder: Path | None, language: str) -> tuple[ShownRule, ...]:
    own = () if folder is None else load_clinic_rules(folder)
    return tuple(_shown(rule, language) for rule in (*all_rules(), *own))


def _shown(rule: Rule, language: str) -> ShownRule:
    words = label_words(language)
    text = plain_sentence(rule, words)
    note = None if rule.note is None else in_language(rule.note, words)
    topic = _subject("topics", rule.topic, language)
    return ShownRule(
        rule=rule.id,
        category=rule.category,
        category_text=_subject("categories", rule.category, language),
        topic=rule.topic,
        topic_text=topic,
        jurisdictions=rule.jurisdictions,
        whose=jurisdictions_text(rule.jurisdictions, words),
        severity=rule.severity,
        severity_text=words.text(f"severity.{rule.severity}"),
        text=text,
        note=note,
        condition=tuple(map(_line, condition_lines(rule.condition, words))),
        first=rule.valid.first,
        last=rule.valid.last,
        source=rule.source,
        provenance=rule.provenance,
        provenance_text=provenance_text(rule.provenance, words),
        read_in=rule.read_in,
        rows=rule.rows,
        cases=tuple(
            ShownCase(case.name, case.gives, words.text(f"truth.{case.gives}"))
            for case in rule.cases
        ),
        searched=" ".join((rule.id, topic, text, note or "", *rule.source)).casefold(),
    )


def _line(text: str) -> tuple[int, str]:
    bare = text.lstrip(" ")
    return (len(text) - len(bare)) // len(INDENT), bare


def jurisdictions_of(language: str) -> list[tuple[str, str]]:
    """Whose rules there are, with their names."""
    words = label_words(language)
    return [(name, in_language(entry.title, words)) for name, entry in jurisdictions().items()]


@lru_cache(maxsize=256)
def beside(first: str, second: str, on: date, language: str) -> tuple[Beside, ...]:
    """Two labels side by side, by subject. Raises InputError for a jurisdiction not known."""
    return tuple(
        Beside(
            _subject("topics", row.topic, language),
            tuple(_shown(rule, language) for rule in row.first),
            tuple(_shown(rule, language) for rule in row.second),
            row.difference,
        )
        for row in diff(first, second, on)
    )
