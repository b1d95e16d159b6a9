"""One line on each event of the record in the reader's words: what it is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from antagonist.feedback.answering import answers_in
from antagonist.feedback.events import RETRACTION, Event
from antagonist.feedback.payloads.registry import NEWEST, upgraded
from antagonist.label.facts import fact_types
from antagonist.label.scores import score_catalogue
from antagonist.report.label_dates import when_text
from antagonist.report.label_text import amount, fact_title, in_language, number_text, product_title
from antagonist.web.chart.event_words import event_text
from antagonist.web.chart.model import Happening
from antagonist.web.chart.timeline import LANE_OF
from antagonist.web.language import N_, Reader

Said = Mapping[str, Any]
# Kinds that stand in a lane of the chart are worded there.
KINDS: Mapping[str, str] = {
    "vital_signs": N_("Vital signs"),
    "score": N_("Score"),
    "global_impression": N_("Global impression"),
    "rating": N_("Opinion of a product"),
    "alcohol_day": N_("Alcohol of a day"),
    "use_calendar": N_("Calendar of use"),
    "naloxone_kit": N_("Naloxone handed out"),
    "consent": N_("Consent"),
    "fact": N_("Fact"),
    "opioid_history": N_("Opioid history"),
    "allergies": N_("Allergies"),
    "medicines": N_("Medicines"),
    "alcohol": N_("Alcohol history"),
    "naltrexone_history": N_("Naltrexone so far"),
    "no_provocation_test": N_("No challenge test was done"),
    "decision": N_("Decision"),
    "override": N_("Went past a decision"),
    "alarm_withdrawn": N_("Alarm withdrawn"),
    "alarm_acknowledged": N_("Alarm seen to"),
    "alarm_overridden": N_("Alarm set aside"),
    "plan_change": N_("Plan"),
    "dispensed": N_("Handed out"),
    "hospital_stay": N_("In hospital"),
    "departure": N_("Left the programme"),
    "patient_created": N_("Patient taken in"),
    "identifier_added": N_("Number added"),
    "merged": N_("Records joined"),
    "unmerged": N_("Records parted"),
    "identity_erased": N_("Name erased"),
    RETRACTION: N_("Taken back"),
}
DECIDED: Mapping[str, str] = {
    "screen": N_("screening"),
    "plan": N_("plan"),
    "alarm": N_("alarms"),
    "forecast": N_("forecast"),
}
SIGNS: Mapping[str, tuple[str, str]] = {
    "pulse_per_min": (N_("pulse"), N_("/min")),
    "systolic_mmhg": (N_("systolic"), N_("mmHg")),
    "diastolic_mmhg": (N_("diastolic"), N_("mmHg")),
    "temperature_c": (N_("temperature"), N_("°C")),
    "breaths_per_min": (N_("breaths"), N_("/min")),
    "oxygen_saturation": (N_("oxygen saturation"), "%"),
    "weight_kg": (N_("weight"), N_("kg")),
}
WAYS: Mapping[str, str] = {
    "death": N_("death"),
    "prison": N_("prison"),
    "transfer": N_("transfer"),
    "completed": N_("completed"),
    "none": N_("none"),
    "past": N_("in the past"),
    "current": N_("at present"),
    "opioid": N_("opioids"),
    "alcohol": N_("alcohol"),
}


def text_of(event: Event, reader: Reader) -> str:
    """One line on an event, without its time and author; free text stands as it was written."""
    said = event.payload
    if event.version != NEWEST[event.kind]:
        said = upgraded(event.kind, event.version, said)
    lane = LANE_OF.get(event.kind)
    if lane is not None:
        mark = Happening(
            event.event_id, event.occurred_at, lane, event.kind, said.get("status"), said
        )
        parts = [event_text(mark, reader.say, reader.words), *_more(said)]
    else:
        details = _DETAILS.get(event.kind, _reason)
        named = KINDS.get(event.kind, event.kind)
        parts = [reader.say(named), *details(said, reader)]
    return ", ".join(part for part in parts if part)


def _more(said: Said) -> list[str]:
    """Free text beside what the chart says."""
    return [f"«{said[name]}»" for name in ("note", "reason") if said.get(name)]


def _reason(said: Said, _reader: Reader) -> list[str]:
    return _more(said)


def _way(said: object, reader: Reader) -> str:
    return reader.say(WAYS[str(said)]) if str(said) in WAYS else str(said)


def _when(said: object, reader: Reader) -> str:
    """A date of a payload: a day, a moment, or from one day to another."""
    if isinstance(said, Mapping):
        return when_text(f"{said['from']}..{said['to']}", reader.words)
    text = str(said)
    if "T" in text:
        return reader.time(datetime.fromisoformat(text))
    return when_text(text, reader.words)


def _signs(said: Said, reader: Reader) -> list[str]:
    return [
        f"{reader.say(name)} {number_text(said[key], reader.words)} {reader.say(unit)}"
        for key, (name, unit) in SIGNS.items()
        if key in said
    ]


def _score(said: Said, reader: Reader) -> list[str]:
    known = score_catalogue().get(said["score"])
    title = in_language(known.title, reader.words) if known else str(said["score"])
    total = said.get("total")
    return [title, "" if total is None else number_text(total, reader.words)]


def _value(name: str, said: Said, reader: Reader) -> str:
    value, unit = said["value"], said.get("unit")
    if isinstance(value, bool):
        return reader.words.text("value.yes" if value else "value.no")
    if isinstance(value, int | float):
        try:
            return amount(float(value), str(unit or "1"), reader.words)
        except KeyError:  # a unit of somebody's own
            return f"{number_text(float(value), reader.words)} {unit}"
    return fact_value(name, value, reader)


def fact_value(name: str, value: object, reader: Reader) -> str:
    """A value of a fact that is a word of the dictionary, or the word itself."""
    known = fact_types().get(name)
    title = known.values.get(str(value)) if known else None
    return in_language(title, reader.words) if title else str(value)


def _fact(said: Said, reader: Reader) -> list[str]:
    name = str(said["fact"])
    return [f"{fact_title(name, reader.words)}: {_value(name, said, reader)}"]


def _impression(said: Said, _reader: Reader) -> list[str]:
    return [f"{said['scale']} {said['value']}"]


def _rating(said: Said, reader: Reader) -> list[str]:
    return [
        product_title(said["product"], reader.words),
        f"{said['item']}: {_value('', said, reader)}",
    ]


def _drinks(said: Said, reader: Reader) -> list[str]:
    found = [_when(said["date"], reader)]
    if said.get("grams") is not None:
        found.append(reader.say("%(n)s g of ethanol", n=number_text(said["grams"], reader.words)))
    if said.get("drinks") is not None:
        n = number_text(said["drinks"], reader.words)
        found.append(reader.say("%(n)s standard drinks", n=n))
    return found


def _calendar(said: Said, reader: Reader) -> list[str]:
    span = " – ".join(when_text(str(said[end]), reader.words) for end in ("first", "last"))
    days = reader.say_count("%(n)s day with use", "%(n)s days with use", len(said["days"]))
    return [_way(said["substance"], reader), span, days]


def _kit(said: Said, reader: Reader) -> list[str]:
    trained = reader.say("trained") if said["trained"] else reader.say("not trained")
    return [str(said["kits"]), trained]


def _consent(said: Said, reader: Reader) -> list[str]:
    given = reader.say("given") if said["given"] else reader.say("withdrawn or refused")
    return [str(said["to"]), given]


def _history(said: Said, reader: Reader) -> list[str]:
    used = [str(one["opioid"]) for one in said.get("exposures", ())]
    return [_way(said["ever"], reader), *dict.fromkeys(used)]


def _allergies(said: Said, reader: Reader) -> list[str]:
    return [str(one) for one in said.get("to", ())] or [reader.say("none known")]


def _medicines(said: Said, reader: Reader) -> list[str]:
    names = [str(one.get("name") or one.get("ingredient")) for one in said.get("taken", ())]
    return names or [reader.say("none taken")]


def _alcohol(said: Said, reader: Reader) -> list[str]:
    last = said.get("last_drink")
    return [] if last is None else [reader.say("last drink %(day)s", day=_when(last, reader))]


def _naltrexone(said: Said, reader: Reader) -> list[str]:
    n = len(said.get("doses", ()))
    return [reader.say_count("%(n)s dose told of", "%(n)s doses told of", n)]


def _decision(said: Said, reader: Reader) -> list[str]:
    named = DECIDED[str(said["what"])]
    return [reader.say(named), *verdicts(said, reader)]


def verdicts(said: Said, reader: Reader) -> list[str]:
    """Verdicts of a decision's answers with what they are about, each once."""
    found = []
    for answer in answers_in(said["result"]):
        verdict = answer.get("verdict")
        about = answer.get("product")
        if verdict is not None:
            named = "" if about is None else f"{product_title(str(about), reader.words)}: "
            found.append(named + reader.words.text(f"verdict.{verdict}"))
    return list(dict.fromkeys(found))


