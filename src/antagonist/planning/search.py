"""Regimens with fewest doses, visits or lowest cost that keep a stated blockade.

At steady state, for one new patient with everything uncertain drawn, doses missed at random at the
stated adherence (see ``adherence``). Doses at the clinic, injections and implants are taken surely.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from antagonist.label.assess import candidates
from antagonist.label.formulary.catalogue import price_of
from antagonist.label.formulary.models import Price, Product
from antagonist.label.formulary.supply import cost, packs_needed, tablets_for
from antagonist.label.jurisdictions import chosen as chosen_label
from antagonist.label.regimens import Regimen
from antagonist.label.rulebook import counting_jurisdictions
from antagonist.label.rules import Route
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.adherence import (
    SEEN_DAYS,
    WEEK_DAYS,
    Pattern,
    course,
    is_supervised,
    kept_shares,
    patterns,
    protected_shares,
    rotated,
)
from antagonist.planning.plan_model import WEEKDAYS
from antagonist.planning.regimens import DAY_H, has_data, known_regimens
from antagonist.planning.response import Response, drawn_for, one_mg, response_of, spread
from antagonist.planning.search_limits import Doses, within_limits
from antagonist.planning.search_model import Candidate, SearchRequest, WeeklyCost
from antagonist.planning.supply import makes

Solve = Callable[[tuple[EventRecord, ...]], Ensemble]
SEEN_WEEKS = SEEN_DAYS // WEEK_DAYS
_PATTERN_MODEL = "oral_tablet"
_SCREENED_DRAWS = 100
_TRIES = 3  # patterns worked out again for each one that is wanted


def search(
    request: SearchRequest,
    covariates: Mapping[str, float | str | bool] | None = None,
    *,
    chosen: Settings | None = None,
    prices: Collection[Price] | None = None,
    patient: Solve | None = None,
) -> tuple[Candidate, ...]:
    """Regimens that keep what is asked for, least first: labelled ones, then patterns of no label.

    covariates: of the patient, as the model files name them. chosen: draws and seed; its share is
    the request's. prices: a clinic's own, default those of the base text. patient: solves a course
    for one patient's own draws, default those of one new patient with the covariates.
    A regimen is kept if its product has published levels, can be planned and makes its doses, and
    no rule of a plan closes it. Raises InputError for an unknown jurisdiction.
    """
    asked = chosen or settings()
    line = replace(asked.threshold, blocked_fraction=request.keep_blocked)
    asked = replace(asked, threshold=line)
    known = dict(covariates or {})
    solve = patient or (lambda records: drawn_for("plan", records, known, asked))
    run = _Run(request, solve, asked, prices)
    labelled = [found for regimen in run.regimens() if (found := run.of_label(regimen))]
    kept = [found for found in labelled if found.kept_share >= request.share]
    beyond = list(run.beyond()) if request.beyond_label and "oral" in request.routes else []
    return (*sorted(kept, key=run.rank), *sorted(beyond, key=run.rank))


def figures(
    regimen: Regimen,
    request: SearchRequest,
    *,
    patient: Solve,
    chosen: Settings | None = None,
) -> Candidate | None:
    """The figures of one regimen, kept or not; None where it cannot be planned or has no levels.

    request, patient, chosen: as ``search`` takes them.
    """
    if not has_data(regimen):
        return None
    asked = chosen or settings()
    line = replace(asked.threshold, blocked_fraction=request.keep_blocked)
    return _Run(request, patient, replace(asked, threshold=line), None).of_label(regimen)


class _Run:
    """One search: what is asked, with one solved dose for each product."""

    def __init__(
        self,
        request: SearchRequest,
        patient: Solve,
        chosen: Settings,
        prices: Collection[Price] | None,
    ) -> None:
        self.request, self.patient, self.chosen, self.prices = request, patient, chosen, prices
        self.offered = candidates(chosen_label(request.jurisdiction))
        self.supervised = frozenset(WEEKDAYS.index(day) for day in request.supervised_days)
        self._solved: dict[str, tuple[int, Response]] = {}

    def regimens(self) -> Iterator[Regimen]:
        """Regimens of the label for the indication and the routes, with published levels."""
        for regimen in known_regimens().values():
            counting = counting_jurisdictions(regimen.route, self.request.jurisdiction)
            if (
                self.request.indication in regimen.indications
                and regimen.route in self.request.routes
                and not counting.isdisjoint(regimen.jurisdictions)
                and has_data(regimen)
            ):
                yield regimen

    def of_label(self, regimen: Regimen) -> Candidate | None:
        """The figures of a regimen; None where it cannot be planned."""
        doses = tuple((dose.day, dose.dose_mg) for dose in regimen.doses)
        return self._candidate(
            regimen.id, regimen.route, regimen.release_model, regimen.cycle_days, doses,
            7 * (regimen.run_in_weeks if regimen.cycle_days else regimen.view_weeks or 0),
        )  # fmt: skip

    def beyond(self) -> Iterator[Candidate]:
        """Weekly patterns of no label, made of the labels' own doses, as many as are wanted."""
        by_mouth = [
            r
            for r in known_regimens().values()
            if r.route == "oral" and self.request.indication in r.indications
        ]
        sizes = sorted({dose.dose_mg for r in by_mouth for dose in r.doses})
        sizes = [mg for mg in sizes if within_limits(self.request, "oral", ((1, mg),), WEEK_DAYS)]
        named = {week for r in by_mouth for week in _weeks_of(r)}
        weeks = [
            week for week in patterns(sizes, rotations=bool(self.supervised)) if week not in named
        ]
        run_in_days = 7 * max(r.run_in_weeks for r in by_mouth)
        found: list[Pattern] = []
        tried = 0
        for week in self._screened(weeks, run_in_days):
            if len(found) == self.request.at_most or tried == _TRIES * self.request.at_most:
                return
            if any(self._adds_only(week, less) for less in found):
                continue
            tried += 1
            doses = tuple((day + 1, mg) for day, mg in enumerate(week) if mg)
            made = self._candidate(None, "oral", _PATTERN_MODEL, WEEK_DAYS, doses, run_in_days)
            if made is not None and made.kept_share >= self.request.share:
                yield made
                found.append(week)

    def _adds_only(self, week: Pattern, less: Pattern) -> bool:
        """Whether a pattern is another one with more milligrams and nothing less."""
        same = [less] if self.supervised else rotated(less)
        return any(all(a >= b for a, b in zip(week, one, strict=True)) for one in same)

    def _screened(self, weeks: Sequence[Pattern], run_in_days: int) -> list[Pattern]:
        """Patterns that keep it by the coarse figures, least first."""
        whole = self._unit(_PATTERN_MODEL, run_in_days + SEEN_DAYS)
        every = slice(None, None, max(len(whole.odds_per_mg) // _SCREENED_DRAWS, 1))
        part = replace(
            whole,
            odds_per_mg=whole.odds_per_mg[every],
            line=whole.line[every],
        )
        kept = kept_shares(
            part, weeks, self.request.adherence, self.supervised, self.request.percentile,
            np.random.default_rng(self.chosen.seed),
        )  # fmt: skip
        ranked = [
            week for week, share in zip(weeks, kept, strict=True) if share >= self.request.share
        ]
        return sorted(ranked, key=self._pattern_rank)

    def _pattern_rank(self, week: Pattern) -> tuple[float, ...]:
        count = sum(mg > 0 for mg in week)
        visits = sum(week[day] > 0 for day in self.supervised)
        first = {"doses": (count,), "visits": (visits, count), "cost": ()}[self.request.by]
        return (*first, sum(week), count)

    def rank(self, found: Candidate) -> tuple[bool, str, float, float, float]:
        """Order of candidates: the least of what is asked for first, then the fewest milligrams.

        An unknown cost comes last; costs are compared within one currency.
        """
        price = found.cost_per_week
        if self.request.by == "cost":
            low, currency = (price.low, price.currency) if price else (0.0, "")
            return (price is None, currency, low, found.mg_per_week, found.doses_per_week)
        by_visits = self.request.by == "visits"
        first = found.visits_per_week if by_visits else found.doses_per_week
        return (False, "", first, found.doses_per_week, found.mg_per_week)

    def _candidate(
        self,
        name: str | None,
        route: Route,
        release_model: str,
        cycle_days: int | None,
        doses: Doses,
        run_in_days: int,
    ) -> Candidate | None:
        made_by = [
            item
            for item in self.offered
            if (item.route, item.release_model) == (route, release_model)
            and makes(item, [mg for _, mg in doses])
        ]
        if not made_by or not within_limits(self.request, route, doses, cycle_days):
            return None
        seen_days = SEEN_DAYS if cycle_days else run_in_days
        given = course(doses, cycle_days, run_in_days) if cycle_days else [(0, doses[0][1])]
        sure = [route != "oral" or is_supervised(hour, self.supervised) for hour, _ in given]
        shares = protected_shares(
            self._unit(release_model, seen_days - given[0][0] // int(DAY_H)),
            given,
            seen_days * int(DAY_H),
            self.request.adherence,
            sure,
            np.random.default_rng(self.chosen.seed),
        )
        weeks = seen_days / WEEK_DAYS
        counted = [
            (mg, at_clinic) for (hour, mg), at_clinic in zip(given, sure, strict=True) if hour >= 0
        ]
        return Candidate(
            regimen=name,
            labelled=name is not None,
            route=route,
            release_model=release_model,
            products=tuple(item.id for item in made_by),
            cycle_days=cycle_days,
            doses=doses,
            doses_per_week=len(counted) / weeks,
            visits_per_week=sum(at_clinic for _, at_clinic in counted) / weeks,
            mg_per_week=sum(mg for mg, _ in counted) / weeks,
            cost_per_week=self._cost(made_by, [mg for mg, _ in counted], weeks),
            protected_share=spread(shares),
            kept_share=float(np.percentile(shares, self.request.percentile)),
        )

    def _unit(self, release_model: str, days: int) -> Response:
        """One solved dose over some days; the longest asked for so far is kept."""
        solved = self._solved.get(release_model)
        if solved is None or solved[0] < days:
            drawn = self.patient(one_mg(release_model))
            found = response_of(drawn, self.chosen, days * int(DAY_H))
            solved = self._solved[release_model] = (days, found)
        return solved[1]

    def _cost(
        self, made_by: Sequence[Product], doses_mg: Sequence[float], weeks: float
    ) -> WeeklyCost | None:
        """The lowest known cost of a week among the products, from the packs of all weeks seen."""
        known = []
        for item in made_by:
            price = price_of(item.id, self.prices)
            if price is None:
                continue
            units = sum(tablets_for(mg, item.id).units for mg in doses_mg)
            packs = cost(packs_needed(units, item.id, price.pack_units), price)
            if packs is not None:
                known.append(
                    WeeklyCost(
                        item.id, packs.low / weeks, packs.high / weeks, packs.currency,
                        packs.priced_on, packs.source, packs.provenance,
                    )
                )  # fmt: skip
        return min(known, key=lambda c: (c.currency, c.low), default=None)


def _weeks_of(regimen: Regimen) -> Iterator[Pattern]:
    """A regimen as weekly patterns, begun on each day; none where its cycle does not fit a week."""
    if regimen.cycle_days is None or WEEK_DAYS % regimen.cycle_days:
        return
    by_day = {dose.day - 1: dose.dose_mg for dose in regimen.doses}
    week = tuple(by_day.get(day % regimen.cycle_days, 0.0) for day in range(WEEK_DAYS))
    yield from rotated(week)
