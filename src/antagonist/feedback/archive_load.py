"""Bringing an archive into an empty database: all of it or nothing."""

from __future__ import annotations

import tarfile
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from antagonist.feedback.archive_format import (
    Manifest,
    Part,
    every_table,
    member,
    opened,
    row_of,
    tables_in,
)
from antagonist.feedback.database import (
    SQLITE,
    analyzed,
    current_revision,
    migrate,
    reading,
    writing,
)
from antagonist.foundation.errors import InputError

ROWS_AT_ONCE = 1_000


def load(path: Path, engine: Engine, manifest: Manifest) -> None:
    """Make the tables that an archive was written with, fill them, and bring them up to date.

    manifest: as ``read_manifest`` found it.
    Raises InputError for an archive of a newer version, and for a database that is not empty; no
    row is written then.
    """
    with reading(engine) as connection:
        _refuse_filled(connection)
    here = current_revision(engine)
    if here is not None and here != manifest.revision:
        migrate(engine, "base")
    migrate(engine, manifest.revision)
    try:
        with opened(path) as archive, writing(engine) as connection:
            _refuse_filled(connection)
            _fill(archive, connection, manifest, path.name)
    except DBAPIError as error:
        allowed = f"rows that the tables take ({error.orig}); nothing was imported"
        raise InputError(path.name, "", None, allowed) from None
    migrate(engine)
    analyzed(engine)


def _refuse_filled(connection: Connection) -> None:
    for table in every_table(connection):
        if connection.execute(select(table).limit(1)).first() is not None:
            allowed = "an empty database; nothing was imported"
            raise InputError("record", "database", f"rows in table {table.name}", allowed)


def _fill(
    archive: tarfile.TarFile, connection: Connection, manifest: Manifest, source: str
) -> None:
    parts = {part.table: part for part in manifest.parts}
    tables = tables_in(connection)
    for table in tables:
        part = parts.pop(table.name, None)
        if part is None or part.columns != tuple(table.columns.keys()):
            raise InputError(source, table.name, None, f"the columns of table {table.name}")
        _fill_table(archive, connection, table, part, source)
    if parts:
        raise InputError(source, ", ".join(parts), None, "tables that this version knows")


def _fill_table(
    archive: tarfile.TarFile, connection: Connection, table: Table, part: Part, source: str
) -> None:
    lines = iter(member(archive, part.file, source))
    while batch := list(islice(lines, ROWS_AT_ONCE)):
        rows = [dict(zip(part.columns, row_of(line), strict=True)) for line in batch]
        connection.execute(insert(table), rows)
    if connection.dialect.name != SQLITE:
        _go_on_numbering(connection, table)


def _go_on_numbering(connection: Connection, table: Table) -> None:
    """Rows brought their own numbers; PostgreSQL must not give them out again."""
    for column in table.primary_key.columns:
        asked = {"table": table.name, "column": column.name}
        query = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.execute(query, asked).scalar()
        last = connection.execute(select(column).order_by(column.desc()).limit(1)).scalar()
        if sequence is not None and last is not None:
            change = text("SELECT setval(CAST(:sequence AS regclass), :last)")
            connection.execute(change, {"sequence": sequence, "last": last})
