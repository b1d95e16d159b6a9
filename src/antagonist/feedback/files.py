"""New files that are whole and on the disk, or not there at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from antagonist.feedback.keys import PRIVATE
from antagonist.foundation.errors import InputError


@contextmanager
def new_file(path: Path, source: str) -> Iterator[IO[bytes]]:
    """A file to write, readable by its owner only; it gets its name once it is on the disk.

    source: what is written, for the error message.
    Raises InputError where the file is there already or cannot be written.
    """
    if path.exists():
        raise InputError(source, "path", str(path), "a file that is not there yet")
    part = path.with_name(f"{path.name}.part")
    try:
        with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, PRIVATE), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        allowed = f"a file that can be written ({error.strerror})"
        raise InputError(source, "path", str(path), allowed) from None
    finally:
        part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make sure that the disk knows the file's name too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
