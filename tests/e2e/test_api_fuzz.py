"""The JSON API under requests that nobody would send: no server error, every answer as described.

For a long run by hand, on either database, with other requests each time:
``ANTAGONIST_FUZZ=500 ANTAGONIST_FUZZ_ON=postgresql make test ARGS=tests/e2e/test_api_fuzz.py``
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.support.clinics import OpenClinic
from tests.support.demo_clinics import demo_on
from tests.support.files_on_record import ASKED_AT, file_on_record
from tests.support.fuzzing import Feeder, Ids
from tests.support.patients import US_TABLET

from antagonist.web.answers import PROBLEM
from antagonist.web.api.common import PREFIX
from antagonist.web.api.description import description

EXAMPLES = int(os.environ.get("ANTAGONIST_FUZZ", "3"))
BACKEND = os.environ.get("ANTAGONIST_FUZZ_ON", "sqlite")
APPS: list[Any] = []
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SETTINGS: Mapping[str, Any] = {
    "generation": {
        "deterministic": "ANTAGONIST_FUZZ" not in os.environ,
        "max-examples": EXAMPLES,
        "no-shrink": "ANTAGONIST_FUZZ" not in os.environ,
    }
}


@pytest.fixture(scope="module", autouse=True)
def feeder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feeder]:
    """The demo clinic without limits of frequency, and some of each thing that the API makes."""
    folder = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch, demo_on(BACKEND, folder, ASKED_AT) as demo:
        for user in ("visit", "api.patients"):
            patch.setattr(f"antagonist.web.{user}.limited", lambda *_: None)
        patch.setattr("antagonist.web.actions.programme.figures", lambda *_: {})
        people = ("prescriber", "administrator")
        programs = {who: demo.open.program(who) for who in people}
        tokens = {who: {"Authorization": p.headers["authorization"]} for who, p in programs.items()}
        APPS.append(demo.open.app)
        yield Feeder(demo, tokens, _made(demo.open))


def _made(clinic: OpenClinic) -> Mapping[str, list[Ids]]:
    """What the API itself makes, and a rule of the label."""
    doctor, count = clinic.program("prescriber"), itertools.count()

    def sent(path: str, **body: Any) -> Any:
        key = {"Idempotency-Key": f"request for the fuzzer {next(count)}"}
        answer = doctor.post(f"{PREFIX}/{path}", json=body, headers=key)
        assert answer.is_success, answer.text
        return answer.json()

    found: dict[str, list[Ids]] = {"rule": [{"rule": "pregnancy"}]}
    found["run"] = [{"run": sent("programme/run")["run"]}]
    planned = file_on_record(clinic.clinic.record)
    plan = sent(
        f"patients/{planned}/plans", product=US_TABLET, regimen="r1_weekdays_50_saturday_100"
    )
    found["plan"] = [{"patient": planned, "event": plan["event"]}]
    for n in range(8):
        here = file_on_record(clinic.clinic.record, provocation_tests=None)
        sheet = {"protocol": "iv", "product": US_TABLET, "never_tested": True}
        made = sent(f"patients/{here}/challenges", **sheet)["challenge"]
        found.setdefault("challenge", []).append({"patient": here, "challenge": made})
        if n % 2:
            step = f"patients/{here}/challenges/{made}/steps"
            sent(step, version=1, kind="baseline")
        closed = f"patients/{file_on_record(clinic.clinic.record, 'urine_positive')}"
        kept = sent(f"{closed}/screenings", products=[US_TABLET], jurisdiction="us")["event"]
        asked = sent(f"{closed}/decisions/{kept}/override", reason="no other way is left")
        found.setdefault("approval", []).append({"approval": asked["approval"]})
    return found


async def forwarded(scope: Any, receive: Any, send: Any) -> None:
    """The app of the clinic that the tests have made."""
    await APPS[0](scope, receive, send)


config = SchemathesisConfig.from_dict(dict(SETTINGS))
schema = schemathesis.openapi.from_dict(description(), config=config)
schema.app = forwarded
OPERATIONS = [(path, method) for path, ways in description()["paths"].items() for method in ways]


@schema.parametrize()
def test_every_endpoint_answers_as_described(case: Any, feeder: Feeder) -> None:
    feeder.feed(case)
    answer = case.call_and_validate(headers=dict(feeder.token(case.path)), checks=CHECKS)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == [PROBLEM]
        assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("token", [None, "Bearer not-a-token", "Basic bnVyc2U6bnVyc2U="])
def test_nobody_is_let_in_without_a_token_that_holds(
    feeder: Feeder, path: str, method: str, token: str | None
) -> None:
    headers = {} if token is None else {"Authorization": token}
    client = feeder.demo.open.nobody()
    answer = client.request(method, re.sub("{[^}]*}", "x", path), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"] == "Bearer"
