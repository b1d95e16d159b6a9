"""The kernel's benchmark: what it measures fits its schema and is shown whole."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from antagonist.bench import figures, rivals, roofline
from antagonist.bench.rivals import Row
from antagonist.bench.roofline import Limits
from antagonist.cli.bench_kernel import tables
from antagonist.cli.schema_bench import KernelFigures
from antagonist.pharmacology.kernel.parallel import cores

ROWS = [
    Row("a solver", "", 4, 6.0, 1.0, 2e-6),
    Row("another", "not installed (pip install another)"),
]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rivals, "rows", lambda **_: ROWS)
        patch.setattr(roofline, "limits", lambda threads: Limits(threads, 50.0, 2e10))
        patch.setattr(figures, "peak_bytes", lambda subjects: 300 * 2**20 + subjects)
        patch.setattr(figures, "milliseconds", lambda: 20.0)
        patch.setattr(figures, "REPEATS", 1)
        return figures.measured(64)


def test_it_fits_its_schema(found: dict[str, Any]) -> None:
    adapter = TypeAdapter(KernelFigures)
    text = json.dumps(found)
    assert json.loads(adapter.dump_json(adapter.validate_json(text))) == json.loads(text)
    with pytest.raises(ValidationError):
        adapter.validate_python({**found, "one_patient_ms": 0.0})


def test_every_threshold_and_schedule_is_measured_on_one_core_and_all(
    found: dict[str, Any],
) -> None:
    told = {
        (f["schedule"], f["threshold"], f["threads"])
        for f in found["figures"]
        if f["what"] == "answers"
    }
    counts = {1, cores()}
    assert told == {
        (schedule, threshold, threads)
        for schedule in ("shared", "own")
        for threshold in ("low", "clinical", "high")
        for threads in counts
    }
    assert all(f["subjects_per_s"] > 0 for f in found["figures"])


def test_few_cross_the_low_level_and_every_dose_crosses_the_high_one_twice(
    found: dict[str, Any],
) -> None:
    crossings = {
        f["threshold"]: f["crossings"] for f in found["figures"] if f["schedule"] == "shared"
    }
    assert crossings["low"] < 10
    assert crossings["high"] > 150


def test_the_tables_show_speeds_rivals_limits_and_memory(found: dict[str, Any]) -> None:
    page = io.StringIO()
    console = Console(file=page, width=200)
    for table in tables(found):
        console.print(table)
    shown = page.getvalue()
    for part in ("clinical", "hourly, single precision", "a solver", "not installed", "20 ms"):
        assert part in shown
    assert "300 MiB" in shown
