"""Patients of a program by group, and figures of people that small groups may not give away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from antagonist.feedback.outcomes.disclosure import (
    ALL,
    ShownTable,
    is_small,
    open_groups,
    shown_table,
)
from antagonist.feedback.outcomes.intervals import Share, clopper_pearson, mean_interval, share
from antagonist.feedback.outcomes.patient import Measured
from antagonist.feedback.outcomes.programme_model import Mean

YES, NO = "yes", "no"
Groups = Mapping[str, Sequence[Measured]]


def by_group(patients: Iterable[Measured]) -> Groups:
    """Patients with a dose, by the product that treatment began with, in order of name."""
    found: dict[str, list[Measured]] = {}
    for patient in patients:
        if patient.outcomes.stay is not None:
            found.setdefault(patient.outcomes.stay.group, []).append(patient)
    return {name: found[name] for name in sorted(found)}


def shown_groups(
    groups: Groups, of: Callable[[Measured], bool] = lambda _: True
) -> dict[str, list[Measured]]:
    """Groups of which figures may be shown, ``all`` first where it may be.

    of: whether the figure speaks of a patient; groups are of those.
    """
    here = {name: [p for p in patients if of(p)] for name, patients in groups.items()}
    allowed = open_groups({name: len(patients) for name, patients in here.items()})
    everybody = [p for patients in here.values() for p in patients]
    found = {ALL: everybody} if ALL in allowed else {}
    return found | {name: patients for name, patients in here.items() if name in allowed}


def categories(
    groups: Groups,
    category: Callable[[Measured], str],
    names: Sequence[str],
    *,
    sums_first: bool = False,
) -> ShownTable:
    """People by group and category, small cells hidden. names: all categories.

    sums_first: as for ``shown_table``.
    """
    table = {
        group: {name: sum(category(p) == name for p in patients) for name in names}
        for group, patients in groups.items()
    }
    return shown_table(table, sums_first=sums_first)


def shares(
    groups: Groups,
    is_so: Callable[[Measured], bool | None],
    *,
    exact: bool = False,
    sums_first: bool = False,
) -> dict[str, tuple[Share | None, int | None]]:
    """Share of people of whom something is so, and how many it cannot be told of, by group.

    is_so: None = cannot be told. exact: Clopper-Pearson's interval, else Wilson's. None = hidden.
    sums_first: as for ``shown_table``.
    """

    def told(patient: Measured) -> str:
        found = is_so(patient)
        return "unknown" if found is None else (YES if found else NO)

    table = categories(groups, told, (YES, NO, "unknown"), sums_first=sums_first)
    found: dict[str, tuple[Share | None, int | None]] = {}
    for group, cells in table.cells.items():
        yes, no = cells[YES], cells[NO]
        made = None
        if yes is not None and no is not None:
            n = yes + no
            made = Share(yes, n, clopper_pearson(yes, n)) if exact else share(yes, n)
        found[group] = (made, cells["unknown"])
    return found


def whole_group(groups: Groups, name: str) -> list[Measured]:
    """Everybody of a group, or of all of them."""
    if name == ALL:
        return [patient for patients in groups.values() for patient in patients]
    return list(groups[name])


def shown_size(n: int, group: Sequence[Measured]) -> int | None:
    """A number of people of a group, unless the others of the group are one to four."""
    return None if is_small(len(group) - n) else n


def mean_of(values: Iterable[float | None]) -> Mean:
    """Mean of shares over patients; those without one are left out.

    Hidden where it is of one to four people; its number is, where so many are left out.
    """
    each = list(values)
    known = [value for value in each if value is not None]
    if is_small(len(known)):
        return Mean(None, None)
    n = None if is_small(len(each) - len(known)) else len(known)
    return Mean(n, mean_interval(known, within=(0.0, 1.0)))
