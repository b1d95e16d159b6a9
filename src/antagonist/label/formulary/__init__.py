"""The formulary: products, what is in them, which of them suits, and how many packs."""

from antagonist.label.formulary.catalogue import excipient_id, price_of, product, products
from antagonist.label.formulary.choice import holds, suitable
from antagonist.label.formulary.models import Product
from antagonist.label.formulary.supply import cost, packs_needed, tablets_for

__all__ = [
    "Product",
    "cost",
    "excipient_id",
    "holds",
    "packs_needed",
    "price_of",
    "product",
    "products",
    "suitable",
    "tablets_for",
]
