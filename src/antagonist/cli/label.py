"""``antagonist label``: read the rules, compare labels, check a clinic's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antagonist.cli.common import (
    BAD_INPUT,
    JsonOption,
    Language,
    LanguageOption,
    answers,
    guarded,
    print_json,
    say,
)

if TYPE_CHECKING:
    from antagonist.label.rules import Rule

label_app = typer.Typer(no_args_is_help=True, help="Read, compare and check the label's rules.")
AtOption = Annotated[
    str | None, typer.Option("--at", help="Day whose rules are meant, such as 2026-11-25.")
]


def _day(text: str | None) -> date:
    from antagonist.foundation.errors import InputError

    if text is None:
        return date.max
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("", "at", text, "a date such as 2026-11-25") from None


@label_app.command("list")
@guarded
def list_rules(
    jurisdiction: Annotated[str | None, typer.Option(help="Only rules of this one.")] = None,
    at: AtOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """List rules: id, severity, whose, what it says."""
    from antagonist.foundation.data import near_match
    from antagonist.foundation.errors import InputError
    from antagonist.label.jurisdictions import jurisdictions
    from antagonist.label.rulebook import rulebook
    from antagonist.report.label_pages import print_rules

    if jurisdiction is not None and jurisdiction not in jurisdictions():
        allowed = near_match(jurisdiction, jurisdictions())
        raise InputError("", "jurisdiction", jurisdiction, allowed)
    rules = [
        rule
        for rule in rulebook(_day(at)).rules.values()
        if jurisdiction in (None, *rule.jurisdictions)
    ]
    if json:
        print_json("antagonist.label-rules/1", {"rules": [_plain(rule) for rule in rules]})
        return
    print_rules(rules, answers(), language.value)


@label_app.command()
@guarded
def show(
    rule: Annotated[str, typer.Argument(help="Rule, by id.")],
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Show every version of a rule: condition, text, source, provenance, its cases."""
    from antagonist.foundation.data import near_match
    from antagonist.foundation.errors import InputError
    from antagonist.label.rulebook import all_rules
    from antagonist.report.label_pages import print_rule

    found = [entry for entry in all_rules() if entry.id == rule]
    if not found:
        raise InputError("", "rule", rule, near_match(rule, [r.id for r in all_rules()]))
    if json:
        print_json("antagonist.label-rules/1", {"rules": [_plain(entry) for entry in found]})
        return
    for entry in found:
        print_rule(entry, answers(), language.value)


@label_app.command()
@guarded
def diff(
    first: Annotated[str, typer.Argument(help="A jurisdiction, such as us_oral.")],
    second: Annotated[str, typer.Argument(help="Another, such as ru_oral.")],
    at: AtOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Put two labels side by side, by subject: which is stricter, which has no rule."""
    from antagonist.label.compare_labels import diff as compared
    from antagonist.report.label_pages import print_diff

    rows = compared(first, second, _day(at))
    if json:
        plain = [
            {
                "topic": row.topic,
                "difference": row.difference,
                first: [r.id for r in row.first],
                second: [r.id for r in row.second],
            }
            for row in rows
        ]
        print_json("antagonist.label-diff/1", {"first": first, "second": second, "topics": plain})
        return
    print_diff(rows, first, second, answers(), language.value)


@label_app.command()
@guarded
def check(
    folder: Annotated[Path, typer.Argument(help="Folder with the clinic's own rules (YAML).")],
    at: AtOption = None,
    json: JsonOption = False,
) -> None:
    """Check a clinic's additional rules: they load, compile, only tighten, and their cases hold."""
    from antagonist.label.clinic_rules import book_for, failing_cases, load_clinic_rules

    rules = load_clinic_rules(folder)
    failing = failing_cases(book_for(_day(at), folder), rules)
    cases = sum(len(rule.cases) for rule in rules)
    if json:
        payload = {"rules": [r.id for r in rules], "cases": cases, "failing": list(failing)}
        print_json("antagonist.label-check/1", payload)
    else:
        for rule, case, came, written in failing:
            say(f"error: {rule}: {case}: comes out {came}, written {written}", err=True)
        say(f"{len(rules)} rules, {cases} cases, {len(failing)} failing")
    if failing:
        raise typer.Exit(BAD_INPUT)


def _plain(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json", by_alias=True)
