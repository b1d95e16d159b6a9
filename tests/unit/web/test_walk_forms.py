"""Every input of every form of the pages is sent what does not belong there: refused, not kept.

The inputs come from the pages themselves: a new one is walked by itself, and one whose type says
too little fails here until ``TEXTS`` says what it takes. Forms of events: ``test_walk_events.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from httpx2 import Response
from tests.support.clinics import PASSWORD, Browser, OpenClinic, clinic_on, text_of
from tests.support.counting import counts
from tests.support.doors import doors
from tests.support.files_on_record import ASKED_AT, file_on_record
from tests.support.misfits import NO_NAME, NOT_DAYS, NOT_NUMBERS, NOT_TIMES, Turns
from tests.support.page_forms import PageForm, named_in, page_forms
from tests.support.patients import US_TABLET
from tests.support.telling import alarmed
from tests.unit.web.deciding.led import begun
from tests.unit.web.deciding.screened import screened

from antagonist.feedback.database import changing
from antagonist.web.accounts import approvals, people, second_factor
from antagonist.web.accounts.access import give
from antagonist.web.accounts.people import change
from antagonist.web.forms import new_key

UNSEEN = ("a\x00b", "a\x07b")
NAME = (NO_NAME, *UNSEEN)
WORDS = UNSEEN  # and one character more than the input takes
SECRET = ("wrong words that nobody has", "", *UNSEEN)
NUMBER = (*NOT_NUMBERS, *UNSEEN)
# Inputs whose type says too little: what does not belong there.
TEXTS: Mapping[str, tuple[str, ...]] = {
    # the form itself
    "key": ("", "x" * 201, *UNSEEN), "expected": ("", "1.5", *NUMBER),
    "reviewed": ("", NO_NAME, *UNSEEN), "cautions": NAME, "version": ("", "1.5", "0", *NUMBER),
    "kind": NAME, "step": ("1.5", *NUMBER), "seen": NAME, "token": ("", *NAME),
    # names of lists
    "what": NAME, "regimen": ("", *NAME), "product": ("", *NAME), "jurisdiction": NAME,
    "holidays": NAME, "gluteal_side": NAME, "patients": NAME,
    # days, numbers
    "start": ("", *NOT_DAYS), "clock": ("", "25:00", "9", "noon", "٠٩:٠٠", "09:00:00", *UNSEEN),
    "months": ("1.5", "0", "25", *NUMBER), "pack_units": ("1.5", "0", *NUMBER),
    "days": ("0", "91", "1.5", *NUMBER), "clinic_days": NAME, "supervised_days": NAME,
    "planned_mg": ("", "0", "10001", *NUMBER), "delay_next_d": ("91", *NUMBER),
    # words
    "name": ("", *WORDS), "shown": WORDS, "family": ("", *WORDS), "given": ("", *WORDS),
    "middle": WORDS, "system": WORDS, "value": WORDS, "programme": WORDS, "text": ("", "a", *WORDS),
    "note": WORDS, "reason": ("", "ab", "x" * 2001, *WORDS), "label": ("", *WORDS),
    "prescriber": WORDS, "code": SECRET, "password": SECRET, "new_password": ("", "short", *UNSEEN),
    "again": SECRET,
}  # fmt: skip
# Where to go afterwards; anything but an address of ours leads home. The csrf is the next test's.
NOT_KEPT = {"next", "back", "csrf", "quantity"}


@dataclass(frozen=True)
class Row:
    """Where a form is found. at: of which ids. typed: what the page does not answer by itself.
    through: forms that lead from the page to the one with the form. action: of the form, where it
    is not the route. other: where a misfit of an input is told of another.
    """

    page: str
    who: str = "prescriber"
    at: str = "main"
    typed: Mapping[str, str] = field(default_factory=dict)
    through: tuple[str, ...] = ()
    action: str | None = None
    other: Mapping[str, str] = field(default_factory=dict)


PW, REASON = {"password": PASSWORD}, {"reason": "a reason"}
PATIENT, ACCOUNT, APPROVAL = "/patients/{patient}", "/accounts/{account}", "/approvals/{approval}"
ALARM, DECISION = f"{PATIENT}/alarms/{{alarm}}", f"{PATIENT}/decisions/{{event}}"
TEST, PLAN = f"{PATIENT}/challenge/{{challenge}}", f"{PATIENT}/plan"
SOME, NEW_WORDS = {**PW, "sees": "some"}, "quite other words than before"
NEW_PASSWORD = {**PW, "new_password": NEW_WORDS, "again": NEW_WORDS}
NEW_PATIENT = {"family": "A", "given": "B", "system": "card", "value": "9"}
SITUATION = {
    "planned_at": "2026-11-24T09:00", "planned_mg": "50", "next_at": "2026-11-26T09:00",
    "from": "oral", "to": "im_xr", "at": "2026-12-24T09:00",
}  # fmt: skip
ADMIN = "administrator"
NOT_REVIEWED = dict.fromkeys(("regimen", "product", "expected", "cautions"), "reviewed")
ROWS: Mapping[str, Row] = {
    "/accounts/new": Row("/accounts/new", ADMIN, typed={**SOME, "name": "new", "role": "nurse"}),
    f"{ACCOUNT}/change": Row(ACCOUNT, ADMIN, typed=PW),
    f"{ACCOUNT}/patients": Row(ACCOUNT, ADMIN, typed=SOME, other={"kept": "patients"}),
    f"{ACCOUNT}/disable": Row(ACCOUNT, ADMIN, typed=PW),
    f"{ACCOUNT}/enable": Row(ACCOUNT, ADMIN, "disabled", PW),
    f"{ACCOUNT}/activation": Row(ACCOUNT, ADMIN, typed=PW),
    f"{ACCOUNT}/factor": Row(ACCOUNT, ADMIN, typed={**PW, "seen": "yes"}),
    f"{ACCOUNT}/sessions": Row(ACCOUNT, ADMIN, typed=PW),
    f"{ALARM}/acknowledge": Row(ALARM),
    f"{ALARM}/override": Row(ALARM, typed=REASON),
    "/patients/search": Row("/patients", typed={"text": "Test"}),
    "/patients/new": Row("/patients/new", typed=NEW_PATIENT),
    f"{APPROVAL}/confirm": Row(APPROVAL, "second", typed=PW),
    f"{APPROVAL}/refuse": Row(APPROVAL, "second"),
    f"{APPROVAL}/withdraw": Row(APPROVAL),
    f"{PATIENT}/challenge": Row(f"{PATIENT}/challenge", typed={"product": US_TABLET}),
    TEST: Row(TEST, at="tested"),
    f"{TEST}/abort": Row(TEST, at="tested", typed=REASON),
    f"{DECISION}/override": Row(DECISION, at="asked", typed=REASON),
    "/own/reading": Row("/own"),
    "/own/password": Row("/own", typed=NEW_PASSWORD),
    "/own/sessions": Row("/own", typed=PW),
    "/own/tokens": Row("/own", typed={**PW, "label": "x"}),
    "/own/tokens/revoke": Row("/own"),
    "/second-factor/begin": Row("/second-factor"),
    "/second-factor/remove": Row("/own", "viewer", typed=PW),
    f"{PATIENT}/chart.json": Row(PATIENT, action=PATIENT),
    f"{PLAN}/new": Row(f"{PLAN}/new", "nurse", "closed", {"prescriber": "P"}),
    f"{PLAN}/review": Row(f"{PLAN}/new", at="closed", through=(f"{PLAN}/new",)),
    PLAN: Row(
        f"{PLAN}/new", at="closed", through=(f"{PLAN}/new", f"{PLAN}/review"), other=NOT_REVIEWED
    ),
    "/programme/run": Row("/programme"),
    f"{PATIENT}/report": Row(f"{PATIENT}/report"),
    f"{PATIENT}/screening": Row(f"{PATIENT}/screening"),
    f"{PATIENT}/situation": Row(f"{PATIENT}/situation", typed=SITUATION),
    "/language": Row("/own"),
    "/sign-out": Row("/own"),
}
# Forms of events have a walk of their own, and those before sign-in name nothing that was wrong.
ELSEWHERE = {
    f"{PATIENT}/record/{{kind}}", f"{PATIENT}/record/{{kind}}/{{of}}",
    f"{PATIENT}/events/{{event}}/correct", f"{PATIENT}/events/{{event}}/retract",
    "/set-up", "/activate", "/sign-in", "/sign-in/again", "/sign-in/code", "/second-factor",
}  # fmt: skip


@dataclass
class Walk:
    """A clinic with something at every address. ids: sets of path parameters."""

    clinic: OpenClinic
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    turns: Turns = field(default_factory=Turns)

    def browser(self, who: str) -> Browser:
        """Somebody's browser; their password is checked by plain comparison."""
        if who not in self.browsers:
            self.browsers[who] = self.clinic.browser(who)
        return self.browsers[who]

    def forms(self, route: str) -> list[PageForm]:
        """The forms of a route with all that they need."""
        row = ROWS[route]
        ids, browser = self.ids[row.at], self.browser(row.who)
        page = browser.get(row.page.format(**ids))
        for step in row.through:
            address = step.format(**ids)
            (form, *_) = page_forms(page.text, address)
            page = browser.client.post(address, data={**form.data, **row.typed})
        assert page.status_code == 200, (route, page.status_code, text_of(page))
        found = page_forms(page.text, (row.action or route).format(**ids))
        assert found, f"no form of {route} on its page"
        return list({tuple(form.types.items()): form for form in found}.values())


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    with clinic_on("sqlite", folder) as clinic, pytest.MonkeyPatch.context() as patch:
        patch.setattr("antagonist.web.confirming.fits", lambda typed, _kept: typed == PASSWORD)
        for user in ("confirming", "actions.patients", "actions.accounts"):
            patch.setattr(f"antagonist.web.{user}.limited", lambda *_: None)
        patch.setattr("antagonist.web.visit.limits.counted", lambda *_: None)
        clinic.clock.set(ASKED_AT)
        yield _filled(Walk(clinic))


