"""The JSON API, one file a subject: the same actions as the pages, for programs with a token."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from fastapi import APIRouter


def api_routers() -> Iterator[APIRouter]:
    """Routers of every module of this package that has one, in order of their names."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "router"):
            yield module.router
