"""Questions that depend on what an event is about: a test or fact, a score, an opinion."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from antagonist.feedback.rating_items import rating_items
from antagonist.foundation.data import check_known
from antagonist.label.facts import Both, FactType, fact_types
from antagonist.label.scores import instrument_catalogue, score_catalogue
from antagonist.label.scores.models import Item, Score, ScoreField
from antagonist.label.stated import stated_types
from antagonist.web.entry.model import FormField, kinds, names

Fields = Mapping[str, FormField]
VALUES = "values."  # of a score's items; the payload has them in one mapping
VALUE = Both(en="Value", ru="Значение")
UNIT = Both(en="Unit", ru="Единица")
LIMIT = Both(en="The laboratory's upper limit", ru="Верхняя граница нормы лаборатории")
LIMIT_HINT = Both(
    en="In the same unit. Without it the result says nothing of times the upper limit.",
    ru="В той же единице. Без неё кратность верхней границы неизвестна.",
)
TOTAL = Both(en="Total", ru="Сумма баллов")
TOTAL_HINT = Both(
    en="Left empty, it is added up from the answers.", ru="Если не указана, считается по ответам."
)
BY = Both(en="Says", ru="Чьё мнение")
BY_WHOM = {
    "patient": Both(en="the patient", ru="пациент"),
    "clinician": Both(en="the clinician", ru="врач"),
}


def subject_title(kind: str, of: str) -> Both:
    """What an event is about, by name."""
    if kind in ("lab", "fact"):
        return fact_types()[of].title
    if kind == "rating":
        return rating_items().items[of].title
    scores = score_catalogue()
    return scores[of].title if of in scores else instrument_catalogue()[of].title


def possible(kind: str) -> Collection[str]:
    """All that an event of a kind can be about; those offered are some of it."""
    if kind in ("lab", "fact"):
        return stated_types()
    if kind == "score":
        return {**instrument_catalogue(), **score_catalogue()}
    return kinds()[kind].subjects


def fields_of(kind: str, of: str | None = None) -> Fields:
    """Every question of a kind. of: what the event is about, for kinds that need it.

    Raises InputError for something that an event of the kind cannot be about.
    """
    form = kinds()[kind]
    if not form.subjects:
        return form.fields
    check_known(of or "", possible(kind), "", form.of_field)
    assert of is not None
    if kind == "score":
        return _score(of)
    if kind == "rating":
        return {**_rating(of), **form.fields}
    return {**_fact(fact_types()[of]), **form.fields}


def _fact(kind: FactType) -> Fields:
    if kind.kind == "yes_no":
        return {"value": FormField(label=kind.title, type="yes_no", needed=True, bare=True)}
    if kind.kind == "category":
        value = FormField(
            label=kind.title, type="radios", values=kind.values, needed=True, bare=True
        )
        return {"value": value}
    if kind.kind == "text":
        return {"value": FormField(label=kind.title, type="text", needed=True, bare=True)}
    units = {unit: _unit(unit) for unit in (str(kind.unit), *kind.units)}
    found = {"value": FormField(label=VALUE, type="number", needed=True, bare=True)}
    found["unit"] = FormField(label=UNIT, type="radios", values=units, needed=True)
    if kind.needs_upper_limit:
        found["upper_limit"] = FormField(label=LIMIT, type="number", hint=LIMIT_HINT)
    return found


def _unit(unit: str) -> Both:
    text = names().units.get(unit, {})
    return Both(en=text.get("en") or unit, ru=text.get("ru") or unit)


def _score(of: str) -> Fields:
    known = score_catalogue().get(of)
    if known is None:
        low, high = instrument_catalogue()[of].low, instrument_catalogue()[of].high
        return {
            "total": FormField(
                label=TOTAL, type="number", needed=True, bare=True, low=low, high=high
            )
        }
    found = {VALUES + name: asked for name, asked in _items(known).items()}
    if known.total_accepted:
        low, high = known.low, known.high
        found["total"] = FormField(label=TOTAL, type="number", low=low, high=high, hint=TOTAL_HINT)
    return found


def _items(known: Score) -> Fields:
    found: dict[str, FormField] = {}
    for name, item in known.fields.items():
        found[name] = _item(item)
    # a rate that stands for points comes right after them
    order = [n for item in known.items for n in (item, *_also(known.items[item]))]
    return {name: found[name] for name in (*order, *(n for n in found if n not in order))}


def _also(item: Item) -> tuple[str, ...]:
    return tuple(item.measured_as)


def _item(item: ScoreField) -> FormField:
    if item.kind == "points":
        points = {str(n): Both(en=str(n), ru=str(n)) for n in item.allowed}
        return FormField(label=item.title, type="radios", values=points, whole=True)
    if item.kind == "category":
        return FormField(label=item.title, type="radios", values=item.values)
    if item.kind == "yes_no":
        return FormField(label=item.title, type="yes_no")
    unit = item.unit
    return FormField(label=item.title, type="number", unit=unit, low=item.low, high=item.high)


def _rating(of: str) -> Fields:
    item = rating_items().items[of]
    by: dict[str, Both] = {name: BY_WHOM[name] for name in item.by}
    if item.kind == "yes_no":
        value = FormField(label=item.title, type="yes_no", needed=True, bare=True)
    else:
        value = FormField(
            label=item.title, type="number", needed=True, bare=True, low=item.low, high=item.high
        )
    return {"by": FormField(label=BY, type="radios", values=by, needed=True), "value": value}
