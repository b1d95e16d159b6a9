"""Published schemas of situation, provocation, bench and the record: current, and what is printed.

One small SQLite record is made by the commands themselves; every document that they print on the
way is kept and has to fit.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import typer
from pydantic import ValidationError
from tests.support.patients import EXAMPLES, US_TABLET
from typer.testing import CliRunner

from antagonist.cli import bench_record
from antagonist.cli.alarms import alarms_app
from antagonist.cli.common import print_json
from antagonist.cli.main import app
from antagonist.cli.record_files import record_app
from antagonist.cli.schema_record import DOCUMENTS, TodayLine, json_schema, schema_text
from antagonist.feedback.replay import Difference, NotRun, ReplayReport
from antagonist.feedback.today import Line

SCHEMAS = EXAMPLES.parents[1] / "docs" / "reference" / "schemas"
COURSE = EXAMPLES.parent / "record" / "twelve_weeks.yaml"
TABLETS = EXAMPLES.parent / "treatment" / "tablets.yaml"
INJECTION = EXAMPLES.parent / "treatment" / "injection_late.yaml"
NALOXONE = EXAMPLES.parent / "provocation" / "events.yaml"
WHO = ("--author", "nurse.ivanova", "--role", "nurse")
MOSCOW = ("--timezone", "Europe/Moscow", "--at", "2026-05-08 10:00")
AFTER_THE_LAST_DOSE = "2026-05-26T10:00:00+03:00"
SITUATIONS: Mapping[str, Sequence[object]] = {
    "missed_dose": (
        "missed", TABLETS, "--planned", "2026-11-25 09:00", "--dose", "100 mg",
        "--next", "2026-11-27 09:00", "--spaced",
    ),
    "late_injection": ("late", INJECTION),
    "switch": ("switch", TABLETS, "--from", "oral", "--to", "im_xr"),
    "surgery": ("surgery", TABLETS, "--at", "2027-01-10 09:00"),
    "acute_pain": ("pain", TABLETS),
    "stop": ("stop", TABLETS),
}  # fmt: skip


def printed(*words: object, code: int = 0, env: Mapping[str, str] | None = None) -> str:
    """What a command prints with --json; its exit code has to be as said."""
    done = CliRunner().invoke(app, [*map(str, words), "--json"], env=env)
    assert done.exit_code == code, done.output
    return done.stdout


def fits(name: str, text: str) -> Any:
    """The document, which has to fit to the letter: nothing is read as another type."""
    return DOCUMENTS[name].validate_json(text, strict=True)


class Clinic:
    """A record on SQLite, and the documents of its commands in the order they came."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "record.db"
        self.env = {
            "ANTAGONIST_DATABASE": f"sqlite:///{self.file}",
            "ANTAGONIST_KEYS": str(folder / "keys" / "record.keys"),
        }
        self.texts: list[tuple[str, str]] = []

    def run(self, *words: object, code: int = 0) -> Any:
        """The document that a command prints, as plain values."""
        text = printed(*words, code=code, env=self.env)
        self.texts.append((" ".join(map(str, words[:2])), text))
        return json.loads(text)

    def of(self, command: str) -> list[str]:
        """Documents of a command, such as ``record verify``."""
        return [text for name, text in self.texts if name.startswith(command)]


def write_and_read(clinic: Clinic, folder: Path) -> None:
    """Every command of ``record`` that prints a document, with each thing it can print."""
    clinic.run("record", "create", "--identifier", "clinic=demo-12-weeks", *WHO)
    patient = clinic.run("record", "find", "clinic=demo-12-weeks")["patient"]
    clinic.run("record", "import", COURSE, *WHO)
    wrong = folder / "wrong.yaml"
    wrong.write_text("- {patient: nobody, kind: doze}\n", encoding="utf-8")
    clinic.run("record", "import", wrong, *WHO, code=2)
    added = clinic.run(
        "record", "add", "--patient", patient, "--kind", "words", "--at", "2026-05-20T09:00:00Z",
        *WHO, "text=well",
    )  # fmt: skip
    wrong_event = ("--event", added["events"][0]["event_id"], "--reason", "not said")
    clinic.run("record", "correct", "--patient", patient, *wrong_event, *WHO)
    product = ("--product", "naltrexone-ru-mez-tablet-50", "--jurisdiction", "ru")
    clinic.run("record", "screen", "--patient", patient, *WHO, *product)
    regimen = ("--regimen", "r3_monday_wednesday_friday", "--prescriber", "dr.petrov")
    clinic.run("record", "plan", "--patient", patient, *WHO, *product, *regimen)
    clinic.run("record", "show", "--patient", patient, "--every")
    renew = ["record", "renew-keys", *WHO, "--reason", "a laptop was stolen"]
    assert CliRunner().invoke(app, renew, env=clinic.env).exit_code == 0
    assert clinic.run("record", "verify")["handovers"]


