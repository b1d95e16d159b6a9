"""Today's list on the terminal: who, what, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from antagonist.feedback.today import Line
from antagonist.label.monitoring import schedule
from antagonist.report.label_dates import local_text
from antagonist.report.label_text import in_language, label_words
from antagonist.report.wording import Wording

ID_CHARACTERS = 36


def print_today(lines: Sequence[Line], console: Console, language: str, now: datetime) -> None:
    """Print what is due, the longest due first. now: aware, in the clinic's zone."""
    words = label_words(language)
    if not lines:
        console.print(words.text("today.none"), highlight=False)
    else:
        table = Table(words.text("today.column_due"))
        # an id that is cut short finds nobody
        table.add_column(words.text("today.column_patient"), no_wrap=True, min_width=ID_CHARACTERS)
        table.add_column(words.text("today.column_what"))
        for line in lines:
            at = line.due_at.astimezone(now.tzinfo)
            style = "bold red" if line.due_at < now else ""
            table.add_row(local_text(at, words), line.patient, _what(line, words), style=style)
        console.print(table)
    console.print(words.text("doc.statement"), style="dim", highlight=False)


def _what(line: Line, words: Wording) -> str:
    kind = words.text(f"today.{line.kind}")
    title = {check.id: check.title for check in schedule()}.get(line.what)
    named = in_language(title, words) if title else line.what
    who = f" ({words.text(f'role.{line.who}')})" if line.who else ""
    return f"{kind}: {named}{who}"
