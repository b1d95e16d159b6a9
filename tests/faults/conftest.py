"""A record for each test, on both databases, in a place that other processes can open."""

from __future__ import annotations

import pytest
from tests.support.record_fixtures import backend, clock, keys, record, record_url

__all__ = ["backend", "clock", "keys", "record", "record_url"]


@pytest.fixture
def only_answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Work behind an answer does nothing but say that it began; passwords fit at once.

    Argon2 is slow by design, and has tests of its own.
    """
    begun: list[str] = []
    monkeypatch.setattr(
        "antagonist.web.actions.jobs._run", lambda _clinic, report, _work: begun.append(report)
    )
    for name in ("entering", "confirming"):
        monkeypatch.setattr(f"antagonist.web.{name}.fits", lambda _, kept: kept is not None)
    for name in ("accounts.people", "accounts.activation", "pages.own"):
        monkeypatch.setattr(f"antagonist.web.{name}.hashed", lambda *_: "a hash")
    return begun
