"""Facts that alarms read from the course: missed, overdue, too much, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from antagonist.feedback.alarms.due import Due, day_of, due_items, has_died, oral_planned
from antagonist.feedback.alarms.known import Found, found, marked
from antagonist.feedback.events import Event
from antagonist.feedback.payloads.parts import when_text
from antagonist.feedback.state_model import DoseOnRecord, PatientState
from antagonist.label.facts import Fact
from antagonist.label.intake import intake_facts
from antagonist.label.patient import NaltrexoneDose, NaltrexoneHistory, Patient

SOURCE = "record"
NOT_TAKEN = ("missed", "refused")
DOSE_DAYS = 7


def course_facts(state: PatientState, events: Sequence[Event], at: datetime) -> dict[str, Found]:
    """All of them. events: of the patient, that hold. at: aware, in the clinic's zone."""
    return {
        **_intake(state, at),
        **_missed(state, at),
        **_day_total(state, at),
        **_overdue(due_items(state, events, at), at),
        **_ended(state, at),
    }


def counting_doses(state: PatientState) -> tuple[DoseOnRecord, ...]:
    """Doses that got in; an implant that was taken out counts no longer."""
    outs = [noted.at for noted in state.noted("implant_out")]
    return tuple(
        dose
        for dose in state.taken
        if dose.route != "implant" or not any(out >= dose.at for out in outs)
    )


def _intake(state: PatientState, at: datetime) -> dict[str, Found]:
    """Days since naltrexone, as the label counts them from the first and the last by each route."""
    doses = counting_doses(state)
    if not doses:
        return {}
    last = {dose.route: dose for dose in doses}
    named = {dose.event_id: dose for dose in (doses[0], *last.values())}
    history = NaltrexoneHistory(
        asked_on=when_text(at),
        doses=tuple(
            NaltrexoneDose(route=d.route, at=when_text(d.at), dose_mg=d.dose_mg, product=d.product)
            for d in named.values()
        ),
        source=SOURCE,
    )
    file = Patient(patient=SOURCE, timezone=str(at.tzinfo), naltrexone=history)
    causes: Mapping[str, list[DoseOnRecord]] = {
        "days_since_oral_dose": [d for d in last.values() if d.route == "oral"],
        "days_since_injection": [d for d in last.values() if d.route == "im_xr"],
        "days_on_treatment": [doses[0]],
    }
    newest = [max(last.values(), key=lambda dose: dose.at)]
    return {
        name: Found(fact, tuple(d.event_id for d in causes.get(name, newest)))
        for name, fact in intake_facts(file, at).items()
    }


def _missed(state: PatientState, at: datetime) -> dict[str, Found]:
    """Doses missed since the last one that got in, one a day; a dose that was held is not missed.

    A planned dose without any word on its day counts as missed once that day is over.
    """
    last = max((day_of(d.at, at) for d in state.taken), default=date.min)
    word_on = {day_of(_stands_for(d), at): d for d in state.doses if d.route == "oral"}
    missed = {
        day: dose.event_id
        for day, dose in word_on.items()
        if day > last and dose.status in NOT_TAKEN
    }
    plan = state.plan
    if plan is not None and state.on_treatment is not False and not has_died(state):
        for dose in oral_planned(plan):
            day = day_of(dose.at, at)
            if last < day < at.date() and day not in word_on:
                missed[day] = marked(plan.event_id, day)
    if not missed:
        planned = plan is not None and plan.document.get("route") == "oral"
        return {"doses_missed": found(0.0, at, at, [])} if planned else {}
    newest = datetime.combine(max(missed), time(12), at.tzinfo)
    causes = [missed[day] for day in sorted(missed)]
    return {"doses_missed": found(float(len(missed)), min(newest, at), at, causes)}


def _stands_for(dose: DoseOnRecord) -> datetime:
    """The planned time of a dose that was not taken, where it is stated; else its own."""
    if dose.planned_at is None or dose.taken:
        return dose.at
    return datetime.fromisoformat(dose.planned_at)


def _day_total(state: PatientState, at: datetime) -> dict[str, Found]:
    days: dict[date, list[DoseOnRecord]] = {}
    for dose in state.taken:
        if dose.route == "oral" and dose.at >= at - timedelta(days=DOSE_DAYS):
            days.setdefault(day_of(dose.at, at), []).append(dose)
    if not days:
        return {}
    most = max(days.values(), key=lambda doses: sum(d.dose_mg for d in doses))
    total = sum(dose.dose_mg for dose in most)
    return {"day_total_mg": found(total, most[-1].at, at, (d.event_id for d in most))}


def _overdue(items: Sequence[Due], at: datetime) -> dict[str, Found]:
    names = {"injection": "injection_days_overdue", "visit": "visit_days_overdue"}
    names |= {"lab": "labs_days_overdue", "urine": "labs_days_overdue"}
    facts: dict[str, Found] = {}
    for item in sorted((i for i in items if i.kind in names), key=lambda i: (i.on, i.what)):
        late = float((at.date() - item.on).days)
        cause = item.event if item.kind == "injection" else _item_mark(item)
        # the longest overdue of a kind comes first and stands for it
        facts.setdefault(names[item.kind], Found(Fact(late, 0.0, item.on.isoformat()), (cause,)))
    return facts


def _item_mark(item: Due) -> str:
    return marked(item.event, f"{item.what}-{item.on}")


def _ended(state: PatientState, at: datetime) -> dict[str, Found]:
    """On treatment or not, and what ended it: a stop, an implant taken out, the plan's last day."""
    facts: dict[str, Found] = {}
    last, stop = state.last_dose, state.latest.get("treatment_stop")
    if state.on_treatment is not None:
        cause = stop.event_id if stop is not None else last.event_id if last is not None else None
        facts["on_treatment"] = found(state.on_treatment, at, at, [cause] if cause else [])
    if stop is not None:
        stopped = state.on_treatment is False
        facts["treatment_stopped"] = found(stopped, stop.at, at, [stop.event_id])
    outs = state.noted("implant_out")
    if outs:
        over = last is None or outs[-1].at >= last.at
        facts["implant_removed"] = found(over, outs[-1].at, at, [outs[-1].event_id])
    return facts | _course_over(state, at)


def _course_over(state: PatientState, at: datetime) -> dict[str, Found]:
    plan = state.plan
    ends = None if plan is None else plan.document.get("renewal") or plan.document.get("end")
    if plan is None or ends is None or not state.on_treatment:
        return {}
    end = date.fromisoformat(ends)
    after = datetime.combine(end + timedelta(days=1), time(0), at.tzinfo)
    renewed = state.last_dose is not None and state.last_dose.at >= after
    if at < after or renewed:
        return {"course_ended": found(False, at, at, [plan.event_id])}
    return {"course_ended": found(True, after, at, [plan.event_id])}
