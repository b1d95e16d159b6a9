"""The Python API: courses in, times and challenges out, one clear error for what is not allowed."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import antagonist
from antagonist import Course, challenge, local_time, protected_until, simulate
from antagonist.foundation.errors import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
TABLETS = {
    "product": "oral_tablet",
    "dose": "50 mg",
    "at": "2026-03-02 09:00",
    "every": "1 d",
    "times": 3,
}
DAILY = {
    "course": "Three tablets",
    "timezone": "Europe/Berlin",
    "as_of": "2026-03-04 12:00",
    "forecast": "4 d",
    "patient": {"id": "a", "weight_kg": 70, "opioid_or_alcohol_dependent": "yes"},
    "doses": [TABLETS],
}


def course(**changes: Any) -> Course:
    return Course.from_mapping(DAILY | changes)


def dose(**changes: Any) -> dict[str, Any]:
    return TABLETS | changes


def test_a_course_from_a_mapping() -> None:
    found = course()
    assert isinstance(found, Course)
    assert [(r.time_h, r.amt_mg) for r in found.subject.records] == [(0, 50), (24, 50), (48, 50)]
    assert (found.as_of_h, found.horizon_h) == (51.0, 51.0 + 96)
    assert found.subject.covariates["weight_kg"] == 70


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_examples_load(path: Path) -> None:
    found = Course.from_yaml(path)
    assert found.subject.records
    assert found.as_of_h < found.horizon_h


def test_a_course_from_yaml_is_that_of_the_same_mapping(tmp_path: Path) -> None:
    text = """
course: Three tablets
timezone: Europe/Berlin
as_of: 2026-03-04 12:00
forecast: 4 d
patient: {id: a, weight_kg: 70, opioid_or_alcohol_dependent: yes}
doses:
  - {product: oral_tablet, dose: 50 mg, at: 2026-03-02 09:00, every: 1 d, times: 3}
