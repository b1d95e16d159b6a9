"""How a rule's condition came out, in words: it agrees with the answer that it explains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.patients import US_TABLET, answer, patient

from antagonist.label.clinic_rules import book_for
from antagonist.label.gathered import moment
from antagonist.label.trees import trees_of
from antagonist.report.condition_tree import Branch, branch
from antagonist.report.label_text import label_words


def branches(
    name: str, question: str, language: str = "en", **changes: object
) -> dict[str, Branch]:
    found = patient(name, **changes)
    at = moment(found)
    book = book_for(at.date())
    given = answer(found, US_TABLET, question=question)
    words = label_words(language)
    trees = trees_of(found, at, given, book)
    return {rule: branch(book.rules[rule].condition, tree, words) for rule, tree in trees.items()}


def parts(one: Branch) -> Iterator[Branch]:
    yield one
    for below in one.of:
        yield from parts(below)


@pytest.mark.parametrize("question", ["start", "challenge"])
@pytest.mark.parametrize("name", ["eligible_opioid", "urine_positive", "too_early"])
def test_a_tree_comes_to_what_the_answer_says(name: str, question: str) -> None:
    given = answer(patient(name), US_TABLET, question=question)
    said = {reason.rule: reason.result for reason in (*given.reasons, *given.missing)}
    trees = branches(name, question)
    assert {rule: trees[rule].result for rule in said} == said
    open_rules = {rule for rule, tree in trees.items() if tree.result == "unknown"}
    gating = {r.rule for r in given.missing}
    book = book_for(moment(patient(name)).date())
    assert {rule for rule in open_rules if book.rules[rule].gating} == gating


def test_the_facts_stand_at_the_part_that_asks_for_them() -> None:
    tree = branches("urine_positive", "start")["urine-opioid-positive"]
    (fentanyl,) = [one for one in parts(tree) if one.result == "true" and not one.of]
    assert fentanyl.text == "Urine: fentanyl or norfentanyl: one of positive"
    assert fentanyl.facts[0].startswith("Urine: fentanyl or norfentanyl: positive (25 Nov 2026")


def test_russian_readers_read_russian() -> None:
    tree = branches("urine_positive", "start", "ru")["urine-opioid-positive"]
    assert tree.text == "любое из:"
