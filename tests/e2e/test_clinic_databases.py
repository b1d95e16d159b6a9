"""Every page and every endpoint on PostgreSQL: the same answers as on SQLite."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from tests.support.demo_clinics import demo_on
from tests.support.files_on_record import ASKED_AT
from tests.support.records import BACKENDS
from tests.support.tour import walked

Walked = Mapping[str, tuple[int, str]]
# What they wait for has ended, so they lead on.
LEADING_ON = {"/programme/progress", "/patients/{patient}/report/progress"}


def _walked(backend: str, folder: Path) -> Walked:
    with pytest.MonkeyPatch.context() as fewer, demo_on(backend, folder, ASKED_AT) as demo:
        # lists put what is equal in order of ids, and draws are seeded by them
        drawn = Random(1)
        fewer.setattr("uuid.uuid4", lambda: uuid.UUID(int=drawn.getrandbits(128), version=4))
        # what is drawn is tested elsewhere; here it only has to be quick
        fewer.setattr("antagonist.feedback.outcomes.programme.DRAWS", 6)
        fewer.setattr("antagonist.feedback.outcomes.programme.SUBJECTS", 2)
        return walked(demo)


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Walked]:
    """What was seen on the way through a demo clinic, on each database."""
    return {name: _walked(name, tmp_path_factory.mktemp(name)) for name in BACKENDS}


def test_every_page_and_endpoint_answers_on_postgresql(on: Mapping[str, Walked]) -> None:
    found = on["postgresql"]
    assert len(found) > 70
    wrong = {
        path: status
        for path, (status, _) in found.items()
        if status != (303 if path in LEADING_ON else 200)
    }
    assert wrong == {}


def test_both_databases_say_the_same(on: Mapping[str, Walked]) -> None:
    left, right = on["sqlite"], on["postgresql"]
    assert [path for path in left if left[path] != right[path]] == []
