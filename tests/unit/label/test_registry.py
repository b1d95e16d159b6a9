"""A registry: the same verdicts over a table as for each patient alone."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from tests.support.patients import EXAMPLES, INJECTION, US_TABLET

from antagonist.label.answers import PERMITTING
from antagonist.label.assess import product_facts
from antagonist.label.formulary import product
from antagonist.label.gathered import gathered, moment
from antagonist.label.patient import load_patient
from antagonist.label.registry import facts_table, screened_table
from antagonist.label.rulebook import Asked, rulebook
from antagonist.label.screening import Case, screened

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize("label", [None, "us", "ru"])
@pytest.mark.parametrize("name", [US_TABLET, INJECTION])
@pytest.mark.parametrize("indication", ["opioid", "alcohol"])
def test_every_row_is_what_the_patient_alone_would_get(
    name: str, label: str | None, indication: str
) -> None:
    item = product(name)
    patients = [load_patient(path) for path in sorted(EXAMPLES.glob("*.yaml"))]
    facts = [dict(gathered(p, moment(p)).facts) | product_facts(item, p) for p in patients] + [{}]
    asked = Asked("start", indication, item.route, label)  # type: ignore[arg-type]
    table = screened_table(facts_table(facts), asked, rulebook(TODAY))
    for row, known in enumerate(facts):
        alone = screened(Case("p", "2026-11-25", TODAY, known), asked, rulebook(TODAY))
        assert table["verdict"][row].as_py() == alone.verdict
        fired = {r.rule for r in (*alone.reasons, *alone.cautions, *alone.shown)}
        assert set(table["true"][row].as_py()) == fired
        assert set(table["unknown"][row].as_py()) == {r.rule for r in alone.missing}


def test_a_patient_of_whom_nothing_is_known_is_never_permitted() -> None:
    asked = Asked("start", "opioid", "oral", None)
    table = screened_table(pa.table({"age_years": pa.array([None], pa.float64())}), asked,
                           rulebook(TODAY))  # fmt: skip
    assert set(table["verdict"].to_pylist()).isdisjoint(PERMITTING)
