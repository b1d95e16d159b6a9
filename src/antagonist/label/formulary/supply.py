"""Units for a dose, packs for units, what they cost, and what a clinic needs in stock each week."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from antagonist.foundation.errors import InputError
from antagonist.label.facts import Provenance
from antagonist.label.formulary.catalogue import product
from antagonist.label.formulary.models import Price, Product

HALF = 0.5
# far below a half unit, far above what float division leaves
TOLERANCE = 1e-9

DatedUnits = tuple[date, float]


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a product that make a dose; ``halved``: one of them is a half."""

    product: str
    dose_mg: float
    units: float
    halved: bool


@dataclass(frozen=True, slots=True)
class PackOption:
    """Packs of one size that hold enough, and the whole units left over."""

    size: int
    packs: int
    left_over: int


@dataclass(frozen=True, slots=True)
class PackNeed:
    """Packs for some units. whole_units: none is taken apart but to give a half.

    blisters: None = units in a blister not known. options: one for each size of pack that there
    is; empty = the size is not known, and then neither is the number of packs.
    """

    product: str
    units: float
    whole_units: int
    blisters: int | None
    options: tuple[PackOption, ...]

    @property
    def best(self) -> PackOption | None:
        """The size that leaves least over, of those the one with fewest packs; None = unknown."""
        return min(self.options, key=attrgetter("left_over", "packs"), default=None)


@dataclass(frozen=True, slots=True)
class Cost:
    """What packs cost. priced_on: None = the price is undated.

    same_pack: the price was given for a pack of this size; False = it does not say for which.
    """

    low: float
    high: float
    currency: str
    packs: int
    pack_size: int
    same_pack: bool
    priced_on: date | None
    source: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class WeekStock:
    """What one product needs in one ISO week.

    units: taken in the week. whole_units: taken out of packs in it (a half opens a whole one, its
    other half stays with the patient). packs: to be opened in it, after what earlier ones left;
    None = size of the pack not known.
    """

    year: int
    week: int
    product: str
    units: float
    whole_units: int
    packs: int | None
    pack_size: int | None


def tablets_for(dose_mg: float, product_id: str) -> Units:
    """Units of a product for a dose in mg: whole, or with a half where its text lets it be halved.

    Raises InputError for a dose that the product cannot make, and for one of unknown strength.
    """
    found = product(product_id)
    if found.strength_mg is None:
        raise InputError("", "product", product_id, "a product whose strength is known")
    step = HALF if found.halves == "yes" else 1.0
    steps = dose_mg / (found.strength_mg * step)
    whole_steps = round(steps) if math.isfinite(steps) else 0
    if whole_steps < 1 or abs(steps - whole_steps) > TOLERANCE * whole_steps:
        raise InputError("", "dose_mg", dose_mg, _steps_of(found, step))
    units = whole_steps * step
    return Units(product_id, dose_mg, units, halved=units % 1 != 0)


def _steps_of(found: Product, step: float) -> str:
    """Which doses a product can make, in words."""
    why = {
        "yes": "it can be halved",
        "no": f"{found.form} is not halved",
        "unknown": "nothing read says that it may be halved",
    }[found.halves]
    return f"multiples of {(found.strength_mg or 0) * step:g} mg of {found.id}: {why}"


