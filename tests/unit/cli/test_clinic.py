"""``antagonist clinic``: tables, accounts, audit and the timer job from the host."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.records import NURSE, migrated_database, new_keys
from typer.testing import CliRunner

from antagonist.cli.main import app
from antagonist.feedback.database import changing, current_revision, engine_of
from antagonist.feedback.identity import create_patient
from antagonist.feedback.keys import load_keyring
from antagonist.feedback.opening import open_record
from antagonist.web.accounts.activation import activated
from antagonist.web.accounts.audit import note
from antagonist.web.accounts.people import by_name
from antagonist.web.accounts.tables import CLINIC


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A clinic's empty database."""
    made = f"sqlite:///{tmp_path / 'clinic.db'}"
    assert ran("migrate", url=made).startswith("record: tables of revision")
    return made


def ran(*words: str, url: str, code: int = 0) -> str:
    """What a command says."""
    done = CliRunner().invoke(app, ["clinic", *words, "--database", url])
    assert done.exit_code == code, done.output
    return done.output


def test_migrate_makes_both_sets_of_tables(url: str) -> None:
    engine = engine_of(url)
    assert current_revision(engine) is not None
    assert current_revision(engine, CLINIC) is not None
    engine.dispose()


def test_a_clinic_without_tables_is_named_with_what_to_do(tmp_path: Path) -> None:
    said = ran("account", "list", url=f"sqlite:///{tmp_path / 'no.db'}", code=2)
    assert "antagonist clinic migrate" in " ".join(said.split())


def test_accounts_are_made_closed_and_opened(url: str) -> None:
    code = ran("account", "add", "Anna", "--role", "administrator", url=url).strip()
    assert "anna\tadministrator\tnot activated" in ran("account", "list", url=url)
    engine = engine_of(url)
    with changing(engine) as connection:
        made = activated(connection, datetime.now(UTC), code, "four quite new words")
    assert made.name == "anna"
    assert "administrator" in ran("account", "disable", "anna", url=url, code=2)
    ran("account", "add", "boris", "--role", "nurse", url=url)
    assert "disabled: boris" in ran("account", "disable", "boris", url=url)
    assert "boris\tnurse\tdisabled" in ran("account", "list", url=url)
    assert "not disabled" in " ".join(
        ran("account", "activation", "boris", url=url, code=2).split()
    )
    ran("account", "enable", "boris", url=url)
    assert ran("account", "activation", "boris", url=url).strip() != code
    ran("account", "reset-factor", "boris", url=url)
    with changing(engine) as connection:
        found = by_name(connection, "boris")
    assert found is not None
    assert (found.disabled, found.secret) == (False, None)
    assert "anna" in ran("account", "enable", "ana", url=url, code=2)
    engine.dispose()


def test_the_audit_is_written_to_a_file_and_pruned_after_a_year(url: str, tmp_path: Path) -> None:
    engine = engine_of(url)
    with changing(engine) as connection:
        for name, days in (("old", 400), ("new", 300)):
            at = datetime.now(UTC) - timedelta(days=days)
            note(connection, at, (None, name, "nurse"), "test", "allowed", request="r")
    engine.dispose()
    file = tmp_path / "audit.jsonl"
    ran("audit", "export", "--output", str(file), url=url)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["action"] for line in lines] == ["audit.exported", "test", "test"]
    assert lines[0]["name"] == "host"
    assert "365 or more" in ran("audit", "prune", "--keep-days", "364", url=url, code=2)
    assert "1 lines deleted" in ran("audit", "prune", "--keep-days", "365", url=url)
    table = tmp_path / "audit.csv"
    ran("audit", "export", "--output", str(table), url=url)
    text = table.read_text(encoding="utf-8-sig")
    assert ",old," not in text
    assert ",new," in text
    assert "csv or jsonl" in ran("audit", "export", "--output", "audit.txt", url=url, code=2)


def test_check_evaluates_everybody(tmp_path: Path) -> None:
    keys = new_keys(tmp_path)
    with migrated_database("sqlite", tmp_path) as url:
        engine = engine_of(url)
        record = open_record(engine, load_keyring(keys.path))
        create_patient(record, NURSE, {"name": "A"}, [("card", "1")])
        engine.dispose()
        said = ran("check", "--keys", str(keys.path), url=url)
    assert said.splitlines()[-1].startswith("1 patients: ")
