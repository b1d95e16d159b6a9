"""What is asked of a seen quantity against a level, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from antagonist.pharmacology.kernel.system import Floats, Ints

WEEK_H = 168.0


@dataclass(frozen=True)
class Window:
    """Hours that count.

    from_h, until_h: begin and end. as_of_h: the fall is looked for from then on.
    weakest_from_h: the weakest moment is looked for from then on.
    """

    from_h: float
    until_h: float
    as_of_h: float
    weakest_from_h: float

    @staticmethod
    def between(
        from_h: float,
        until_h: float,
        *,
        as_of_h: float | None = None,
        weakest_from_h: float | None = None,
    ) -> Window:
        """A window whose fall counts from its begin, and whose weakest moment after a week."""
        week = min(from_h + WEEK_H, until_h)
        return Window(
            from_h,
            until_h,
            from_h if as_of_h is None else as_of_h,
            week if weakest_from_h is None else weakest_from_h,
        )

    def checked(self, start_h: float) -> None:
        """Raises ValueError for hours out of order."""
        inside = all(self.from_h <= x <= self.until_h for x in (self.as_of_h, self.weakest_from_h))
        if not (start_h <= self.from_h < self.until_h and inside and np.isfinite(self.until_h)):
            raise ValueError(f"{self}: hours are out of order, or before the start {start_h}")


@dataclass(frozen=True)
class Answers:
    """Of each subject, every field of shape (S,).

    above_h: hours over the level. gaps: spells not over it, with those that the window cuts.
    longest_gap_h: of them. weakest, weakest_at_h: lowest value and when.
    falls_at_h: when it is first not over the level from ``as_of_h`` on, +inf for never.
    crossings: how often the level is crossed; crossed_h: when, shape (S, as many as were asked
    for), nan where there are no more.
    """

    window: Window
    above_h: Floats
    gaps: Ints
    longest_gap_h: Floats
    weakest: Floats
    weakest_at_h: Floats
    falls_at_h: Floats
    crossings: Ints
    crossed_h: Floats

    @property
    def gap_h(self) -> Floats:
        """Hours not over the level."""
        return self.window.until_h - self.window.from_h - self.above_h

    @staticmethod
    def of(table: Floats, crossed_h: Floats, window: Window) -> Answers:
        """From the loops' rows, shape (S, 8)."""
        above, gaps, longest, weakest, at, falls, crossed = table.T[:7]
        whole, times = gaps.astype(np.intp), crossed.astype(np.intp)
        return Answers(window, above, whole, longest, weakest, at, falls, times, crossed_h)

    @staticmethod
    def joined(parts: Sequence[Answers]) -> Answers:
        """Answers of all parts, one after another."""
        names = [f.name for f in fields(Answers) if f.name != "window"]
        whole = {n: np.concatenate([getattr(part, n) for part in parts]) for n in names}
        return Answers(parts[0].window, **whole)
