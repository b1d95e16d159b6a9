"""What a role may not know is in no answer for it, page or JSON; no answer holds a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.clinics import OpenClinic, clinic_on
from tests.support.doors import doors
from tests.support.telling import alarmed, injected

from antagonist.web.actions.breakthrough import Breakthrough, Tried

SECRETS = {"password", "secret", "digest", "csrf", "token_digest", "last_code"}
# What the page about break-through doses alone may say.
HIDDEN = {"low_mg", "breakthrough", "tried"}


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenClinic, str]]:
    """A clinic with a patient under a blockade."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("fields")) as clinic:
        patient = clinic.patient()
        injected(clinic, patient, 12)
        alarmed(clinic, patient)
        yield clinic, patient


def names_in(found: Any) -> Iterator[str]:
    """Every name of a field, however deep."""
    if isinstance(found, dict):
        yield from found
        for inner in found.values():
            yield from names_in(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from names_in(inner)


def test_the_hidden_names_are_those_of_the_figures() -> None:
    assert "low_mg" in Tried.__dataclass_fields__
    assert "tried" in Breakthrough.__dataclass_fields__


@pytest.mark.parametrize("who", ["viewer", "nurse", "prescriber", "administrator"])
def test_no_json_holds_a_secret_or_what_the_role_may_not_know(
    treated: tuple[OpenClinic, str], who: str
) -> None:
    clinic, patient = treated
    program, asked = clinic.program(who), 0
    for door in doors(clinic.app):
        if door.method != "GET" or door.face != "program" or re.search(r"{(?!patient})", door.path):
            continue
        answer = program.get(door.address(patient))
        if answer.status_code != 200 or "json" not in answer.headers["content-type"]:
            continue
        asked += 1
        names = {*names_in(answer.json())}
        assert not names & SECRETS, door.path
        if who != "prescriber":
            assert not names & HIDDEN, door.path
    assert asked >= 3


@pytest.mark.parametrize("who", ["viewer", "nurse", "administrator"])
def test_no_page_names_a_break_through_dose_for_who_may_not_know(
    treated: tuple[OpenClinic, str], who: str
) -> None:
    clinic, patient = treated
    browser, asked = clinic.browser(who), 0
    for door in doors(clinic.app):
        if (
            door.method == "GET"
            and door.face == "page"
            and not re.search(r"{(?!patient})", door.path)
        ):
            answer = browser.get(door.address(patient))
            asked += answer.status_code == 200
            said = answer.text.casefold()
            assert f'href="/patients/{patient}/breakthrough"' not in said, door.path
            assert "breathing may stop before any high" not in said, door.path
    assert asked >= 5


def test_every_body_refuses_what_it_does_not_know(treated: tuple[OpenClinic, str]) -> None:
    clinic, _ = treated
    described = clinic.app.openapi()
    bodies = set()
    for path in described["paths"].values():
        for call in path.values():
            schema = call.get("requestBody", {}).get("content", {}).get("application/json", {})
            bodies |= set(re.findall(r"schemas/([\w-]+)", str(schema)))
    assert len(bodies) >= 10
    for name in bodies:
        assert described["components"]["schemas"][name].get("additionalProperties") is False, name
