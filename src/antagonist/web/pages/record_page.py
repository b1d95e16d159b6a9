"""The pages of recording as their templates need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain as chained
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import Response

from antagonist.feedback.events import Event
from antagonist.feedback.record import ConflictError
from antagonist.foundation.errors import InputError
from antagonist.label.scores import score, score_catalogue
from antagonist.report.label_text import in_language
from antagonist.web.actions.doubts import ROUTES, DoubtError, sure_of
from antagonist.web.actions.naming import names_of, shown_name
from antagonist.web.actions.recording import alarms_by, chain, correction_of, meanwhile
from antagonist.web.actions.told import Told
from antagonist.web.answers import field_error
from antagonist.web.entry.model import Quick, kinds, names, recordable
from antagonist.web.entry.options import amount_text
from antagonist.web.entry.reading import payload_of
from antagonist.web.entry.showing import Filled, Input, fits_picker, inputs
from antagonist.web.entry.subjects import Fields, fields_of, subject_title
from antagonist.web.entry.typed import OCCURRED, Known, defaults
from antagonist.web.forms import EXPECTED, KEY, Form
from antagonist.web.language import N_, Reader
from antagonist.web.rendering import render
from antagonist.web.visit import Visit
from antagonist.web.words.alarms import alarm_said
from antagonist.web.words.doubts import doubts_said, held_said
from antagonist.web.words.events import kind_name, said

SURE = "sure"  # the doubts that somebody has looked at once more
# Names of inputs that every form has, for the summary of errors.
COMMON = {
    OCCURRED: N_("When it happened"),
    "why": N_("Why it is corrected"),
    "taken_back": N_("Why it is taken back"),
}
# What errors of other rooms allow, where it has no value in it; the others stay English.
ALLOWED = (
    N_("a date and time such as '2026-03-02 09:00', with an offset where needed"),
    N_("a day such as 2026-05-01"),
    N_("a year from 1900 to 2200"),
)


@dataclass(frozen=True)
class Page:
    """A form in the hands of somebody. of: what the event is about. old: the event corrected."""

    request: Request
    visit: Visit
    patient: str
    kind: str
    of: str | None
    old: Event | None = None

    @property
    def tz(self) -> ZoneInfo:
        """The reader's zone."""
        tz = self.visit.reader.tz
        assert isinstance(tz, ZoneInfo)
        return tz

    @property
    def fields(self) -> Fields:
        """Every question."""
        return fields_of(self.kind, self.of)

    @property
    def title(self) -> str:
        """What is recorded."""
        name = kind_name(self.kind, self.visit.reader)
        if self.of is None:
            return name
        return f"{name}: {in_language(subject_title(self.kind, self.of), self.visit.reader.words)}"

    @property
    def chain(self) -> str:
        """Whose chain is written to: a correction stands where the corrected event does."""
        return self.patient if self.old is None else self.old.patient

    @property
    def action(self) -> str:
        """Where the form is sent."""
        if self.old is not None:
            return f"/patients/{self.patient}/events/{self.old.event_id}/correct"
        of = "" if self.of is None else f"/{self.of}"
        return f"/patients/{self.patient}/record/{self.kind}{of}"

    def known(self, told: Told) -> Known:
        """What the defaults are taken from."""
        visit = self.visit
        return Known(self.kind, told.state, visit.now, visit.account.shown, self.of)


def form_page(
    shown: Page,
    told: Told,
    typed: Mapping[str, str],
    error: InputError | None = None,
    sent: Form | None = None,
) -> Response:
    """A form. typed: what stands in it. sent: the form that was not right, whose key is kept.

    409 where others wrote meanwhile: the form then expects what is there now.
    """
    visit, reader = shown.visit, shown.visit.reader
    conflict = isinstance(error, ConflictError)
    doubts = error.doubts if isinstance(error, DoubtError) else ()
    known = shown.known(told)
    starts: dict[str, str] = {}
    for field in shown.fields.values():
        starts |= {k: v for k, v in defaults(field.fields, known).items() if k != OCCURRED}
    wrong = None if error is None else error.field
    filled = Filled(typed, reader, wrong, starts, tuple(known.planned()))
    asked = inputs(shown.fields, filled)
    expected = None if sent is None or conflict else sent.text(EXPECTED)
    status = 200 if error is None else 409 if conflict else 422
    return render(
        shown.request, "record_form.html", visit, status,
        patient=shown.patient, name=shown_name(told.identity, told.patient, reader),
        title=shown.title, action=shown.action, inputs=asked,
        typed=typed, old=None if shown.old is None else _line(shown.old, reader),
        old_id=None if shown.old is None else shown.old.event_id,
        when_plain=wrong == OCCURRED or not fits_picker(typed.get(OCCURRED, "")),
        key=None if sent is None else sent.text(KEY),
        expected=expected or chain(told, shown.chain)[-1].n,
        doubts=doubts_said(doubts, reader), sure=sure_of(doubts),
        held=held_said(told, reader) if shown.kind in ROUTES and not (doubts or shown.old) else [],
        at_once=known.minute,
        error=None if error is None or conflict or doubts else _shown(error, asked, typed, reader),
        wrong=wrong, conflict=_conflict(error, told, sent, shown) if conflict else None,
        quick=_quick(shown, told, known, typed) if error is None and sent is None else [],
        has_rows=any(one.type == "rows" for one in asked),
        scored=_scored(shown, sent) if shown.kind == "score" else None,
        sums=shown.kind == "score" and shown.of in score_catalogue(),
    )  # fmt: skip


