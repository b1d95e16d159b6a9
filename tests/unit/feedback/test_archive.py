"""The archive from outside: what is in it, that it is signed, and that keys are not in it."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.support.records import SettableClock, new_keys, words

from antagonist.feedback.archive import export_archive, fingerprints, import_archive
from antagonist.feedback.archive_format import row_of
from antagonist.feedback.database import current_revision, engine_of, reading
from antagonist.feedback.events import Actor
from antagonist.feedback.identity import create_patient, find
from antagonist.feedback.keys import Keyring, load_keyring
from antagonist.feedback.record import Record
from antagonist.foundation.errors import InputError


@pytest.fixture
def filled(record: Record, actor: Actor) -> Record:
    """Two patients, one with a name."""
    create_patient(record, actor, {"family": "Unmistakable"}, [("clinic", "secret-17")])
    record.append("b", [words("one"), words("two")], actor)
    return record


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    """An engine on an empty database."""
    engine = engine_of(empty_url)
    yield engine
    engine.dispose()


def _members(path: Path) -> dict[str, bytes]:
    """Files of an archive, read without the code under test."""
    with tarfile.open(path) as archive:
        found = {entry.name: archive.extractfile(entry) for entry in archive}
        return {name: file.read() for name, file in found.items() if file is not None}


def test_an_archive_is_read_with_ordinary_programs(filled: Record, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    export_archive(filled, path)
    files = _members(path)
    manifest = json.loads(files["manifest.json"])
    assert manifest["revision"] == current_revision(filled.engine)
    assert manifest["log_n"] == 2
    for part in manifest["parts"]:
        lines = files.pop(f"{part['table']}.jsonl")
        assert hashlib.sha256(lines).hexdigest() == part["sha256"]
        assert lines.count(b"\n") == part["rows"]
        for line in lines.splitlines():
            assert len(json.loads(line)) == len(part["columns"])
    assert set(files) == {"manifest.json", "manifest.sig"}
    signature = files["manifest.sig"].decode()
    assert filled.keys.signed(files["manifest.json"].decode(), signature)


def test_neither_keys_nor_names_are_in_an_archive(filled: Record, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    export_archive(filled, path)
    content = path.read_bytes()
    kept = json.loads(filled.keys.path.read_text())
    for secret in (*kept.values(), "Unmistakable", "secret-17"):
        assert secret.encode() not in content
    assert base64.b64decode(kept["master"]) not in content
    assert b'"two' in content.replace(b"\\", b"")  # events are not sealed


def test_equal_records_give_equal_archives(filled: Record, tmp_path: Path) -> None:
    for name in ("first.tar", "second.tar"):
        export_archive(filled, tmp_path / name)
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()


def test_an_archive_comes_back_whole_and_its_end_is_kept(
    filled: Record, empty: Engine, tmp_path: Path, clock: SettableClock
) -> None:
    path = tmp_path / "archive.tar"
    export_archive(filled, path)
    new_place = tmp_path / "new place"
    new_place.mkdir()
    copied = new_place / "record.keys"
    copied.write_text(filled.keys.path.read_text())
    copied.chmod(0o600)
    keys = load_keyring(copied)
    report = import_archive(path, empty, keys)
    assert (report.events, report.patients, report.problems) == (3, 2, ())
    with reading(filled.engine) as here, reading(empty) as there:
        assert fingerprints(there) == fingerprints(here)
    again = Record(empty, keys, clock)
    assert again.heads.known() == filled.heads.known()
    assert len(again.all(find(again, "clinic", "secret-17"))) == 1


def test_an_older_archive_than_the_file_of_the_end_is_told(
    filled: Record, empty: Engine, tmp_path: Path, actor: Actor
) -> None:
    export_archive(filled, tmp_path / "archive.tar")
    filled.append("b", [words("three")], actor)
    (problem,) = import_archive(tmp_path / "archive.tar", empty, filled.keys).problems
    assert (problem.kind, problem.n) == ("log_cut_off", 3)


def test_another_records_archive_is_refused(filled: Record, empty: Engine, tmp_path: Path) -> None:
    export_archive(filled, tmp_path / "archive.tar")
    with pytest.raises(InputError, match="signature of the record's key"):
        import_archive(tmp_path / "archive.tar", empty, new_keys(tmp_path / "other"))
    assert current_revision(empty) is None


def test_an_archive_made_fit_for_its_hashes_is_refused(
    filled: Record, empty: Engine, tmp_path: Path
) -> None:
    """A forger who exchanges identities can compute hashes, but not sign the manifest."""
    export_archive(filled, tmp_path / "archive.tar")
    files = _members(tmp_path / "archive.tar")
    manifest = json.loads(files["manifest.json"])
    lines = files["events.jsonl"].replace(b"two", b"ten")
    (part,) = (part for part in manifest["parts"] if part["table"] == "events")
    part["sha256"] = hashlib.sha256(lines).hexdigest()
    files |= {"events.jsonl": lines, "manifest.json": json.dumps(manifest).encode()}
    _write_archive(tmp_path / "forged.tar", files, tmp_path)
    with pytest.raises(InputError, match="signature of the record's key"):
        import_archive(tmp_path / "forged.tar", empty, filled.keys)
    assert current_revision(empty) is None


def _write_archive(path: Path, files: dict[str, bytes], folder: Path) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            (folder / name).write_bytes(content)
            archive.add(folder / name, arcname=name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "antagonist record 2"}, "antagonist record 1"),
        ({"revision": "9999"}, "9999"),
        ({"more": 1}, "an archive's manifest"),
        ({"parts": [{"table": "events"}]}, "an archive's manifest"),
        ({"parts": []}, "the columns of table"),
        ({"parts": None}, "an archive's manifest"),
    ],
)
def test_a_manifest_of_something_else_is_refused(
    filled: Record,
    empty: Engine,
    keys: Keyring,
    tmp_path: Path,
    change: dict[str, object],
    said: str,
) -> None:
    export_archive(filled, tmp_path / "archive.tar")
    files = _members(tmp_path / "archive.tar")
    text = json.dumps(json.loads(files["manifest.json"]) | change)
    files |= {"manifest.json": text.encode(), "manifest.sig": keys.sign(text).encode()}
    _write_archive(tmp_path / "other.tar", files, tmp_path)
    with pytest.raises(InputError, match=said):
        import_archive(tmp_path / "other.tar", empty, filled.keys)


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "log.jsonl"])
def test_a_file_that_is_not_there_is_named(
    filled: Record, empty: Engine, tmp_path: Path, name: str
) -> None:
    export_archive(filled, tmp_path / "archive.tar")
    files = _members(tmp_path / "archive.tar")
    del files[name]
    _write_archive(tmp_path / "other.tar", files, tmp_path)
    with pytest.raises(InputError, match=name):
        import_archive(tmp_path / "other.tar", empty, filled.keys)


def test_bytes_come_back_from_a_line() -> None:
    assert row_of(b'["a",1,null,{"base64":"AP8="}]\n') == ["a", 1, None, b"\x00\xff"]
