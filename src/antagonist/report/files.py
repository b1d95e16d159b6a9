"""Files that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from antagonist.foundation.errors import InputError


def write_together(directory: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into a directory; each is renamed into place only when all are written.

    directory: made if it is missing. contents: file name -> bytes.
    Returns the paths, in the order of ``contents``.
    Raises InputError where the directory cannot be made or written.
    """
    tag = token_hex(4)
    moves = {directory / f".{name}.{tag}.part": directory / name for name in contents}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for temporary, content in zip(moves, contents.values(), strict=True):
            with temporary.open("xb") as file:
                file.write(content)
        for temporary, path in moves.items():
            temporary.replace(path)
    except OSError as error:
        allowed = f"a directory that can be written ({error.strerror})"
        raise InputError("report", "directory", str(directory), allowed) from error
    finally:
        if directory.is_dir():
            for temporary in moves:
                temporary.unlink(missing_ok=True)
    return list(moves.values())
