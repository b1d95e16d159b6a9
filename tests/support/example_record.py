"""The example patient of examples/record, as events, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from antagonist.feedback.acting.learned import Learned, learned
from antagonist.feedback.events import Event
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.feedback.state import folded_held
from antagonist.pharmacology.settings import settings

PATH = Path(__file__).parents[2] / "examples" / "record" / "twelve_weeks.yaml"
MOSCOW = ZoneInfo("Europe/Moscow")
# After the last level and the dose that followed it.
AT = datetime(2026, 5, 22, 12, tzinfo=MOSCOW)
NOT_TAKEN = "2026-05-20T09:05:00+03:00"
CHOSEN = settings(draws=200, seed=3)


def event(n: int, kind: str, at: datetime, payload: Mapping[str, Any], role: str) -> Event:
    """One event as the record gives it."""
    return Event(
        f"e{n}", "p1", n, kind, NEWEST[kind], at, at, "a", role, "visit", None, payload, ""
    )


@cache
def events(until: datetime = AT) -> tuple[Event, ...]:
    """Events up to a moment, in order of time."""
    rows = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    told = [
        event(n, r["kind"], datetime.fromisoformat(r["occurred_at"]), r["payload"], r["role"])
        for n, r in enumerate(rows, start=1)
    ]
    return tuple(sorted((e for e in told if e.occurred_at <= until), key=lambda e: e.occurred_at))


def learned_of(told: Sequence[Event], at: datetime = AT) -> Learned | None:
    """The own model of some events."""
    return learned(folded_held(told, at), told, at, CHOSEN)


@cache
def example() -> Learned:
    """The example patient, learnt."""
    found = learned_of(events())
    assert found is not None
    return found


@cache
def injected() -> Learned:
    """A patient with three injections, two levels lower than most, and a plan that goes on."""
    product = {"product": "vivitrol-us-380", "dose_mg": 380}
    more = {**product, "lot": "L", "expiry": "2028-01-01", "side": "left", "given_by": "n"}
    to_come = [
        {"at": (AT + timedelta(days=day)).isoformat(), "dose_mg": 380, "kind": "injection"}
        for day in (1, 29, 57)
    ]
    plan = {
        "product": "vivitrol-us-380", "route": "im_xr", "regimen": "injection_380_every_4_weeks",
        "doses": to_come,
    }  # fmt: skip
    level = {"matrix": "plasma", "below_limit": False, "limit_ng_per_ml": 0.1}
    said = {"fact": "indication_stated", "value": "opioid", "source": "x"}
    told = [
        event(1, "fact", AT - timedelta(days=90), said, "prescriber"),
        *(event(2 + n, "injection", AT - timedelta(days=84 - 28 * n), more, "nurse")
          for n in range(3)),
        event(8, "plan_change", AT - timedelta(days=27), {"plan": plan, "reason": "x"},
              "prescriber"),
        *(event(9 + n, "level", AT - timedelta(hours=2),
                {**level, "analyte": analyte, "value_ng_per_ml": value}, "laboratory")
          for n, (analyte, value) in enumerate((("naltrexone", 0.5), ("6_beta_naltrexol", 0.9)))),
    ]  # fmt: skip
    found = learned_of(told)
    assert found is not None
    return found


@cache
def misfit() -> Learned:
    """The same patient with one level that fits nothing: a thousand times too high."""
    told = [
        replace(e, payload={**e.payload, "value_ng_per_ml": 900.0})
        if e.kind == "level" and e.occurred_at.date() == AT.date()
        and e.payload["analyte"] == "6_beta_naltrexol"
        else e
        for e in events()
    ]  # fmt: skip
    found = learned_of(told)
    assert found is not None
    return found
