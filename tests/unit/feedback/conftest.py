"""A record for each test, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.records import (
    BACKENDS,
    NURSE,
    SettableClock,
    empty_database,
    migrated_database,
    new_keys,
    opened,
)

from antagonist.feedback.events import Actor
from antagonist.feedback.keys import Keyring
from antagonist.feedback.record import Record


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return str(request.param)


@pytest.fixture
def clock() -> SettableClock:
    """What 'recorded at' is read from: 1 May 2026, 09:00 UTC, until a test moves it."""
    return SettableClock()


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    """The record's keys."""
    return new_keys(tmp_path)


@pytest.fixture
def actor() -> Actor:
    """Who writes."""
    return NURSE


@pytest.fixture
def empty_url(backend: str, tmp_path: Path) -> Iterator[str]:
    """A database without tables, not the one of ``record``."""
    folder = tmp_path / "empty"
    folder.mkdir()
    with empty_database(backend, folder) as url:
        yield url


@pytest.fixture
def record_url(backend: str, tmp_path: Path) -> Iterator[str]:
    """The database of ``record``."""
    with migrated_database(backend, tmp_path) as url:
        yield url


@pytest.fixture
def record(record_url: str, keys: Keyring, clock: SettableClock) -> Iterator[Record]:
    """An open record without events."""
    with opened(record_url, keys, clock) as found:
        yield found