def _filled(walk: Walk) -> Walk:
    """Something at every address: people, an alarm, a test under way, a decision that refuses."""
    clinic, record = walk.clinic, walk.clinic.clinic.record
    patient = file_on_record(record, provocation_tests=None)
    tested, closed = file_on_record(record, provocation_tests=None), []
    test = begun(clinic, tested, "prescriber").headers["location"]
    for _ in range(2):
        closed.append(file_on_record(record, "urine_positive"))
    decided = [
        screened(walk.browser("prescriber"), one, jurisdiction="us").headers["location"]
        for one in closed
    ]
    walk.browser("prescriber").post(f"{decided[0]}/override", **REASON)
    with changing(clinic.clinic.engine) as connection:
        secret = second_factor.sealed(connection, record.keys, second_factor.new_secret())
        (approval,) = approvals.waiting(connection)
        change(connection, clinic.people["viewer"], secret=secret, last_step=None)
        give(connection, clinic.people["viewer"].account, [patient])
        change(connection, clinic.people["viewer"], every_patient=False)
        made = people.create_account(connection, ASKED_AT, "gone", "viewer")
        change(connection, made, disabled=True)
    walk.browser("prescriber").post("/own/tokens", label="x", days="30", **PW)
    for who in ("prescriber", "viewer"):
        clinic.browser(who)  # another session, to be ended
    viewer = clinic.people["viewer"].account
    walk.ids = {
        "main": {
            "patient": patient, "alarm": alarmed(clinic, patient), "account": viewer,
            "approval": approval.approval,
        },
        "tested": {"patient": tested, "challenge": test.rpartition("/")[2]},
        "closed": {"patient": closed[0]},
        "asked": {"patient": closed[1], "event": decided[1].rpartition("/")[2]},
        "disabled": {"account": made.account},
    }  # fmt: skip
    return walk


