"""Main actions on PostgreSQL: a fault at any write or commit leaves nothing, then they are done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.faults.scene import Scene, scene_in, shown
from tests.faults.tried import Tried
from tests.faults.web_actions import ACTS
from tests.support.clinics import clinic_on
from tests.support.part_faults import faults_in, lost_after_commit

MAIN = (
    "/patients/{patient}/record/{kind}", "/patients/new", "/patients/{patient}/screening",
    "/approvals/{approval}/confirm", "/programme/run", "/accounts/new",
)  # fmt: skip
pytestmark = pytest.mark.usefixtures("only_answers")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One clinic for all; what an action did stays in it."""
    with clinic_on("postgresql", tmp_path_factory.mktemp("whole")) as clinic:
        yield scene_in(clinic, wholly=False)


@pytest.mark.parametrize("path", MAIN)
def test_a_fault_leaves_nothing_and_then_it_is_done_once(scene: Scene, path: str) -> None:
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried, places = Tried(scene, ACTS[path], path, faults), 0
        while True:
            answer = tried.send(places)
            if not faults.fired:
                break
            assert answer.status_code >= 400, shown(answer)
            tried.nothing_done()
            places += 1
        assert answer.status_code < 400, shown(answer)
        assert places > 4, "the door's line, the action's and two commits at the least"
        done, _said = tried.done()
        assert done
        if tried.act.keyed:
            assert tried.send().headers["location"] == answer.headers["location"]
            assert tried.done()[0] == done
        assert tried.holds()


def test_an_answer_of_the_database_that_is_lost_is_asked_for_again(scene: Scene) -> None:
    path = "/patients/{patient}/record/{kind}"
    with faults_in(scene.clinic.clinic.engine) as faults:
        tried = Tried(scene, ACTS[path], path, faults)
        with lost_after_commit(faults, 2):
            answer = tried.send()
        assert answer.status_code == 303, shown(answer)
        assert tried.done()[0]["events"] == (1, 0)
        assert tried.send().headers["location"] == answer.headers["location"]
        assert tried.done()[0]["events"] == (1, 0)
