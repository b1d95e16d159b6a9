"""What an archive of a record looks like: tables as JSON lines, and a manifest of their hashes.

A tar archive (POSIX.1-2001) of one ``TABLE.jsonl`` for each table, ``manifest.json`` and
``manifest.sig``. A line is a JSON array of a row's values in the manifest's order of columns;
bytes are ``{"base64": ...}``. Rows are in order of the primary key, text compared byte by byte, so
that equal records give equal archives whatever database they come from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, MetaData, String, Table, collate, select

from antagonist.feedback.database import SQLITE
from antagonist.feedback.streaming import streamed
from antagonist.feedback.tables import metadata
from antagonist.feedback.today_tables import due
from antagonist.foundation.errors import InputError

FORMAT = "antagonist record 1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
REVISIONS = "alembic_version"  # the migrations' own table; the manifest has the revision
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One table. sha256: of its lines."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def file(self) -> str:
        """Name of its lines in the archive."""
        return f"{self.table}.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. revision: of the tables. log_n, log_hash: where the log ends."""

    revision: str
    log_n: int
    log_hash: str
    parts: tuple[Part, ...]

    def text(self) -> str:
        """The manifest as it stands in the archive."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)


def manifest_of(text: str, source: str) -> Manifest:
    """A manifest from its text. Raises InputError for one that this version does not read."""
    try:
        content = json.loads(text)
        form = content.pop("format")
        if form != FORMAT:
            raise InputError(source, "format", form, FORMAT)
        parts = tuple(
            Part(**{**part, "columns": tuple(part["columns"])}) for part in content.pop("parts")
        )
        return Manifest(**content, parts=parts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(source, MANIFEST, None, "an archive's manifest") from None


def tables_in(connection: Connection) -> list[Table]:
    """The record's tables as the database has them, each after those it refers to.

    Others' tables, such as a clinic's accounts, lie in the same database and are left out.
    """
    own = {*metadata.tables, due.name}
    return [table for table in every_table(connection) if table.name in own]


def every_table(connection: Connection) -> list[Table]:
    """All tables of a database but the one of the record's revision."""
    found = MetaData()
    found.reflect(bind=connection)
    return [table for table in found.sorted_tables if table.name != REVISIONS]


def lines_of(connection: Connection, table: Table) -> Iterator[bytes]:
    """A table's rows as lines, in order of its primary key."""
    order: list[Any] = []
    for column in table.primary_key.columns or table.columns:
        is_text = isinstance(column.type, String)
        binary = is_text and connection.dialect.name != SQLITE  # SQLite compares bytes anyway
        order.append(collate(column, "C") if binary else column)
    for row in streamed(connection, select(table).order_by(*order)):
        values = [_plain(value) for value in row]
        text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
        yield text.encode() + b"\n"


def _plain(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def row_of(line: bytes) -> list[Any]:
    """A row's values from its line."""
    return [
        base64.b64decode(value["base64"]) if isinstance(value, dict) else value
        for value in json.loads(line)
    ]


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """An archive to read. Raises InputError for a file that is none, or not a whole one."""
    try:
        with tarfile.open(path, mode="r:") as archive:
            yield archive
    except OSError as error:
        allowed = f"a readable file ({error.strerror or error})"
        raise InputError(path.name, "", str(path), allowed) from None
    except tarfile.TarError as error:
        raise InputError(path.name, "", str(path), f"a whole tar archive ({error})") from None


def member(archive: tarfile.TarFile, name: str, source: str) -> IO[bytes]:
    """A file in an archive. Raises InputError where it is not there."""
    try:
        found = archive.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise InputError(source, name, None, "a file in the archive")
    return found


def read_manifest(path: Path) -> tuple[Manifest, str, str]:
    """An archive's manifest, its text, and its signature.

    Raises InputError for a file that is no archive, and one where a table is not as the manifest
    says.
    """
    with opened(path) as archive:
        text = member(archive, MANIFEST, path.name).read().decode(errors="replace")
        signature = member(archive, SIGNATURE, path.name).read().decode(errors="replace")
        manifest = manifest_of(text, path.name)
        for part in manifest.parts:
            digest = hashlib.sha256()
            lines = member(archive, part.file, path.name)
            while chunk := lines.read(CHUNK_BYTES):
                digest.update(chunk)
            if digest.hexdigest() != part.sha256:
                allowed = "content with the hash that the manifest has"
                raise InputError(path.name, part.file, digest.hexdigest(), allowed)
    return manifest, text, signature
