"""Facts that alarms read from what was found, said and used. at: aware, in the clinic's zone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from antagonist.feedback.alarms.known import Found, FoundFacts, found, latest_of
from antagonist.feedback.alarms.rules import Sign, alarm_fact_types
from antagonist.feedback.payloads.checks import AHEAD
from antagonist.feedback.payloads.parts import urine_test
from antagonist.feedback.state_model import Noted, PatientState, Statement
from antagonist.label.facts import Fact, FactType, fact_types
from antagonist.label.patient import Patient, UrineTest
from antagonist.label.scores import score
from antagonist.label.side_effects import side_effects
from antagonist.label.urine import samples, urine_facts

SOURCE = "record"
AFTER_STOP_ROW = "W1"
# Older samples decide nothing here: a positive one raised its alarm when it came in.
URINE_DAYS = 30


def stated_facts(state: PatientState, at: datetime) -> dict[str, Found]:
    """The latest statement of each fact. An alarm goes by the latest word, whoever says it: a
    disagreement, which closes a gate, must not silence an alarm.
    """
    facts: dict[str, Found] = {}
    for name, statements in state.facts.items():
        kind = fact_types().get(name)
        if kind is not None:
            facts |= _stated(name, kind, statements[-1], at)
    return facts


def _stated(name: str, kind: FactType, said: Statement, at: datetime) -> dict[str, Found]:
    value, since = _value(kind, said), _since(said, at)
    if value is None:
        return {}
    facts = {name: found(value, since, at, [said.event_id])}
    limit, relative = said.entry.get("upper_limit"), f"{name}_xuln"
    if limit is not None and relative in fact_types() and isinstance(said.value, int | float):
        facts[relative] = found(said.value / limit, since, at, [said.event_id])
    return facts


def _value(kind: FactType, said: Statement) -> object:
    if kind.kind != "number":
        return said.value
    unit = said.entry.get("unit")
    factor = kind.factor(unit) if unit is not None else 1.0
    return None if factor is None else float(said.value) * factor


def _since(said: Statement, at: datetime) -> datetime:
    dated = said.entry.get("date")
    return said.at if dated is None else latest_of(dated, at)


def pregnancy(facts: FoundFacts) -> dict[str, Found]:
    """Pregnant where a test or hCG says so; not where what there is says not."""
    test, hcg = facts.get("pregnancy_test"), facts.get("hcg_xuln")
    said = []
    if test is not None:
        said.append(test._replace(fact=test.fact._replace(value=test.fact.value == "positive")))
    if hcg is not None:
        positive = isinstance(hcg.fact.value, float) and hcg.fact.value > 1
        said.append(hcg._replace(fact=hcg.fact._replace(value=positive)))
    said.sort(key=lambda one: (one.fact.value is not True, one.fact.age_h))
    return {"pregnant": said[0]} if said else {}


def graded_signs(state: PatientState, signs: Mapping[str, Sign], at: datetime) -> dict[str, Found]:
    """What graded symptoms say of a fact; one that is there without a grade says nothing."""
    facts: dict[str, Found] = {}
    for term, sign in signs.items():
        noted = state.symptoms.get(term)
        if noted is None:
            continue
        present, grade = noted.payload["present"], noted.payload.get("ctcae_grade")
        if not present or grade is not None:
            bad = bool(present) and grade is not None and grade >= (sign.from_grade or 1)
            facts[sign.fact] = found(bad, noted.at, at, [noted.event_id])
    return facts


def after_stop(state: PatientState, stopped_at: datetime | None, at: datetime) -> dict[str, Found]:
    """Complaints of the base text's list that began after the stop."""
    if stopped_at is None:
        return {}
    terms = side_effects().terms_of(AFTER_STOP_ROW)
    begun = [
        noted
        for term, noted in state.symptoms.items()
        if term in terms and noted.payload["present"] and _onset(noted) >= stopped_at
    ]
    if not begun:
        return {}
    last = max(noted.at for noted in begun)
    return {"after_stop_symptoms": found(True, last, at, (n.event_id for n in begun))}


def _onset(noted: Noted) -> datetime:
    onset = noted.payload.get("onset")
    return noted.at if onset is None else datetime.fromisoformat(onset)


def score_facts(state: PatientState, at: datetime) -> dict[str, Found]:
    """PHQ-9's item on self-harm and the C-SSRS level, also of sheets that are not complete."""
    facts: dict[str, Found] = {}
    phq, columbia = state.scores.get("phq_9"), state.scores.get("c_ssrs")
    item = phq.payload["values"].get("self_harm_thoughts") if phq is not None else None
    if phq is not None and item is not None:
        facts["self_harm_item"] = found(float(item), phq.at, at, [phq.event_id])
    if columbia is not None:
        result = score("c_ssrs", columbia.payload["values"]) if columbia.payload["values"] else None
        level = (result.band or result.at_least) if result else columbia.payload.get("band")
        if level is not None:
            facts["suicide_risk"] = found(level, columbia.at, at, [columbia.event_id])
    return facts


