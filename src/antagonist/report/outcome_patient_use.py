"""Sections of a patient's report on use, harm and ratings."""

from __future__ import annotations

from antagonist.feedback.outcomes.labs import LabGrade
from antagonist.feedback.outcomes.opioid import Relapse
from antagonist.feedback.outcomes.patient import PatientOutcomes
from antagonist.report.figures_page import Table
from antagonist.report.label_dates import date_text
from antagonist.report.numbers import two_digits
from antagonist.report.outcome_pages import Section, headers, section
from antagonist.report.outcome_phrases import rate_text, share_text, system_title, term_title
from antagonist.report.outcome_program_harm import rating_rows
from antagonist.report.outcome_program_use import ALSO
from antagonist.report.wording import Wording


def weeks_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """Confirmed abstinent weeks, and days without opioids."""
    if found.opioid is None:
        return None
    rows = [
        [words.text("out.abstinent_weeks"), share_text(found.opioid.abstinent_weeks, words)],
        [words.text("out.response"), share_text(found.opioid.response, words)],
        [words.text("out.free_days"), share_text(found.opioid.free_days, words)],
        [words.text("out.unknown_days"), words.text("out.days", n=found.opioid.unknown_days)],
    ]
    table = Table(words.text("out.interval95"), headers(words, "measure", "value"), rows)
    return section("abstinent_weeks", words, tables=[table])


def urine_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """Urine negative: worst case first, then observed, then best case."""
    if found.opioid is None:
        return None
    urine = found.opioid.urine
    rows = [
        [words.text(f"out.urine_{name}"), share_text(getattr(urine, name), words)]
        for name in ("worst", "observed", "best")
    ]
    names = ("scheduled", "negative", "positive", "unclear", "missing")
    counts = words.text("out.tests", **{name: getattr(urine, name) for name in names})
    table = Table(words.text("out.interval95"), headers(words, "measure", "value"), rows)
    return section("urine", words, tables=[table], lines=[f"{counts}."])


def relapse_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """Relapse by all four rules."""
    if found.opioid is None:
        return None
    rows = [
        [
            words.text(f"rule.{each.rule}"),
            _found(each, words),
            words.text("out.yes" if each.on_evidence else "out.no"),
        ]
        for each in found.opioid.relapse
    ]
    names = headers(words, "relapse_rule", "found", "on_evidence")
    return section("relapse", words, tables=[Table(words.text("out.found"), names, rows)])


def _found(relapse: Relapse, words: Wording) -> str:
    if relapse.found is None:
        return words.text("out.not_told")
    if relapse.on is None:
        return words.text("out.no")
    return words.text("out.found_on", date=date_text(relapse.on, words))


def alcohol_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """Days without alcohol and heavy days of both definitions."""
    alcohol = found.alcohol
    if alcohol is None:
        return None
    rows = [
        [words.text("out.days_known", days=alcohol.days), str(alcohol.known)],
        [words.text("out.abstinent_worst"), share_text(alcohol.abstinent_worst, words)],
        [words.text("out.abstinent_observed"), share_text(alcohol.abstinent_observed, words)],
    ]
    for each in alcohol.heavy:
        name = words.text(f"heavy.{each.rule}")
        for key in ("worst", "observed", "best"):
            told = share_text(getattr(each, key), words)
            rows.append([f"{name}, {words.text(f'out.{key}')}", told])
        answers = {True: "yes", False: "no", None: "not_told"}
        told = words.text(f"out.{answers[each.none_after_grace]}")
        rows.append([f"{name}: {words.text('out.no_heavy')}", told])
    levels = [
        words.text("out.not_known") if level is None else words.text(f"who.{level}")
        for level in (alcohol.who_before, alcohol.who_last)
    ]
    rows.append([words.text("out.who"), " → ".join(levels)])
    table = Table(words.text("out.interval95"), headers(words, "measure", "value"), rows)
    return section("heavy_days", words, tables=[table], also=ALSO)


def effects_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """Side effects by organ system."""
    effects = found.effects
    if effects is None:
        return None
    months = words.text("out.months", months=two_digits(effects.months, words.language))
    if not effects.terms:
        return section("effects", words, lines=[f"{words.text('out.no_effects')} ({months})"])
    rows = [
        [f"{system_title(system, words)}: {term_title(term, words)}", str(count)]
        for system, terms in sorted(effects.terms.items())
        for term, count in sorted(terms.items())
    ]
    table = Table(months, headers(words, "system", "events_n"), rows)
    line = f"{words.text('out.rate')}: {rate_text(effects.all_rate, words)}."
    return section("effects", words, tables=[table], lines=[line])


def liver_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """Liver tests: worst grade on treatment, and candidates for Hy's law."""
    liver = found.liver
    if liver is None:
        return None
    names = headers(words, "test", "baseline", "worst_value", "grade", "lab_values")
    table = Table(words.text("out.grade"), names, [_graded(grade, words) for grade in liver.grades])
    candidate = liver.hy_candidate
    if candidate is not None:
        line = words.text(
            "out.hy_found",
            date=date_text(candidate.on, words),
            enzyme=two_digits(candidate.transaminase_xuln, words.language),
            bilirubin=two_digits(candidate.bilirubin_xuln, words.language),
            phosphatase=words.text(f"phosphatase.{candidate.alkaline_phosphatase}"),
        )
    else:
        line = words.text("out.hy_none" if liver.hy_looked_at else "out.hy_not_looked")
    return section("liver", words, tables=[table], lines=[line])


def _graded(found: LabGrade, words: Wording) -> list[str]:
    unknown = words.text("out.not_known")
    base, worst = (
        None if x is None else two_digits(x, words.language)
        for x in (found.baseline_xuln, found.worst_xuln)
    )
    grade = words.text("out.not_tested_n") if found.grade is None else str(found.grade)
    if found.grade and found.on is not None:
        grade = words.text("out.on", what=grade, date=date_text(found.on, words))
    return [
        words.text(f"test.{found.test}"),
        base or unknown,
        worst or unknown,
        grade,
        str(found.tests),
    ]


def ratings_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """The last rating of each item."""
    if not found.ratings:
        return section("ratings", words, lines=[words.text("out.no_ratings")])
    names = headers(words, "product", "item", "by", "value")
    rows = [[*row[:3], row[4].split(" (")[0]] for row in rating_rows(found.ratings, words)]
    return section("ratings", words, tables=[Table(words.text("out.value"), names, rows)])