"""
    path = tmp_path / "three.yaml"
    path.write_text(text, encoding="utf-8")
    assert Course.from_yaml(path) == course()
    assert Course.from_yaml(str(path)) == course()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"doses": [dose(dose="0 mg")]}, "doses[0].dose", "more than 0"),
        ({"doses": [dose(dose="50")]}, "doses[0].dose", "mg"),
        ({"doses": [dose(dose="5000 mg")]}, "doses[0].dose", "1000"),
        ({"doses": [dose(product="oral_tablt")]}, "doses[0].product", "oral_tablet"),
        ({"doses": [dose(evry="1 d")]}, "doses[0].evry", "every"),
        ({"pateint": {}}, "pateint", "patient"),
        ({"timezone": "Europe/Berlim"}, "timezone", "Europe/Berlin"),
        ({"as_of": "2026-03-01 12:00"}, "as_of", "not before the first dose"),
        ({"doses": []}, "doses", "at least one"),
    ],
)
def test_what_is_not_allowed_names_its_field(
    changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        course(**changes)
    assert caught.value.field == field
    assert words in caught.value.allowed


def test_a_naive_time_without_a_zone_is_refused() -> None:
    content = {k: v for k, v in DAILY.items() if k != "timezone"}
    with pytest.raises(InputError, match="offset"):
        Course.from_mapping(content)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Course.from_yaml(tmp_path / "absent.yaml")
    assert caught.value.source == "absent.yaml"


def test_protected_until_is_the_forecast_s_first_time() -> None:
    whole = simulate(course(), draws=30, seed=2)
    found = protected_until(course(), draws=30, seed=2)
    assert found == whole.stated[0]
    assert found.name == "protected_until_at_least"
    assert (found.endpoint, found.blocked_fraction, found.percentile) == ("subjective", 0.9, 5.0)


def test_a_lower_threshold_protects_for_longer() -> None:
    later = protected_until(course(), threshold=0.2, draws=30, seed=2)
    sooner = protected_until(course(), threshold=0.6, draws=30, seed=2)
    assert later.blocked_fraction == 0.2
    assert (later.median_h or math.inf) > (sooner.median_h or 0.0)


def test_challenge_takes_aware_times_and_hours() -> None:
    at = datetime(2026, 3, 4, 11, tzinfo=UTC)  # noon in Berlin, 51 h after the first dose
    by_clock = challenge(course(), "heroin", "iv", 25.0, [at, at + timedelta(hours=20)], draws=30)
    by_hours = challenge(course(), "heroin", "iv", 25.0, [51.0, 71.0], draws=30)
    assert by_clock == by_hours
    assert [p.time_h for p in by_clock] == [51.0, 51.0, 71.0, 71.0]
    assert {p.endpoint for p in by_clock} == {"subjective", "physiological"}


def test_challenge_refuses_a_naive_time() -> None:
    with pytest.raises(InputError, match="zone or offset") as caught:
        challenge(course(), "heroin", "iv", 25.0, [datetime(2026, 3, 4, 12)])
    assert caught.value.field == "at"


@pytest.mark.parametrize("moment", [-1.0, math.nan, math.inf, datetime(2026, 3, 1, tzinfo=UTC)])
def test_challenge_refuses_a_time_before_the_course(moment: float | datetime) -> None:
    with pytest.raises(InputError, match="not before the first dose"):
        challenge(course(), "heroin", "iv", 25.0, [moment])


@pytest.mark.parametrize("dose_mg", [0.0, -5.0, 1e6, math.nan])
def test_challenge_refuses_an_absurd_dose(dose_mg: float) -> None:
    with pytest.raises(InputError) as caught:
        challenge(course(), "heroin", "iv", dose_mg, [51.0])
    assert caught.value.field == "dose_mg"


def test_challenge_refuses_an_unknown_opioid_or_route() -> None:
    with pytest.raises(InputError, match="did you mean morphine"):
        challenge(course(), "morfine", "iv", 25.0, [51.0], draws=5)
    with pytest.raises(InputError, match="one of iv"):
        challenge(course(), "heroin", "oral", 25.0, [51.0], draws=5)


def test_simulate_refuses_settings_out_of_range() -> None:
    with pytest.raises(InputError, match="at least 1"):
        simulate(course(), draws=0)
    with pytest.raises(InputError, match="between 0 and 1"):
        simulate(course(), threshold=90)


def test_a_product_without_levels_has_no_data() -> None:
    gel = course(doses=[{"product": "implant_gel", "dose": "1 g", "at": "2026-03-02 09:00"}])
    with pytest.raises(InputError, match="no data"):
        simulate(gel, draws=5)


def test_a_day_of_23_hours_is_23_hours_of_decline() -> None:
    """Clocks in Berlin go forward in the night to 29 March 2026; on 28 March they do not."""

    def level_next_day(day: int) -> tuple[float, float]:
        found = course(
            as_of=f"2026-03-{day + 1} 09:00",
            doses=[{"product": "oral_tablet", "dose": "50 mg", "at": f"2026-03-{day} 09:00"}],
        )
        return found.as_of_h, simulate(found, draws=20, seed=1).now.values["conc_ntx"][1]

    plain_h, plain = level_next_day(26)
    short_h, short = level_next_day(28)
    assert (plain_h, short_h) == (24.0, 23.0)
    assert short > plain


def test_local_time_counts_elapsed_hours() -> None:
    found = course(
        as_of="2026-03-29 09:00",
        doses=[{"product": "oral_tablet", "dose": "50 mg", "at": "2026-03-28 09:00"}],
    )
    assert local_time(found, 24.0).isoformat() == "2026-03-29T10:00:00+02:00"
    assert local_time(found, 0.0).isoformat() == "2026-03-28T09:00:00+01:00"


def test_the_package_names_its_api() -> None:
    assert set(antagonist.__all__) == {
        "Course",
        "challenge",
        "load_patient",
        "local_time",
        "plan",
        "protected_until",
        "screen",
        "simulate",
    }
    with pytest.raises(AttributeError, match="simulat"):
        antagonist.simulat  # noqa: B018
