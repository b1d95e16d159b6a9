"""The example patient from an empty database to a verified, restored, replayed record."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.records import BACKENDS, empty_database
from typer.testing import CliRunner, Result

from antagonist.cli.main import app
from antagonist.feedback.database import engine_on, reading

EXAMPLE = Path(__file__).parents[2] / "examples" / "record" / "twelve_weeks.yaml"
WHO = ["--author", "nurse.ivanova", "--role", "nurse"]


class Clinic:
    """A record and the commands on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.keys = url, folder / "keys" / "record.keys"

    def run(self, *words: object, code: int = 0) -> Result:
        """A command on the record; its exit code has to be as said."""
        env = {
            "ANTAGONIST_DATABASE": self.url, "ANTAGONIST_KEYS": str(self.keys), "COLUMNS": "240",
        }  # fmt: skip
        result = CliRunner().invoke(app, [str(word) for word in words], env=env)
        assert result.exit_code == code, result.output
        return result

    def patient(self) -> str:
        """The example patient, created."""
        made = self.run("record", "create", "--identifier", "clinic=demo-12-weeks", *WHO)
        return made.stdout.strip()


@pytest.fixture(params=BACKENDS)
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    """An empty clinic on each database."""
    folder = tmp_path / "clinic"
    folder.mkdir()
    with empty_database(request.param, folder) as url:
        found = Clinic(url, folder)
        found.run("record", "init")
        yield found


def alarms(clinic: Clinic, at: str) -> list[str]:
    shown = clinic.run(
        "alarms", "check", "--timezone", "Europe/Moscow", "--at", at, "--json"
    )  # fmt: skip
    events = json.loads(shown.stdout)["events"]
    return sorted(e["payload"]["alarm"] for e in events if e["kind"] == "alarm_raised")


def test_twelve_weeks_from_an_empty_database_to_a_restored_and_replayed_record(
    clinic: Clinic, tmp_path: Path
) -> None:
    patient = clinic.patient()
    assert "55 written, 0 known already, 0 refused" in clinic.run(
        "record", "import", EXAMPLE, *WHO
    ).stdout  # fmt: skip
    assert alarms(clinic, "2026-04-02 09:00") == ["liver-tests-watch"]
    assert alarms(clinic, "2026-04-04 09:00") == ["missed-unprotected"]
    assert alarms(clinic, "2026-05-08 10:00") == ["opioid-lapse", "urine-opioid-blocked"]
    assert alarms(clinic, "2026-05-08 10:00") == []
    assert "0 problems" in clinic.run("record", "verify").stdout
    assert "3 identical" in clinic.run("replay").stdout

    backup = tmp_path / "record.tar"
    clinic.run("record", "backup", backup)
    before = clinic.run("record", "show", "--patient", patient, "--every", "--json").stdout
    backend = "sqlite" if clinic.url.startswith("sqlite") else "postgresql"
    folder = tmp_path / "again"
    folder.mkdir()
    with empty_database(backend, folder) as url:
        clinic.url = url
        assert "restored" in clinic.run("record", "restore", backup).stdout
        after = clinic.run("record", "show", "--patient", patient, "--every", "--json").stdout
        assert after == before
        assert "0 problems" in clinic.run("record", "verify").stdout
        assert "3 identical" in clinic.run("replay").stdout


def test_one_event_is_added_corrected_and_read_as_of_two_times(clinic: Clinic) -> None:
    patient = clinic.patient()
    fields = ["route=oral", "dose_mg=50", "status=observed", "observed_by=nurse.ivanova"]
    added = clinic.run(
        "record", "add", "--patient", patient, "--kind", "dose", "--at", "2026-05-03T09:00:00Z",
        "--key", "visit-1", *WHO, *fields, "--json",
    )  # fmt: skip
    (event,) = json.loads(added.stdout)["events"]
    again = clinic.run(
        "record", "add", "--patient", patient, "--kind", "dose", "--at", "2026-05-03T09:00:00Z",
        "--key", "visit-1", *WHO, *fields, "--json",
    )  # fmt: skip
    assert json.loads(again.stdout)["events"][0]["event_id"] == event["event_id"]
    clinic.run(
        "record", "correct", "--patient", patient, "--event", event["event_id"], *WHO,
        "--reason", "wrong patient",
    )  # fmt: skip
    held = json.loads(clinic.run("record", "show", "--patient", patient, "--json").stdout)
    assert "dose" not in {e["kind"] for e in held["events"]}
    known = json.loads(
        clinic.run(
            "record", "show", "--patient", patient, "--known-at", event["recorded_at"], "--json"
        ).stdout
    )
    assert "dose" in {e["kind"] for e in known["events"]}


