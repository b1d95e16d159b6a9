"""Retention curves of a program's groups, told on days on which at least five people moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from antagonist.feedback.outcomes.disclosure import ShownTable, is_small, least_group
from antagonist.feedback.outcomes.grouping import Groups, categories, shown_groups
from antagonist.feedback.outcomes.intervals import Interval
from antagonist.feedback.outcomes.patient import Measured
from antagonist.feedback.outcomes.programme_model import RetentionRow
from antagonist.feedback.outcomes.retention import COMPETING, Stay
from antagonist.feedback.outcomes.survival import Curve, aalen_johansen, kaplan_meier

WEEK = 7
SENSITIVITY_DAY = 26 * WEEK
DROPPED = "dropped_out"
ENDINGS = ("in_treatment", "completed", DROPPED, *COMPETING)


def endings(groups: Groups) -> ShownTable:
    """How treatment ended, people by group and ending."""
    return categories(groups, lambda p: _stay(p).ending, ENDINGS)


def _stay(patient: Measured) -> Stay:
    assert patient.outcomes.stay is not None
    return patient.outcomes.stay


def retention(groups: Groups, table: ShownTable) -> tuple[RetentionRow, ...]:
    """Curves of every group that may be shown. table: ``endings`` of the groups."""
    rows = []
    for name, patients in shown_groups(groups).items():
        stays = [_stay(p) for p in patients]
        dropped = table.count(name, DROPPED)
        if dropped is None:
            continue
        causes = [e for e in (DROPPED, *COMPETING) if table.count(name, e)]
        rows.append(
            RetentionRow(
                name,
                curve_of(stays),
                {cause: incidence_of(stays, cause) for cause in causes},
                _by_gap(patients) if _is_oral(patients) else {},
                SENSITIVITY_DAY,
            )
        )
    return tuple(rows)


def curve_of(stays: Sequence[Stay]) -> Curve:
    """Kaplan-Meier of time in treatment; all but drop-out is censored."""
    days = [float(stay.days) for stay in stays]
    dropped = [stay.ending == DROPPED for stay in stays]
    gone = [d for d, h in zip(days, dropped, strict=True) if h]
    kept = [d for d, h in zip(days, dropped, strict=True) if not h]
    return kaplan_meier(days, dropped, shown_days(days, (gone, kept)))


def incidence_of(stays: Sequence[Stay], ending: str) -> Curve:
    """Aalen-Johansen of one ending, the others competing."""
    days = [float(stay.days) for stay in stays]
    kinds = {name: i for i, name in enumerate((DROPPED, *COMPETING), start=1)}
    cause = [kinds.get(stay.ending, 0) for stay in stays]
    here = [d for d, c in zip(days, cause, strict=True) if c == kinds[ending]]
    rest = [d for d, c in zip(days, cause, strict=True) if c != kinds[ending]]
    grid = shown_days(days, (here, rest))
    return replace(aalen_johansen(days, cause, kinds[ending], grid), median_days=None)


def shown_days(days: Sequence[float], kinds: Sequence[Sequence[float]]) -> list[int]:
    """Days on which a curve may be told: ends of weeks between which nobody or five people left.

    days: of everybody. kinds: the same by kind of leaving; each kind counts by itself. The curve
    ends where fewer than five people are left.
    """
    least, found, last = least_group(), [0], 0
    for day in range(WEEK, int(max(days)) + 1, WEEK):
        if sum(d >= day for d in days) < least:
            break
        if not any(is_small(sum(last < d <= day for d in kind)) for kind in kinds):
            found.append(day)
            last = day
    return found


def _is_oral(patients: Sequence[Measured]) -> bool:
    """Whether everybody began by mouth, so that the gap by mouth tells."""
    return all(p.course.taken[0].route == "oral" for p in patients)


def _by_gap(patients: Sequence[Measured]) -> dict[int, Interval]:
    """Share still in treatment half a year on, by the gap that counts as drop-out."""
    found = {}
    for i, first in enumerate(patients[0].outcomes.stay_by_gap):
        stays = [p.outcomes.stay_by_gap[i].stay for p in patients]
        days = [float(stay.days) for stay in stays]
        dropped = [stay.ending == DROPPED for stay in stays]
        if is_small(sum(dropped)) or sum(d >= SENSITIVITY_DAY for d in days) < least_group():
            continue
        curve = kaplan_meier(days, dropped, [SENSITIVITY_DAY])
        found[first.gap_days] = curve.steps[0].estimate
    return found
