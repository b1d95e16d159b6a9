"""Clinics whose clock stands at the moment that the example patients are asked for, or later."""

from __future__ import annotations

import pytest
from tests.support.files_on_record import ASKED_AT


@pytest.fixture(autouse=True)
def examples_moment(request: pytest.FixtureRequest) -> None:
    """Set the clock before a browser is opened: a session does not outlive such a leap."""
    for name in {"clinic", "own_clinic"} & set(request.fixturenames):
        clock = request.getfixturevalue(name).clock
        clock.set(max(clock.at, ASKED_AT))
