"""A screening's answer as a prescriber reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from rich.console import Console
from tests.unit.report.answers import RULES, answer, departing, open_answer, reason, too_early

from antagonist.foundation.errors import InputError
from antagonist.label.answers import VERDICTS, Answer, NextTest
from antagonist.label.facts import fact_types
from antagonist.report.label_text import label_words
from antagonist.report.screening_text import MOST_TESTS, STYLES, print_answer, rules_of
from antagonist.report.wording import LANGUAGES


def printed(given: Answer, language: str, width: int = 200) -> str:
    stream = StringIO()
    print_answer(given, Console(file=stream, width=width), language, RULES)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_verdict_stands_first_in_words(verdict: str, language: str) -> None:
    first = printed(answer(verdict=verdict), language).splitlines()[0]
    assert first == label_words(language).text(f"verdict.{verdict}").upper()
    assert verdict in STYLES


def test_both_verdicts_are_said_where_they_differ() -> None:
    text = printed(answer(base="not_allowed"), "en")
    assert "base: not allowed; chosen: allowed with caution" in text
    assert "base:" not in printed(answer(), "en")
    unchosen = printed(answer(base="not_allowed", jurisdiction=None), "en")
    assert "base: not allowed; labels: allowed with caution" in unchosen
    assert "the stricter of all labels applies" in unchosen


def test_a_departure_needs_a_reason_and_a_second_person() -> None:
    text = printed(departing(accepted=False), "en")
    assert text.splitlines()[:3] == [
        "NOT ALLOWED",
        "base: not allowed; chosen: allowed with caution; "
        "going on needs a reason and a second person",
        "For: hepatitis-base",
    ]
    assert "on record" not in text
    assert "The reason and both people are on record." in printed(departing(accepted=True), "en")
    assert "для продолжения нужны обоснование и второй специалист" in printed(
        departing(accepted=False), "ru"
    )


def test_a_reason_has_facts_dates_source_and_whether_it_was_read() -> None:
    text = printed(departing(accepted=False), "en")
    assert "• Hepatitis, acute or chronic: not allowed." in text
    assert "  Hepatitis: chronic (3 Nov 2026; discharge letter)" in text
    assert "  Base text: base text, row (read) [hepatitis-base]" in text


def test_the_earliest_date_and_the_timeline() -> None:
    text = printed(too_early(), "en")
    assert "Earliest date: 26 Nov 2026." in text
    assert "9 days since the last opioid, of 10 days." in text
    assert "opens on 26 Nov 2026" in text
    assert re.search(r"26 Nov 2026 \(wait\) +Base text: base text \(read\)", text)
    assert re.search(r"23 Nov 2026 \(over\) +US label.*\(recalled, not read\)", text)
    assert re.search(r"^not known +UK texts", text, flags=re.MULTILINE)
    russian = printed(too_early(), "ru")
    assert "Самая ранняя дата: 26 ноября 2026 г. Учтено" in russian
    assert "прошло 9 дней из 10" in russian


def test_without_a_date_waiting_is_not_offered() -> None:
    assert "waiting alone does not open it" in printed(replace(too_early(), earliest=None), "en")
    assert "Earliest" not in printed(answer(earliest=date(2026, 12, 1)), "en")


def test_cautions_are_to_be_acknowledged() -> None:
    text = printed(answer(), "en")
    assert "Cautions, to be acknowledged by the prescriber" in text
    assert "[ ] ALT is 3.2 × ULN: check it again in 2 weeks." in text
    assert "clinical practice (recalled, not read)" in text


def test_missing_facts_stand_in_the_order_they_settle_rules() -> None:
    text = printed(open_answer(), "en")
    rows = [line for line in text.splitlines() if re.search(r"\d rules?$", line)]
    assert re.match(r"Hepatitis +not recorded +hepatitis history.* 5 rules$", rows[0])
    assert re.match(r"ALT, times the upper limit +too old +ALT with.* 1 rule$", rows[1])
    assert len(rows) == 2
    assert "Rules still open: hepatitis-base, alt-raised." in text
    assert re.search(r"5 правил$", printed(open_answer(), "ru"), flags=re.MULTILINE)


@pytest.mark.parametrize("count", [MOST_TESTS, MOST_TESTS + 1])
def test_a_long_list_ends_in_one_line(count: int) -> None:
    names = [name for name, kind in fact_types().items() if not kind.derived][:count]
    tests = tuple(NextTest(name, "missing", ("x",)) for name in names)
    text = printed(replace(open_answer(), next_tests=tests), "en")
    assert len(re.findall(r"1 rule$", text, flags=re.MULTILINE)) == MOST_TESTS
    assert ("Then: " in text) is (count > MOST_TESTS)


def test_contradictions_name_who_says_what() -> None:
    text = flat(printed(too_early(), "en"))
    assert "positive, though such use is not in the history" in text
    assert "– history: none – lab: pos" in text


def test_what_is_only_shown_is_short_and_says_whether_it_was_read() -> None:
    text = printed(answer(), "en")
    assert "• Carry a card. (second-hand, original not read) [carry]" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_ends_with_rules_and_statement(language: str) -> None:
    lines = printed(answer(), language).splitlines()
    assert "abababababab" in lines[-2]
    assert lines[-1] == label_words(language).text("doc.statement")


def test_texts_of_files_are_never_markup() -> None:
    text = printed(answer(patient="[red]P[/red]", product="[bold]x"), "en")
    assert "[red]P[/red]" in text
    assert "[bold]x" in text


def test_a_rule_that_is_not_at_hand_is_named_by_its_id() -> None:
    strange = replace(reason("carry"), rule="clinic-own")
    assert "• clinic-own" in printed(answer(reasons=(strange,)), "en")


def test_a_narrow_terminal_loses_nothing() -> None:
    wide = printed(departing(accepted=False), "en")
    narrow = printed(departing(accepted=False), "en", width=60)
    assert re.sub(r"\s", "", narrow) == re.sub(r"\s", "", wide)


def test_the_choice_without_a_label_for_the_route_is_said() -> None:
    text = printed(answer(route="implant", jurisdiction="us", labels=("ru_implant",)), "en")
    assert "has no label for this route" in text


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError):
        printed(answer(), "de")


def test_the_package_gives_its_own_rules() -> None:
    assert set(rules_of(answer())) >= {"hepatitis-base"}
