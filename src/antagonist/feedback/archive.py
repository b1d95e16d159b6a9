"""A whole record in one file, and back: bit for bit, from either database into either.

The archive holds events, log, contents, identities (sealed), requests and derived tables; its
manifest is signed with the record's key. It does NOT hold the keys: without their file nobody
reads a name out of it, and nobody can go on writing the record. Events are not sealed, so the file
is as confidential as the record; only its owner can read it.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Engine, Table

from antagonist.feedback.archive_format import (
    MANIFEST,
    SIGNATURE,
    Manifest,
    Part,
    lines_of,
    read_manifest,
    tables_in,
)
from antagonist.feedback.archive_load import load
from antagonist.feedback.database import check_revision, current_revision, reading
from antagonist.feedback.files import new_file
from antagonist.feedback.heads import Heads
from antagonist.feedback.keys import Keyring, signed_with
from antagonist.feedback.record import Head, Record, log_head
from antagonist.feedback.verify import Report, verify
from antagonist.foundation.errors import InputError


def export_archive(record: Record, path: Path) -> Manifest:
    """Write the whole record, as of one moment, to a new file; on the disk when the call returns.

    Raises InputError where the file is there already or cannot be written: then none is left.
    """
    check_revision(record.engine)
    revision = current_revision(record.engine) or ""
    with (
        new_file(path, "archive") as file,
        reading(record.engine) as connection,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        return _write(archive, connection, record.keys, revision, path.parent)


def import_archive(path: Path, engine: Engine, keys: Keyring) -> Report:
    """Bring an archive into an empty database and verify the record there.

    keys: the record's; where the file of the log's end is missing beside them, it is written.
    Returns what ``verify`` found.
    Raises InputError for an archive not whole or not signed with these keys, and for a database
    that is not empty; nothing is imported then.
    """
    manifest, text, signature = read_manifest(path)
    if not keys.signed(text, signature):
        before = any(signed_with(old.public, text, signature) for old in keys.retired)
        why = "; keys were renewed since: take the key file of that time" if before else ""
        raise InputError(path.name, SIGNATURE, None, f"a signature of the record's key{why}")
    load(path, engine, manifest)
    report = verify(Record(engine, keys))
    if not report.problems and not report.head_known:
        with reading(engine) as connection:
            Heads(keys).keep(log_head(connection))
    return report


def fingerprints(connection: Connection) -> dict[str, str]:
    """SHA-256 over all rows of each table, as an archive has them."""
    found: dict[str, str] = {}
    for table in tables_in(connection):
        digest = hashlib.sha256()
        for line in lines_of(connection, table):
            digest.update(line)
        found[table.name] = digest.hexdigest()
    return found


def _write(
    archive: tarfile.TarFile, connection: Connection, keys: Keyring, revision: str, folder: Path
) -> Manifest:
    parts = tuple(_write_table(archive, connection, t, folder) for t in tables_in(connection))
    head: Head = log_head(connection)
    manifest = Manifest(revision, head.n, head.hash, parts)
    text = manifest.text()
    for name, content in ((MANIFEST, text), (SIGNATURE, keys.sign(text))):
        entry = tarfile.TarInfo(name)
        entry.size = len(content.encode())
        archive.addfile(entry, io.BytesIO(content.encode()))
    return manifest


def _write_table(
    archive: tarfile.TarFile, connection: Connection, table: Table, folder: Path
) -> Part:
    """A table's lines; a tar archive wants to know how long they are before it takes them."""
    digest, rows = hashlib.sha256(), 0
    with tempfile.TemporaryFile(dir=folder) as lines:
        for line in lines_of(connection, table):
            digest.update(line)
            lines.write(line)
            rows += 1
        part = Part(table.name, tuple(table.columns.keys()), rows, digest.hexdigest())
        entry = tarfile.TarInfo(part.file)
        entry.size = lines.tell()
        lines.seek(0)
        archive.addfile(entry, lines)
    return part
