"""Texts that act where an output does not write them in its own language, and a clinic of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unicodedata import category

from tests.support.clinics import PASSWORD, OpenClinic, text_of
from tests.support.demo_clinics import DemoClinic
from tests.support.files_on_record import Who, file_on_record
from tests.support.patients import US_TABLET
from tests.support.telling import DARK_URINE
from tests.support.tour import Tour, work_done

from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.web.accounts.people import by_name, change
from antagonist.web.api.common import PREFIX

MARK = "mallory"  # stands in every hostile text
# A formula's beginning, elements and what leaves them (attribute, script, CDATA, SVG, comment),
# templates of Jinja, Python and gettext, Typst's code, mathematics and escapes, rich's markup.
TYPED = (
    f"={MARK}\"><script>evil()</script>'`<img src=x onerror=evil()> ]]></svg>--> "
    '{{7*7}} ${7*7} {n} %(n)s %s #read("/etc/passwd") #image("/etc/passwd") #panic() '
    r"$ \frac{ $ \ ` *b* _i_ @ref <label> [bold red]b[/bold red] [link=https://evil.example]x[/link]"
    " :skull: &lt; &amp; \N{HEBREW LETTER SHIN}"
)
# Characters that act where they are shown: they turn what follows, hide, end lines, move a cursor.
ACTING = "\u202e\u2066\u200b\ufeff\u2028\x1b]0;owned\x07\x1b[2J\x9b31m\x08\x7f\x0c"
LINES = 'a\r\n{"event": "forged"}\r\nSet-Cookie: forged=1\rb\n    1  2026-05-01 09:00 UTC  forged'
WORD = "W" * 150
# Where control characters are refused, or a text may be short only.
SAID = f"{TYPED} \u202e\u200b {WORD}"
SHORT = f'={MARK}\u202e"><script>evil()</script>[bold]{{{{7*7}}}}$#@'
WILD = f"{TYPED} {ACTING} {LINES} {WORD}"


WHO = Who({"family": WILD, "given": TYPED, "latin": WILD}, [(TYPED, WILD)], WILD, WILD)
AUTHOR = Actor(SHORT, "nurse", SHORT)


def unseen(text: str) -> list[str]:
    """Characters that act and are not seen, tabs and line feeds apart: controls, formats, ends."""
    found = (c for c in dict.fromkeys(text) if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    return [character for character in found if character not in "\t\n"]


def hostile_tour(open_: OpenClinic) -> Tour:
    """Hostile texts on a clinic's record and in its accounts, and where what came of them lies.

    The clinic's clock stands at ``files_on_record.ASKED_AT`` or later.
    """
    tour = Tour(DemoClinic(open_, {}))
    for act in (_accounts, _planned, _screened, _tested):
        act(tour)
    _told(tour)
    _computed(tour)
    return tour


def _patient(tour: Tour, number: str, name: str = "eligible_opioid", **changes: Any) -> str:
    who = replace(WHO, identifiers=[(TYPED, f"{WILD} {number}")])
    return file_on_record(tour.clinic.clinic.record, name, who=who, **changes)


def _accounts(tour: Tour) -> None:
    with changing(tour.clinic.clinic.engine) as connection:
        for account in tour.clinic.people.values():
            change(connection, account, shown=SHORT)
    made = tour.browser("administrator").post(
        "/accounts/new", name=SHORT, shown=SHORT, role="nurse", language="en", sees="all",
        password=PASSWORD,
    )  # fmt: skip
    assert made.status_code == 200, text_of(made)
    with reading(tour.clinic.clinic.engine) as connection:
        hostile = by_name(connection, SHORT)
    assert hostile is not None
    tour.clinic.people = {**tour.clinic.people, "hostile": hostile}
    assert tour.browser("hostile").get("/today").status_code == 200
    tour.places["/accounts/{account}"] = {"account": tour.clinic.people["nurse"].account}


def _planned(tour: Tour) -> None:
    patient = _patient(tour, "planned")
    made = tour.calls(f"patients/{patient}/plans", product=US_TABLET, regimen="r6_50_daily")
    for face in ("", PREFIX):
        tour.places |= {
            f"{face}/patients/{{patient}}": {"patient": patient},
            f"{face}/patients/{{patient}}/plan": {
                "patient": patient, "event": made["event"], "name": "plan.pdf",
            },
            f"{face}/patients/{{patient}}/report": {"patient": patient, "number": "1"},
        }  # fmt: skip


def _screened(tour: Tour) -> None:
    patient = _patient(tour, "closed", "urine_positive")
    decision = tour.calls(f"patients/{patient}/screenings", products=[US_TABLET])["event"]
    asked = tour.calls(f"patients/{patient}/decisions/{decision}/override", reason=SAID)
    tour.places["/approvals/"] = {"approval": asked["approval"]}
    for face in ("", PREFIX):
        here = f"{face}/patients/{{patient}}/decisions"
        tour.places[here] = {"patient": patient, "event": decision}


def _tested(tour: Tour) -> None:
    patient = _patient(tour, "tested", provocation_tests=None)
    begun = {"protocol": "iv", "product": US_TABLET, "never_tested": "yes"}
    test = tour.sends(f"/patients/{patient}/challenge", "nurse", **begun)
    tour.sends(f"/patients/{patient}/challenge/{test}/abort", version=1, reason=SAID)
    for face in ("/patients/{patient}/challenge", f"{PREFIX}/patients/{{patient}}/challenges"):
        tour.places[face] = {"patient": patient, "challenge": test}


def _told(tour: Tour) -> None:
    """Every kind of free text that an event has, about the patient of the plan."""
    clinic, patient = tour.clinic, tour.places["/patients/{patient}"]["patient"]

    def says(kind: str, days_ago: float, corrects: str | None = None, **payload: Any) -> str:
        at = clinic.clock.at - timedelta(days=days_ago)
        new = NewEvent(kind, at, payload, version=NEWEST[kind], corrects=corrects)
        return clinic.clinic.record.append(patient, [new], AUTHOR)[0].event_id

    said = {"asked_on": "2026-11-24", "source": WILD}
    says("injection", 40, product="vivitrol-us-380", dose_mg=380, lot=WILD, expiry="2027-01-01",
         side="left", needle=WILD, given_by=WILD)  # fmt: skip
    says("dose", 2, dose_mg=50, status="observed", observed_by=WILD, note=WILD,
         product=US_TABLET)  # fmt: skip
    says("allergies", 1, to=[WILD], **said)
    says("medicines", 1, taken=[{"name": WILD, "ingredients": [WILD]}], **said)
    says("consent", 1, to=WILD, given=True)
    says("treatment_stop", 1, reason=WILD)
    says("departure", 1, how="transfer", date="2026-11-24", note=WILD)
    says("fact", 0.5, **DARK_URINE | {"source": WILD})
    words = says("words", 0.4, text=WILD)
    says("retraction", 0.3, corrects=words, reason=WILD)
    word = says("words", 0.2, text=WILD)
    asked = tour.calls(f"patients/{patient}/situations", situation="stop")
    raised = evaluate(clinic.clinic.record, patient, clinic.clinic.now())
    alarm = next(e.event_id for e in raised if e.kind == "alarm_raised")
    tour.sends(f"/patients/{patient}/alarms/{alarm}/acknowledge", "nurse", note=SAID)
    tour.places |= {
        "/patients/{patient}/situation": {"patient": patient, "event": asked["event"]},
        "/patients/{patient}/recorded/": {"patient": patient, "event": word},
        "/patients/{patient}/events/": {"patient": patient, "event": word},
        "/patients/{patient}/alarms/": {"patient": patient, "alarm": alarm},
        "/patients/{patient}/record/": {"patient": patient, "kind": "dose"},
        "/patients/{patient}/record/{kind}/{of}": {"patient": patient, "kind": "lab", "of": "alt"},
    }


def _computed(tour: Tour) -> None:
    patient = tour.places["/patients/{patient}"]["patient"]
    tour.browser("prescriber").post(f"/patients/{patient}/report")
    work_done()
    tour.places |= {
        "/label/rules/": {"rule": "pregnancy"},
        f"{PREFIX}/label/rules/": {"rule": "pregnancy"},
        "/label/products/": {"product": US_TABLET},
    }
