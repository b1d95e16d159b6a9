"""What a terminal gets: names and words on record are only shown, whatever they hold."""

from __future__ import annotations

import ast
import io
import json
import re
from pathlib import Path

import pytest
from rich.table import Table
from tests.support.hostile import MARK, SHORT, TYPED, WHO, WILD, unseen
from tests.support.records import SettableClock, migrated_database, new_keys, opened
from typer.testing import CliRunner

import antagonist.cli
from antagonist.cli.common import guarded, say
from antagonist.cli.main import app
from antagonist.cli.terminal import Terminal
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.identity import create_patient
from antagonist.feedback.record import Record
from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import visible_line

SOURCES = sorted(Path(antagonist.cli.__file__).parent.glob("*.py"))
AUTHOR = Actor(SHORT, "nurse", SHORT)
# What rich itself writes for colours: select graphic rendition, and nothing else.
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def drawn(renderable: object) -> str:
    """What a terminal with colours gets."""
    written = io.StringIO()
    console = Terminal(file=written, force_terminal=True, color_system="truecolor", width=5000)
    console.print(renderable)
    return written.getvalue()


def table() -> Table:
    """A table whose only cell is hostile."""
    made = Table(WILD, title=WILD)
    made.add_row(WILD)
    return made


@pytest.mark.parametrize("made", [WILD, table()], ids=["text", "table"])
def test_a_console_obeys_no_text(made: object) -> None:
    got = COLOUR.sub("", drawn(made))
    assert unseen(got) == []
    assert TYPED in got  # no link, no skull: rich's marks as they were typed
    assert r"\u202e\u2066\u200b\ufeff" in got
    assert r"\x1b]0;owned" in got


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say(WILD)
    say(WILD, err=True)
    shown = capsys.readouterr()
    assert shown.out == shown.err == visible_line(WILD) + "\n"


def test_an_error_obeys_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise InputError(WILD, WILD, WILD, WILD)

    with pytest.raises(Exception, match="2"):
        guarded(command)()
    error = capsys.readouterr().err
    assert unseen(error) == []
    assert error.count("\n") == 1


def hostile(record: Record, clock: SettableClock) -> str:
    """A patient of whom hostile things were said, with an alarm."""
    patient = create_patient(record, AUTHOR, WHO.names, [("clinic", WILD)], program=WILD)
    said = {"asked_on": "2026-04-30", "source": WILD}
    given = {
        "product": "vivitrol-us-380", "dose_mg": 380, "lot": WILD, "expiry": "2027-01-01",
        "side": "left", "given_by": WILD,
    }  # fmt: skip
    dark = {"fact": "dark_urine", "value": True, "source": WILD}
    events = [
        NewEvent("words", clock.at, {"text": WILD}),
        NewEvent("allergies", clock.at, {"to": [WILD], **said}),
        NewEvent("injection", clock.at, given),
        NewEvent("fact", clock.at, dark),
    ]
    record.append(patient, events, AUTHOR)
    return patient


def test_commands_show_the_record_and_obey_nothing_in_it(tmp_path: Path) -> None:
    clock, keys = SettableClock(), new_keys(tmp_path)
    with migrated_database("sqlite", tmp_path) as url:
        with opened(url, keys, clock) as record:
            patient = hostile(record, clock)
        env = {"ANTAGONIST_DATABASE": url, "ANTAGONIST_KEYS": str(keys.path), "COLUMNS": "200"}

        def ran(*words: str, code: int = 0) -> str:
            done = CliRunner().invoke(app, words, env=env)
            assert done.exit_code == code, done.output
            assert unseen(done.output) == [], words
            return done.output

        at = ("--at", "2026-05-01T09:00+00:00")
        listed = ran("record", "show", "--patient", patient)
        assert len(listed.splitlines()) == 2 * 5  # no text has made a line of its own
        assert visible_line(WILD) in listed
        events = json.loads(ran("record", "show", "--patient", patient, "--json"))["events"]
        assert events[1]["payload"]["text"] == WILD
        ran("alarms", "check", *at)
        ran("today", "--rebuild", *at)
        # neither said nor found: a number that nobody has is refused with what was typed
        refused = ran("record", "find", f"clinic={SHORT}\x1b[2J\u202e", code=2)
        assert MARK in refused
        path = tmp_path / "in.jsonl"
        path.write_text(json.dumps({"patient": patient, "kind": WILD, "occurred_at": WILD}))
        assert "line 1" in ran(
            "record", "import", str(path), "--author", "a", "--role", "nurse", code=2
        )


def printing(source: str) -> list[str]:
    """Calls that write to a terminal by another way than ours."""
    found = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        ast.unparse(call)
        for call in found
        if ast.unparse(call) in ("typer.echo", "click.echo", "Console", "typer.secho", "rich.print")
    ]


def test_commands_print_by_what_obeys_no_text() -> None:
    found = {path.name: printing(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {name: calls for name, calls in found.items() if calls} == {
        "common.py": ["typer.echo", "typer.echo"],  # of say and of print_json
        "clinic.py": ["typer.echo"],  # columns parted by tabs, each visible
        "main.py": ["typer.echo"],  # the version
    }
    assert printing("rich.print(x)") == ["rich.print"]
