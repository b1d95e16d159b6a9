"""Explanation trees of an answer's rules, for those who want to see every step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from antagonist.label.answers import Answer
from antagonist.label.assess import facts_asked
from antagonist.label.conditions.explain import Explanation, explained
from antagonist.label.formulary import product
from antagonist.label.gathered import gathered
from antagonist.label.patient import Patient
from antagonist.label.rulebook import Asked, Rulebook


def trees_of(
    patient: Patient, as_of: datetime, answer: Answer, book: Rulebook
) -> Mapping[str, Explanation]:
    """The tree of every rule that an answer rests on, by rule id: on the facts the answer saw.

    Raises InputError for an answer about no product, and for one that is not in the formulary.
    """
    known = gathered(patient, as_of)
    item = product(answer.product or "")
    facts = facts_asked(known, item, answer.indication, answer.question)
    asked = Asked(answer.question, answer.indication, answer.route, answer.jurisdiction)
    names = book.names(asked)
    results = book.single.results(facts, names)
    return {name: explained(book.graph, name, facts, results) for name in names}
