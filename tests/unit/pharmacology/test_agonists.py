"""Opioids of a challenge: what is known, and their heroin equivalents."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.agonists import agonist, agonists, heroin_equivalent

VALUES = {
    "potency_morphine": np.array([[0.4], [0.5]]),
    "potency_hydromorphone": np.array([[2.5], [3.0]]),
}


def test_an_unknown_opioid_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean heroin") as caught:
        agonist("heroine", "iv")
    assert (caught.value.field, caught.value.value) == ("agonist", "heroine")


def test_an_unknown_route_names_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        agonist("fentanyl", "oral")
    assert caught.value.field == "fentanyl.route"
    assert caught.value.allowed == "one of iv, intranasal"


def test_every_opioid_of_the_issue_is_known_with_a_source() -> None:
    wanted = {"heroin", "morphine", "hydromorphone", "oxycodone", "fentanyl", "methadone"}
    assert wanted <= set(agonists())
    for name, found in agonists().items():
        assert found.source.strip(), name
        assert set(found.fitted) == {"subjective", "physiological"}, name
        assert all(0 < share <= 1 for share in found.routes.values()), name
        assert set(found.title) == {"en", "ru"}, name


def test_intravenous_heroin_is_the_currency() -> None:
    assert heroin_equivalent("heroin", "iv", VALUES).tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize(
    ("name", "route", "first"),
    [
        ("morphine", "iv", 0.4),  # the parameter itself
        ("morphine", "oral", 0.4 / 3),  # oral to parenteral 3:1, NCI PDQ pain table 3
        ("hydromorphone", "im", 2.5),
        ("fentanyl", "iv", 40.0),  # 0.1 mg for morphine 10 mg, same table
        ("oxycodone", "oral", 0.4 * 10 / 25),  # oral 25 mg for parenteral morphine 10 mg
    ],
)
def test_equivalents_by_route(name: str, route: str, first: float) -> None:
    found = heroin_equivalent(name, route, VALUES)
    assert found.shape == (2, 1)
    assert found[0, 0] == pytest.approx(first, rel=1e-3)
