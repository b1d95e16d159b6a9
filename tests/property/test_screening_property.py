"""Screening fails safe: over generated patients, and whatever is taken away or added."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.patients import INJECTION, RU_TABLET, UK_TABLET, US_TABLET, answer, content
from tests.support.patients import fact as said

from antagonist.foundation.errors import InputError
from antagonist.label.answers import PERMITTING
from antagonist.label.assess import product_facts
from antagonist.label.conditions import nodes as n
from antagonist.label.facts import Fact, fact_types
from antagonist.label.formulary import product
from antagonist.label.gathered import gathered, moment
from antagonist.label.patient import parse_patient
from antagonist.label.rulebook import Asked, rulebook, with_clinic_rules
from antagonist.label.rules import Rule
from antagonist.label.screening import Case, screened

BOOK = rulebook(date(2026, 11, 25))
CHOICES: list[tuple[str, str | None]] = [
    (US_TABLET, None), (US_TABLET, "us"), (RU_TABLET, "ru"), (UK_TABLET, "uk"),
    (INJECTION, None), (INJECTION, "us"), ("prodetoxone-implant-1000", "ru"),
]  # fmt: skip
choices = st.sampled_from(CHOICES)
examples = st.sampled_from(["eligible_opioid", "alcohol_raised_alt", "chronic_hepatitis_c"])


@st.composite
def flat_cases(draw: st.DrawFn) -> tuple[dict[str, Fact], Asked]:
    """Flat facts near the eligible patient's, some changed to anything the dictionary allows."""
    chosen, label = draw(choices)
    name = draw(examples)
    base = parse_patient(content(name), "p")
    item = product(chosen)
    facts = dict(gathered(base, moment(base)).facts) | product_facts(item, base)
    changed = draw(st.lists(st.sampled_from(sorted(facts)), max_size=4, unique=True))
    for fact in changed:
        facts[fact] = draw(any_fact(fact))
    assert base.indication in ("opioid", "alcohol")
    return facts, Asked("start", base.indication, item.route, label)  # type: ignore[arg-type]


def any_fact(name: str) -> st.SearchStrategy[Fact]:
    kind = fact_types()[name]
    ages = st.sampled_from([None, 0.0, 1.0, 25.0, 73.0, 24.0 * 15, 24.0 * 400])
    values: st.SearchStrategy[Any] = {
        "yes_no": st.booleans(),
        "number": st.sampled_from([0.0, 1.0, 4.0, 5.0, 9.0, 10.0, 13.0, 14.0, 66.0, 300.0]),
        "category": st.sampled_from(sorted(kind.values) or ["x"]),
        "text": st.just("x"),
        "set": st.sampled_from([frozenset(), frozenset({"tramadol"}), frozenset({"ibuprofen"})]),
    }[kind.kind]
    return st.builds(lambda value, age: Fact(value, age), values, ages)


def permits(facts: dict[str, Fact], asked: Asked) -> bool:
    case = Case("p", "2026-11-25", date(2026, 11, 25), facts)
    return screened(case, asked, BOOK).verdict in PERMITTING


@settings(max_examples=200)
@given(case=flat_cases(), data=st.data())
def test_taking_a_fact_away_never_opens_a_gate(
    case: tuple[dict[str, Fact], Asked], data: st.DataObject
) -> None:
    facts, asked = case
    if permits(facts, asked):
        return
    for gone in data.draw(st.permutations(sorted(facts))):
        fewer = {name: fact for name, fact in facts.items() if name != gone}
        assert not permits(fewer, asked), gone


@settings(max_examples=200)
@given(case=flat_cases(), data=st.data())
def test_an_older_fact_never_opens_a_gate(
    case: tuple[dict[str, Fact], Asked], data: st.DataObject
) -> None:
    facts, asked = case
    name = data.draw(st.sampled_from(sorted(facts)))
    old = facts[name]._replace(age_h=1e9)
    if not permits(facts, asked):
        assert not permits(facts | {name: old}, asked)


CLOSING: dict[str, Any] = {
    "hepatitis": said("acute"),
    "liver_failure": said(True),
    "kidney_disease": said(True),
    "withdrawal_finding": said(True, date="2026-11-25 09:30"),
    "opioid_dependent_now": said(True),
}


@given(
    names=st.lists(st.sampled_from(sorted(CLOSING)), min_size=1, max_size=3, unique=True),
    choice=choices,
)
def test_adding_a_contraindication_closes(names: list[str], choice: tuple[str, str | None]) -> None:
    item, label = choice
    changed = parse_patient(content(facts={name: CLOSING[name] for name in names}), "p")
    assert not answer(changed, item, label=label).permits


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Patients' files near the eligible one, with dates, urine, tests and medicines changed."""
    found = deepcopy(content())
    exposure = found["opioid_history"]["exposures"][0]
    exposure["opioid"] = draw(st.sampled_from(["heroin", "methadone", "fentanyl", "unheard-of"]))
    day = draw(st.integers(1, 25))
    exposure["last_use"] = draw(
        st.sampled_from(
            [f"2026-11-{day:02d}", "2026-11", {"from": "2026-11-01", "to": "2026-11-16"}]
        )
    )
    urine = found["urine_tests"][0]
    urine["taken"] = draw(
        st.sampled_from(["2026-11-25 08:40", "2026-11-22 09:59", "2026-11-10 09:00"])
    )
    for cls in list(urine["results"]):
        urine["results"][cls] = draw(st.sampled_from(["negative"] * 9 + ["positive", "invalid"]))
    if draw(st.booleans()):
        del urine["results"][draw(st.sampled_from(sorted(urine["results"])))]
    test = found["provocation_tests"][0]
    test["result"] = draw(st.sampled_from(["negative", "negative", "positive", "interrupted"]))
    test["done_at"] = draw(st.sampled_from(["2026-11-25 09:40", "2026-11-24 09:59"]))
    found["scores"][0]["values"] = {"total": draw(st.sampled_from([0, 4, 5, 30]))}
    taken = draw(st.sampled_from([[], ["tramadol"], ["ibuprofen"], ["nobody knows"]]))
    found["medicines"]["taken"] = [{"name": name, "ingredients": [name]} for name in taken]
    return found


