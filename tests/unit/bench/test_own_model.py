"""The own model's benchmark measures what it says."""

from __future__ import annotations

from antagonist.bench import own_model


def test_figures_are_of_checked_estimates_and_a_whole_posterior() -> None:
    found = own_model.measured(60)
    assert found["map_converged_share"] == 1.0
    assert (found["map_random_effects"], found["map_levels"]) == (14, 6)
    assert 100 < found["posterior_effective_draws"] <= found["posterior_draws"]
    assert found["posterior_pareto_k"] < 0.7
    assert min(found["posterior_s"], found["map_of_60_s"]) > 0


def test_patients_differ_in_doses_and_levels() -> None:
    _, histories = own_model.own_patients(40)
    assert len({len(h.records) for h in histories}) > 1
    assert len({h.levels[0].value for h in histories}) == 40
