"""What a product is: form, strength, pack, excipients, codes; all data, checked on load."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from antagonist.label.facts import Both, Provenance
from antagonist.label.regimens import RowId
from antagonist.label.rules import Indication

Form = Literal[
    "capsule",
    "tablet",
    "oral_solution",
    "powder_for_injection",
    "implant_gel_syringe",
    "implant_tablet",
]
ProductRoute = Literal["oral", "im_xr", "subcutaneous", "implant"]
Known = Annotated[
    Literal["yes", "no", "unknown"],
    # a bare yes or no of YAML arrives as a truth value
    BeforeValidator(
        lambda value: ("no", "yes")[value] if isinstance(value, bool) else value,
    ),
]
Status = Literal[
    "marketed",
    "listed",
    "registered",
    "probably_discontinued",
    "never_approved",
    "unknown",
]
Name = Annotated[str, StringConstraints(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FormType(_Entry):
    """A dosage form. unit: one of it, by plural category of the language.

    routes: how products of the form are given. rows: seed rows that say so.
    """

    title: Both
    unit: Mapping[Literal["en", "ru"], Mapping[Literal["one", "few", "many", "other"], Name]]
    routes: tuple[ProductRoute, ...] = Field(min_length=1)
    rows: tuple[RowId, ...] = ()
    source: Name
    provenance: Provenance


class Excipient(_Entry):
    """A substance in a product that does not act; synonyms: other names it is listed under."""

    en: Name
    ru: Name
    synonyms: tuple[Name, ...] = ()
    note: Both | None = None


class ExcipientSet(_Entry):
    """Excipients avoided together. alike: lists use their names for one and the same substance."""

    title: Both
    members: tuple[Name, ...] = Field(min_length=1)
    alike: bool
    rows: tuple[RowId, ...] = ()
    source: Name
    provenance: Provenance


class Part(_Entry):
    """An excipient of one product. amount_mg: in one unit, None = not stated.

    amount_text: an amount that is not mg in one unit. diluent: it comes with the diluent.
    """

    id: Name
    amount_mg: float | None = Field(default=None, gt=0)
    amount_text: Name | None = None
    diluent: bool = False


class SecondActive(_Entry):
    """Another active ingredient (id of medicines.yaml), mg in one unit."""

    id: Name
    en: Name
    ru: Name
    amount_mg: float | None = Field(default=None, gt=0)


class Pack(_Entry):
    """How a product is packed; what is empty or None is not known.

    blisters: numbers of blisters that packs come with. units: sizes of packs without blisters.
    """

    text: Both | None = None
    units_per_blister: int | None = Field(default=None, gt=0)
    blisters: tuple[int, ...] = ()
    units: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Pack:
        if self.blisters and (self.units_per_blister is None or self.units):
            raise ValueError("blisters need units_per_blister and go without units")
        if min((*self.blisters, *self.units), default=1) < 1:
            raise ValueError("a pack holds 1 unit at least")
        return self

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units in one pack, for each pack there is; empty = not known."""
        return self.units or tuple((self.units_per_blister or 0) * n for n in self.blisters)


class Storage(_Entry):
    """How to keep it: degrees Celsius, days allowed out of the refrigerator and up to which."""

    text: Both
    min_c: float | None = None
    max_c: float | None = None
    days_out_of_fridge: float | None = Field(default=None, gt=0)
    out_of_fridge_max_c: float | None = None


class ProductCode(_Entry):
    """A code that was read for a product."""

    system: Literal["ATC", "RxNorm", "SPL-setid", "GTIN", "UK-PL", "NDC"]
    code: Name
    note: Both | None = None


class NotPlannable(_Entry):
    """Why no plan is made with a product."""

    reason: Literal["unidentified", "never_approved", "trap"]
    text: Both


class Product(_Entry):
    """One product of the formulary; field meanings stand in docs/reference/formulary.md."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    brand: Both
    group: Literal["naltrexone_fv", "nalorex_or_aop", "adepend", "prodetoxone", "other"] = "other"
    form: Form
    strength_mg: float | None = Field(gt=0)
    strength_provenance: Provenance | None = None
    route: ProductRoute
    scored: Known = "unknown"
    divisible: Known = "unknown"
    pack: Pack = Pack()
    excipients: tuple[Part, ...] = ()
    excipients_complete: Known
    contains_lactose: Known
    second_actives: tuple[SecondActive, ...] = ()
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    maker: Both | None
    label_jurisdictions: tuple[str, ...]
    licensed_for: tuple[Indication, ...] | None = None
    status: Status
    status_note: Both | None = None
    registration: Name | None = None
    not_plannable: NotPlannable | None = None
    storage: Storage | None = None
    shelf_life_months: int | None = Field(default=None, gt=0)
    codes: tuple[ProductCode, ...] = ()
    release_model: Name | None
    seed_rows: tuple[RowId, ...] = ()
    source: Name
    provenance: Provenance
    note: Both

    @model_validator(mode="after")
    def _whole(self) -> Product:
        names = [part.id for part in self.excipients]
        if len(names) != len(set(names)):
            raise ValueError("an excipient stands in the list twice")
        if self.strength_mg is None and self.not_plannable is None:
            raise ValueError("a product of unknown strength needs not_plannable")
        if self.divisible == "yes" and self.form != "tablet":
            raise ValueError("only a tablet is divisible")
        return self

    @property
    def plannable(self) -> bool:
        """Whether a plan may be made with it; if not, ``not_plannable`` says why."""
        return self.not_plannable is None

    @property
    def trap(self) -> bool:
        """Whether it holds naltrexone and is no naltrexone treatment."""
        return self.not_plannable is not None and self.not_plannable.reason == "trap"

    @property
    def identified(self) -> bool:
        """Whether strength and maker are known."""
        return self.strength_mg is not None and self.maker is not None

    @property
    def halves(self) -> Known:
        """Whether half of one can be given: its text calls it scored or divisible, or it cannot."""
        if "yes" in (self.scored, self.divisible):
            return "yes"
        return self.divisible


class Brand(_Entry):
    """A brand of the base text, and the products that carry it."""

    name: Both
    products: tuple[Name, ...] = Field(min_length=1)
    rows: tuple[RowId, ...] = Field(min_length=1)
    source: Name
    provenance: Provenance
    note: Both | None = None


class Price(_Entry):
    """What one pack costs. pack_units: units in the pack it was given for; None = not stated.

    priced_on: day of the price; None = undated.
    """

    product: Name
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    pack_units: int | None = Field(gt=0)
    priced_on: date | None
    rows: tuple[RowId, ...] = ()
    source: Name
    provenance: Provenance
    note: Both | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Price:
        if self.low > self.high:
            raise ValueError("low is not above high")
        return self
