"""Stated times of a course to come, and what a what-if does to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from antagonist.feedback.alarms.modelled import IN_EFFECT_H
from antagonist.pharmacology.settings import Settings
from antagonist.planning.regimens import WEEK_H
from antagonist.planning.situation_data import situation_data
from antagonist.web.chart.curves import LINE_OF, Reckoned, protected_share, stated_of
from antagonist.web.chart.doses import Given
from antagonist.web.chart.model import Moved, Scenario, Stated, WhatIf
from antagonist.web.chart.solving import Drawn, Solver

PROTECTED, DANGER = "protected_until_at_least", "overdose_danger_from"


@dataclass(frozen=True)
class Asked:
    """What one chart is made from. taken: doses that got in. planned: to come, as they stand."""

    at: datetime
    chosen: Settings
    solver: Solver
    taken: tuple[Given, ...]
    planned: tuple[Given, ...]
    end: datetime

    def reckoned(self, more: Sequence[Given], products: frozenset[str] = frozenset()) -> Reckoned:
        """Taken doses with some to come, as far as the model knows them."""
        doses = tuple(dose for dose in (*self.taken, *more) if dose.release is not None)
        return Reckoned(self.solver, doses, products)

    def stated(
        self, scenario: Scenario, more: Sequence[Given], products: frozenset[str],
        names: Sequence[str] = tuple(LINE_OF),
    ) -> tuple[Stated, ...]:  # fmt: skip
        """Stated times from now on; none without a dose taken by now."""
        if not any(dose.at <= self.at for dose in (*self.taken, *more)):
            return ()
        drawn = self.reckoned(more, products).from_moment(self.at)
        if drawn is None:
            return ()
        # an injection just given has not taken effect: asked now, its protection would be over
        late_h = [IN_EFFECT_H[d.route] for d in more if d.at == self.at]
        since = self.at + timedelta(hours=max(late_h, default=0))
        until = self.end
        if scenario == "nothing_more":
            weeks = situation_data().look_ahead_weeks
            counted = [d for d in (*self.taken, *more) if d.until is None or d.until > self.at]
            until = self.at + timedelta(hours=max(weeks[d.route] for d in counted) * WEEK_H)
        last = max(dose.at for dose in (*self.taken, *more))
        return stated_of(drawn, self.chosen, scenario, last, since, max(until, since), names)


def products_of(asked: Asked, planned: Sequence[Given]) -> frozenset[str]:
    """Formulations drawn together, so that a course is compared with itself under a what-if."""
    doses = (*asked.taken, *asked.planned, *planned)
    return frozenset(dose.release for dose in doses if dose.release is not None)


def _injected(planned: Sequence[Given], at: datetime) -> list[Given]:
    """Doses of a what-if given by now: they count as taken."""
    return [dose for dose in planned if dose.at <= at]


def stated_with(
    asked: Asked, planned: Sequence[Given], products: frozenset[str], asked_if: WhatIf,
    until: datetime | None,
) -> tuple[Stated, ...]:  # fmt: skip
    """Without a what-if only products taken are drawn: the times are those of situations then."""
    now = _injected(planned, asked.at)
    if asked_if.changes:
        found = asked.stated("nothing_more", now, products, (PROTECTED, DANGER))
    else:
        found = asked.stated("nothing_more", now, frozenset())
    if until is None:
        found += asked.stated("with_plan", planned, products, (PROTECTED,))
    return found


def moved_by(
    asked: Asked, stated: Sequence[Stated], products: frozenset[str], asked_if: WhatIf,
    until: datetime | None,
) -> tuple[Moved, ...]:  # fmt: skip
    """'Protected until at least' before and after, in the same draws."""
    if not asked_if.changes:
        return ()
    plan = [dose for dose in asked.planned if dose.at <= asked.end]
    before: dict[Scenario, tuple[Stated, ...]] = {
        "nothing_more": asked.stated("nothing_more", (), products, (PROTECTED,)),
    }
    if until is None:
        before["with_plan"] = asked.stated("with_plan", plan, products, (PROTECTED,))
    after = {s.scenario: s for s in stated if s.name == PROTECTED}
    found = []
    for scenario, old in before.items():
        if old and scenario in after:
            found.append(_compared(old[0], after[scenario]))
    return tuple(found)


def shares_of(
    asked: Asked, drawn: Drawn, products: frozenset[str], asked_if: WhatIf, until: datetime | None
) -> tuple[float, float] | None:
    """Protected share of the time to come, before the what-if and under it."""
    if not asked_if.changes or until is not None:
        return None
    plan = [dose for dose in asked.planned if dose.at <= asked.end]
    old = asked.reckoned(plan, products).from_moment(asked.at)
    if old is None:
        return None
    before, after = (
        protected_share(each, asked.chosen, max(asked.at, each.first), asked.end)
        for each in (old, drawn)
    )
    return before, after


def _compared(before: Stated, after: Stated) -> Moved:
    hours = None
    if before.at is not None and after.at is not None:
        hours = (after.at - before.at) / timedelta(hours=1)
    return Moved(before.scenario, before, after, hours)
