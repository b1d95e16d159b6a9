"""NONMEM tables put to the package, on one small model: NONMEM's ADVAN4, or its ADVAN2.

``courses_by_hand`` follows the same courses without the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.dosing import load_nonmem
from antagonist.pharmacology.dosing.nonmem import CovariateRule
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.models import Structure
from antagonist.pharmacology.parameter_sets import Fitted, ParameterSet
from antagonist.pharmacology.subjects import Estimates, Include

Floats = NDArray[np.float64]
SALT = 0.9035  # mg of base in 1 mg as stated on the products ``iv`` and ``oral_tablet``
TABLET_SHARE = 0.4  # of a tablet reaches the central compartment
VALUES: Mapping[str, float] = {
    "CL": 8.0, "V1": 40.0, "Q": 6.0, "V2": 60.0, "ka": 1.1, "F": 0.6, "lag": 2.0,
}  # fmt: skip
F, LAG_H = VALUES["F"], VALUES["lag"]
HOURS = np.array(
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 10.0, 16.0, 23.9, 24.0, 26.0, 30.0,
     40.0, 48.0, 49.0, 50.0, 60.0, 72.0, 80.0, 100.0]
)  # fmt: skip
Row = dict[str, float | str]
_SOURCED = {"source": "made up for a test", "provenance": "assumed"}
_SCALES = {"lag": "identity"}  # a lag may be 0
_EFFECTS = (
    ("CL", "weight_kg", "log(weight_kg / 70)"),
    ("F", "meal", "log(1.5) * meal"),
    ("lag", "late_h", "late_h"),
)


def structure(values: Mapping[str, float], *, peripheral: bool) -> Structure:
    """Gut (CMT 1, with F and lag), central (CMT 2) and, where asked for, a peripheral (CMT 3)."""
    transfers = [
        {"from": "gut", "to": "central", "rate": "ka"},
        {"from": "central", "rate": "CL / V1"},
        {"from": "central", "to": "peripheral", "rate": "Q / V1"},
        {"from": "peripheral", "to": "central", "rate": "Q / V2"},
    ]
    content: dict[str, Any] = {
        "id": "table",
        "version": "1",
        "title": "Gut, central, peripheral",
        "compartments": ["gut", "central", "peripheral"][: 2 + peripheral],
        "transfers": transfers[: 2 + 2 * peripheral],
        "entries": {"systemic": {"central": "1"}, "portal": {"central": str(TABLET_SHARE)}},
        "dose_inputs": {"gut": {"fraction": "F", "lag_h": "lag"}},
        "outputs": {"central": {"of": "central", "gain": "1", "unit": "mg"}},
        "parameters": {
            name: {
                "value": value,
                "unit": "unit",
                "transform": _SCALES.get(name, "log"),
                **_SOURCED,
            }
            for name, value in values.items()
        },
        "covariates": [
            {"parameter": p, "covariate": c, "shift": shift, **_SOURCED} for p, c, shift in _EFFECTS
        ],
    }
    return Structure.model_validate(content)


def gut(time: float, amt: float = 50.0, **more: float | str) -> Row:
    """A dose row into the gut, which has a lag and a fraction."""
    return {"time": time, "amt": amt, "evid": 1, "cmt": "gut", **more}


def iv(time: float, amt: float = 50.0, **more: float | str) -> Row:
    """A dose row into the central compartment."""
    return {"time": time, "amt": amt, "evid": 1, "cmt": "central", **more}


def other(time: float, evid: int, **more: float | str) -> Row:
    """A row that gives nothing."""
    return {"time": time, "evid": evid, **more}


def table(*rows: Mapping[str, float | str]) -> list[str]:
    """CSV lines of one subject: each row's cells by column; a column that a row lacks is '.'."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(str(row.get(name, ".")) for name in names) for row in rows]
    return [",".join(["id", *names]), *(f"1,{line}" for line in lines)]


def central_mg(
    folder: Path,
    rows: Sequence[str],
    time_h: Floats,
    *,
    hold: CovariateRule = "from_row",
    peripheral: bool = True,
    **values: float,
) -> Floats:
    """The package's answer: a table's first subject, read and solved as a forecast does it.

    rows: header first, as of ``table``. time_h: shape (T,). values: parameters not as in VALUES.
    Returns mg in the central compartment, shape (T,).
    """
    path = folder / "table.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    subject = load_nonmem(path, ("iv", "oral_tablet"), covariates_hold=hold)[0]
    known = structure({**VALUES, **values}, peripheral=peripheral)
    nothing = Estimates((), np.zeros(0), np.zeros((0, 0)), {}, {})
    parameters = ParameterSet("table", "1", "0" * 64, (Fitted(known, nothing, 1.0),))
    typical = Include(parameters=False, studies=False, subjects=False)
    rng = np.random.default_rng(1)
    drawn = ensemble(parameters, subject, draws=1, rng=rng, include=typical)
    found: Floats = drawn.signal("central", time_h)[0]
    return found