def watch(clinic: Clinic) -> None:
    """Alarms, today's list and a replay."""
    clinic.run("today", *MOSCOW)
    raised = clinic.run("alarms", "check", *MOSCOW)["events"]
    clinic.run("alarms", "check", *MOSCOW)
    clinic.run("alarms", "list", "--patient", raised[0]["patient"])
    period = ("--from", "2026-01-01T00:00:00Z", "--to", "2099-01-01T00:00:00Z")
    clinic.run("alarms", "burden", *period)
    alarm = next(event["event_id"] for event in raised if event["kind"] == "alarm_raised")
    answer = ["alarms", "acknowledge", alarm, "--author", "dr.petrov", "--role", "prescriber"]
    assert CliRunner().invoke(app, answer, env=clinic.env).exit_code == 0
    clinic.run("alarms", "burden", *period)
    clinic.run("today", "--at", AFTER_THE_LAST_DOSE)
    clinic.run("replay")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """A record that every command has worked on, and that was tampered with at last."""
    found = Clinic(folder := tmp_path_factory.mktemp("clinic"))
    assert CliRunner().invoke(app, ["record", "init"], env=found.env).exit_code == 0
    write_and_read(found, folder)
    watch(found)
    # altered behind the record's back
    with closing(sqlite3.connect(found.file)) as connection:
        connection.execute("UPDATE events SET payload = '{}' WHERE n = 3")
        connection.commit()
    found.run("record", "verify", code=1)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_is_current(name: str) -> None:
    published = (SCHEMAS / f"{name}-1.json").read_text(encoding="utf-8")
    hint = f"python -m antagonist.cli.schema_record {name} > docs/reference/schemas/{name}-1.json"
    assert published == schema_text(name), hint


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_command_reference_names_the_schema(name: str) -> None:
    page = (SCHEMAS.parent / "cli.md").read_text(encoding="utf-8")
    row = f"| `antagonist.{name}/1` | [{name}-1.json](schemas/{name}-1.json) |"
    assert page.count(row) == 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_key_that_is_printed_is_required_and_no_other_comes(name: str) -> None:
    schema = json_schema(name)
    shapes = [schema, *schema["$defs"].values()] if "$defs" in schema else [schema]
    objects = [shape for shape in shapes if "properties" in shape]
    assert objects
    for shape in objects:
        assert set(shape["required"]) == set(shape["properties"]), shape["title"]
        assert shape["additionalProperties"] is False, shape["title"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_shape_of_a_document_states_its_name_and_version(name: str) -> None:
    schema = json_schema(name)
    union = [one["$ref"].removeprefix("#/$defs/") for one in schema.get("anyOf", ())]
    for shape in [schema["$defs"][one] for one in union] or [schema]:
        assert shape["properties"]["schema"]["const"] == f"antagonist.{name}/1"


def commands_with_json(group: typer.Typer) -> Iterator[str]:
    """Commands of a group that have the option --json."""
    for command in group.registered_commands:
        assert command.callback is not None
        if "json" in get_type_hints(command.callback):
            yield command.name or command.callback.__name__


def test_every_document_of_the_record_fits(clinic: Clinic) -> None:
    for name, group in (("record", record_app), ("alarms", alarms_app)):
        commands = set(commands_with_json(group))
        assert len(commands) >= 3
        for command in commands:
            assert [fits(name, text) for text in clinic.of(f"{name} {command}")], command
    for name in ("today", "replay"):
        assert [fits(name, text) for text in clinic.of(name)]


def test_the_record_printed_what_there_is_to_print(clinic: Clinic) -> None:
    whole, broken = (fits("record", text) for text in clinic.of("record verify"))
    assert (whole.problems, whole.head_known) == ((), True)
    assert {(problem.kind, problem.n) for problem in broken.problems} == {("altered", 3)}
    taken, refused = (fits("record", text) for text in clinic.of("record import"))
    assert (taken.accepted, refused.accepted, len(refused.refused)) == (55, 0, 1)
    raised, again = (fits("alarms", text) for text in clinic.of("alarms check"))
    assert raised.events
    assert not again.events
    before, after = (fits("alarms", text) for text in clinic.of("alarms burden"))
    assert sum(row.acknowledged for row in before.rows) == 0
    assert sum(row.acknowledged for row in after.rows) == 1
    kinds = {line.kind for text in clinic.of("today") for line in fits("today", text).lines}
    assert kinds == {"alarm", "protection"}
    (replayed,) = (fits("replay", text) for text in clinic.of("replay"))
    assert replayed.replayed == replayed.identical > 0


def assert_changes_do_not_fit(name: str, text: str) -> None:
    """A key too many, another version, and the absence of any key are refused."""
    right = json.loads(text)
    wrong = [{**right, "more": 1}, {**right, "schema": f"antagonist.{name}/2"}]
    for each in [*wrong, *({k: right[k] for k in right if k != absent} for absent in right)]:
        with pytest.raises(ValidationError):
            fits(name, json.dumps(each))


@pytest.mark.parametrize("name", ["record", "alarms", "today", "replay"])
def test_a_changed_document_of_the_record_does_not_fit(clinic: Clinic, name: str) -> None:
    texts = clinic.of(name)
    assert texts
    for text in texts:
        assert_changes_do_not_fit(name, text)


def test_a_line_of_today_is_the_line_that_is_printed() -> None:
    said = {name: field.annotation for name, field in TodayLine.model_fields.items()}
    assert said == get_type_hints(Line)


def test_a_replay_that_differs_fits(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    differing = (Difference("e1", "result.verdict", "allowed", None), Difference("e1", "n", 1, {}))
    report = ReplayReport(2, 1, 0, 0, differing, (NotRun("e2", "the data are gone"),))
    print_json("antagonist.replay/1", asdict(report))
    found = fits("replay", capsysbinary.readouterr().out.decode())
    assert (found.differing, found.not_run) == (report.differing, report.not_run)


@pytest.mark.parametrize("kind", SITUATIONS)
def test_every_situation_fits(kind: str) -> None:
    text = printed("situation", *SITUATIONS[kind])
    found = fits("situation", text)
    assert found.kind == kind
    assert found.figures is not None
    assert_changes_do_not_fit("situation", text)


def provocation(name: str, *more: object) -> str:
    """What the command prints for an example patient and a tablet."""
    tablet = ("--product", US_TABLET, "--jurisdiction", "us")
    return printed("provocation", EXAMPLES / f"{name}.yaml", *tablet, *more)


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
def test_every_provocation_fits(name: str) -> None:
    found = fits("provocation", provocation(name))
    assert found.eligible == (found.state is not None)


@pytest.mark.parametrize("way", ["iv", "sc", "confirm"])
def test_every_protocol_fits(way: str) -> None:
    found = fits("provocation", provocation("eligible_opioid", "--protocol", way))
    assert (found.eligible, found.state.name) == (True, "needs_baseline")


def test_a_provocation_under_way_fits_and_a_changed_one_does_not() -> None:
    text = provocation("eligible_opioid", "--events", NALOXONE)
    assert fits("provocation", text).state.step == 1
    assert_changes_do_not_fit("provocation", text)


def test_a_bench_fits_with_and_without_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antagonist.cli.bench.SECONDS", 0.01)
    monkeypatch.setattr("antagonist.cli.bench.COPIES", 10)
    monkeypatch.setattr(bench_record, "LONG_EVENTS", 20)
    brief = partial(bench_record.Sizes, decisions=2, seconds=0.01)
    monkeypatch.setattr(bench_record, "Sizes", brief)
    ask = (
        "bench",
        "--no-kernel",
        "--patients",
        EXAMPLES,
        "--record-patients",
        2,
        "--record-events",
        60,
    )
    alone, both = fits("bench", printed(*ask)), fits("bench", printed(*ask, "--record"))
    assert len(alone.screening) == len(both.screening) == 3
    assert not hasattr(alone, "record")
    assert {name.rsplit("_", 1)[1] for name in both.record} == {"s", "ms", "mib"}


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({}, True),
        ({"record": {"durable_appends_per_s": 900.5, "memory_peak_mib": 0}}, True),
        ({"screening": {"from_facts_in_memory": 0}}, False),
        ({"record": {"database_mib": -1}}, False),
        ({"record": None}, False),
        ({"more": {}}, False),
    ],
)
def test_a_bench_has_numbers_and_may_have_the_records(more: Mapping[str, Any], right: bool) -> None:
    document = {"schema": "antagonist.bench/1", "screening": {"from_facts_in_memory": 4_000.0}}
    text = json.dumps({**document, **more})
    if right:
        assert json.loads(fits("bench", text).model_dump_json(by_alias=True)) == json.loads(text)
    else:
        with pytest.raises(ValidationError):
            fits("bench", text)
