"""Rows of a program's report on adherence: days covered, hours blocked, injections."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from antagonist.feedback.outcomes.blocked import expected
from antagonist.feedback.outcomes.coverage import DaysCovered
from antagonist.feedback.outcomes.disclosure import is_small
from antagonist.feedback.outcomes.grouping import (
    Groups,
    categories,
    mean_of,
    shares,
    shown_groups,
    shown_size,
    whole_group,
)
from antagonist.feedback.outcomes.intervals import share
from antagonist.feedback.outcomes.patient import Measured
from antagonist.feedback.outcomes.programme_model import BlockedRow, CoverageRow, InjectionRow
from antagonist.feedback.outcomes.rules import number

BASES = ("packs", "doses_by_mg", "doses_by_day")
MOST_INJECTIONS = 6
QUARTILES = (25, 50, 75)


def coverage_rows(groups: Groups) -> tuple[CoverageRow, ...]:
    """Days covered, by basis and group."""
    return tuple(row for basis in BASES for row in _coverage(groups, _on(basis), basis))


def _on(basis: str) -> Callable[[Measured], DaysCovered | None]:
    return lambda p: next((c for c in p.outcomes.coverage if c.basis == basis), None)


def _coverage(
    groups: Groups, of: Callable[[Measured], DaysCovered | None], basis: str
) -> list[CoverageRow]:
    def is_high(patient: Measured) -> bool | None:
        found = of(patient)
        share = None if found is None else found.ignored
        return None if share is None else share >= number("pdc_usual_cut")

    high = shares(groups, is_high)
    rows = []
    for name, patients in shown_groups(groups, lambda p: of(p) is not None).items():
        here = [c for c in map(of, patients) if c is not None]
        rows.append(
            CoverageRow(
                name,
                basis,
                mean_of(c.ignored for c in here),
                mean_of(c.taken_out for c in here),
                mean_of(c.covered for c in here),
                mean_of(c.with_ceiling for c in here),
                high[name][0],
            )
        )
    return rows


def blocked_rows(groups: Groups) -> tuple[BlockedRow, ...]:
    """Hours blocked, by group: the mean over patients of every draw, then over draws."""
    rows = []
    without = categories(groups, lambda p: "no" if p.blocked is None else "yes", ("yes", "no"))
    for name, patients in shown_groups(groups, lambda p: p.blocked is not None).items():
        parts = [p.blocked for p in patients if p.blocked is not None]
        whole = np.mean([part.share for part in parts], axis=0)
        inside = np.mean([part.share_in_treatment for part in parts], axis=0)
        own = np.array([part.summary.whole.mean for part in parts])
        low, middle, high = (float(x) for x in np.percentile(own, QUARTILES))
        rows.append(
            BlockedRow(
                name,
                shown_size(len(parts), whole_group(groups, name)),
                expected(whole),
                expected(inside),
                (low, middle, high),
                without.count(name, "no"),
            )
        )
    return tuple(rows)


def injection_rows(groups: Groups) -> tuple[InjectionRow, ...]:
    """Share of those with a first injection who had the n-th in time, of all groups together.

    Hidden where it is of fewer than five people, or where so few stopped since the last one shown.
    """
    people = [p.outcomes.injections for patients in groups.values() for p in patients]
    begun = sum(n > 0 for n in people)
    if not begun or is_small(begun):
        return ()
    rows, last = [], begun
    for n in range(2, MOST_INJECTIONS + 1):
        k = sum(m >= n for m in people)
        if is_small(k) or is_small(last - k):
            rows.append(InjectionRow(n, None))
        else:
            rows.append(InjectionRow(n, share(k, begun)))
            last = k
    return tuple(rows)
