"""New keys on their way into the key file: either the old or the new are wholly in force.

The new keys lie beside the key file before the database is sealed with them, and take its place
afterwards; the old file stays under another name. Whoever opens the record asks the database which
of the two it was handed over to. All changes of these files are made by whoever has the lock of
the log, so that nobody takes a renewal under way for one that failed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

from sqlalchemy import Engine

from antagonist.feedback.database import writing
from antagonist.feedback.files import new_file, sync_folder
from antagonist.feedback.handover import is_in_force
from antagonist.feedback.keys import Keyring, content_of, load_keyring
from antagonist.foundation.errors import InputError


def pending_path(path: Path) -> Path:
    """Where new keys lie until they are in force. path: of the key file."""
    return path.with_name(f"{path.name}.new")


def old_path(keys: Keyring) -> Path:
    """Where keys are kept that are not in force any more: no file of other keys."""
    content = content_of(keys)
    names = (f"{keys.path.name}.old{n}" for n in count(len(keys.retired) + 1))
    paths = (keys.path.with_name(name) for name in names)
    return next(path for path in paths if not path.exists() or path.read_bytes() == content)


def lay_beside(keys: Keyring) -> None:
    """Write new keys beside the key file; on the disk when the call returns.

    Keys that a renewal before left there never came into force. Raises InputError where the folder
    cannot be written to.
    """
    path = pending_path(keys.path)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None
    with new_file(path, "record") as file:
        file.write(content_of(keys))


def settled(engine: Engine, keys: Keyring) -> Keyring:
    """The keys in force: those given, or those beside them that the database was handed over to.

    The latter are given the name of the key file. Raises InputError where that cannot be done.
    """
    if not pending_path(keys.path).exists():
        return keys
    with writing(engine) as connection:
        if not pending_path(keys.path).exists():  # another process was faster
            return load_keyring(keys.path)
        beside = replace(load_keyring(pending_path(keys.path)), path=keys.path)
        if is_in_force(connection, beside):
            _put_in_force(keys.path)
    return load_keyring(keys.path)


def _put_in_force(path: Path) -> None:
    old = load_keyring(path)
    try:
        aside = old_path(old)
        if not aside.exists():
            with new_file(aside, "record") as file:
                file.write(content_of(old))
        take_place(pending_path(path), path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None


def take_place(path: Path, of: Path) -> None:
    """Give a file the name of another, which is gone then: at once or not at all."""
    path.replace(of)


def _unwritable(path: Path, error: OSError) -> InputError:
    allowed = f"a folder of the keys that can be written to ({error.strerror})"
    return InputError("record", "keys", str(path), allowed)