def test_an_alarm_is_answered_and_counted(clinic: Clinic) -> None:
    clinic.patient()
    clinic.run("record", "import", EXAMPLE, *WHO)
    shown = clinic.run("alarms", "check", "--timezone", "Europe/Moscow",
                       "--at", "2026-05-08 10:00", "--json")  # fmt: skip
    raised = [e for e in json.loads(shown.stdout)["events"] if e["kind"] == "alarm_raised"]
    prescriber = ["--author", "dr.petrov", "--role", "prescriber"]
    clinic.run("alarms", "acknowledge", raised[0]["event_id"], *prescriber, "--note", "called")
    clinic.run("alarms", "override", raised[1]["event_id"], *prescriber, "--reason", "known")
    clinic.run("alarms", "acknowledge", raised[0]["event_id"], *prescriber, code=2)
    burden = clinic.run("alarms", "burden", "--from", "2026-01-01T00:00:00Z",
                        "--to", "2099-01-01T00:00:00Z", "--json")  # fmt: skip
    rows = json.loads(burden.stdout)["rows"]
    assert sum(row["acknowledged"] for row in rows) == 1
    assert sum(row["overridden"] for row in rows) == 1


def test_a_kind_is_added_in_its_newest_version(clinic: Clinic) -> None:
    patient = clinic.patient()
    lab = ("test=alt", "value=240", "unit=U/L", "upper_limit=40", "specimen=blood")
    at = ("--kind", "lab", "--at", "2026-05-03T09:00:00Z")
    shown = clinic.run("record", "add", "--patient", patient, *at, *WHO, *lab, "--json")
    (event,) = json.loads(shown.stdout)["events"]
    assert (event["version"], event["payload"]["specimen"]) == (2, "blood")


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["--kind", "doze", "--at", "2026-05-03T09:00:00Z"], "did you mean dose"),
        (["--kind", "words", "--at", "2026-05-03 09:00", "text=x"], "an offset"),
        (["--kind", "words", "--at", "2026-05-03T09:00:00Z"], "text"),
        (["--kind", "words", "--at", "2026-05-03T09:00:00Z", "text"], "FIELD=VALUE"),
        (["--kind", "merged", "--at", "2026-05-03T09:00:00Z", "other=x"], "own commands"),
    ],
)
def test_a_bad_event_is_one_line_and_nothing_is_written(
    clinic: Clinic, words: list[str], match: str
) -> None:
    patient = clinic.patient()
    shown = clinic.run("record", "add", "--patient", patient, *WHO, *words, code=2)
    assert match in shown.stderr
    held = json.loads(clinic.run("record", "show", "--patient", patient, "--json").stdout)
    assert len(held["events"]) == 1


def test_every_write_has_an_actor_of_a_known_role(clinic: Clinic) -> None:
    shown = clinic.run(
        "record", "create", "--identifier", "clinic=1", "--author", "x", "--role", "king", code=2
    )
    assert "one of patient, nurse" in shown.stderr


def test_an_identifier_is_matched_exactly_and_found_once(clinic: Clinic) -> None:
    patient = clinic.patient()
    assert clinic.run("record", "find", "clinic=demo-12-weeks").stdout.strip() == patient
    clinic.run("record", "find", "clinic=demo-12-week", code=2)
    clinic.run("record", "find", "demo-12-weeks", code=2)
    clinic.run("record", "identify", "--patient", patient, "passport=X1", *WHO)
    assert clinic.run("record", "find", "passport=X1").stdout.strip() == patient


def test_a_decision_on_the_record_is_kept_overridden_by_two_and_replayed(clinic: Clinic) -> None:
    patient = clinic.patient()
    clinic.run("record", "import", EXAMPLE, *WHO)
    prescriber = ["--author", "dr.petrov", "--role", "prescriber"]
    shown = clinic.run(
        "record", "screen", "--patient", patient, *prescriber, "--jurisdiction", "ru",
        "--product", "naltrexone-ru-mez-tablet-50", "--timezone", "Europe/Moscow", "--json",
    )  # fmt: skip
    (decision,) = json.loads(shown.stdout)["events"]
    (answer,) = decision["payload"]["result"]["answers"]
    assert answer["verdict"] not in ("allowed", "allowed_with_caution")
    words = ["record", "override", "--patient", patient, "--decision", decision["event_id"],
             *prescriber, "--reason", "known to us", "--second-person"]  # fmt: skip
    clinic.run(*words, "dr.petrov", code=2)
    clinic.run(*words, "dr.sidorova")
    assert "1 identical" in clinic.run("replay").stdout


