"""Backup and restore: an archive that was read again after it was written, and the way back.

One format for both databases, so that a backup of either restores into either. Keys are not in it:
keep their file apart. An identity erased later is still in backups made before.
"""

from __future__ import annotations

from pathlib import Path

from antagonist.feedback.archive import export_archive
from antagonist.feedback.archive_format import Manifest, read_manifest
from antagonist.feedback.archive_load import load
from antagonist.feedback.database import engine_on
from antagonist.feedback.record import Record
from antagonist.foundation.errors import InputError


def backup(record: Record, path: Path) -> Manifest:
    """Write a backup to a new file and read it back. Writers are not held up meanwhile.

    Raises InputError where the file is there already, cannot be written, or does not read back as
    it was written.
    """
    written = export_archive(record, path)
    found, text, signature = read_manifest(path)
    if found != written or not record.keys.signed(text, signature):
        raise InputError("backup", "path", str(path), "a file that reads back as it was written")
    return written


def restore(path: Path, url: str) -> Manifest:
    """Bring a backup into an empty database; ``verify`` with the record's keys should follow.

    url: of the database, as for ``engine_of``.
    Raises InputError for a backup that is not whole, one of a newer version, and a database that
    is not empty; nothing is restored then.
    """
    with engine_on(url) as engine:
        manifest, _, _ = read_manifest(path)
        load(path, engine, manifest)
        return manifest
