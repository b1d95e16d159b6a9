"""Answers and hours of every product that has levels, in the real model at its median."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.support.answer_cases import Course, Curve, agree

from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import LinearSystem
from antagonist.pharmacology.kernel.trajectories import Steps, trajectories
from antagonist.pharmacology.kernel.window import Window
from antagonist.pharmacology.subjects import definitions

PRODUCTS = sorted({f.id for f in formulations().values() if f.status == "data"})
MODEL = structure("slow_both")
DAY_H = 24.0
# Levels over the peak: far under, under, at (just under and just over), over.
SHARES = [0.003, 0.05, 0.3, 0.7, 0.98, 1.02]


def doses(name: str) -> tuple[list[float], float]:
    """Hours of the doses, and until when: days, weeks or months, as the product is given."""
    if formulations()[name].route in ("oral", "iv", "intranasal"):
        return [DAY_H * d for d in (0, 2, 4, 7, 9, 11, 14, 16, 20)], 35 * DAY_H
    if formulations()[name].route == "implant":
        return [0.0], 400 * DAY_H
    return [0.0, 28 * DAY_H, 59 * DAY_H], 120 * DAY_H


@cache
def given(name: str) -> Course:
    """Mu-receptor odds after doses of the product."""
    known = definitions(MODEL, {name: formulations()[name]})
    values = {n: np.array([[p.value]]) for n, p in known.items()}
    hours, until_h = doses(name)
    amt_mg = formulations()[name].typical_dose_mg or 0.5 * formulations()[name].max_dose_mg
    records = [EventRecord(t, 1, amt_mg, product=name) for t in hours]
    assembly = assemble(MODEL, {name: formulations()[name]}, values, records)
    outputs = assembly.system.outputs
    ntx, metabolite = (assembly.outputs.index(n) for n in ("effect_ntx", "effect_6bn"))
    row = outputs[:, :, ntx] + values["w_6bn"][..., None] * outputs[:, :, metabolite]
    odds = (row / values["K_mu"][..., None])[:, :, None]
    system = LinearSystem(assembly.system.rates_per_h, odds)
    window = Window(0.0, until_h, 30 * DAY_H, 7 * DAY_H)
    return Course(system, jumps_of(assembly, MODEL, [records]), window)


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_product_is_served_by_the_loops(name: str) -> None:
    """No amount is negative but what takes back a constant rate: that would be the slow way."""
    course = given(name)
    jumps = course.jumps
    held = np.diagonal(course.system.rates_per_h[0, 0]) == 0
    assert (jumps.amount[0][~held[jumps.target[0]]] >= 0).all()


def several(one: Course, count: int) -> Course:
    """The same subject so many times."""
    wide = LinearSystem(
        np.repeat(one.system.rates_per_h, count, axis=0),
        np.repeat(one.system.outputs, count, axis=0),
    )
    return replace(one, system=wide)


@pytest.mark.parametrize("name", PRODUCTS)
def test_answers_over_the_products_course(name: str) -> None:
    curve = Curve(given(name))
    levels = curve.peak * np.array(SHARES)
    found = several(given(name), len(levels)).answers(levels)
    assert found.crossings[:5].max() > 0
    assert found.above_h[-1] == 0
    assert (np.diff(found.above_h) < 0).all()
    for s, level in enumerate(levels):
        agree(curve, float(level), found, s)


@pytest.mark.parametrize("name", PRODUCTS)
def test_hours_over_the_products_course(name: str) -> None:
    one = given(name)
    grid = Steps(0.0, 1.0, int(one.window.until_h) + 1)
    seen = trajectories(one.system, one.jumps, one.weights, grid)
    curve = Curve(one)
    expected = curve.seen(grid.time_h)
    assert (np.abs(seen[0] - expected) <= 1e-12 * curve.peak).all()
