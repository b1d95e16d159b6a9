"""Load the formulary: products, excipients, forms, brands and prices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from antagonist.foundation.data import (
    Lines,
    check_known,
    near_match,
    read_entries,
    read_yaml,
    validated,
)
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Provenance
from antagonist.label.formulary.models import (
    Brand,
    Excipient,
    ExcipientSet,
    FormType,
    Price,
    Product,
)
from antagonist.label.jurisdictions import labels

LACTOSE = "lactose_bearing"


class ExcipientFile(BaseModel):
    """The file of excipients: the substances, and the sets avoided together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    provenance: Provenance
    excipients: Mapping[str, Excipient]
    sets: Mapping[str, ExcipientSet]


class _PriceFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    prices: tuple[Price, ...]


@lru_cache(maxsize=1)
def forms() -> Mapping[str, FormType]:
    """Every dosage form by id. Raises InputError naming file, line and field."""
    return read_entries(FormType, DATA / "forms.yaml")


def load_excipients(path: Path) -> ExcipientFile:
    """Excipients and their sets from a file. Raises InputError naming file, line and field."""
    found = validated(ExcipientFile, read_yaml(path), path.name, Lines(path))
    for name, entry in found.sets.items():
        for member in entry.members:
            check_known(member, found.excipients, path.name, f"sets.{name}.members")
    _names(found, path.name)
    return found


def _names(content: ExcipientFile, source: str) -> Mapping[str, str]:
    """Excipient by every name, as it is looked up. Raises InputError for a name of two."""
    found: dict[str, str] = {}
    for name, entry in content.excipients.items():
        for spoken in (name, entry.en, entry.ru, *entry.synonyms):
            if found.setdefault(_spoken(spoken), name) != name:
                allowed = f"each name for one excipient; it is also one of {found[_spoken(spoken)]}"
                raise InputError(source, f"excipients.{name}", spoken, allowed)
    return found


def _spoken(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())


@lru_cache(maxsize=1)
def _excipient_file() -> ExcipientFile:
    return load_excipients(DATA / "excipients.yaml")


@lru_cache(maxsize=1)
def _excipient_names() -> Mapping[str, str]:
    return _names(_excipient_file(), "excipients.yaml")


def excipients() -> Mapping[str, Excipient]:
    """Every excipient by id."""
    return _excipient_file().excipients


def excipient_sets() -> Mapping[str, ExcipientSet]:
    """Every set of excipients that are avoided together, by id."""
    return _excipient_file().sets


def excipient_id(name: str) -> str | None:
    """Id of an excipient by id, name or synonym, whatever the case; None = not known.

    The whole name counts, never a part of it; what is not known is not thereby harmless.
    """
    return _excipient_names().get(_spoken(name))


@lru_cache(maxsize=256)
def avoided(name: str) -> frozenset[str]:
    """Excipient ids that avoiding an excipient or a set means.

    name: id of a set, or what ``excipient_id`` finds. One of a set of like substances brings all.
    Raises InputError for a name that is neither.
    """
    sets = excipient_sets()
    if name in sets:
        return frozenset(sets[name].members)
    found = excipient_id(name)
    if found is None:
        raise InputError("", "excipient", name, near_match(name, [*sets, *excipients()]))
    like = (entry.members for entry in sets.values() if entry.alike and found in entry.members)
    return frozenset({found}).union(*like)


def load_product(path: Path) -> Product:
    """A product from its file. Raises InputError naming file, line and field."""
    found = validated(Product, read_yaml(path), path.name, Lines(path))
    if found.id != path.stem:
        raise InputError(path.name, "id", found.id, f"the file's own name, {path.stem}")
    for part in found.excipients:
        check_known(part.id, excipients(), path.name, "excipients")
    for label in found.label_jurisdictions:
        check_known(label, labels(), path.name, "label_jurisdictions")
    check_known(found.route, forms()[found.form].routes, path.name, "route")
    _check_lactose(found, path.name)
    return found


def _check_lactose(product: Product, source: str) -> None:
    """What is said of lactose agrees with the list of excipients."""
    listed = any(part.id in avoided(LACTOSE) for part in product.excipients)
    whole = product.excipients_complete == "yes"
    right = ("yes",) if listed else ("no",) if whole else ("no", "unknown")
    check_known(product.contains_lactose, right, source, "contains_lactose")


@lru_cache(maxsize=1)
def products() -> Mapping[str, Product]:
    """Every product by id, traps included. Raises InputError naming file, line and field."""
    loaded = (load_product(path) for path in sorted((DATA / "products").glob("*.yaml")))
    return MappingProxyType({product.id: product for product in loaded})


def product(product_id: str) -> Product:
    """A product by id. Raises InputError with the nearest known one."""
    check_known(product_id, products(), "", "product")
    return products()[product_id]


def lactose_mg(found: Product) -> float | None:
    """Lactose in one unit of a product, mg; None = none listed, or not stated how much."""
    amounts = [part.amount_mg for part in found.excipients if part.id in avoided(LACTOSE)]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def load_brands(path: Path) -> Mapping[str, Brand]:
    """Brands of a file by id. Raises InputError naming file, line and field."""
    found = read_entries(Brand, path)
    for name, brand in found.items():
        for product_id in brand.products:
            check_known(product_id, products(), path.name, f"{name}.products")
    return found


@lru_cache(maxsize=1)
def brands() -> Mapping[str, Brand]:
    """The brands of the base text (seed row B1), by id."""
    return load_brands(DATA / "brands.yaml")


def brand_forms(brand_id: str) -> tuple[str, ...]:
    """Dosage forms in which a brand comes. Raises InputError for a brand that is not known."""
    check_known(brand_id, brands(), "", "brand")
    found = (products()[name].form for name in brands()[brand_id].products)
    return tuple(dict.fromkeys(found))


def load_prices(path: Path) -> tuple[Price, ...]:
    """Prices of a file, such as a clinic's own. Raises InputError naming file, line and field."""
    found = validated(_PriceFile, read_yaml(path), path.name, Lines(path)).prices
    for number, entry in enumerate(found):
        check_known(entry.product, products(), path.name, f"prices[{number}].product")
    return found


@lru_cache(maxsize=1)
def prices() -> tuple[Price, ...]:
    """The prices of the base text (seed rows P7 and P8)."""
    return load_prices(DATA / "prices.yaml")


def price_of(product_id: str, known: Collection[Price] | None = None) -> Price | None:
    """The latest known price of a product, None = unknown; an undated one counts as oldest.

    known: prices to look in; those of the base text if None.
    """
    check_known(product_id, products(), "", "product")
    found = [
        entry for entry in (prices() if known is None else known) if entry.product == product_id
    ]
    return max(
        found, key=lambda entry: (entry.priced_on is not None, entry.priced_on), default=None
    )
