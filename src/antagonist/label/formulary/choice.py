"""Which products suit a patient who must avoid an excipient, and which can replace another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.label.formulary.catalogue import LACTOSE, avoided, forms, product, products
from antagonist.label.formulary.models import Part, Product
from antagonist.label.jurisdictions import chosen, covers

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Excluded:
    """A product that holds what is avoided: which of it, with the amounts its list gives."""

    product: str
    contains: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A product that no plan is made with, whatever it holds."""

    product: str
    reason: Literal["unidentified", "never_approved", "trap"]


@dataclass(frozen=True, slots=True)
class Suitability:
    """Products by what is known of them; each product asked about stands in exactly one group.

    remaining: known to be free of all that is avoided. unknown: not known to be, so not safe.
    """

    excluded: tuple[Excluded, ...]
    remaining: tuple[str, ...]
    unknown: tuple[str, ...]
    not_offered: tuple[NotOffered, ...]


@dataclass(frozen=True, slots=True)
class Substitute:
    """A product of the same form, route and strength, beside the one it would replace.

    only_here: excipients of the product to be replaced that this one is known to be free of;
    only_there: the reverse. unsure: listed for one, not known of the other. compared: both lists
    are whole; if not, either may hold more than is listed.
    """

    product: str
    same_country: bool
    same_labels: bool
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    unsure: tuple[str, ...]
    compared: bool


def holds(found: Product, name: str) -> Answer:
    """Whether a product holds an excipient or one of a set.

    Raises InputError for a name that is neither an excipient nor a set.
    """
    wanted = avoided(name)
    if any(part.id in wanted for part in found.excipients):
        return "yes"
    if wanted <= avoided(LACTOSE):
        # said of lactose alone, also where the rest of the list was not read
        return found.contains_lactose
    return "no" if found.excipients_complete == "yes" else "unknown"


def suitable(
    excipient_avoid: Iterable[str] = (),
    form: str | None = None,
    jurisdiction: str | None = None,
) -> Suitability:
    """Products by whether they are free of some excipients.

    excipient_avoid: excipients by id or name, or ids of sets such as ``lactose_bearing``.
    form, jurisdiction: look only at products of a form, and of a label (or a country's labels).
    Raises InputError for an excipient, a form or a jurisdiction that is not known.
    """
    names = tuple(excipient_avoid)
    wanted = frozenset[str]().union(*(avoided(name) for name in names))
    excluded: list[Excluded] = []
    groups: dict[Answer, list[str]] = {"yes": [], "no": [], "unknown": []}
    not_offered: list[NotOffered] = []
    for found in _asked(form, jurisdiction):
        if found.not_plannable is not None:
            not_offered.append(NotOffered(found.id, found.not_plannable.reason))
            continue
        groups[_any(holds(found, name) for name in names)].append(found.id)
    for name in groups["yes"]:
        parts = tuple(part for part in products()[name].excipients if part.id in wanted)
        excluded.append(Excluded(name, parts))
    return Suitability(
        tuple(excluded), tuple(groups["no"]), tuple(groups["unknown"]), tuple(not_offered)
    )


def _any(answers: Iterable[Answer]) -> Answer:
    """One 'yes' is enough, and without it one 'unknown' leaves all unknown."""
    order: tuple[Answer, ...] = ("no", "unknown", "yes")
    return max(answers, key=order.index, default="no")


def _asked(form: str | None, jurisdiction: str | None) -> list[Product]:
    """Products of a form and a label, all for None."""
    if form is not None and form not in forms():
        raise InputError("", "form", form, near_match(form, forms()))
    label = chosen(jurisdiction)
    return [
        found
        for found in products().values()
        if form in (None, found.form) and (label is None or _has_label(found, label))
    ]


def _has_label(found: Product, choice: str) -> bool:
    return any(covers(choice, label) for label in found.label_jurisdictions)


def substitutes(product_id: str) -> tuple[Substitute, ...]:
    """Products that can replace one: same form, route and strength, and no other active.

    The same country comes first. A product that cannot be planned replaces nothing and is not
    replaced. Raises InputError for a product that is not known.
    """
    here = product(product_id)
    if not here.plannable:
        return ()
    found = [_substitute(here, there) for there in products().values() if _alike(here, there)]
    return tuple(sorted(found, key=lambda entry: (not entry.same_country, entry.product)))


def _alike(here: Product, there: Product) -> bool:
    return (
        there.plannable
        and there.id != here.id
        and (there.form, there.route, there.strength_mg)
        == (here.form, here.route, here.strength_mg)
        and [active.id for active in there.second_actives]
        == [active.id for active in here.second_actives]
    )


def _substitute(here: Product, there: Product) -> Substitute:
    only_here, unsure_there = _absent(here, there)
    only_there, unsure_here = _absent(there, here)
    return Substitute(
        product=there.id,
        same_country=here.country == there.country,
        same_labels=set(here.label_jurisdictions) == set(there.label_jurisdictions),
        only_here=only_here,
        only_there=only_there,
        unsure=tuple(sorted({*unsure_here, *unsure_there})),
        compared=here.excipients_complete == there.excipients_complete == "yes",
    )


def _absent(here: Product, there: Product) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Excipients of one product that another is free of, and those not known of it."""
    found = {part.id: holds(there, part.id) for part in here.excipients}
    return (
        tuple(sorted(name for name, answer in found.items() if answer == "no")),
        tuple(sorted(name for name, answer in found.items() if answer == "unknown")),
    )
