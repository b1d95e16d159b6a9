"""What every command shares: one-line errors, JSON, progress, consoles, options.

Nothing heavy is imported here, so that the help stays instant.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import wraps
from threading import Lock, Timer
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import json_visible, visible_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

P = ParamSpec("P")
R = TypeVar("R")
BAD_INPUT = 2  # exit code
PATIENCE_S = 1.0  # a task that lasts longer shows its progress
LINE_EVERY_S = 10.0  # where there is no terminal
FILE_COLUMNS = 100  # width of an answer that goes to a file or a pipe


class Language(StrEnum):
    """Languages of answers and reports."""

    en = "en"
    ru = "ru"


class Audience(StrEnum):
    """Who reads; ``patient`` never holds an agonist dose."""

    professional = "professional"
    patient = "patient"


LanguageOption = Annotated[Language, typer.Option("--language", help="Language of the answer.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print only the JSON document.")]


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose InputError is one line on stderr and exit code 2, without traceback."""

    @wraps(command)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except InputError as error:
            say(f"error: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(BAD_INPUT) from None

    return inner


@contextmanager
def errors_of(source: str) -> Iterator[None]:
    """Errors raised inside name this file or option where they name none."""
    try:
        yield
    except InputError as error:
        if error.source:
            raise
        raise InputError(source, error.field, error.value, error.allowed) from None


def say(line: str, *, err: bool = False) -> None:
    """Print one line, whatever the texts in it hold: no other line, no colour, no other order."""
    typer.echo(visible_line(line), err=err)


def answers() -> Console:
    """The console for answers: standard output."""
    from antagonist.cli.terminal import Terminal

    fixed = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Terminal(width=None if fixed else FILE_COLUMNS)


def messages() -> Console:
    """The console for progress and places: standard error."""
    from antagonist.cli.terminal import Terminal

    return Terminal(stderr=True)


def tell_written(lines: Iterable[str], *, json: bool) -> None:
    """Say where files are: beside the answer, or on standard error where that is JSON."""
    console = messages() if json else answers()
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def print_json(schema_id: str, payload: Mapping[str, Any]) -> None:
    """Print one JSON document in UTF-8 on standard output; a terminal obeys nothing in it.

    schema_id: name and version, such as ``antagonist.simulate/1``; stands first.
    payload: plain values, arrays, dates, paths, dataclasses and models; numbers that are not finite
    become null.
    """
    document = {"schema": schema_id, **_plain(payload)}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    typer.echo(json_visible(text).encode("utf-8"))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(mode="json", by_alias=True))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, date):  # and times: with the T that RFC 3339 asks for
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show on standard error how far a task is, once it lasts over a second.

    total: steps in all; None = not known. Yields a function to call with the steps done.
    A terminal gets a bar, anything else a plain line now and then.
    """
    counted = total if total != 1 else None  # of a single step there is nothing to count
    shown = _Bar(description, counted) if sys.stderr.isatty() else _Lines(description, counted)
    timer = Timer(PATIENCE_S, shown.show)
    timer.daemon = True
    timer.start()
    try:
        yield shown.advance
    finally:
        timer.cancel()
        shown.close()


class _Lines:
    """Plain lines, at most one in LINE_EVERY_S."""

    def __init__(self, description: str, total: int | None) -> None:
        self._description, self._total = description, total
        self._lock = Lock()
        self._done = 0
        self._last_s: float | None = None
        self._closed = False

    def show(self) -> None:
        """Print the first line; called once the task has lasted."""
        with self._lock:
            if not self._closed:
                self._print()

    def advance(self, done: int) -> None:
        """Steps done so far."""
        with self._lock:
            self._done = done
            if self._last_s is not None and monotonic() - self._last_s >= LINE_EVERY_S:
                self._print()

    def close(self) -> None:
        """Nothing is printed from here on."""
        with self._lock:
            self._closed = True

    def _print(self) -> None:
        self._last_s = monotonic()
        steps = f" {self._done} of {self._total}" if self._total else ""
        say(f"{self._description} ...{steps}", err=True)


class _Bar:
    """A bar of rich, or a moving one where the total is not known."""

    def __init__(self, description: str, total: int | None) -> None:
        self._description, self._total = description, total
        self._lock = Lock()
        self._done = 0
        self._bar: tuple[Progress, TaskID] | None = None
        self._closed = False

    def show(self) -> None:
        """Start the bar; called once the task has lasted."""
        from rich.progress import Progress

        with self._lock:
            if self._closed:
                return
            bar = Progress(console=messages(), transient=True)
            task = bar.add_task(self._description, total=self._total, completed=self._done)
            bar.start()
            self._bar = (bar, task)

    def advance(self, done: int) -> None:
        """Steps done so far."""
        with self._lock:
            self._done = done
            if self._bar is not None:
                bar, task = self._bar
                bar.update(task, completed=done)

    def close(self) -> None:
        """Take the bar away."""
        with self._lock:
            self._closed = True
            if self._bar is not None:
                self._bar[0].stop()
