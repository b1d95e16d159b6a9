"""Antagonist: decision support for naltrexone therapy; not a certified medical device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from antagonist.api import Course, challenge, local_time, protected_until, simulate
    from antagonist.care import load_patient, plan, screen

__version__ = "0.1.0"
__all__ = [
    "Course",
    "challenge",
    "load_patient",
    "local_time",
    "plan",
    "protected_until",
    "screen",
    "simulate",
]
_OF_THE_LABEL = ("load_patient", "plan", "screen")


def __getattr__(name: str) -> Any:
    """Load the API on first use, so that the command line's help stays instant."""
    if name in _OF_THE_LABEL:
        from antagonist import care

        return getattr(care, name)
    if name in __all__:
        from antagonist import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
