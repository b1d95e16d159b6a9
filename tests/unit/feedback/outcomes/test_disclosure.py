"""Small groups: nothing of one to four people is shown or follows from what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antagonist.feedback.outcomes.disclosure import (
    ALL,
    ShownTable,
    hides,
    is_small,
    open_groups,
    shown_table,
)


@pytest.mark.parametrize(
    ("count", "small"), [(0, False), (1, True), (4, True), (5, False), (400, False)]
)
def test_one_to_four_people_are_a_small_group(count: int, small: bool) -> None:
    assert is_small(count) is small


@pytest.mark.parametrize(
    ("k", "n", "hidden"),
    [(0, 20, False), (4, 20, True), (5, 20, False), (16, 20, True), (20, 20, False), (0, 4, True)],
)
def test_a_share_is_hidden_where_it_or_the_rest_is_small(k: int, n: int, hidden: bool) -> None:
    assert hides(k, n) is hidden


def test_one_small_group_takes_the_next_with_it() -> None:
    assert open_groups({"a": 3, "b": 9, "c": 400}) == {"c", ALL}
    assert open_groups({"a": 9, "b": 400}) == {"a", "b", ALL}
    # nothing else to hide: the sum goes too
    assert open_groups({"a": 3, "b": 0}) == frozenset()
    # two small ones of fewer than five people together
    assert open_groups({"a": 1, "b": 2, "c": 30, "d": 40}) == {"d", ALL}
    assert open_groups({}) == frozenset()


def test_no_cell_follows_from_the_rest_of_a_row_or_a_column() -> None:
    found = shown_table(
        {"tablet": {"stayed": 80, "death": 2}, "injection": {"stayed": 60, "death": 9}}
    )
    assert found.count("tablet", "death") is None
    assert found.count("tablet", "stayed") is None  # 82 less it
    assert None in (found.count("injection", "death"), found.count(ALL, "death"))


counts = st.integers(0, 30)
tables = (
    st.integers(1, 3)
    .flatmap(
        lambda width: st.lists(
            st.lists(counts, min_size=width, max_size=width), min_size=1, max_size=3
        )
    )
    .filter(lambda rows: all(sum(row) == 0 or sum(row) >= 5 for row in rows))
)


@given(tables)
@settings(max_examples=60, deadline=None)
def test_whoever_knows_the_sums_cannot_tell_a_small_cell(rows: list[list[int]]) -> None:
    names = [f"c{i}" for i in range(len(rows[0]))]
    table = {f"g{i}": dict(zip(names, row, strict=True)) for i, row in enumerate(rows)}
    found = shown_table(table)
    assert all(
        shown is None or (shown == 0 or shown >= 5)
        for cells in found.cells.values()
        for shown in cells.values()
    )
    for cell in small_cells(table):
        assert not follows(found, cell)


def small_cells(table: dict[str, dict[str, int]]) -> list[tuple[str, str]]:
    return [(g, c) for g, cells in table.items() for c, n in cells.items() if is_small(n)]


def follows(found: ShownTable, cell: tuple[str, str]) -> bool:
    """Whether a hidden cell is a sum of what is shown, given the size of every group."""
    hidden = [(g, c) for g, cells in found.cells.items() for c, n in cells.items() if n is None]
    sums = [[float(each[0] == g) for each in hidden] for g in found.cells]
    sums += [
        [(-1.0 if each[0] == ALL else 1.0) if each[1] == c else 0.0 for each in hidden]
        for c in found.cells[ALL]
    ]
    target = [float(each == cell) for each in hidden]
    known = np.linalg.matrix_rank(np.array(sums))
    return bool(np.linalg.matrix_rank(np.array([*sums, target])) == known)
