"""The formulary: products, what is in them, which of them suits, and how many packs."""

from antagonist.label.formulary.catalogue import price_of, product, products
from antagonist.label.formulary.models import Product
from antagonist.label.formulary.supply import cost, packs_needed, tablets_for

__all__ = [
    "Product",
    "cost",
    "packs_needed",
    "price_of",
    "product",
    "products",
    "tablets_for",
]
