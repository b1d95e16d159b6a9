"""A clinic's own rules: additional, checked, and only ever tightening."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from antagonist.foundation.data import content_hash
from antagonist.foundation.errors import InputError
from antagonist.label.cases import case_facts
from antagonist.label.conditions.explain import word
from antagonist.label.rulebook import Rulebook, rulebook, with_clinic_rules
from antagonist.label.rules import Rule, load_rules

CLINIC = "clinic"


def load_clinic_rules(folder: Path) -> tuple[Rule, ...]:
    """Rules of a clinic's folder, from every YAML file in it.

    A clinic's rule is one more rule: it cannot have the id of another, be of another jurisdiction
    than ``clinic``, or let a rule of the label be set aside. An additional rule can close, delay
    or qualify an answer and never open one.
    Raises InputError naming file, line and field, and for a folder without rules.
    """
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise InputError(str(folder), "", None, "a folder with YAML files of rules")
    rules = load_rules(paths)
    for rule in rules:
        _check(rule)
    return rules


def _check(rule: Rule) -> None:
    source = f"{rule.category}: {rule.id}"
    if rule.jurisdictions != (CLINIC,):
        raise InputError(source, "jurisdictions", list(rule.jurisdictions), f"exactly [{CLINIC}]")
    if rule.departs:
        raise InputError(source, "departs", rule.departs, "no: a clinic's rule cannot loosen")


def book_for(on: date, folder: Path | None = None) -> Rulebook:
    """The rules of a day, with a clinic's own where a folder is given.

    Raises InputError for a clinic's rule that is wrong, or has the id of one of the label's.
    """
    book = rulebook(on)
    if folder is None:
        return book
    rules = [rule for rule in load_clinic_rules(folder) if rule.valid.holds(on)]
    for rule in rules:
        if rule.id in book.rules:
            allowed = "an id of its own: a rule of the label cannot be replaced"
            raise InputError(rule.category, "id", rule.id, allowed)
    return with_clinic_rules(book, rules, content_hash(sorted(folder.glob("*.yaml"))))


def failing_cases(book: Rulebook, rules: Iterable[Rule]) -> tuple[tuple[str, str, str, str], ...]:
    """Cases that do not come out as written: rule, case, what came out, what was written."""
    found = []
    for rule in rules:
        for case in rule.cases:
            came = word(book.single.truth(case_facts(case), rule.id))
            if came != case.gives:
                found.append((rule.id, case.name, came, case.gives))
    return tuple(found)
