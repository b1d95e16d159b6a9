"""A wrong row is named by file, line, column and value."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.pharmacology.estimation.fits import SOURCED, fit, model

from antagonist.foundation.errors import InputError

TWO = {
    "conc": {"of": "central", "gain": "1 / V", "unit": "mg/L"},
    "amount": {"of": "central", "gain": "1", "unit": "mg"},
}


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("CMT,DV", "3,1.0", "line 3, column cmt: 3 is not allowed"),
        ("CMT,DV", "1,1.0", "line 3, column cmt: 1 is not allowed"),
        ("CMT,DV", "2,x", "line 3, column dv: 'x' is not allowed"),
        ("CMT,DV,DVID", "2,1.0,4", "line 3, column dvid: 4 is not allowed"),
        ("CMT,DV,BLQ", "2,1.0,1", "line 3, column lloq: nothing is not allowed"),
        ("CMT,DV,BLQ,LLOQ", "2,1.0,2,1", "line 3, column blq: '2' is not allowed"),
        ("CMT,DV,CENS,LIMIT", "2,1.0,1,0.1", "line 3, column limit: '0.1' is not allowed"),
        ("CMT,DV,CENS", "2,.,1", "line 3, column dv: nothing is not allowed"),
        ("CMT,DV,WT", "2,1.0,heavy", "line 3, column WT: 'heavy' is not allowed"),
    ],
)
def test_a_bad_row(tmp_path: Path, header: str, row: str, words: str) -> None:
    cells = header.count(",")
    table = f"ID,TIME,AMT,{header}\n1,0,100,1{',.' * cells}\n1,2,0,{row}\n"
    with pytest.raises(InputError) as caught:
        fit(tmp_path, model(), table)
    assert str(caught.value).startswith("data.csv: ")
    assert words in str(caught.value)


def test_two_outputs_of_one_compartment_need_a_number(tmp_path: Path) -> None:
    errors = {name: {"proportional": 0.2, **SOURCED} for name in TWO}
    table = "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,0,2,50\n"
    with pytest.raises(InputError, match="line 3, column cmt: 2"):
        fit(tmp_path, model(outputs=TWO, residuals=errors), table)
    numbered = {name: output | {"cmt": n} for n, (name, output) in enumerate(TWO.items(), start=2)}
    found = fit(tmp_path, model(outputs=numbered, residuals=errors), table.replace("2,50", "3,50"))
    assert found.histories[0].levels[0].output == "amount"


def test_a_value_on_the_logarithm_must_be_positive(tmp_path: Path) -> None:
    content = model(residuals={"conc": {"log_sd": 0.2, **SOURCED}})
    with pytest.raises(InputError, match=r"line 3, column dv: 0\.0"):
        fit(tmp_path, content, "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,0,2,0\n")


def test_a_modelled_rate_needs_a_model(tmp_path: Path) -> None:
    table = "ID,TIME,AMT,RATE,CMT,DV\n1,0,100,-2,2,.\n1,2,0,0,2,1\n"
    with pytest.raises(InputError, match="RATE: -2"):
        fit(tmp_path, model(), table)


def test_an_error_of_nothing_is_refused(tmp_path: Path) -> None:
    content = model(residuals={"conc": {**SOURCED}})
    with pytest.raises(InputError, match=r"residuals\.conc"):
        fit(tmp_path, content, "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,0,2,1\n")
