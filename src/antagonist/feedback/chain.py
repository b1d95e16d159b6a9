"""Hash chains: each event binds the one before it, each log entry the one before it.

An event's hash covers every column that means something, as text between unit separators, and the
hash of the patient's event before it. The log has one entry for each patient that a transaction
wrote for: how many events the patient has, the last one's hash, and the hash of the entry before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

SEPARATOR = "\x1f"
FIRST = "0" * 64  # what the first event and the first entry bind


def canonical(payload: Mapping[str, Any]) -> str:
    """A payload as text: sorted keys, no spaces, UTF-8; equal content gives equal text.

    Raises ValueError for numbers that are not finite.
    """
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def event_hash(previous: str, columns: Sequence[str | int | None]) -> str:
    """Hash of an event. previous: of the patient's event before. columns: in the table's order."""
    text = SEPARATOR.join(["" if value is None else str(value) for value in columns])
    return hashlib.sha256(f"{previous}{SEPARATOR}{text}".encode()).hexdigest()


def entry_hash(previous: str, n: int, patient: str, events: int, head: str, at: str) -> str:
    """Hash of a log entry. events: of the patient so far. head: hash of the last of them."""
    text = f"{previous}{SEPARATOR}{n}{SEPARATOR}{patient}{SEPARATOR}{events}{SEPARATOR}{head}"
    return hashlib.sha256(f"{text}{SEPARATOR}{at}".encode()).hexdigest()