def urine_found(state: PatientState, at: datetime, *, on_naltrexone: bool | None) -> FoundFacts:
    """Urine by class as the label reads it, and whether any opioid is positive.

    on_naltrexone: taken in the last 7 days; a positive oxycodone immunoassay then waits.
    """
    since = at - timedelta(days=URINE_DAYS)
    tests = [
        UrineTest.model_validate(urine_test(noted.payload, noted.event_id))
        for noted in state.noted("urine_drug_test")
        if noted.at >= since
    ]
    if not tests:
        return {}
    file = Patient(patient=SOURCE, timezone=str(at.tzinfo), urine_tests=tuple(tests))
    facts = urine_facts(samples(file, at + AHEAD), at, on_naltrexone=on_naltrexone)
    given = {name: Found(fact, (str(fact.source),)) for name, fact in facts.items()}
    classes = [fact for fact in facts.values() if fact.value in ("positive", "negative")]
    read = [fact for fact in classes if fact is not facts.get("oxycodone_immunoassay")]
    if read:
        given["urine_opioid_positive"] = _any_positive(read)
    return given


def _any_positive(read: list[Fact]) -> Found:
    positive = [fact for fact in read if fact.value == "positive"]
    limit_h = alarm_fact_types()["urine_opioid_positive"].stale_h or math.inf
    new = [fact for fact in positive if (fact.age_h or 0.0) <= limit_h]
    named = new or read
    youngest = min(named, key=lambda fact: fact.age_h or 0.0)
    causes = tuple(dict.fromkeys(str(fact.source) for fact in named))
    return Found(youngest._replace(value=bool(new)), causes)


def use_facts(state: PatientState, at: datetime) -> dict[str, Found]:
    """Lapses, relapses, overdoses and attempts that still count; each is a cause of its own."""
    facts: dict[str, Found] = {}
    for name, dated in (
        ("opioid_lapse", _opioid_uses(state, at)),
        ("alcohol_lapse", _that(state, "lapse", "substance", "alcohol")),
        ("relapse_found", _that(state, "relapse", "substance", "opioid", "alcohol")),
        ("overdose_survived", _that(state, "overdose", "fatal", False)),
        ("overdose_fatal", _that(state, "overdose", "fatal", True)),
        ("override_felt", _that(state, "override_attempt", "felt", "partial", "full")),
        ("override_tried", _that(state, "override_attempt", "felt", "none", "unknown")),
    ):
        facts |= _counting(name, list(dated), at)
    return facts


def opioid_since(state: PatientState, facts: FoundFacts, at: datetime) -> dict[str, Found]:
    """Opioids since the last dose: an event after it says yes, else what was stated stands."""
    last = state.last_dose
    if last is None:
        return {}
    uses = [(moment, n) for moment, n in _opioid_events(state, at) if moment > last.at]
    if uses:
        newest = max(moment for moment, _ in uses)
        causes = [n.event_id for _, n in uses]
        return {"opioid_use_since_last_dose": found(True, newest, at, causes)}
    stated = facts.get("opioid_use_since_last_dose")
    return {"opioid_use_since_last_dose": stated} if stated is not None else {}


Dated = tuple[datetime, Noted]


def _that(state: PatientState, kind: str, field: str, *values: object) -> Iterator[Dated]:
    for noted in state.noted(kind):
        if noted.payload[field] in values:
            yield noted.at, noted


def _opioid_uses(state: PatientState, at: datetime) -> Iterator[Dated]:
    """Lapses with opioids, and use that was reported and fell after the first dose."""
    yield from _that(state, "lapse", "substance", "opioid")
    first = min((dose.at for dose in state.taken), default=None)
    for noted in state.noted("opioid_use"):
        last_use = latest_of(noted.payload["last_use"], at)
        if first is not None and last_use >= first:
            yield min(last_use, noted.at), noted


def _opioid_events(state: PatientState, at: datetime) -> Iterator[Dated]:
    yield from _opioid_uses(state, at)
    yield from _that(state, "relapse", "substance", "opioid")
    for kind in ("overdose", "override_attempt"):
        yield from ((noted.at, noted) for noted in state.noted(kind))


def _counting(name: str, dated: list[Dated], at: datetime) -> dict[str, Found]:
    limit = timedelta(hours=alarm_fact_types()[name].stale_h or 0.0)
    new = [(moment, noted) for moment, noted in dated if moment >= at - limit]
    if not new:
        return {}
    newest = max(moment for moment, _ in new)
    return {name: found(True, newest, at, (noted.event_id for _, noted in new))}