def packs_needed(units: float, product_id: str, pack_size: int | None = None) -> PackNeed:
    """Packs that hold some units of a product.

    units: whole and halves. pack_size: units in the pack at hand, where the data has no size or
    several. Raises InputError for units that are no halves and a pack that holds nothing.
    """
    found = product(product_id)
    _check_units(units, "units")
    if pack_size is not None and pack_size < 1:
        raise InputError("", "pack_size", pack_size, "1 unit at least")
    whole = math.ceil(units)
    sizes = found.pack.sizes if pack_size is None else (pack_size,)
    options = (PackOption(size, -(-whole // size), -whole % size) for size in sorted(sizes))
    per_blister = found.pack.units_per_blister
    blisters = None if per_blister is None else -(-whole // per_blister)
    return PackNeed(product_id, units, whole, blisters, tuple(options))


def _check_units(units: float, field: str) -> None:
    if not (math.isfinite(units) and units >= 0 and units / HALF == round(units / HALF)):
        raise InputError("", field, units, "a number of whole units and halves, 0 or more")


def cost(packs: PackNeed, price: Price | None) -> Cost | None:
    """What packs cost, from the lowest to the highest price; None = not known.

    It is not known without a price, without a size of pack, and where the price does not say for
    which of several packs it is. Raises InputError for the price of another product.
    """
    if price is None:
        return None
    if price.product != packs.product:
        raise InputError("", "price.product", price.product, packs.product)
    option = _priced(packs.options, price.pack_units)
    if option is None:
        return None
    return Cost(
        low=price.low * option.packs,
        high=price.high * option.packs,
        currency=price.currency,
        packs=option.packs,
        pack_size=option.size,
        same_pack=price.pack_units is not None,
        priced_on=price.priced_on,
        source=price.source,
        provenance=price.provenance,
    )


def _priced(options: Sequence[PackOption], pack_units: int | None) -> PackOption | None:
    """The pack that a price is for: of its size, or the only one there is."""
    if pack_units is None:
        return options[0] if len(options) == 1 else None
    return next((option for option in options if option.size == pack_units), None)


def stock_per_week(
    plans: Iterable[tuple[str, Iterable[DatedUnits]]], pack_size: Mapping[str, int] | None = None
) -> tuple[WeekStock, ...]:
    """What each product needs in each ISO week, for a set of plans.

    plans: product id, and day and units of every dose. A half is not shared between plans.
    pack_size: units in the pack at hand, by product, as in ``packs_needed``.
    Raises InputError for a product that is not known and units that are no halves.
    """
    taken: dict[str, dict[tuple[int, int], float]] = defaultdict(lambda: defaultdict(float))
    whole: dict[str, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
    for number, (product_id, doses) in enumerate(plans):
        product(product_id)
        by_week = _by_week(doses, f"plans[{number}].units")
        for week, (units, opened) in by_week.items():
            taken[product_id][week] += units
            whole[product_id][week] += opened
    rows = (
        row
        for product_id in taken
        for row in _weeks(product_id, taken[product_id], whole[product_id], pack_size or {})
    )
    return tuple(sorted(rows, key=lambda row: (row.year, row.week, row.product)))


def _by_week(doses: Iterable[DatedUnits], field: str) -> dict[tuple[int, int], tuple[float, int]]:
    """Units taken and whole ones begun by one plan in each ISO week, in order."""
    units: dict[tuple[int, int], float] = defaultdict(float)
    for day, amount in doses:
        _check_units(amount, field)
        year, week, _ = day.isocalendar()
        units[year, week] += amount
    found: dict[tuple[int, int], tuple[float, int]] = {}
    before = 0.0
    for key in sorted(units):
        after = before + units[key]
        found[key] = (units[key], math.ceil(after) - math.ceil(before))
        before = after
    return found


def _weeks(
    product_id: str,
    taken: dict[tuple[int, int], float],
    whole: dict[tuple[int, int], int],
    pack_size: Mapping[str, int],
) -> Iterable[WeekStock]:
    size = _pack_size(product_id, pack_size.get(product_id))
    before = 0
    for year, week in sorted(taken):
        after = before + whole[year, week]
        packs = None if size is None else -(-after // size) - -(-before // size)
        yield WeekStock(year, week, product_id, taken[year, week], whole[year, week], packs, size)
        before = after


def _pack_size(product_id: str, at_hand: int | None) -> int | None:
    """Units in the pack at hand, or in the only one there is; None = unknown, or several."""
    options = packs_needed(0, product_id, at_hand).options
    return options[0].size if len(options) == 1 else None
