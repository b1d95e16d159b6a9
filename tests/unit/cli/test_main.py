"""The command as a whole: what it offers is what the reference says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from antagonist import __version__
from antagonist.cli.main import app

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
COMMANDS = (
    "simulate",
    "compare",
    "screen",
    "plan",
    "provocation",
    "today",
    "replay",
    "report",
    "serve",
    "study",
    "learn",
    "fit",
    "calibrate",
    "validate",
    "bench",
    "situation missed",
    "situation late",
    "situation switch",
    "situation surgery",
    "situation pain",
    "situation stop",
    "label list",
    "label show",
    "label diff",
    "label check",
    "record init",
    "record migrate",
    "record create",
    "record find",
    "record identify",
    "record add",
    "record correct",
    "record show",
    "record screen",
    "record plan",
    "record override",
    "record merge",
    "record erase",
    "record rebuild",
    "record verify",
    "record backup",
    "record restore",
    "record import",
    "record export",
    "record renew-keys",
    "alarms check",
    "alarms list",
    "alarms acknowledge",
    "alarms override",
    "alarms burden",
    "programme report",
    "programme simulate",
    "clinic migrate",
    "clinic check",
    "clinic account add",
    "clinic account list",
    "clinic account disable",
    "clinic account enable",
    "clinic account reset-factor",
    "clinic account activation",
    "clinic audit export",
    "clinic audit prune",
)


def _commands() -> dict[str, Any]:
    """Every command by its words, such as ``label show``."""
    return _below(typer.main.get_command(app))


def _below(group: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {below}": each for below, each in _below(command).items()}
        else:
            found[name] = command
    return found


def test_commands_and_version() -> None:
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0
    assert list(_commands()) == list(COMMANDS)
    assert all(name.split()[0] in shown.output for name in COMMANDS)
    assert "not a certified medical device" in shown.output
    assert CliRunner().invoke(app, ["--version"]).output == f"antagonist {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_has_every_option_and_no_other(name: str) -> None:
    command = _commands()[name]
    offered = {
        text
        for parameter in command.params
        for text in (*parameter.opts, *parameter.secondary_opts)
        if text.startswith("--")
    }
    section = REFERENCE.read_text(encoding="utf-8").split(f"\n## {name}\n")[1].split("\n## ")[0]
    table = "\n".join(line for line in section.splitlines() if line.startswith("| `--"))
    cells = "\n".join(line.split(" | ")[0] for line in table.splitlines())
    assert set(re.findall(r"--[a-z-]+", cells)) == offered - {"--help"}
