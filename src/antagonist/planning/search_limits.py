"""What the label's rules close of some doses before a plan is made of them."""

from __future__ import annotations

from antagonist.label.facts import Fact
from antagonist.label.rulebook import Asked, rulebook
from antagonist.label.rules import Route
from antagonist.label.screening import CLOSING
from antagonist.planning.search_model import SearchRequest

Doses = tuple[tuple[int, float], ...]


def within_limits(
    request: SearchRequest, route: Route, doses: Doses, cycle_days: int | None
) -> bool:
    """Whether no rule of a plan closes some doses, with what is known of them alone.

    What is not known of them yet (product, site, course) is left to the plan itself.
    """
    highest = max(mg for _, mg in doses)
    values: dict[str, object] = {}
    if route == "oral":
        values = {"max_day_total_mg": highest, "max_single_dose_mg": highest}
    elif route == "im_xr" and cycle_days is not None:
        values = {
            "injection_dose_mg": highest,
            "injection_interval_days": float(cycle_days),
            "injection_at_visit": False,
        }
    facts = {name: Fact(value, 0.0, source="search") for name, value in values.items()}
    book = rulebook(request.on)
    names = book.names(Asked("plan", request.indication, route, request.jurisdiction))
    results = book.single.results(facts, names)
    return not any(
        book.rules[name].severity in CLOSING and results[book.graph.roots[name]] for name in names
    )
