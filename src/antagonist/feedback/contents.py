"""What decisions rest on, kept in the record: rules, products and parameters by content hash.

A bundle is a tar archive of data files that is the same, byte for byte, for the same files; its
hash is the SHA-256 of the archive, so that anybody can check it with two ordinary programs.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from antagonist.feedback import tables as t
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA as LABEL_DATA
from antagonist.pharmacology.catalogue import DATA as PHARMACOLOGY_DATA

# Set for replay only: see antagonist.label.facts.
FEEDBACK_DATA = Path(os.environ.get("ANTAGONIST_FEEDBACK_DATA") or Path(__file__).parent / "data")
LABEL, PHARMACOLOGY, FEEDBACK, CLINIC = "label", "pharmacology", "feedback", "clinic"
# What starts a process on other data than the package's; a clinic's rules are an argument.
VARIABLES: Mapping[str, str] = {
    LABEL: "ANTAGONIST_LABEL_DATA",
    PHARMACOLOGY: "ANTAGONIST_PHARMACOLOGY_DATA",
    FEEDBACK: "ANTAGONIST_FEEDBACK_DATA",
}
_SUFFIXES = frozenset((".yaml", ".json"))


class Bundle(NamedTuple):
    """Files of one kind. hash: SHA-256 of content. content: a tar archive, uncompressed."""

    hash: str
    content: bytes


def bundle(folder: Path, files: Iterable[Path]) -> Bundle:
    """Files of a folder as a bundle: names and contents count, times and owners do not.

    folder: names are kept relative to it. files: in it, in any order.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        named = {path.relative_to(folder).as_posix(): path for path in files}
        for name in sorted(named):
            content = named[name].read_bytes()
            entry = tarfile.TarInfo(name)  # its other fields are constants
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    found = buffer.getvalue()
    return Bundle(hashlib.sha256(found).hexdigest(), found)


def data_bundle(folder: Path) -> Bundle:
    """Every data file below a folder as a bundle."""
    return bundle(folder, (p for p in folder.rglob("*") if p.suffix in _SUFFIXES))


@lru_cache(maxsize=1)
def bundle_of_label() -> Bundle:
    """Rules, facts, products, regimens and scores, as this process uses them."""
    return data_bundle(LABEL_DATA)


@lru_cache(maxsize=1)
def bundle_of_pharmacology() -> Bundle:
    """Parameter sets, structures and formulations, as this process uses them."""
    return data_bundle(PHARMACOLOGY_DATA)


@lru_cache(maxsize=1)
def bundle_of_feedback() -> Bundle:
    """Rules of the alarms, as this process uses them."""
    return data_bundle(FEEDBACK_DATA)


def bundle_of_clinic(folder: Path) -> Bundle:
    """A clinic's own rules: the YAML files that lie directly in a folder."""
    return bundle(folder, folder.glob("*.yaml"))


def present_bundle(kind: str) -> Bundle:
    """The bundle of a kind that this process uses. kind: one of VARIABLES."""
    return {
        LABEL: bundle_of_label,
        PHARMACOLOGY: bundle_of_pharmacology,
        FEEDBACK: bundle_of_feedback,
    }[kind]()


def store(connection: Connection, kind: str, content: bytes) -> str:
    """Keep a content, once however often it is stored; returns its hash.

    connection: in a transaction that may write.
    """
    return keep(connection, kind, Bundle(hashlib.sha256(content).hexdigest(), content))


def keep(connection: Connection, kind: str, found: Bundle) -> str:
    """``store`` for a bundle, whose hash is known."""
    query = select(t.contents.c.hash).where(t.contents.c.hash == found.hash)
    if connection.execute(query).first() is None:
        row = {"hash": found.hash, "kind": kind, "content": found.content}
        connection.execute(insert(t.contents), row)
    return found.hash


def load(connection: Connection, digest: str) -> tuple[str, bytes]:
    """Kind and content of a hash. Raises InputError where it is missing or was altered."""
    query = select(t.contents.c.kind, t.contents.c.content).where(t.contents.c.hash == digest)
    found = connection.execute(query).first()
    if found is None:
        raise InputError("record", "contents", digest, "a content that the record keeps")
    kind, content = str(found[0]), bytes(found[1])
    if hashlib.sha256(content).hexdigest() != digest:
        raise InputError("record", "contents", digest, "a content whose hash this is: altered")
    return kind, content


def unpack(content: bytes, folder: Path) -> None:
    """Write a bundle's files into a folder that is there.

    Raises InputError for what is no bundle, and for a file that would lie outside the folder.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for entry in archive:
                _write(archive, entry, folder)
    except tarfile.TarError as error:
        raise InputError("record", "contents", None, f"a bundle: {error}") from None


def _write(archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(entry.name)
    stream = archive.extractfile(entry) if entry.isreg() else None
    if stream is None or name.is_absolute() or ".." in name.parts:
        raise InputError("record", "contents", entry.name, "a file inside the bundle")
    target = folder.joinpath(*name.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(stream.read())
