"""What has to be there before a clinic is served: the demo of today, a new clinic, a free port."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from antagonist.feedback.database import engine_of, reading
from antagonist.foundation.errors import InputError
from antagonist.web import serving
from antagonist.web.accounts.passwords import fits
from antagonist.web.accounts.people import by_name
from antagonist.web.serving import DEMO_PEOPLE, MADE_ON, Listening


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How often the demo's patients were written; nobody is written here."""
    times: list[Any] = []
    monkeypatch.setattr(serving, "make_demo", lambda *given, **_: times.append(given))
    return times


def test_the_demos_passwords_are_new_at_every_start(tmp_path: Path, made: list[Any]) -> None:
    folder = tmp_path / "demo"
    config, first = serving.demo_clinic(folder, "UTC")
    _, second = serving.demo_clinic(folder, "UTC")
    assert len(made) == 1
    assert set(first) == set(second) == {name for name, _, _ in DEMO_PEOPLE}
    assert not set(first.values()) & set(second.values())
    engine = engine_of(config.database)
    with reading(engine) as connection:
        account = by_name(connection, "demo.nurse")
    engine.dispose()
    assert account is not None
    assert fits(second["demo.nurse"], account.password)
    assert not fits(first["demo.nurse"], account.password)


def test_a_demo_of_another_day_is_made_anew(tmp_path: Path, made: list[Any]) -> None:
    folder = tmp_path / "demo"
    serving.demo_clinic(folder, "UTC")
    (folder / MADE_ON).write_text("2026-01-01", encoding="utf-8")
    serving.demo_clinic(folder, "UTC")
    assert len(made) == 2


def test_keys_without_their_database_begin_no_new_clinic(tmp_path: Path) -> None:
    database, keys = f"sqlite:///{tmp_path / 'clinic.db'}", tmp_path / "keys" / "record.keys"
    serving.new_clinic(database, keys)
    assert serving.needs_administrator(database, keys)
    serving.new_clinic(database, keys)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with pytest.raises(InputError, match="neither of them"):
        serving.new_clinic(other, keys)
    keys.unlink()
    with pytest.raises(InputError, match="neither of them"):
        serving.new_clinic(database, keys)


def test_a_port_that_is_taken_is_refused_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="port"):
            serving.check_port(Listening(port=taken.getsockname()[1]))
