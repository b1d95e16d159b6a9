"""Figures of outcomes in words: shares, rates, means, groups, and what is hidden."""

from __future__ import annotations

from antagonist.feedback.outcomes.blocked import Expected
from antagonist.feedback.outcomes.definitions import definitions
from antagonist.feedback.outcomes.disclosure import ALL
from antagonist.feedback.outcomes.effects import ANY, UNKNOWN
from antagonist.feedback.outcomes.intervals import Interval, Rate, Share
from antagonist.feedback.outcomes.programme_model import Mean
from antagonist.label.formulary.catalogue import products
from antagonist.label.side_effects import side_effects
from antagonist.pharmacology.catalogue import formulations
from antagonist.report.label_text import in_language, product_title
from antagonist.report.numbers import percent, two_digits
from antagonist.report.wording import Wording


def hidden(words: Wording) -> str:
    """What stands in place of a small group."""
    return words.text("out.hidden")


def count_text(count: int | None, words: Wording) -> str:
    """A number of people, or that it is hidden."""
    return hidden(words) if count is None else str(count)


def share_text(found: Share | None, words: Wording) -> str:
    """A share with its interval and both counts, or that it is hidden."""
    if found is None:
        return hidden(words)
    counts = words.text("out.of", k=found.k, n=found.n)
    return counts if found.interval is None else f"{counts}; {interval_text(found.interval, words)}"


def interval_text(found: Interval, words: Wording) -> str:
    """A share with its interval, in percent."""
    if found.low is None or found.high is None:
        return percent(found.value)
    ends = {"low": percent(found.low), "high": percent(found.high)}
    return words.text("out.share", value=percent(found.value), **ends)


def number_interval(found: Interval | None, words: Wording) -> str:
    """A figure with its interval, two digits each."""
    if found is None:
        return hidden(words)
    value = two_digits(found.value, words.language)
    if found.low is None or found.high is None:
        return value
    ends = (two_digits(x, words.language) for x in (found.low, found.high))
    low, high = ends
    return words.text("out.share", value=value, low=low, high=high)


def mean_text(found: Mean, words: Wording) -> str:
    """A mean share over patients with its interval."""
    return hidden(words) if found.interval is None else interval_text(found.interval, words)


def expected_text(found: Expected, words: Wording) -> str:
    """An expected share with its 90 % interval."""
    ends = {"low": percent(found.low), "high": percent(found.high)}
    return words.text("out.share", value=percent(found.mean), **ends)


def expected_number(found: Expected, words: Wording) -> str:
    """An expected number with its 90 % interval, whole."""
    ends = {"low": f"{found.low:.0f}", "high": f"{found.high:.0f}"}
    return words.text("out.share", value=f"{found.mean:.0f}", **ends)


def rate_text(found: Rate | None, words: Wording) -> str:
    """Events and their rate, or that they are hidden."""
    if found is None or found.interval is None:
        return hidden(words)
    low, high = found.interval.low, found.interval.high
    assert low is not None
    assert high is not None
    value, least, most = (
        "0" if x == 0 else two_digits(x, words.language) for x in (found.interval.value, low, high)
    )
    return words.text("out.rate_value", events=found.events, value=value, low=least, high=most)


def measure_title(name: str, words: Wording) -> str:
    """Title of a measure of the definitions."""
    return in_language(definitions()[name].title, words)


def group_title(name: str, words: Wording) -> str:
    """A group of patients: everybody, or those who began with a product."""
    if name == ALL:
        return words.text("out.all")
    known = formulations()
    if name not in known:
        return name.replace("_", " ")
    return known[name].title[words.language]


def product_name(name: str, words: Wording) -> str:
    """A product of the formulary, or its id where it is not known any more."""
    return product_title(name, words) if name in products() else name


def system_title(name: str, words: Wording) -> str:
    """An organ system."""
    if name == ANY:
        return words.text("out.any_effect")
    known = side_effects().organ_systems
    if name == UNKNOWN or name not in known:
        return words.text("out.unknown_system")
    return in_language(known[name], words)


def term_title(name: str, words: Wording) -> str:
    """A symptom, or the clinic's own code for it."""
    known = side_effects().terms
    return in_language(known[name].title, words) if name in known else name.replace("_", " ")