def test_merging_erasing_and_rebuilding_leave_a_record_that_verifies(clinic: Clinic) -> None:
    patient = clinic.patient()
    other = clinic.run("record", "create", "--identifier", "clinic=twin", *WHO).stdout.strip()
    reason = ["--reason", "same person", *WHO]
    clinic.run("record", "merge", "--keep", patient, "--other", other, *reason)
    clinic.run("record", "merge", "--keep", patient, "--other", other, "--undo", *reason)
    clinic.run("record", "erase", "--patient", other, "--reason", "asked for", *WHO)
    clinic.run("record", "find", "clinic=twin", code=2)
    assert "rebuilt for 2 patients" in clinic.run("record", "rebuild").stdout
    assert "0 problems" in clinic.run("record", "verify").stdout


BOSS = ["--author", "head.doctor", "--role", "administrator"]


def test_keys_are_renewed_and_the_record_goes_on(clinic: Clinic, tmp_path: Path) -> None:
    patient = clinic.patient()
    clinic.run("clinic", "migrate")
    backup, old = tmp_path / "before.tar", clinic.keys.read_bytes()
    clinic.run("record", "backup", backup)
    with tarfile.open(backup) as archive:
        assert not {"accounts.jsonl", "sessions.jsonl"} & set(archive.getnames())
    would = clinic.run("record", "renew-keys", "--check").stdout
    assert "1 patients, 1 identifiers, 0 second factors" in would
    assert clinic.keys.read_bytes() == old
    done = clinic.run("record", "renew-keys", *BOSS, "--reason", "a laptop was stolen").stdout
    kept = clinic.keys.with_name("record.keys.old1")
    assert kept.read_bytes() == old != clinic.keys.read_bytes()
    assert str(kept) in done
    assert clinic.run("record", "find", "clinic=demo-12-weeks").stdout.strip() == patient
    said = clinic.run("record", "verify").stdout
    assert "0 problems" in said
    assert "by head.doctor, administrator: a laptop was stolen" in said
    document = json.loads(clinic.run("record", "verify", "--json").stdout)
    assert [one["reason"] for one in document["handovers"]] == ["a laptop was stolen"]
    audit = tmp_path / "audit.csv"
    clinic.run("clinic", "audit", "export", "--output", audit)
    assert "record.keys-renewed" in audit.read_text()
    _a_backup_opens_with_the_keys_of_its_time(clinic, backup, kept, patient)


def _a_backup_opens_with_the_keys_of_its_time(
    clinic: Clinic, backup: Path, old: Path, patient: str
) -> None:
    now, url = clinic.keys, clinic.url
    of_then = old.parent.parent / "keys of then" / "record.keys"
    of_then.parent.mkdir()
    old.rename(of_then)
    after = backup.with_name("after.tar")
    clinic.run("record", "backup", after)
    for keys, fits, not_fits in ((of_then, backup, after), (now, after, backup)):
        folder = keys.parent / "again"
        folder.mkdir()
        with empty_database("sqlite", folder) as clinic.url:
            clinic.keys = keys
            clinic.run("record", "restore", not_fits, code=2)
            assert "restored 1 events" in clinic.run("record", "restore", fits).stdout
            found = clinic.run("record", "find", "clinic=demo-12-weeks").stdout.strip()
            assert found == patient
    clinic.url, clinic.keys = url, of_then
    assert "keys were renewed" in clinic.run("record", "verify", code=2).stderr


def test_keys_are_not_renewed_without_who_and_why_nor_while_a_server_runs(clinic: Clinic) -> None:
    old = clinic.keys.read_bytes()
    for words in (["--reason", "x"], [*BOSS, "--reason", ""], [*BOSS[:3], "king", "--reason", "x"]):
        clinic.run("record", "renew-keys", *words, code=2)
    with engine_on(clinic.url) as server, reading(server):
        said = clinic.run("record", "renew-keys", *BOSS, "--reason", "x", code=2)
    assert "stop the server and its timers" in said.stderr
    assert clinic.keys.read_bytes() == old
