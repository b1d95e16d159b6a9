"""Fixtures of a record for each test, on both databases; each folder with such tests takes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.records import BACKENDS, SettableClock, migrated_database, new_keys, opened

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
    """The record's keys, which a writer in another process loads from their file."""
    return new_keys(tmp_path)


@pytest.fixture
def record_url(backend: str, tmp_path: Path) -> Iterator[str]:
    """A database with tables."""
    with migrated_database(backend, tmp_path) as url:
        yield url


@pytest.fixture
def record(record_url: str, keys: Keyring, clock: SettableClock) -> Iterator[Record]:
    """An open record without events."""
    with opened(record_url, keys, clock) as found:
        yield found
