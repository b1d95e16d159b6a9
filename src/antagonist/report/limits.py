"""What a forecast assumes, lacks or extrapolates, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from antagonist.pharmacology.agonists import agonists
from antagonist.pharmacology.results import ChallengePoint, Forecast, Note
from antagonist.report.phrases import Audience, agonist_title, product_title
from antagonist.report.wording import Wording

TYPICAL = "typical_covariate"


@dataclass(frozen=True)
class Limit:
    """One line in the reader's language; ``english`` follows it: words of a data file."""

    text: str
    english: str = ""

    def __str__(self) -> str:
        """The whole line."""
        return f"{self.text} {self.english}".strip()


def limits(forecast: Forecast, words: Wording, audience: Audience) -> tuple[Limit, ...]:
    """Every line, each once; those about agonists for professionals only."""
    lines = note_lines(forecast.notes, words)
    if audience == "professional":
        lines = [*_challenge_lines(forecast.challenges, words), *lines]
    return tuple(dict.fromkeys(lines))


def note_lines(notes: Iterable[Note], words: Wording) -> list[Limit]:
    """Notes of the engine in words; unknown covariates share one line."""
    unknown: list[str] = []
    lines: list[Limit] = []
    for note in notes:
        if note.key == TYPICAL:
            unknown.append(words.name("covariate", str(note.values["covariate"])))
        else:
            lines.append(_note_line(note, words))
    if unknown:
        lines.insert(0, Limit(words.text(f"note.{TYPICAL}", covariate=", ".join(unknown))))
    return lines


def _note_line(note: Note, words: Wording) -> Limit:
    values = dict(note.values)
    if "product" in values:
        values["product"] = product_title(str(values["product"]), words)
    key = f"note.{note.key}"
    if key not in words.entries:
        return Limit("", f"{note.key.replace('_', ' ')} {note.values or ''}".strip())
    return Limit(words.text(key, **values), str(values.get("note", "")))


def _challenge_lines(points: Sequence[ChallengePoint], words: Wording) -> list[Limit]:
    """For each opioid: endpoints that were fitted, those that were not, its data file's note."""
    lines: list[Limit] = []
    for name in dict.fromkeys(point.agonist for point in points):
        title = agonist_title(name, words)
        for key, extrapolated in (("limit.fitted", False), ("limit.extrapolated", True)):
            endpoints = dict.fromkeys(
                words.name("endpoint", point.endpoint)
                for point in points
                if point.agonist == name and point.extrapolated is extrapolated
            )
            if endpoints:
                text = words.text(key, agonist=title, endpoints=", ".join(endpoints))
                lines.append(Limit(text))
        known = agonists().get(name)
        if known and known.note:
            lines.append(Limit(words.text("limit.agonist_note", agonist=title), known.note))
    return lines
