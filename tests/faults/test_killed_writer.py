"""A writer killed at random loses nothing that was acknowledged and leaves a whole chain."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.faults.harms import killed, terminated
from tests.faults.kill_rounds import Place, kill_round

from antagonist.feedback.keys import Keyring

ROUNDS = {"sqlite": 50, "postgresql": 6}
SERVER_ROUNDS = 3
SEED = 20260501


def test_a_killed_writer(backend: str, record_url: str, keys: Keyring, tmp_path: Path) -> None:
    place, chosen = Place(record_url, keys, tmp_path), random.Random(SEED)
    rounds = [kill_round(place, number, chosen) for number in range(ROUNDS[backend])]
    # Without these the rounds would prove nothing.
    assert sum(found.acknowledged for found in rounds) >= len(rounds)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize("harm", [terminated, killed])
def test_a_killed_server_process(
    record_url: str, keys: Keyring, tmp_path: Path, harm: Callable[[str], None]
) -> None:
    place, chosen = Place(record_url, keys, tmp_path), random.Random(SEED)
    for number in range(SERVER_ROUNDS):
        found = kill_round(place, number, chosen, partial(harm, record_url))
        assert found.acknowledged >= 2
