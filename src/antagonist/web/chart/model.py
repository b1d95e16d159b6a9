"""What the chart holds: frozen numbers that the page words and draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.label.rules import Route
from antagonist.pharmacology.results import Threshold

Floats = NDArray[np.float64]
Scenario = Literal["nothing_more", "with_plan"]
Protected = Literal["yes", "no", "uncertain"]
# no_dose: nothing on record or planned. no_model: a product without published levels.
Empty = Literal["no_dose", "no_model"]
WhyNoHold = Literal["no_dose", "no_indication", "no_model", "implant"]
Lane = Literal[
    "dose", "level", "lab", "urine", "symptom", "use", "alarm", "challenge", "words", "surgery"
]
LANES: tuple[Lane, ...] = (
    "dose", "level", "lab", "urine", "symptom", "use", "alarm", "challenge", "words", "surgery",
)  # fmt: skip
MOST_DAYS = 400
LONGEST_DELAY_H = 90 * 24.0


@dataclass(frozen=True, slots=True)
class Span:
    """How much the chart shows. back_days, ahead_days: around now. step_h: between points, h.

    Raises InputError for days outside 1 to 400, and steps that do not divide a day.
    """

    back_days: int = 28
    ahead_days: int = 42
    step_h: int = 1

    def __post_init__(self) -> None:
        for field in ("back_days", "ahead_days"):
            days = getattr(self, field)
            if not 1 <= days <= MOST_DAYS:
                raise InputError("chart", field, days, f"1 to {MOST_DAYS} days")
        if self.step_h not in (1, 2, 3, 4, 6):
            raise InputError("chart", "step_h", self.step_h, "1, 2, 3, 4 or 6 hours")


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Changes to the doses to come; several hold together.

    skip_next: the plan's next dose is left out. delay_next_h: or it comes so many hours later.
    inject_now: an injection at this moment; it stands for the next planned injection, and is added
    to a plan by mouth. nothing_more: no dose of the plan. surgery_at: an operation with opioids;
    no planned dose after the moment from which to hold.
    Raises InputError for a delay outside 0 to 90 days, and a time without zone.
    """

    skip_next: bool = False
    delay_next_h: float = 0.0
    inject_now: bool = False
    nothing_more: bool = False
    surgery_at: datetime | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.delay_next_h <= LONGEST_DELAY_H:
            allowed = f"0 to {LONGEST_DELAY_H:g} hours"
            raise InputError("what-if", "delay_next_h", self.delay_next_h, allowed)
        if self.surgery_at is not None and self.surgery_at.tzinfo is None:
            raise InputError("what-if", "surgery_at", self.surgery_at, "a time with its zone")

    @property
    def changes(self) -> bool:
        """Whether anything is asked."""
        return self != WhatIf()


@dataclass(frozen=True, slots=True)
class Grid:
    """Even times of the curves. start: aware; step_h: hours; count: how many."""

    start: datetime
    step_h: int
    count: int


@dataclass(frozen=True)
class Series:
    """Quantiles of one quantity over the grid.

    unit: ``%`` or ``ng/mL``. first: index of the first time that is known. quantiles: rows at 5,
    25, 50, 75 and 95 %, shape (5, T - first).
    """

    quantity: str
    unit: str
    first: int
    quantiles: Floats


@dataclass(frozen=True, slots=True)
class Line:
    """A line of meaning on a quantity, percent. low, high: 5 and 95 % of where it lies in patients.

    name: ``protected``, ``blunted`` or ``danger``, the stated time that refers to it. exact: it is
    defined on this quantity, so it lies at one value.
    """

    name: str
    quantity: str
    value: float
    low: float
    high: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """A stated time on its cautious side; see ``StatedTime`` of the pharmacology.

    scenario: if no further dose is taken, or with the plan's doses as planned. since: from when on
    it holds; later than now where an injection of a what-if has first to take effect. looked_until:
    how far the end was looked for.
    """

    name: str
    scenario: Scenario
    at: datetime | None
    state: Literal["at", "never", "beyond"]
    median_at: datetime | None
    share_over_now: float
    endpoint: str
    blocked_percent: float
    percentile: float
    since: datetime
    looked_until: datetime


@dataclass(frozen=True)
class Happening:
    """One mark of a lane. day_only: only its day is known. values: as in the record.

    status: of a dose as on record, or ``planned``, ``no_word`` (planned, over, nobody said
    anything), ``skipped``, ``moved``, ``held`` and ``what_if`` for a changed plan.
    """

    id: str
    at: datetime
    lane: Lane
    kind: str
    status: str | None
    values: Mapping[str, object]
    day_only: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the table. lowest: 5, 50 and 95 % at the hour of the lowest median, percent.

    median: of the day's medians, percent. protected: at that hour: yes if even the 5 % are at the
    line, no if the 95 % are not.
    """

    on: date
    ahead: bool
    median: float
    lowest: tuple[float, float, float]
    lowest_at: datetime
    protected: Protected


@dataclass(frozen=True, slots=True)
class DoseFact:
    """A dose of the summary."""

    at: datetime
    dose_mg: float
    route: Route
    product: str | None


@dataclass(frozen=True)
class Summary:
    """What the text beside the chart says. now: quantity -> 5, 50, 95 % in the series' unit.

    lowest_ahead: the day of the table with the lowest hour to come. unsure_days: days to come that
    are not surely protected, of ``days_ahead``.
    """

    now: Mapping[str, tuple[float, float, float]]
    last_dose: DoseFact | None
    next_dose: DoseFact | None
    doses_ahead: int
    lowest_ahead: Day | None
    unsure_days: int
    days_ahead: int


@dataclass(frozen=True, slots=True)
class Made:
    """How the numbers were made. model: of a typical new patient, or learnt from the patient.

    levels: ids of levels that it was learnt from. warnings: of the own model's diagnostics.
    """

    model: Literal["population", "own"]
    draws: int
    seed: int
    parameter_set: str
    levels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """What a what-if does to 'protected until at least'.

    hours: None where either has no end that can be stated.
    """

    scenario: Scenario
    before: Stated
    after: Stated
    hours: float | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Doses before an operation. hold: no dose after it. why_not: where none can be stated."""

    surgery_at: datetime
    hold: datetime | None
    opioids_may_work: datetime | None
    why_not: WhyNoHold | None


@dataclass(frozen=True)
class WhatIfResult:
    """What was asked and what it changes.

    protected_share: of hours and patients from now to the end of the chart that are at the line,
    with the doses to come, before and after; None where the plan has no model. without_effect:
    asked, but there is nothing to change.
    """

    asked: WhatIf
    protected_share: tuple[float, float] | None
    moved: tuple[Moved, ...]
    surgery: Hold | None
    without_effect: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """The chart of one patient at a moment, in the clinic's zone.

    series: by quantity; none where ``empty`` says why. no_model: products of doses that the model
    does not know. curve_until: where the curves end, because a planned product has no model.
    """

    at: datetime
    zone: str
    grid: Grid
    empty: Empty | None
    no_model: tuple[str, ...]
    series: Mapping[str, Series]
    lines: tuple[Line, ...]
    stated: tuple[Stated, ...]
    happenings: tuple[Happening, ...]
    days: tuple[Day, ...]
    summary: Summary
    threshold: Threshold
    made: Made
    what_if: WhatIfResult | None

    def until(self, scenario: Scenario) -> Stated | None:
        """'Protected until at least' of a scenario."""
        named = (s for s in self.stated if s.name == "protected_until_at_least")
        return next((s for s in named if s.scenario == scenario), None)
