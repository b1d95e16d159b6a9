"""The label's rules asked in a situation: facts of the course, the gate, the rules shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from antagonist.label.answers import Answer, Reason
from antagonist.label.facts import Fact
from antagonist.label.opioid_data import number
from antagonist.label.rulebook import Asked, rulebook
from antagonist.label.rules import Question, Route
from antagonist.label.screening import CLOSING, Case, screened
from antagonist.planning.situation_data import step
from antagonist.planning.situation_model import (
    Gate,
    ModelFigures,
    Result,
    Situation,
    SituationKind,
    Step,
    Treatment,
    UsedRule,
)

SOURCE = "course"
HELD = CLOSING | {"defer"}


def answered(
    treatment: Treatment, question: Question, route: Route, values: Mapping[str, object]
) -> Answer:
    """The label's answer. values: facts of the situation, beside the patient's and the course's."""
    given = course_values(treatment) | dict(values)
    facts = dict(treatment.facts) | {
        name: Fact(value, 0.0, source=SOURCE) for name, value in given.items()
    }
    case = Case(treatment.patient, treatment.as_of.isoformat(), treatment.today, facts)
    asked = Asked(question, treatment.indication, route, treatment.label)
    return screened(case, asked, rulebook(treatment.today))


def course_values(treatment: Treatment) -> dict[str, object]:
    """Days since the doses taken, whole calendar days; as label.derived counts them."""
    days = {
        route: float(min(treatment.days_since(d.at) for d in treatment.doses if d.route == route))
        for route in {dose.route for dose in treatment.doses}
    }
    names: Mapping[Route, str] = {"oral": "days_since_oral_dose", "im_xr": "days_since_injection"}
    values: dict[str, object] = {names[r]: d for r, d in days.items() if r in names}
    if days and "implant" not in days:
        cover = {"oral": 0.0, "im_xr": number("injection_cover_days")}
        values["days_since_effective_dose"] = min(max(d - cover[r], 0.0) for r, d in days.items())
    return values


def modelled_end(figures: ModelFigures | None) -> dict[str, object]:
    """Whether the blockade has ended: fewer than half of patients are over the line now.

    Nothing where the model has no figures: then it is unknown.
    """
    if figures is None:
        return {}
    return {"blockade_modelled_ended": figures.protected_share_now < 0.5}


def gate(treatment: Treatment, answer: Answer) -> Gate:
    """Whether naltrexone may go on without every condition of a new start.

    Any opioid since the last dose closes it (rules oral-missed and xr-missed). After a gap (rule
    restart-after-gap) it is closed until opioids are excluded; before, not knowing is unknown.
    """
    given = (*answer.reasons, *answer.missing)
    if treatment.opioid_use or any(reason.severity in HELD for reason in given):
        return "closed"
    return "unknown" if treatment.opioid_use is None else "open"


def held_steps(treatment: Treatment, opened: Gate) -> list[Step]:
    """What to do while the gate is not open; nothing where it is."""
    asked = [step("ask_opioid_use")] if treatment.opioid_use is None else []
    if opened == "closed":
        return [*asked, step("restart_gate")]
    return asked if opened == "unknown" else []


def situation(
    kind: SituationKind,
    treatment: Treatment,
    *,
    answer: Answer,
    steps: Sequence[Step],
    warnings: Sequence[Step] = (),
    dates: Mapping[str, datetime | date] | None = None,
    figures: ModelFigures | None = None,
    opened: Gate = "not_asked",
    also: Iterable[str] = (),
) -> Situation:
    """An answer with every rule it rests on, each with source and provenance.

    figures: None where the model has none, or the question needs none.

    also: rules that gave a figure, beside those of the steps and of the label's answer.
    """
    reasons = {
        reason.rule: reason
        for group in (answer.reasons, answer.missing, answer.cautions, answer.shown)
        for reason in group
    }
    named = (rule for one in (*steps, *warnings) for rule in one.rules)
    wanted = dict.fromkeys((*also, *named, *(r for r in reasons if reasons[r].result == "true")))
    return Situation(
        kind=kind,
        as_of=treatment.as_of,
        gate=opened,
        dates=dict(dates or {}),
        steps=tuple(steps),
        warnings=tuple(warnings),
        rules=tuple(_used(name, treatment, reasons) for name in wanted),
        figures=figures,
        answer=answer,
    )


def _used(name: str, treatment: Treatment, reasons: Mapping[str, Reason]) -> UsedRule:
    rule = rulebook(treatment.today).rule(name)
    result: Result = reasons[name].result if name in reasons else "shown"
    return UsedRule(
        rule.id, rule.severity, result, rule.jurisdictions, rule.source, rule.provenance
    )
