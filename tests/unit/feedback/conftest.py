"""A record for each test, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.record_fixtures import backend, clock, keys, record, record_url
from tests.support.records import NURSE, empty_database

from antagonist.feedback.events import Actor

__all__ = ["actor", "backend", "clock", "empty_url", "keys", "record", "record_url"]


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