def test_every_form_is_walked(walk: Walk) -> None:
    posts = {d.path for d in doors(walk.clinic.app) if d.method == "POST" and d.face != "program"}
    assert posts == ROWS.keys() | ELSEWHERE


@pytest.mark.parametrize("route", ROWS)
def test_what_does_not_belong_is_refused_by_its_name(walk: Walk, route: str) -> None:
    row, wrong = ROWS[route], []
    browser, forms = walk.browser(row.who), walk.forms(route)
    address, before = route.format(**walk.ids[row.at]), counts(walk.clinic)
    for form in forms:
        base = {**form.data, **{k: v for k, v in row.typed.items() if k in form.types}}
        for name, value in misfits(form, walk):
            sent = {**base, "key": new_key(), "csrf": browser.csrf} if name != "key" else base
            answer = browser.client.post(address, data={**sent, name: value})
            plain = name.removesuffix("[]")
            if not refused(answer, {plain, row.other.get(plain, plain)}):
                wrong.append((name, value[:30], answer.status_code, named_in(answer.text)))
    assert not wrong, "\n".join(map(str, wrong))
    assert counts(walk.clinic) == before


def misfits(form: PageForm, walk: Walk) -> Iterator[tuple[str, str]]:
    """What does not belong in each input of a form. Raises AssertionError for one not told of."""
    for name, kind in form.types.items():
        if name in NOT_KEPT:
            continue
        for value in walk.turns.some(_misfits(name, kind)):
            yield name, value
        if name in form.longest and name not in ("password",):
            yield name, "x" * (form.longest[name] + 1)


def _misfits(name: str, kind: str) -> tuple[str, ...]:
    if name.removesuffix("[]") in TEXTS:
        return TEXTS[name.removesuffix("[]")]
    match kind:
        case "date":
            return NOT_DAYS
        case "datetime-local":
            return (*NOT_TIMES, *UNSEEN)
        case "select" | "radio" | "checkbox" | "button":
            return NAME
    raise AssertionError(f"{name}: what does an input of type {kind} take? Tell TEXTS")


def refused(answer: Response, names: set[str]) -> bool:
    """Whether a page refuses a field by one of its names."""
    return answer.status_code == 422 and named_in(answer.text) in names


@pytest.mark.parametrize("route", ROWS)
def test_a_form_of_another_session_is_refused(walk: Walk, route: str) -> None:
    row = ROWS[route]
    if route == "/language":
        return
    before = counts(walk.clinic)
    answer = walk.browser(row.who).client.post(
        route.format(**walk.ids[row.at]), data={**row.typed, "csrf": "x", "key": new_key()}
    )
    assert answer.status_code == 403, route
    assert counts(walk.clinic) == before
