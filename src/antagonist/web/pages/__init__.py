"""The pages, one file a subject. A new page is a module here with a ``router``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from fastapi import APIRouter


def page_routers() -> Iterator[APIRouter]:
    """Routers of every module of this package that has one, in order of their names."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "router"):
            yield module.router
