"""Near matches for names that are not known."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def did_you_mean(name: object, known: Collection[str]) -> str:
    """``; did you mean 'x'?`` for the known name nearest to name, else nothing."""
    near = difflib.get_close_matches(str(name), sorted(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def one_of(name: object, known: Collection[str]) -> str:
    """Words for what is allowed where name is not among the known names."""
    return f"one of {', '.join(sorted(known)) or 'none'}{did_you_mean(name, known)}"
