"""The machine's limits: what is counted, on a clock that the test sets."""

from __future__ import annotations

from itertools import count

import pytest

from antagonist.bench import roofline
from antagonist.bench.roofline import Limits, gflops, limits, write_bytes_per_s


@pytest.fixture
def two_seconds_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is two seconds after the last."""
    ticks = count(0.0, 2.0)
    monkeypatch.setattr(roofline, "perf_counter", lambda: next(ticks))


@pytest.mark.usefixtures("two_seconds_each")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_multiply_add_counts_as_two(threads: int) -> None:
    done = gflops(threads, size=8, products=3, repeats=2)
    assert done == pytest.approx(2 * 8**3 * 3 * threads / 2.0 / 1e9)


@pytest.mark.usefixtures("two_seconds_each")
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_bytes_written_are_those_of_the_whole_array(threads: int) -> None:
    assert write_bytes_per_s(threads, array_bytes=80_000, repeats=2) == 40_000


def test_the_best_of_the_repeats_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 5.0, 10.0, 11.0, 20.0, 24.0])
    monkeypatch.setattr(roofline, "perf_counter", lambda: next(times))
    assert write_bytes_per_s(1, array_bytes=8_000, repeats=3) == 8_000


def test_limits_come_from_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def printed_by(*command: str) -> dict[str, float]:
        asked.append(command)
        return {"threads": 2, "gflops": 50.0, "write_bytes_per_s": 2e10}

    monkeypatch.setattr(roofline, "printed_by", printed_by)
    assert limits(2) == Limits(2, 50.0, 2e10)
    assert asked == [("antagonist.bench.roofline", "2")]


def test_no_threads() -> None:
    with pytest.raises(ValueError, match="0 threads: at least 1 is needed"):
        limits(0)
