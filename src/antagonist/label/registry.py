"""The same rules over a table of patients: verdicts for a registry, one row a patient.

The table has the columns that ``conditions.columns`` describes: flat facts, with their ages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from antagonist.label.answers import VERDICTS
from antagonist.label.conditions.columns import Masks, evaluated
from antagonist.label.facts import Facts, fact_types
from antagonist.label.rulebook import Asked, Rulebook
from antagonist.label.rules import Rule
from antagonist.label.screening import CLOSING

ARROW = {"yes_no": pa.bool_(), "number": pa.float64(), "set": pa.list_(pa.string())}


def screened_table(table: pa.Table, asked: Asked, book: Rulebook) -> pa.Table:
    """Verdict of every row, with the rules that decided it.

    table: flat facts. asked: question, indication, route and label, the same for all rows.
    Returns the columns ``verdict``, ``true`` and ``unknown`` (lists of rule ids; of the unknown
    ones only those that gate). Equal, row by row, to ``screening.screened`` without departures.
    """
    names = book.names(asked)
    masks = evaluated(book.graph, table, names)
    rules = [book.rules[name] for name in names]
    return pa.table(
        {
            "verdict": pa.array(_verdicts(rules, masks, table.num_rows), pa.string()),
            "true": _lists([(rule.id, masks[rule.id].true) for rule in rules], table.num_rows),
            "unknown": _lists(
                [(r.id, ~masks[r.id].known) for r in rules if r.gating], table.num_rows
            ),
        }
    )


def _verdicts(rules: Sequence[Rule], masks: dict[str, Masks], rows: int) -> NDArray[np.object_]:
    """Places of the verdicts in VERDICTS, the strictest that applies."""

    def any_true(severities: Iterable[str]) -> NDArray[np.bool_]:
        found = np.zeros(rows, bool)
        for rule in rules:
            if rule.severity in severities:
                found |= masks[rule.id].true
        return found

    unknown = np.zeros(rows, bool)
    for rule in rules:
        if rule.gating:
            unknown |= ~masks[rule.id].known
    conditions = [any_true(CLOSING), any_true({"defer"}), unknown, any_true({"warn"})]
    place = np.select(conditions, range(len(conditions)), default=len(conditions))
    found: NDArray[np.object_] = np.array(VERDICTS, dtype=object)[place]
    return found


def _lists(columns: Sequence[tuple[str, NDArray[np.bool_]]], rows: int) -> pa.ListArray:
    """For each row the names whose mask is set."""
    if not columns:
        return pa.array([[]] * rows, pa.list_(pa.string()))
    grid = np.column_stack([mask for _, mask in columns])
    offsets = np.concatenate(([0], np.cumsum(grid.sum(axis=1)))).astype(np.int32)
    names = pa.array([name for name, _ in columns], pa.string())
    values = names.take(pa.array(np.nonzero(grid)[1].astype(np.int32)))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def facts_table(patients: Sequence[Facts]) -> pa.Table:
    """Flat facts of some patients as a table. patients: as ``gathered`` gives them."""
    names = sorted({name for facts in patients for name in facts})
    columns: dict[str, pa.Array] = {}
    for name in names:
        cells = [facts.get(name) for facts in patients]
        kind = fact_types()[name].kind
        if kind == "set":
            columns[name] = pa.array(
                [sorted(map(str, c.value)) if c and isinstance(c.value, frozenset) else None
                 for c in cells],
                ARROW["set"],
            )  # fmt: skip
            columns[f"{name}.complete"] = pa.array(
                [bool(c and c.state == "known") for c in cells], pa.bool_()
            )
        else:
            values = [c.value if c and c.state == "known" else None for c in cells]
            columns[name] = pa.array(values, ARROW.get(kind, pa.string()))
        columns[f"{name}.age_h"] = pa.array([c.age_h if c else None for c in cells], pa.float64())
    return pa.table(columns)
