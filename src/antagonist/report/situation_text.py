"""A situation on treatment in words: gate, steps, dates, the model, the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rich.console import Console

from antagonist.planning.situation_data import situation_data
from antagonist.planning.situation_model import (
    Amount,
    ModelFigures,
    ModelTime,
    Situation,
    Step,
    UsedRule,
)
from antagonist.report.label_dates import date_text, local_text
from antagonist.report.label_text import (
    amount,
    in_language,
    jurisdictions_text,
    label_words,
    source_text,
)
from antagonist.report.numbers import percent
from antagonist.report.screening_text import both_verdicts, labels_text
from antagonist.report.wording import Wording

GATE_STYLE: Mapping[str, str] = {
    "open": "bold green", "closed": "bold red", "unknown": "bold yellow", "not_asked": "bold",
}  # fmt: skip
SHA_SHOWN = 12


@dataclass(frozen=True)
class StepWords:
    """One step. marks: whether it is to be discussed, whose practice it is, the rules behind it."""

    text: str
    marks: tuple[str, ...]

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"{self.text} [{'; '.join(self.marks)}]"


@dataclass(frozen=True)
class SituationWords:
    """All that an answer says, in order. gate: None where nobody asks for one.

    differ: what the base text and the labels say each, where they differ; the stricter applied.
    dates: name and moment. model, model_source: None where the model has no figures.
    rules: a rule by its id, its severity, whose it is and where it stands.
    """

    title: str
    gate: str | None
    steps: tuple[StepWords, ...]
    warnings: tuple[StepWords, ...]
    differ: str | None
    labels: str
    dates: tuple[tuple[str, str], ...]
    model: tuple[str, ...]
    model_source: str | None
    rules: tuple[str, ...]


def situation_words(answer: Situation, words: Wording) -> SituationWords:
    """A situation's answer in the reader's words, for every face that tells it."""
    gate = None if answer.gate == "not_asked" else words.text(f"gate.{answer.gate}")
    return SituationWords(
        title=words.text(f"situation.{answer.kind}"),
        gate=gate,
        steps=tuple(step_words(step, words) for step in answer.steps),
        warnings=tuple(step_words(step, words) for step in answer.warnings),
        differ=both_verdicts(answer.answer, words),
        labels=labels_text(answer.answer, words),
        dates=tuple(
            (words.name("when", name), _moment(value, words))
            for name, value in answer.dates.items()
        ),
        model=_model_lines(answer.figures, words),
        model_source=_model_source(answer.figures, words),
        rules=tuple(_rule_line(used, words) for used in answer.rules),
    )


def print_situation(answer: Situation, console: Console, language: str) -> None:
    """Print a situation's answer. Raises InputError for a language we do not write."""
    words = label_words(language)
    told = situation_words(answer, words)

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, highlight=False, markup=False)

    def head(key: str) -> None:
        say(f"\n{words.text(f'situation.{key}')}", "bold")

    say(told.title, "bold")
    if told.gate is not None:
        say(told.gate, GATE_STYLE[answer.gate])
    for step in told.steps:
        say(f"• {step.line}")
    if told.warnings:
        head("warnings")
        for step in told.warnings:
            say(f"• {step.line}")
    if told.dates:
        head("dates")
        for name, moment in told.dates:
            say(f"{name}: {moment}")
    if told.model_source is not None:
        head("model")
        for line in told.model:
            say(line)
        say(told.model_source, "dim")
    head("rules")
    for line in told.rules:
        say(line, "dim")
    say(words.text("doc.statement"), "dim")


def step_words(step: Step, words: Wording) -> StepWords:
    """A step's words with its values, and whose practice it is where no rule says it."""
    text = in_language(situation_data().steps[step.id].text, words)
    shown = text.format(**{name: _value(v, words) for name, v in step.values.items()})
    marks = [words.text("situation.option")] if step.option else []
    marks += [words.text("situation.own")] if step.own else []
    marks += [", ".join(step.rules)] if step.rules else []
    return StepWords(shown, tuple(marks))


def _value(value: Amount | datetime | date, words: Wording) -> str:
    if isinstance(value, Amount):
        return amount(value.value, value.unit, words)
    return _moment(value, words)


def _moment(value: datetime | date, words: Wording) -> str:
    if isinstance(value, datetime):
        return local_text(value, words)
    return date_text(value, words)


def _model_lines(found: ModelFigures | None, words: Wording) -> tuple[str, ...]:
    if found is None:
        return ()
    low, median, high = (percent(value) for value in found.blocked_now)
    now = words.text("situation.blocked_now", median=median, low=low, high=high)
    return (now, *(_time_line(time, words) for time in found.times))


def _model_source(found: ModelFigures | None, words: Wording) -> str | None:
    if found is None:
        return None
    sha = found.parameters_sha256[:SHA_SHOWN]
    return words.text("plan.outlook_source", draws=found.draws, sha=sha)


def _time_line(time: ModelTime, words: Wording) -> str:
    name = words.text(f"stated.{time.name}")
    if time.state == "never":
        share = percent(time.blocked_fraction)
        return f"{name}: {words.text(f'state_never.{time.name}', percent=share)}"
    if time.at is None:
        return f"{name}: {words.text('situation.beyond')}"
    return f"{name}: {_moment(time.at, words)}"


def _rule_line(used: UsedRule, words: Wording) -> str:
    whose = jurisdictions_text(used.jurisdictions, words)
    source = source_text(used.source, used.provenance, words)
    severity = words.text(f"severity.{used.severity}")
    return f"{used.id} ({severity}): {whose}: {source}"
