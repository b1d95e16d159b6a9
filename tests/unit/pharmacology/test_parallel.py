"""Work shared out to threads that stay, asked for by several callers at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from antagonist.pharmacology.kernel import parallel
from antagonist.pharmacology.kernel.parallel import WORTH_A_THREAD, share_out


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two cores and so one helping thread, whatever the machine has."""
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    parallel._helpers.cache_clear()
    yield
    parallel._helpers().shutdown()
    parallel._helpers.cache_clear()


@pytest.mark.usefixtures("two_cores")
def test_a_caller_does_what_no_thread_has_begun() -> None:
    free, held = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        assert free.wait(30)

    other = parallel._helpers().submit(hold)
    assert held.wait(30)
    done, who = np.zeros(10), set[int]()

    def work(part: slice) -> None:
        done[part] += 1
        who.add(threading.get_ident())

    share_out(10, WORTH_A_THREAD, work)
    assert not other.done()
    free.set()
    assert done.tolist() == [1] * 10
    assert who == {threading.get_ident()}


@pytest.mark.usefixtures("two_cores")
def test_work_may_share_out_again() -> None:
    done = np.zeros((4, 6))

    def row(rows: slice) -> None:
        for n in range(rows.start, rows.stop):
            share_out(6, WORTH_A_THREAD, lambda part, n=n: add(n, part))  # type: ignore[misc]

    def add(n: int, part: slice) -> None:
        done[n, part] += 1

    share_out(4, WORTH_A_THREAD, row)
    assert (done == 1).all()


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("bad", [0, 9])
def test_an_error_of_any_slice_is_the_callers(bad: int) -> None:
    def work(part: slice) -> None:
        if part.start <= bad < part.stop:
            raise ArithmeticError(bad)

    with pytest.raises(ArithmeticError):
        share_out(10, WORTH_A_THREAD, work)
