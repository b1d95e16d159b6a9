"""``antagonist provocation``: the naloxone provocation test, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antagonist.cli.common import JsonOption, Language, LanguageOption, answers, print_json
from antagonist.cli.screen import AsOfOption, JurisdictionOption

if TYPE_CHECKING:
    from datetime import datetime

    from antagonist.label.provocation import Event

SCHEMA = "antagonist.provocation/1"


def provocation(
    patient: Annotated[Path, typer.Argument(help="Patient file: YAML or JSON.")],
    product: Annotated[str, typer.Option(help="Product that is to be started, by id.")],
    protocol: Annotated[str, typer.Option(help="Way of doing the test: iv, sc, confirm.")] = "iv",
    events: Annotated[
        Path | None, typer.Option(help="What happened so far: YAML with a list 'events'.")
    ] = None,
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Say whether the naloxone test may be done, what the next step is, and what came of it.

    The test is offered with naloxone only, and never while withdrawal signs or an opioid-positive
    urine exist. Decision support for professionals, not a certified medical device.
    """
    from dataclasses import asdict

    from antagonist.label.assess import assessed
    from antagonist.label.gathered import moment
    from antagonist.label.patient import load_patient
    from antagonist.label.provocation import protocol as chosen_protocol
    from antagonist.label.provocation import state_of

    found = load_patient(patient)
    at = moment(found, as_of)
    way = chosen_protocol(protocol)
    (answer,) = assessed(found, at, [product], label=jurisdiction, question="challenge")
    log = _events(events, at) if events is not None else []
    state = state_of(protocol, log, at) if answer.permits else None
    if json:
        payload: dict[str, Any] = {
            "eligible": answer.permits,
            "answer": asdict(answer),
            "protocol": way.model_dump(mode="json"),
            "state": asdict(state) if state is not None else None,
        }
        print_json(SCHEMA, payload)
        return
    from antagonist.report.provocation_text import print_provocation

    print_provocation(answer, way, state, at, answers(), language.value)


def _events(path: Path, at: datetime) -> list[Event]:
    """Events of a file. Raises InputError naming file, line and field."""
    from antagonist.foundation.clock import parse_time
    from antagonist.foundation.data import Lines, read_yaml, validated
    from antagonist.foundation.errors import InputError
    from antagonist.label.provocation import Event

    content = read_yaml(path).get("events")
    if not isinstance(content, list):
        raise InputError(path.name, "events", content, "a list of events")
    found = []
    for index, entry in enumerate(content):
        if not isinstance(entry, dict):
            raise InputError(path.name, f"events[{index}]", entry, "a mapping with kind and at")
        when = parse_time(entry.get("at"), at.tzinfo, path.name, f"events[{index}].at")  # type: ignore[arg-type]
        lines = Lines(path).within("events", index)
        found.append(
            validated(Event, {**entry, "at": when}, f"{path.name}: events[{index}]", lines)
        )
    return found