def _override(said: Said, reader: Reader) -> list[str]:
    second = reader.say("second person: %(name)s", name=said["second_person"])
    return [f"«{said['reason']}»", second]


def _plan(said: Said, reader: Reader) -> list[str]:
    plan = said.get("plan")
    named = reader.say("none from here on")
    if plan is not None:
        named = product_title(str(plan["product"]), reader.words)
    return [named, *_more(said)]


def _dispensed(said: Said, reader: Reader) -> list[str]:
    product = said.get("product")
    named = "" if product is None else product_title(product, reader.words)
    return [named, amount(float(said["days"]), "d", reader.words)]


def _stay(said: Said, reader: Reader) -> list[str]:
    last = said.get("last")
    text = f"{said['first']}..{last}" if last else str(said["first"])
    return [when_text(text, reader.words)]


def _departure(said: Said, reader: Reader) -> list[str]:
    return [_way(said["how"], reader), _when(said["date"], reader), *_more(said)]


def _created(said: Said, _reader: Reader) -> list[str]:
    return [str(said.get("program", ""))]


def _identifier(said: Said, _reader: Reader) -> list[str]:
    return [str(said["system"])]


_DETAILS: Mapping[str, Callable[[Said, Reader], list[str]]] = {
    "vital_signs": _signs, "score": _score, "global_impression": _impression, "rating": _rating,
    "alcohol_day": _drinks, "use_calendar": _calendar, "naloxone_kit": _kit, "consent": _consent,
    "fact": _fact, "opioid_history": _history, "allergies": _allergies, "medicines": _medicines,
    "alcohol": _alcohol, "naltrexone_history": _naltrexone, "decision": _decision,
    "override": _override, "plan_change": _plan, "dispensed": _dispensed, "hospital_stay": _stay,
    "departure": _departure, "patient_created": _created, "identifier_added": _identifier,
}  # fmt: skip
