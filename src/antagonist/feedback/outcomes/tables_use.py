"""Rows of a program's report on use: opioids and alcohol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from antagonist.feedback.outcomes.alcohol import HEAVY_RULES, AlcoholOutcomes, HeavyDays, HeavyRule
from antagonist.feedback.outcomes.grouping import (
    Groups,
    mean_of,
    shares,
    shown_groups,
    shown_size,
    whole_group,
)
from antagonist.feedback.outcomes.intervals import Share
from antagonist.feedback.outcomes.opioid import RELAPSE_RULES, OpioidOutcomes, RelapseRule
from antagonist.feedback.outcomes.patient import Measured
from antagonist.feedback.outcomes.programme_model import (
    AlcoholRow,
    HeavyRow,
    OpioidRow,
    RelapseRow,
    UrineCounts,
)


def opioid_rows(groups: Groups) -> tuple[OpioidRow, ...]:
    """Opioid outcomes by group."""
    relapses = {rule: _relapse(groups, rule) for rule in RELAPSE_RULES}
    rows = []
    for name, patients in shown_groups(groups, lambda p: p.outcomes.opioid is not None).items():
        here = [p.outcomes.opioid for p in patients if p.outcomes.opioid is not None]
        rows.append(
            OpioidRow(
                name,
                shown_size(len(here), whole_group(groups, name)),
                mean_of(o.abstinent_weeks.value for o in here),
                mean_of(o.response.value for o in here),
                mean_of(o.urine.worst.value for o in here),
                mean_of(o.urine.observed.value for o in here),
                mean_of(o.urine.best.value for o in here),
                _tests(here),
                tuple(relapses[rule][name] for rule in RELAPSE_RULES),
            )
        )
    return tuple(rows)


def _tests(here: Iterable[OpioidOutcomes]) -> UrineCounts:
    each = [o.urine for o in here]
    names = ("scheduled", "negative", "positive", "unclear", "missing")
    return UrineCounts(*(sum(getattr(u, name) for u in each) for name in names))


def _relapse(groups: Groups, rule: RelapseRule) -> Mapping[str, RelapseRow]:
    kept = {
        name: [p for p in patients if p.outcomes.opioid is not None]
        for name, patients in groups.items()
    }

    def of(patient: Measured) -> tuple[bool | None, bool]:
        assert patient.outcomes.opioid is not None
        found = next(r for r in patient.outcomes.opioid.relapse if r.rule == rule)
        return found.found, found.on_evidence

    told = shares(kept, lambda p: of(p)[0], sums_first=True)
    seen = shares(kept, lambda p: of(p)[1], sums_first=True)
    return {name: RelapseRow(rule, told[name][0], seen[name][0], told[name][1]) for name in told}


def alcohol_rows(groups: Groups) -> tuple[AlcoholRow, ...]:
    """Alcohol outcomes by group."""
    kept = {
        name: [p for p in patients if p.outcomes.alcohol is not None]
        for name, patients in groups.items()
    }
    none = {rule: shares(kept, partial(_none, rule=rule), sums_first=True) for rule in HEAVY_RULES}
    rows = []
    for name, patients in shown_groups(kept).items():
        here = [p.outcomes.alcohol for p in patients if p.outcomes.alcohol is not None]
        everybody = whole_group(groups, name)
        rows.append(
            AlcoholRow(
                name,
                shown_size(len(here), everybody),
                mean_of(a.abstinent_worst.value for a in here),
                mean_of(a.abstinent_observed.value for a in here),
                tuple(
                    _heavy(rule, here, none[rule][name], shown_size(len(here), everybody))
                    for rule in HEAVY_RULES
                ),
            )
        )
    return tuple(rows)


def _days(alcohol: AlcoholOutcomes, rule: HeavyRule) -> HeavyDays | None:
    return next((h for h in alcohol.heavy if h.rule == rule), None)


def _none(patient: Measured, rule: HeavyRule) -> bool | None:
    assert patient.outcomes.alcohol is not None
    found = _days(patient.outcomes.alcohol, rule)
    return None if found is None else found.none_after_grace


def _heavy(
    rule: HeavyRule,
    here: Iterable[AlcoholOutcomes],
    none: tuple[Share | None, int | None],
    n: int | None,
) -> HeavyRow:
    days = [_days(a, rule) for a in here]
    return HeavyRow(
        rule,
        n,
        mean_of(None if d is None else d.worst.value for d in days),
        mean_of(None if d is None else d.observed.value for d in days),
        mean_of(None if d is None else d.best.value for d in days),
        none[0],
        none[1],
    )