def _shown(
    error: InputError, asked: tuple[Input, ...], typed: Mapping[str, str], reader: Reader
) -> Mapping[str, Any]:
    """An error with the label of its input; without a link where no input has the name."""
    found = {**field_error(error), "allowed": reader.say(error.allowed)}
    if error.field in typed:
        found["value"] = typed[error.field] or None
    labels = {one.name: one.label for one in _every(asked)}
    labels |= {name: reader.say(text) for name, text in COMMON.items()}
    field = error.field
    while field not in labels and "." in field:
        field = field.rpartition(".")[0]
    linked = field in labels
    return {
        **found, "field": field if linked else error.field,
        "label": labels.get(field, error.field), "linked": linked,
    }  # fmt: skip


def _every(asked: tuple[Input, ...]) -> Iterator[Input]:
    for one in asked:
        yield one
        yield from _every(one.grid)
        yield from _every(tuple(chained.from_iterable(one.rows)))


def _conflict(
    error: InputError | None, told: Told, sent: Form | None, shown: Page
) -> Mapping[str, Any]:
    """What others wrote. again: whether it can be recorded all the same."""
    field = "" if error is None else error.field
    expected = None if sent is None else sent.whole(EXPECTED)
    later = meanwhile(told, shown.chain, expected or 0) if field == EXPECTED else ()
    return {"field": field, "lines": [_line(one, shown.visit.reader) for one in later]}


def _line(event: Event, reader: Reader) -> Mapping[str, Any]:
    return {
        "id": event.event_id,
        "said": said(event, reader),
        "at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "author": event.author,
        "role": reader.words.text(f"role.{event.role}"),
    }


def _quick(
    shown: Page, told: Told, known: Known, typed: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """Buttons that record at once; none where no dose is due or allowed, or how much is unknown."""
    reader = shown.visit.reader
    if (
        told.state.holding_alarms
        or shown.old is not None
        or not typed.get("dose_mg")
        or not known.may_be_at_once()
    ):
        return []
    dose = amount_text(float(typed["dose_mg"]), "mg", reader.words)
    return [
        {"label": _button(one, dose, reader), "sent": {**typed, **one.set}}
        for one in kinds()[shown.kind].quick
    ]


def _button(quick: Quick, dose: str, reader: Reader) -> str:
    return in_language(quick.label, reader.words) % {"dose": dose}


def _scored(shown: Page, sent: Form | None) -> Mapping[str, Any] | None:
    """Total and band of what was answered so far; None before that, or where it is wrong."""
    if sent is None or shown.of not in score_catalogue():
        return None
    try:
        payload = payload_of(shown.kind, shown.of, sent, shown.tz)
    except InputError:
        return None
    return score_said(payload, shown.visit.reader)


def score_said(payload: Mapping[str, Any], reader: Reader) -> Mapping[str, Any] | None:
    """Total, band and notes of a score's payload; None for a score that is only a total."""
    known = score_catalogue().get(str(payload["score"]))
    if known is None:
        return None
    given = dict(payload["values"]) or {"total": payload.get("total")}
    found = score(known.id, given)
    words = reader.words
    titles = {band.id: band.title for group in known.band_sets for band in group.bands}
    return {
        "value": None if found.value is None else amount_text(found.value, known.unit, words),
        "high": None if known.high is None else amount_text(known.high, known.unit, words),
        "band": in_language(titles[found.band], words) if found.band in titles else None,
        "at_least": in_language(titles[found.at_least], words)
        if found.at_least in titles
        else None,
        "missing": [in_language(known.fields[name].title, words) for name in found.missing],
        "notes": [in_language(note, words) for note in found.notes],
        "source": known.source,
    }


def list_page(request: Request, visit: Visit, patient: str) -> Response:
    """Every kind that has a form, by group."""
    words = visit.reader.words
    groups = [
        {
            "title": in_language(title, words),
            "id": group,
            "kinds": [
                (kind, in_language(one.title, words), bool(one.subjects))
                for kind, one in recordable().items()
                if one.group == group
            ],
        }
        for group, title in names().groups.items()
    ]
    return render(request, "record_kinds.html", visit, patient=patient, groups=groups,
        name=names_of(visit, [patient])[patient],
    )  # fmt: skip


def choices_page(request: Request, visit: Visit, patient: str, kind: str) -> Response:
    """What an event of a kind can be about."""
    words = visit.reader.words
    found = [(of, in_language(subject_title(kind, of), words)) for of in kinds()[kind].subjects]
    if kind == "fact":
        found.sort(key=lambda pair: pair[1].casefold())
    return render(
        request, "record_choices.html", visit, patient=patient, kind=kind,
        title=kind_name(kind, visit.reader), choices=found,
        name=names_of(visit, [patient])[patient],
    )  # fmt: skip


def recorded_page(request: Request, visit: Visit, told: Told, event: Event) -> Response:
    """One event as it was recorded, and what it led to."""
    reader = visit.reader
    later = correction_of(told, event)
    form = kinds()[event.kind]
    alarms = [alarm_said(one.payload, visit.now, reader) for one in alarms_by(told, event)]
    return render(
        request, "recorded.html", visit, patient=told.patient,
        name=shown_name(told.identity, told.patient, reader), event=_line(event, reader),
        kind=event.kind, source=event.source, alarms=alarms,
        later=None if later is None else _line(later, reader),
        correctable=later is None and form.group is not None and visit.may("record.correct"),
        again=form.group is not None and visit.may("record.write"),
        scored=score_said(event.payload, reader) if event.kind == "score" else None,
    )  # fmt: skip
