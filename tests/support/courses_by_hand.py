"""Courses of the model in ``nonmem_tables`` followed by hand with SciPy's DOP853.

The equations are written out again; nothing of the package is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from tests.support.nonmem_tables import TABLET_SHARE, VALUES, F

Floats = NDArray[np.float64]
_INTERVALS = 30  # of 24 h, or as many hours of others, after which 1e-13 of a dose is left


@dataclass(frozen=True)
class Body:
    """What holds of the model between two moments; as VALUES unless said otherwise."""

    cl: float = VALUES["CL"]
    ka: float = VALUES["ka"]
    q: float = VALUES["Q"]

    def slopes(self, mg: Floats) -> Floats:
        """Change per hour of (gut, tablet, central, peripheral), mg/h."""
        gut, tablet, central, peripheral = mg
        out, back = self.q / VALUES["V1"] * central, self.q / VALUES["V2"] * peripheral
        absorbed = self.ka * (gut + TABLET_SHARE * tablet)
        left = self.cl / VALUES["V1"] * central
        return np.array(
            [-self.ka * gut, -self.ka * tablet, absorbed - left - out + back, out - back]
        )


STATES = ("gut", "tablet", "central", "peripheral")


@dataclass(frozen=True)
class Moment:
    """What happens at one hour, in this order: empty, new body, amounts, rates of infusion.

    gives_mg: state -> what enters at once. runs: state -> change of its constant inflow, mg/h.
    """

    time_h: float
    gives_mg: Mapping[str, float] = field(default_factory=dict)
    runs: Mapping[str, float] = field(default_factory=dict)
    empties: bool = False
    body: Body | None = None


def infusion(start_h: float, state: str, rate_mg_per_h: float, lasts_h: float) -> list[Moment]:
    """The two moments of a constant-rate infusion."""
    return [
        Moment(start_h, runs={state: rate_mg_per_h}),
        Moment(start_h + lasts_h, runs={state: -rate_mg_per_h}),
    ]


def series(moment: Moment, interval_h: float, count: int) -> list[Moment]:
    """A moment ``count`` times, ``interval_h`` apart."""
    return [replace(moment, time_h=moment.time_h + n * interval_h) for n in range(count)]


def history(moment: Moment, interval_h: float) -> list[Moment]:
    """A moment and those before it that still count: what a steady state is the end of."""
    count = int(_INTERVALS * 24 / interval_h)
    first = replace(moment, time_h=moment.time_h - count * interval_h)
    return series(first, interval_h, count + 1)


def enters(time_h: float, amt_mg: float = 50.0) -> Moment:
    """What a dose into the gut does, ``time_h`` being when its lag is over."""
    return Moment(time_h, {"gut": F * amt_mg})


def by_hand(moments: Sequence[Moment], time_h: Floats, body: Body | None = None) -> Floats:
    """Mg in the central compartment, just after what happens at each hour; shape (T,).

    Every hour asked for ends a step: what DOP853 gives inside a step is only good to 1e-8.
    """
    body, mg, inflow = body or Body(), np.zeros(len(STATES)), np.zeros(len(STATES))
    seen: dict[float, float] = {}
    edges = sorted({*time_h.tolist(), *(m.time_h for m in moments)})
    for start_h, end_h in pairwise([*edges, edges[-1] + 1.0]):
        for moment in (m for m in moments if m.time_h == start_h):
            if moment.empties:
                mg, inflow = np.zeros(len(STATES)), np.zeros(len(STATES))
            body = moment.body or body
            mg = mg + [moment.gives_mg.get(name, 0.0) for name in STATES]
            inflow = inflow + [moment.runs.get(name, 0.0) for name in STATES]
        seen[start_h] = float(mg[2])
        if mg.any() or inflow.any():
            mg = _moved(body, inflow, mg, start_h, end_h)
    return np.array([seen[t] for t in time_h.tolist()])


def _moved(body: Body, inflow: Floats, mg: Floats, start_h: float, end_h: float) -> Floats:
    found = solve_ivp(
        lambda _, y: body.slopes(y) + inflow,
        (start_h, end_h),
        mg,
        method="DOP853",
        first_step=min(1e-3, end_h - start_h),
        rtol=1e-11,
        atol=1e-13,
    )
    assert found.success, found.message
    end: Floats = found.y[:, -1]
    return end


def agree(ours: Floats, theirs: Floats, rtol: float = 1e-9) -> None:
    """Both equal to ``rtol`` of the peak; a peak must be there."""
    peak = float(np.abs(theirs).max())
    assert peak > 0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rtol * peak)
