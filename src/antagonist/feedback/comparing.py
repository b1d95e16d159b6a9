"""Whether an answer is the one that was kept: words and dates exactly, numbers as asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Change(NamedTuple):
    """One place where two answers differ. path: keys and positions, as ``answers[0].verdict``."""

    path: str
    was: Any
    now: Any


def changes(was: Any, now: Any, path: str = "", *, tolerance: float = 0.0) -> Iterator[Change]:
    """Every place where plain values differ.

    tolerance: relative and absolute, of numbers that are not whole; everything else is compared
    exactly. What is absent and what is nothing are the same: a later version may state a field
    that an earlier one did not have.
    """
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in (*was, *(key for key in now if key not in was)):
            below = f"{path}.{key}" if path else str(key)
            yield from changes(was.get(key), now.get(key), below, tolerance=tolerance)
    elif isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            yield Change(f"{path}.length", len(was), len(now))
        for place, (old, new) in enumerate(zip(was, now, strict=False)):
            yield from changes(old, new, f"{path}[{place}]", tolerance=tolerance)
    elif not _same(was, now, tolerance):
        yield Change(path, was, now)


def _same(was: Any, now: Any, tolerance: float) -> bool:
    if isinstance(was, float) and isinstance(now, float) and tolerance > 0:
        return math.isclose(was, now, rel_tol=tolerance, abs_tol=tolerance)
    # 1 and true are equal in Python, and not the same answer
    return type(was) is type(now) and bool(was == now)
