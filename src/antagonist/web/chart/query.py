"""A what-if out of the fields of a form or of an address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from antagonist.foundation.clock import parse_day
from antagonist.foundation.errors import InputError
from antagonist.web.chart.model import WhatIf
from antagonist.web.forms import NUMBER

SOURCE = "what-if"
ON = ("1", "on", "true", "yes")
OFF = ("", "0", "off", "false", "no")


def what_if_of(fields: Mapping[str, str], zone: ZoneInfo) -> WhatIf:
    """A what-if of form fields; those that are not there ask nothing.

    fields: ``skip_next``, ``inject_now``, ``nothing_more`` as a box sends them; ``delay_next_d`` or
    ``delay_next_h`` numbers, added up; ``surgery_on`` a date, ``YYYY-MM-DD``.
    An operation is taken to be at the beginning of its day in the zone, the cautious end.
    Raises InputError for a field that cannot be read or is out of its range.
    """
    on = fields.get("surgery_on", "").strip()
    return WhatIf(
        skip_next=_box(fields, "skip_next"),
        delay_next_h=24 * _number(fields, "delay_next_d") + _number(fields, "delay_next_h"),
        inject_now=_box(fields, "inject_now"),
        nothing_more=_box(fields, "nothing_more"),
        surgery_at=_day(on, zone) if on else None,
    )


def _box(fields: Mapping[str, str], name: str) -> bool:
    said = fields.get(name, "").strip().lower()
    if said not in (*ON, *OFF):
        raise InputError(SOURCE, name, said, "on or off")
    return said in ON


def _number(fields: Mapping[str, str], name: str) -> float:
    said = fields.get(name, "").strip() or "0"
    if not NUMBER.fullmatch(said):
        raise InputError(SOURCE, name, said, "a number")
    return float(said.replace(",", "."))


def _day(said: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(parse_day(said, SOURCE, "surgery_on"), time(0), zone)
