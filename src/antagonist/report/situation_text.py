"""A situation on treatment, on the terminal: gate, steps, dates, the model, the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from rich.console import Console

from antagonist.planning.situation_data import situation_data
from antagonist.planning.situation_model import Amount, ModelTime, Situation, Step, UsedRule
from antagonist.report.label_dates import date_text, local_text
from antagonist.report.label_text import (
    amount,
    in_language,
    jurisdictions_text,
    label_words,
    source_text,
)
from antagonist.report.numbers import percent
from antagonist.report.wording import Wording

GATE_STYLE: Mapping[str, str] = {
    "open": "bold green", "closed": "bold red", "unknown": "bold yellow", "not_asked": "bold",
}  # fmt: skip


def print_situation(answer: Situation, console: Console, language: str) -> None:
    """Print a situation's answer. Raises InputError for a language we do not write."""
    words = label_words(language)
    console.print(words.text(f"situation.{answer.kind}"), style="bold", highlight=False)
    if answer.gate != "not_asked":
        gate = words.text(f"gate.{answer.gate}")
        console.print(gate, style=GATE_STYLE[answer.gate], highlight=False)
    for step in answer.steps:
        console.print(f"• {step_text(step, words)}", highlight=False, markup=False)
    if answer.warnings:
        console.print(f"\n{words.text('situation.warnings')}", style="bold", highlight=False)
        for step in answer.warnings:
            console.print(f"• {step_text(step, words)}", highlight=False, markup=False)
    _print_dates(answer, console, words)
    _print_figures(answer, console, words)
    console.print(f"\n{words.text('situation.rules')}", style="bold", highlight=False)
    for used in answer.rules:
        console.print(_rule_line(used, words), style="dim", highlight=False, markup=False)
    console.print(words.text("doc.statement"), style="dim", highlight=False)


def step_text(step: Step, words: Wording) -> str:
    """A step's words with its values, and whose practice it is where no rule says it."""
    text = in_language(situation_data().steps[step.id].text, words)
    shown = text.format(**{name: _value(v, words) for name, v in step.values.items()})
    marks = [words.text("situation.option")] if step.option else []
    marks += [words.text("situation.own")] if step.own else []
    marks += [", ".join(step.rules)] if step.rules else []
    return f"{shown} [{'; '.join(marks)}]"


def _value(value: Amount | datetime | date, words: Wording) -> str:
    if isinstance(value, Amount):
        return amount(value.value, value.unit, words)
    return _moment(value, words)


def _moment(value: datetime | date, words: Wording) -> str:
    if isinstance(value, datetime):
        return local_text(value, words)
    return date_text(value, words)


def _print_dates(answer: Situation, console: Console, words: Wording) -> None:
    if not answer.dates:
        return
    console.print(f"\n{words.text('situation.dates')}", style="bold", highlight=False)
    for name, value in answer.dates.items():
        console.print(f"{words.name('when', name)}: {_moment(value, words)}", highlight=False)


def _print_figures(answer: Situation, console: Console, words: Wording) -> None:
    found = answer.figures
    if found is None:
        return
    console.print(f"\n{words.text('situation.model')}", style="bold", highlight=False)
    low, median, high = (percent(value) for value in found.blocked_now)
    console.print(
        words.text("situation.blocked_now", median=median, low=low, high=high), highlight=False
    )
    for time in found.times:
        console.print(_time_line(time, words), highlight=False)
    console.print(
        words.text(
            "plan.outlook_source", draws=found.draws, sha=found.parameters_sha256[:12]
        ),
        style="dim", highlight=False,
    )  # fmt: skip


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
