"""A clinic for each module of tests, on SQLite; a test that needs its own takes ``own_clinic``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    """One clinic for all tests of a module: they must not mind what others did in it."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("clinic")) as found:
        yield found


@pytest.fixture
def own_clinic(tmp_path: Path) -> Iterator[OpenClinic]:
    """A clinic for one test."""
    with clinic_on("sqlite", tmp_path) as found:
        yield found


@pytest.fixture
def easy(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Passwords fit by plain comparison, and each check is written down."""
    checked: list[str | None] = []

    def fits(password: str, kept: str | None) -> bool:
        checked.append(kept)
        return kept is not None and password == PASSWORD

    monkeypatch.setattr("antagonist.web.entering.fits", fits)
    monkeypatch.setattr("antagonist.web.confirming.fits", fits)
    return checked
