"""Responses of several products in the same drawn patients."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.settings import settings
from antagonist.planning.response import response, responses

FEW, SPAN_H = settings(draws=12), 240


def test_every_row_is_one_patient_on_all_products() -> None:
    found = responses(["xr_im_380", "oral_tablet"], {}, FEW, SPAN_H)
    oral, depot = found["oral_tablet"], found["xr_im_380"]
    assert np.array_equal(oral.line, depot.line)
    shared = set(oral.held) & set(depot.held)
    assert "CL" in shared
    assert all(np.array_equal(oral.held[name], depot.held[name]) for name in shared)
    assert not np.allclose(oral.odds_per_mg[:, :100], depot.odds_per_mg[:, :100])


def test_one_product_alone_is_its_response() -> None:
    one = responses(["oral_tablet"], {}, FEW, SPAN_H)["oral_tablet"]
    assert np.array_equal(one.odds_per_mg, response("oral_tablet", {}, FEW, SPAN_H).odds_per_mg)


def test_several_patients_in_each_draw() -> None:
    found = responses(["oral_tablet"], {}, FEW, SPAN_H, 3)["oral_tablet"]
    assert len(found.odds_per_mg) == len(found.line) == 36


def test_an_unknown_product_is_refused() -> None:
    with pytest.raises(InputError, match="product"):
        responses(["oral_tablet", "no_such"], {}, FEW, SPAN_H)
