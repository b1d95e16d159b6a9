"""Outcomes of a program: groups, sums, and nothing of fewer than five people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.support.courses import Told, at, course, doses, events, fact, injection, on, urine
from tests.support.records import START, SettableClock, migrated_database, new_keys, opened

from antagonist.feedback.outcomes.course import Rating, course_of
from antagonist.feedback.outcomes.curves import shown_days
from antagonist.feedback.outcomes.intervals import Rate, Share
from antagonist.feedback.outcomes.patient import measured_patient
from antagonist.feedback.outcomes.programme import courses, outcomes_of
from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
from antagonist.feedback.outcomes.ratings import summed_up
from antagonist.feedback.simulated.person import person
from antagonist.feedback.simulated.programme import simulate_programme
from antagonist.feedback.simulated.rates import rates
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.settings import settings

FEW = settings(draws=8)
TODAY = 60


def patients(count: int, told: list[Told], name: str) -> Iterator[Any]:
    return (course(told, TODAY, f"{name}{i}") for i in range(count))


def program(*parts: tuple[int, list[Told]]) -> ProgrammeOutcomes:
    found = [c for i, (n, told) in enumerate(parts) for c in patients(n, told, f"p{i}-")]
    return outcomes_of(found, at(TODAY, 12), FEW)


STAYED, GONE = doses(range(0, TODAY + 1, 2), mg=100), doses(range(0, 20, 2), mg=100)


def test_figures_by_product_and_of_all() -> None:
    found = program((12, STAYED), (9, GONE), (7, [injection(0), injection(28)]))
    sizes = {group.group: group.people for group in found.groups}
    assert sizes == {"all": 28, "oral_tablet": 21, "xr_im_380": 7}
    oral = next(g for g in found.groups if g.group == "oral_tablet")
    assert (oral.endings["in_treatment"], oral.endings["dropped_out"]) == (12, 9)
    curve = next(r for r in found.retention if r.group == "oral_tablet").curve
    assert (curve.n, curve.events) == (21, 9)
    assert curve.steps[-1].estimate.value == pytest.approx(12 / 21)
    assert {row.group for row in found.blocked} == {"all", "oral_tablet", "xr_im_380"}


def test_a_product_of_four_people_is_not_told_of() -> None:
    found = program((30, STAYED), (9, GONE), (4, [injection(0), injection(28)]))
    # the one product left would give it away by subtraction from all
    assert {g.group for g in found.groups} == {"all"}
    assert found.hidden_groups == 2


def test_who_never_began_is_counted_apart() -> None:
    waiting: list[Told] = [("words", 0, {"text": "not yet"})]
    found = program((12, STAYED), (6, waiting))
    assert (found.on_record, found.not_started) == (18, 6)
    hidden = program((12, STAYED), (3, waiting))
    assert (hidden.on_record, hidden.not_started) == (None, None)


def test_the_number_a_figure_is_of_does_not_give_the_others_away() -> None:
    def n_of(without: int) -> int | None:
        alcohol = [fact("indication_stated", "alcohol"), *STAYED]
        found = program((20, [*STAYED, urine(3)]), (without, alcohol))
        return next(row.n for row in found.opioid if row.group == "oral_tablet")

    assert (n_of(3), n_of(6)) == (None, 20)


def test_an_empty_program_has_no_figures() -> None:
    found = program()
    assert (found.on_record, found.groups, found.retention, found.effects) == (0, (), (), ())


def test_urine_has_its_three_shares_and_its_missing() -> None:
    clean = [*STAYED, *(urine(d) for d in range(1, 28, 7))]
    row = next(r for r in program((9, clean)).opioid if r.group == "all")
    assert (row.tests.scheduled, row.tests.negative, row.tests.missing) == (72, 36, 36)
    found = [
        m.interval.value
        for m in (row.urine_worst, row.urine_observed, row.urine_best)
        if m.interval
    ]
    assert found == [0.5, 1.0, 1.0]


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        # two leave in week one and three in week two: told together
        ([3, 3, 10, 10, 10, *[50] * 20], [0, 14, 21, 28, 35, 42, 49]),
        ([3, 3, *[50] * 20], [0]),
        ([3] * 5 + [50] * 4, [0]),
    ],
)
def test_a_curve_moves_only_where_five_have_left(days: list[int], shown: list[int]) -> None:
    assert shown_days(days, (days,)) == shown


def test_ratings_of_few_are_hidden_and_bands_hold_five() -> None:
    def rated(values: Sequence[float]) -> Any:
        return summed_up([Rating(on(1), "works", "patient", "x", v)] for v in values)[0]

    few = rated([7, 8, 9, 9])
    assert (few.n, few.scale, few.hidden) == (None, None, True)
    many = rated([0, 0, 5, 5, 5, 5, 5, 9, 9])
    assert [(b.low, b.high, b.count) for b in many.scale.bands] == [(0, 9, 9)]
    told = rated([2] * 6 + [5] * 5 + [9] * 3)
    assert [(b.low, b.high, b.count) for b in told.scale.bands] == [(2, 2, 6), (5, 9, 8)]


def test_the_last_rating_of_a_person_counts() -> None:
    found = summed_up(
        [[Rating(on(9), "works", "patient", "x", 8), Rating(on(1), "works", "patient", "x", 2)]] * 6
    )
    assert found[0].scale is not None
    assert found[0].scale.mean is not None
    assert found[0].scale.mean.value == 8


UNTIL = date(2026, 3, 31)


def simulated(count: int) -> list[Any]:
    tz = ZoneInfo("UTC")
    moment = at((UNTIL - on(0)).days, 20)
    found = []
    for n in range(count):
        rng = np.random.default_rng([5, n])
        events = person(rng, rates(), UNTIL, tz)
        kept = [
            (e.kind, (e.occurred_at.astimezone(UTC).date() - on(0)).days, e.payload) for e in events
        ]
        found.append(course(kept, (moment.date() - on(0)).days, f"s{n}"))
    return found


def test_no_count_of_a_simulated_program_is_of_one_to_four_people() -> None:
    found = outcomes_of(simulated(150), at((UNTIL - on(0)).days, 20), FEW)
    assert len(found.effects) > 20
    for place, k, n in people(found, "report"):
        assert k == 0 or k >= 5, (place, k, n)
        assert n - k == 0 or n - k >= 5, (place, k, n)


def people(value: Any, place: str) -> Iterator[tuple[str, int, int]]:
    """Every share of people of a report, and every count of endings and grades."""
    if isinstance(value, Share):
        yield place, value.k, value.n
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, int) and key != "people":
                yield f"{place}.{key}", item, item
            yield from people(item, f"{place}.{key}")
    elif isinstance(value, tuple | list):
        for i, item in enumerate(value):
            yield from people(item, f"{place}[{i}]")
    elif is_dataclass(value) and not isinstance(value, Rate | type):
        for field in fields(value):
            yield from people(getattr(value, field.name), f"{place}.{field.name}")


def test_a_simulated_program_is_read_back_from_its_record(tmp_path: Any) -> None:
    with migrated_database("sqlite", tmp_path) as url:
        clock = SettableClock(START)
        with opened(url, new_keys(tmp_path), clock) as record:
            made = simulate_programme(record, 12, 3, UNTIL, ZoneInfo("UTC"))
            found = list(courses(record, at((UNTIL - on(0)).days, 20)))
            assert (made.patients, len(found)) == (12, 12)
            assert all(c.start is not None for c in found)
            with pytest.raises(InputError, match="identifier"):
                simulate_programme(record, 1, 3, UNTIL, ZoneInfo("UTC"))
            with pytest.raises(InputError, match="until"):
                simulate_programme(record, 1, 4, START.date(), ZoneInfo("UTC"))
            with pytest.raises(InputError, match="patients"):
                simulate_programme(record, 0, 4, UNTIL, ZoneInfo("UTC"))
            one = measured_patient(record, found[0].patient, found[0].at, chosen=FEW)
            assert one.outcomes.stay is not None
            with pytest.raises(InputError, match="patient"):
                measured_patient(record, "nobody", found[0].at)


def test_the_same_seed_makes_the_same_patient() -> None:
    made = [
        person(np.random.default_rng([1, 2]), rates(), UNTIL, ZoneInfo("UTC")) for _ in range(2)
    ]
    assert made[0] == made[1]
    assert made[0] == sorted(made[0], key=lambda e: e.occurred_at)
    assert all(e.occurred_at.date() <= UNTIL for e in made[0])


def test_a_hazard_gives_the_published_share_of_those_in_treatment() -> None:
    arm = next(a for a in rates().arms if a.id == "supervised")
    left = 1.0
    for week in range(24):
        mixed = 1 + arm.use_weeks * (arm.after_use - 1)
        left *= float(np.exp(-arm.hazard(week) * mixed))
        if week == 11:
            assert left == pytest.approx(0.472)
    assert left == pytest.approx(0.258)


def test_a_course_of_another_zone_has_other_days() -> None:
    # 20:00 UTC is the next day in Vladivostok
    late = [replace(e, occurred_at=at(0, 20)) for e in events(doses([0]))]
    moment = at(3).astimezone(ZoneInfo("Asia/Vladivostok"))
    assert course_of("p", late, moment).start == on(1)
    assert course_of("p", late, at(3)).start == on(0)
