"""The log's last known head, in a file beside the keys: a log that was cut off is found by it.

The file is written after a transaction has ended. A crash in between leaves it behind the log,
never ahead: a log shorter than the file says has lost entries.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from antagonist.feedback.keys import PRIVATE, Keyring
from antagonist.foundation.errors import InputError

NAME = "record.head"
LENGTH = 256


class LogEnd(Protocol):
    """Where a log ends."""

    @property
    def n(self) -> int:
        """Number of the last entry."""

    @property
    def hash(self) -> str:
        """Its hash."""


@dataclass(frozen=True)
class Heads:
    """The file beside a keyring."""

    keys: Keyring

    def keep(self, head: LogEnd) -> None:
        """Write where the log ends, signed; an older head than the one there is not written."""
        known = self.known()
        if known is not None and known[0] >= head.n:
            return
        content = {
            "n": head.n,
            "hash": head.hash,
            "signature": self.keys.sign(f"{head.n} {head.hash}"),
        }
        line = json.dumps(content).ljust(LENGTH).encode()
        path = self.keys.path.with_name(NAME)
        try:
            _write_over(path, line)
        except OSError as error:
            allowed = (
                f"space on the disk of the keys ({error.strerror}); the events were written, "
                "the same request with the same key writes them no second time"
            )
            raise InputError("record", "head", str(path), allowed) from None

    def known(self) -> tuple[int, str] | None:
        """Number and hash of the last head kept; None where there is no file.

        Raises InputError for a file that was altered.
        """
        path = self.keys.path.with_name(NAME)
        try:
            text = path.read_text(encoding="utf-8")
            if not text:  # made where there was no room for its content
                return None
            content = json.loads(text)
            n, found, signature = int(content["n"]), content["hash"], content["signature"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise InputError(
                "record", "head", str(path), "the file that the record wrote"
            ) from None
        if not self.keys.signed_at(n, f"{n} {found}", signature):
            raise InputError("record", "head", str(path), "a head signed with the record's key")
        return n, found


def _write_over(path: Path, line: bytes) -> None:
    """Over the old line, of the same length, in one call: a rename costs as much as a commit."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE)
    try:
        os.pwrite(file, line, 0)
    finally:
        os.close(file)
