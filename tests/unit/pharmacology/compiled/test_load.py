"""Compiled loops as functions: they refuse wrong arrays, serve threads and load no compiler."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from antagonist.pharmacology.kernel.compiled.load import loop

ALONE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

from antagonist.pharmacology.kernel import Jumps, LinearSystem, solve

begin = Barrier(4)


def central(dose):
    rates = np.array([[[[-1.3, 0.0], [1.3, -0.2]]]])
    jump = Jumps(np.array([[0.0]]), np.array([[0]]), np.array([[dose]]), np.array([[False]]),
                 np.array([[0]]))
    begin.wait()
    return solve(LinearSystem(rates, np.array([[[[0.0, 1.0]]]])), jump).at(np.array([2.0]))[0, 0, 0]


with ThreadPoolExecutor(4) as pool:
    seen = list(pool.map(central, [50.0, 50.0, 50.0, 50.0]))
exact = 50 * 1.3 / 1.1 * (np.exp(-0.4) - np.exp(-2.6))
assert np.allclose(seen, exact, rtol=1e-12, atol=0), seen
print(" ".join(sorted({"numba", "scipy"} & set(sys.modules))))
"""

BESIDE_NUMBA = """
import numba
import numpy as np

from antagonist.pharmacology.kernel.compiled.load import loop


def judged():
    marks = np.zeros(1, dtype=np.uint8)
    loop("cancelling")(np.array([[-1.0, -2.0]]), np.ones((1, 1, 2)), np.ones((1, 1, 2)), marks,
                       np.empty(200), 1, 2, 1, 1)
    return marks.tolist()


assert judged() == [0]


@numba.njit
def roots(x):
    if x < 0:
        raise ValueError("negative")
    return np.sqrt(np.full(3, x))


assert roots(4.0).sum() == 6.0
try:
    roots(-1.0)
except ValueError as error:
    print(error)
assert judged() == [0]
"""


EXAMPLE = Path(__file__).parents[4] / "examples" / "daily_tablet.yaml"


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a new Python does."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def imported(*arguments: str) -> set[str]:
    """Packages that a command imports."""
    command = "from antagonist.cli.main import run; run()"
    told = ran("-X", "importtime", "-c", command, *arguments).stderr
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}


def test_threads_that_come_first_at_once_get_answers_and_no_compiler_is_imported() -> None:
    assert ran("-c", ALONE).stdout.strip() == ""


def test_whoever_uses_numba_in_the_same_process_is_left_alone() -> None:
    assert ran("-c", BESIDE_NUMBA).stdout.strip() == "negative"


def test_a_forecast_imports_no_compiler() -> None:
    found = imported("simulate", str(EXAMPLE))
    assert {"numpy", "llvmlite"} <= found
    assert not {"numba", "scipy"} & found


def test_the_help_imports_nothing_that_works_things_out() -> None:
    found = imported("--help")
    assert "antagonist" in found
    assert not {"llvmlite", "numba", "numpy", "scipy"} & found


def test_an_array_of_another_type_or_order_is_refused() -> None:
    good = {
        "values": np.array([[-1.0, -2.0]]),
        "left": np.ones((1, 1, 2)),
        "right": np.ones((1, 1, 2)),
        "marks": np.zeros(1, dtype=np.uint8),
        "work": np.empty(200),
    }
    sizes = (1, 2, 1, 1)
    loop("cancelling")(*good.values(), *sizes)
    assert good["marks"].tolist() == [0]
    for wrong in (
        {"values": good["values"].astype(np.float32)},
        {"values": np.asfortranarray(np.ones((2, 2)))},
        {"marks": np.zeros(1, dtype=bool)},
        {"work": np.empty(400)[::2]},
    ):
        with pytest.raises(TypeError, match="is needed"):
            loop("cancelling")(*(good | wrong).values(), *sizes)


def test_too_few_arguments_and_unknown_loops_are_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        loop("cancelling")(np.ones((1, 2)))
    with pytest.raises(KeyError):
        loop("no such loop")
