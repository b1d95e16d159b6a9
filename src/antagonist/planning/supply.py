"""Units, packs and cost of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from antagonist.foundation.errors import InputError
from antagonist.label.formulary import Product, cost, packs_needed, price_of, tablets_for
from antagonist.planning.plan_model import PlannedDose, Supply


def units_of(dose_mg: float, item: Product) -> float:
    """Tablets or capsules of a dose; 1 for an injection or implant of the product's strength.

    Raises InputError for a dose that the product cannot make.
    """
    return tablets_for(dose_mg, item.id).units


def makes(item: Product, doses_mg: Iterable[float]) -> bool:
    """Whether a product gives doses, whole or halved."""
    try:
        return all(units_of(mg, item) > 0 for mg in doses_mg)
    except InputError:
        return False


def planned_supply(
    doses: Sequence[PlannedDose], item: Product, pack_units: int | None = None
) -> Supply:
    """What the whole plan needs, and what it costs where a price is known.

    pack_units: units in the pack at hand; None = the product's own packs.
    """
    need = packs_needed(sum(dose.units for dose in doses), item.id, pack_units)
    best = need.best
    price = price_of(item.id)
    paid = cost(need, price)
    return Supply(
        units=need.units,
        packs=paid.packs if paid else best.packs if best else None,
        units_per_pack=paid.pack_size if paid else best.size if best else None,
        cost_low=paid.low if paid else None,
        cost_high=paid.high if paid else None,
        currency=paid.currency if paid else None,
        price_date=paid.priced_on.isoformat() if paid and paid.priced_on else None,
        price_source=paid.source if paid else None,
        price_provenance=paid.provenance if paid else None,
    )
