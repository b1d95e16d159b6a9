"""How the kernel's figures are shown: speeds, rivals, the machine's limits, memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

BEST_PUBLISHED = 190.0  # subjects/s on one core: the best mrgsolve figure on this work


def tables(found: Mapping[str, Any]) -> list[Table]:
    """Tables of what ``bench.figures.measured`` found."""
    return [_speeds(found), _rivals(found), _roofline(found), _single(found)]


def _of(found: Mapping[str, Any], threads: int) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """Figures on some threads, by what, schedule and threshold."""
    rows = (f for f in found["figures"] if f["threads"] == threads)
    return {(f["what"], f["schedule"], f["threshold"]): f for f in rows}


def _threads(found: Mapping[str, Any]) -> tuple[int, int]:
    counts = sorted({f["threads"] for f in found["figures"]})
    return counts[0], counts[-1]


def _speeds(found: Mapping[str, Any]) -> Table:
    one, most = _threads(found)
    few, many = _of(found, one), _of(found, most)
    table = Table(
        "what", "schedule", "threshold", "crossings", "subjects/s, 1 core",
        f"subjects/s, {most} cores", "scaling", "over mrgsolve's best", "GB/s written",
        title=f"Kernel: 26 weeks, {found['doses']} doses, {found['subjects']:,} subjects",
    )  # fmt: skip
    for key, fast in many.items():
        slow, crossings, written = few[key], fast["crossings"], fast["bytes_per_s"]
        table.add_row(
            *key,
            "" if crossings is None else f"{crossings:.1f}",
            f"{slow['subjects_per_s']:,.0f}",
            f"{fast['subjects_per_s']:,.0f}",
            f"{fast['subjects_per_s'] / slow['subjects_per_s']:.2f}",
            f"{slow['subjects_per_s'] / BEST_PUBLISHED:,.0f}",
            "" if written is None else f"{written / 1e9:.1f}",
        )
    return table


def _rivals(found: Mapping[str, Any]) -> Table:
    table = Table(
        "rival", "schedule", "subjects/s, 1 core", "kernel's hours over it",
        "kernel's answers over it", "largest deviation", title="The same work by others",
    )  # fmt: skip
    one = _of(found, 1)
    for schedule, rows in found["rivals"].items():
        hours = one["hourly", schedule, ""]["subjects_per_s"]
        told = one["answers", schedule, "low"]["subjects_per_s"]
        for row in rows:
            rate = row["subjects_per_s"]
            if rate is None:
                table.add_row(row["name"], schedule, row["note"], "", "", "")
                continue
            table.add_row(
                row["name"], schedule, f"{rate:,.0f}", f"{hours / rate:,.1f}",
                f"{told / rate:,.1f}", f"{row['deviation']:.0e}",
            )  # fmt: skip
    return table


def _roofline(found: Mapping[str, Any]) -> Table:
    table = Table(
        "cores", "GFLOP/s", "GB/s written", "answers, low: share of arithmetic",
        "hourly: share of arithmetic", "hourly: share of writing", title="The machine's limits",
    )  # fmt: skip
    for limit in found["limits"]:
        own = _of(found, limit["threads"])
        told, hours = own["answers", "shared", "low"], own["hourly", "shared", ""]
        flops = 2.0 * found["multiply_adds"]["answers"] * told["subjects_per_s"]
        each = 2.0 * found["multiply_adds"]["hour"] * found["hours"] * hours["subjects_per_s"]
        table.add_row(
            str(limit["threads"]), f"{limit['gflops']:.0f}",
            f"{limit['write_bytes_per_s'] / 1e9:.1f}", f"{flops / limit['gflops'] / 1e9:.0%}",
            f"{each / limit['gflops'] / 1e9:.0%}",
            f"{hours['bytes_per_s'] / limit['write_bytes_per_s']:.0%}",
        )  # fmt: skip
    return table


def _single(found: Mapping[str, Any]) -> Table:
    table = Table("one patient, memory", "")
    table.add_row("forecast, 26 weeks, 500 draws, warm", f"{found['one_patient_ms']:.0f} ms")
    for subjects, peak in found["peak_bytes"].items():
        table.add_row(
            f"peak memory, answers of {int(subjects):,} subjects", f"{peak / 2**20:.0f} MiB"
        )
    return table