def safe_by_hand(found: dict[str, Any]) -> bool:
    """The gates of an opioid start, read from the file without the rules."""
    exposure = found["opioid_history"]["exposures"][0]
    wait = {"heroin": 10, "methadone": 14, "fentanyl": 10}.get(exposure["opioid"])
    last = exposure["last_use"]
    day = last["to"] if isinstance(last, dict) else last
    clear = wait is not None and len(day) == 10 and int(day[-2:]) + wait <= 25
    urine, test = found["urine_tests"][0], found["provocation_tests"][0]
    clean = len(urine["results"]) == 6 and set(urine["results"].values()) == {"negative"}
    return (
        clear
        and clean
        and urine["taken"] == "2026-11-25 08:40"
        and test["result"] == "negative"
        and test["done_at"] == "2026-11-25 09:40"
        and found["scores"][0]["values"]["total"] < 5
        and found["medicines"]["taken"]
        in ([], [{"name": "ibuprofen", "ingredients": ["ibuprofen"]}])
    )


@settings(max_examples=300)
@given(found=files(), choice=choices)
def test_a_start_is_permitted_only_where_every_gate_is_open_by_hand(
    found: dict[str, Any], choice: tuple[str, str | None]
) -> None:
    item, label = choice
    given_answer = answer(parse_patient(found, "p"), item, label=label)
    if given_answer.permits:
        assert safe_by_hand(found)


def test_the_eligible_patient_is_permitted_so_that_the_properties_say_something() -> None:
    permitted = {choice: answer(parse_patient(content(), "p"), choice[0], label=choice[1]).permits
                 for choice in CHOICES}  # fmt: skip
    assert all(permitted.values()), permitted


def loosening(node: n.Condition, *, positive: bool = True) -> list[str]:
    """Parts of a condition by which a missing fact could make a gate false."""
    match node:
        case n.AnyKnown():
            return [node.op]
        case n.Known() | n.Recent():
            return [node.op] if positive else []
        case n.AllOf() | n.AnyOf():
            return [x for child in node.of for x in loosening(child, positive=positive)]
        case n.Not():
            return loosening(node.of, positive=not positive)
        case n.Needing():
            return loosening(node.of, positive=positive)
        case _:
            return []


@pytest.mark.parametrize("rule", [r for r in BOOK.rules.values() if r.gating], ids=lambda r: r.id)
def test_no_gate_rests_on_a_fact_being_missing(rule: Rule) -> None:
    assert loosening(rule.condition) == []


severities = st.sampled_from(["contraindicated", "stop", "defer", "warn", "monitor", "inform"])


@settings(max_examples=60)
@given(severity=severities, fact=st.sampled_from(["liver_failure", "lactating", "dark_urine"]),
       case=flat_cases())  # fmt: skip
def test_a_clinics_own_rule_never_loosens(
    severity: str, fact: str, case: tuple[dict[str, Fact], Asked]
) -> None:
    own = Rule.model_validate(
        {
            "id": "clinic-own", "category": "clinic", "topic": "own", "jurisdictions": ["clinic"],
            "indications": ["opioid", "alcohol"], "routes": ["oral", "im_xr", "implant"],
            "asked": ["start"], "severity": severity, "when": {"op": "yes", "fact": fact},
            "text": {"en": "x", "ru": "x"}, "source": ["the clinic"], "provenance": "own",
            "cases": [{"name": "yes", "facts": {fact: True}, "gives": "true"}],
        }
    )  # fmt: skip
    facts, asked = case
    tighter = with_clinic_rules(BOOK, [own], "test")
    asked_of = Case("p", "2026-11-25", date(2026, 11, 25), facts)
    before = screened(asked_of, asked, BOOK).permits
    after = screened(asked_of, asked, tighter).permits
    assert before or not after


def closing_values() -> list[tuple[str, Any]]:
    """Every stated yes, no and category that the examples do not have, of facts that gate."""
    gating = {name for rule in BOOK.rules.values() if rule.gating for name in rule.facts}
    gating |= {"child_pugh", "egfr", "pregnancy_test", "childbearing_potential"}
    found: list[tuple[str, Any]] = []
    for name in sorted(gating):
        kind = fact_types()[name]
        if kind.derived or kind.about == "plan":
            continue
        if kind.kind == "yes_no":
            found += [(name, said(value)) for value in (True, False)]
        elif kind.kind == "category":
            found += [(name, said(value)) for value in kind.values]
    return found


@pytest.mark.parametrize(("name", "statement"), closing_values())
@pytest.mark.parametrize("example", ["eligible_opioid", "alcohol_raised_alt"])
def test_taking_a_statement_out_of_a_file_never_opens_a_gate(
    name: str, statement: dict[str, Any], example: str
) -> None:
    """From the file on. A file whose statements contradict each other shows that instead."""
    try:
        stated = parse_patient(content(example, facts={name: statement}), "p")
        without = parse_patient(content(example, facts={name: None}), "p")
        shown = [answer(stated, item, label=label) for item, label in CHOICES]
    except InputError:
        return
    for (item, label), before in zip(CHOICES, shown, strict=True):
        if not before.permits and not before.contradictions:
            assert not answer(without, item, label=label).permits, (item, label)
