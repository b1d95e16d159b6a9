"""A rule's own cases as facts, so that they run as tests and stand on the spec page."""

from __future__ import annotations

from antagonist.foundation.errors import InputError
from antagonist.label.facts import Fact, fact_type
from antagonist.label.rules import Case, CaseFact


def case_facts(case: Case) -> dict[str, Fact]:
    """Facts of a case; one without an age counts as of today.

    Raises InputError for a fact or a value that the dictionary does not know.
    """
    found = {}
    for name, content in case.facts.items():
        given = content if isinstance(content, dict) else {"value": content}
        entry = CaseFact.model_validate(given)
        age_h = entry.age_d * 24 if entry.age_d is not None else entry.age_h or 0.0
        value = _value(name, entry.value, case.name)
        found[name] = Fact(value, age_h, state="known" if entry.complete else "unclear")
    return found


def _value(name: str, value: object, case: str) -> object:
    kind = fact_type(name, case).kind
    values = fact_type(name, case).values
    fits = {
        "yes_no": isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "category": isinstance(value, str) and value in values,
        "text": isinstance(value, str),
        "set": isinstance(value, list),
    }[kind]
    if not fits:
        raise InputError(case, name, value, f"a value of kind {kind}: {', '.join(values)}")
    if isinstance(value, list):
        return frozenset(str(item) for item in value)
    return float(value) if isinstance(value, int | float) and kind == "number" else value
