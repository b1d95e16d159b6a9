"""The naloxone provocation test on the terminal: may it be done, what is next, what came of it."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console

from antagonist.label.answers import Answer
from antagonist.label.provocation import Protocol, State, provocation_data
from antagonist.report.label_dates import local_text
from antagonist.report.label_text import in_language, label_words, source_text
from antagonist.report.screening_text import print_answer
from antagonist.report.wording import Wording


def print_provocation(
    answer: Answer,
    way: Protocol,
    state: State | None,
    now: datetime,
    console: Console,
    language: str,
) -> None:
    """Print the test's eligibility, its steps, and where it stands.

    state: None = it may not be done. now: aware; the moment the state is for.
    """
    words = label_words(language)
    if state is None:
        console.print(words.text("provocation.closed"), style="bold red", highlight=False)
        print_answer(answer, console, language)
        return
    console.print(words.text(f"provocation.state.{state.name}"), style="bold", highlight=False)
    if state.until is not None:
        until = words.text("provocation.until", time=local_text(state.until, words))
        console.print(until, highlight=False)
    if state.new_signs:
        console.print(words.text("provocation.signs", signs=_signs(state, words)), highlight=False)
    if state.repeat_from is not None:
        repeat = local_text(state.repeat_from.astimezone(now.tzinfo), words)
        console.print(words.text("provocation.repeat", time=repeat), highlight=False)
    console.print(f"\n{in_language(way.title, words)}", style="bold", highlight=False)
    for index, step in enumerate(way.steps):
        mark = "→" if index == state.step and state.name in ("ready", "observing") else " "
        console.print(f"{mark} {index + 1}. {in_language(step.text, words)}", highlight=False)
    if way.note is not None:
        console.print(in_language(way.note, words), highlight=False)
    console.print(source_text(way.source, way.provenance, words), style="dim", highlight=False)
    console.print(words.text("provocation.any_sign"), highlight=False)
    named = ", ".join(in_language(sign.title, words) for sign in provocation_data().signs)
    console.print(words.text("provocation.look_for", signs=named), highlight=False)
    console.print(words.text("provocation.only_naloxone"), highlight=False)
    console.print(words.text("doc.statement"), style="dim", highlight=False)


def _signs(state: State, words: Wording) -> str:
    titles = {sign.id: sign.title for sign in provocation_data().signs}
    return ", ".join(in_language(titles[name], words) for name in state.new_signs)
