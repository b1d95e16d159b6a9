"""What patients and clinicians think of each product, as statistics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from antagonist.feedback.outcomes.course import Rating
from antagonist.feedback.outcomes.disclosure import hides, is_small
from antagonist.feedback.outcomes.intervals import Band, Share, Summary, share, summary
from antagonist.feedback.rating_items import rating_items


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """Ratings of one item of a product. n: people rated by or about; None = hidden.

    scale: of a scale. yes: of a yes or no. hidden: whether too few people stand behind it.
    Values given by one to four people stand together with their neighbours in a band.
    """

    product: str
    item: str
    by: str
    row: str
    n: int | None
    scale: Summary | None
    yes: Share | None
    hidden: bool


def last_ratings(ratings: Iterable[Rating]) -> dict[tuple[str, str, str], float]:
    """A person's last rating, by product, item and rater."""
    found: dict[tuple[str, str, str], tuple[object, float]] = {}
    for rating in ratings:
        key = (rating.product, rating.item, rating.by)
        if key not in found or rating.on >= found[key][0]:  # type: ignore[operator]
            found[key] = (rating.on, rating.value)
    return {key: value for key, (_, value) in found.items()}


def summed_up(
    people: Iterable[Iterable[Rating]], *, hide: bool = True
) -> tuple[RatingSummary, ...]:
    """Ratings of a program, by product, item and rater. people: ratings of each patient.

    hide: whether small groups are hidden.
    """
    values: dict[tuple[str, str, str], list[float]] = {}
    for ratings in people:
        for key, value in last_ratings(ratings).items():
            values.setdefault(key, []).append(value)
    return tuple(_summary(key, found, hide) for key, found in sorted(values.items()))


def _summary(key: tuple[str, str, str], values: list[float], hide: bool) -> RatingSummary:
    product, name, by = key
    item = rating_items().items[name]
    n = len(values)
    if hide and is_small(n):
        return RatingSummary(product, name, by, item.row, None, None, None, True)
    if item.kind == "yes_no":
        k = sum(value != 0 for value in values)
        if hide and hides(k, n):
            return RatingSummary(product, name, by, item.row, n, None, None, True)
        return RatingSummary(product, name, by, item.row, n, None, share(k, n), False)
    found = summary(values)
    if hide:
        found = Summary(found.n, found.mean, found.median, _open(found.bands))
    return RatingSummary(product, name, by, item.row, n, found, None, False)


def _open(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    """Neighbouring values put together until no band is of one to four people."""
    found: list[Band] = []
    waiting: Band | None = None
    for band in bands:
        waiting = band if waiting is None else _both(waiting, band)
        if not is_small(waiting.count):
            found.append(waiting)
            waiting = None
    if waiting is not None and found:
        found.append(_both(found.pop(), waiting))
    return tuple(found)


def _both(first: Band, second: Band) -> Band:
    return Band(first.low, second.high, first.count + second.count)
