"""Calibration of the patient's own model: docs/reference/calibration-own-model.md.

python benchmarks/own_model.py [--patients 1000] [--case as_assumed ...] [--workers 2]
    [--no-misfits] [--json FILE] [--figure FILE.svg]

Simulated patients: a tablet a day for two weeks by the patient's word, six levels. Each is learnt;
the truth's place among the draws is counted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from antagonist.feedback.own_model.coverage import CASES, Case, Placed, covered, placed
from antagonist.feedback.own_model.model import OnMisfit
from antagonist.report.images import save

BINS = 20
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def ranks_of(found: Sequence[Placed]) -> dict[str, list[float]]:
    """Ranks of every quantity."""
    rng = np.random.default_rng(0)
    return {name: [p.rank(name, rng) for p in found] for name in found[0].below}


def intake_rows(found: Sequence[Placed]) -> list[tuple[float, float, int, float, float]]:
    """P(taken) in classes: from, to, doses, mean chance, share taken."""
    chance = np.array([c for p in found for c in p.chance])
    taken = np.array([t for p in found for t in p.taken])
    rows = []
    for low, high in pairwise(EDGES):
        inside = (chance >= low) & ((chance < high) | (high == 1.0))
        if inside.any():
            rows.append((low, high, int(inside.sum()), chance[inside].mean(), taken[inside].mean()))
    return rows


def tables(case: Case, found: Sequence[Placed]) -> str:
    """The tables of one case, in Markdown."""
    ranks = ranks_of(found)
    lines = [f"## {case}: {len(found)} patients", "", "| quantity | 50 % | 90 % | mean rank |",
             "| --- | --- | --- | --- |"]  # fmt: skip
    for name, at in ranks.items():
        lines.append(f"| {name} | {covered(at, 0.5):.3f} | {covered(at):.3f} | {np.mean(at):.3f} |")
    lines += [
        "",
        "| chance of taken | doses | mean chance | share taken |",
        "| --- | --- | --- | --- |",
    ]
    for low, high, count, mean, share in intake_rows(found):
        lines.append(f"| {low:g}-{high:g} | {count} | {mean:.3f} | {share:.3f} |")
    ess, k = np.array([p.ess for p in found]), np.array([p.pareto_k for p in found])
    misfits = np.array([p.misfits for p in found])
    lines += [
        "",
        f"Effective sample: median {np.median(ess):.0f}, 5 % under {np.quantile(ess, 0.05):.0f}. "
        f"Pareto k: median {np.median(k):.2f}, over 0.7 in {(k > 0.7).mean():.1%}. "
        f"A level flagged in {(misfits > 0).mean():.1%} of patients.",
        "",
    ]
    return "\n".join(lines)


def figure(found: Sequence[Placed], path: Path) -> None:
    """Rank histograms with the band of 99 % of counts, and P(taken) against the share taken."""
    from matplotlib.figure import Figure
    from scipy.stats import binom

    ranks = ranks_of(found)
    drawn = Figure(figsize=(11, 8.5), layout="constrained")
    axes = drawn.subplots(3, 4).ravel()
    low, high = (float(binom.ppf(p, len(found), 1 / BINS)) for p in (0.005, 0.995))
    for axis, (name, at) in zip(axes, ranks.items(), strict=False):
        axis.axhspan(low, high, color="0.88")
        axis.axhline(len(found) / BINS, color="0.6", linewidth=0.8)
        axis.hist(at, bins=BINS, range=(0, 1), color="#3b6ea5", edgecolor="white", linewidth=0.5)
        axis.set_title(f"{name}: {covered(at):.1%} in the 90 % interval", fontsize=9)
        axis.set_xlabel("rank of the truth", fontsize=8)
    last = axes[len(ranks)]
    rows = intake_rows(found)
    last.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    for _, _, count, mean, share in rows:
        error = 1.96 * np.sqrt(max(mean * (1 - mean), 1e-9) / count)
        last.errorbar(mean, share, yerr=error, fmt="o", color="#3b6ea5", markersize=4, capsize=2)
    last.set_title("doses: taken against P(taken)", fontsize=9)
    last.set_xlabel("P(taken)", fontsize=8)
    for axis in axes[len(ranks) + 1 :]:
        axis.set_visible(False)
    save(drawn, path)


def main() -> None:
    """Run the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-misfits", action="store_true", help="do not look for misfits: faster")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--figure", type=Path, help="of the first case")
    asked = parser.parse_args()
    kept: dict[str, object] = {}
    how: OnMisfit = "ignore" if asked.no_misfits else "keep"
    for n, case in enumerate(asked.case or CASES):
        with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
            found = list(
                pool.map(partial(placed, case, misfit=how), range(asked.patients), chunksize=5)
            )
        print(tables(case, found), flush=True)
        kept[case] = [vars(p) for p in found]
        if asked.figure and n == 0:
            figure(found, asked.figure)
        if asked.json:
            asked.json.write_text(json.dumps(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
