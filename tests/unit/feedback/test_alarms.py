"""Alarms of a record: raised once for each cause, withdrawn with it, answered, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.records import NURSE, SettableClock

from antagonist.feedback.alarms import acknowledge, burden, decided, evaluate, override
from antagonist.feedback.alarms.modelled import model_figures
from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.record import Record
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.results import Threshold
from antagonist.planning.situation_model import ModelFigures, ModelTime, Taken

MOSCOW = ZoneInfo("Europe/Moscow")
P = "patient-1"
NOON = datetime(2026, 5, 4, 12, tzinfo=MOSCOW)  # a Monday
DOCTOR = Actor("dr.one", "prescriber", "visit")
REMOTE = Actor("nurse.one", "nurse", "telephone")


def figures(until: datetime | None, share: float = 0.99) -> ModelFigures:
    """Figures of a model that protects until a time; None = not now."""

    def time(name: str, at: datetime | None) -> ModelTime:
        state = "at" if at is not None else "never"
        return ModelTime(name, at, state, at, "subjective", 0.9, 5.0)  # type: ignore[arg-type]

    danger = None if until is None else until + timedelta(hours=12)
    times = (
        time("protected_until_at_least", until),
        time("opioids_may_be_blunted_until", danger),
        time("overdose_danger_from", danger),
    )
    line = Threshold("subjective", 0.9, "heroin", "iv", 25.0)
    return ModelFigures((0.8, 0.9, 1.0), share, times, line, 4, 400, "0" * 64)


class Model:
    """A model whose protection ends so many hours after the last dose. asked: how often."""

    def __init__(self, protects_h: float) -> None:
        self.protects_h, self.asked = protects_h, 0

    def __call__(self, doses: tuple[Taken, ...], at: datetime) -> ModelFigures | None:
        self.asked += 1
        until = max(dose.at for dose in doses) + timedelta(hours=self.protects_h)
        return figures(until) if until > at else figures(None, 0.1)


def no_model(_doses: tuple[Taken, ...], _at: datetime) -> ModelFigures | None:
    """A product without published levels."""
    return None


class Clinic:
    """A record of one patient, in which time goes on."""

    def __init__(self, record: Record, clock: SettableClock) -> None:
        self.record, self.clock = record, clock
        self.model: Any = Model(48)

    def add(self, kind: str, at: datetime, actor: Actor = REMOTE, **payload: Any) -> Event:
        """An event that is recorded when it happened, or at the clock's later time."""
        self.clock.set(max(self.clock.at, at))
        corrects = payload.pop("corrects", None)
        version = 2 if kind == "lab" else 1
        new = NewEvent(kind, at, payload, version=version, corrects=corrects)
        return self.record.append(P, [new], actor)[0]

    def lab(self, test: str, times: float, at: datetime = NOON, **more: Any) -> Event:
        """A laboratory result, as a multiple of an upper limit of 40 U/L or 20 umol/L."""
        limit, unit = (20, "umol/L") if test == "bilirubin" else (40, "U/L")
        return self.add(
            "lab", at, test=test, value=times * limit, unit=unit, upper_limit=limit,
            specimen="blood", **more,
        )  # fmt: skip

    def dose(self, at: datetime, mg: float = 50, status: str = "reported", **more: Any) -> Event:
        """A dose by mouth."""
        return self.add("dose", at, dose_mg=mg, status=status, **more)

    def plan(self, at: datetime, days: Sequence[datetime], **more: Any) -> Event:
        """A plan by mouth from a time on."""
        doses = [{"at": day.isoformat(), "dose_mg": 50, "kind": "oral"} for day in days]
        document = {"product": "seed-tablet-50", "route": "oral", "doses": doses, **more}
        return self.add("plan_change", at, plan=document, reason="start")

    def look(self, at: datetime = NOON) -> list[str]:
        """Evaluate; what was raised and withdrawn, in order."""
        self.clock.set(max(self.clock.at, at))
        events = evaluate(self.record, P, at, model=self.model)
        return [
            e.payload["alarm"] if e.kind == "alarm_raised" else f"withdrawn {self.name(e)}"
            for e in events
            if e.kind != "decision"
        ]

    def name(self, withdrawn: Event) -> str:
        """Which rule's alarm was withdrawn."""
        alarms = {e.event_id: e for e in self.record.all(P)}
        return str(alarms[withdrawn.payload["alarm"]].payload["alarm"])

    def raised(self, alarm: str) -> Event:
        """The last alarm of a rule."""
        found = [e for e in self.record.all(P) if e.kind == "alarm_raised"]
        return [e for e in found if e.payload["alarm"] == alarm][-1]


@pytest.fixture
def clinic(record: Record, clock: SettableClock) -> Clinic:
    """A record of one patient."""
    clock.set(NOON - timedelta(days=60))
    return Clinic(record, clock)


def days(first: datetime, count: int) -> list[datetime]:
    """The same hour of so many days."""
    return [first + timedelta(days=n) for n in range(count)]


def test_a_raised_value_raises_its_alarm_once_with_cause_act_and_time(clinic: Clinic) -> None:
    event = clinic.lab("alt", 5.5)
    assert clinic.look() == ["liver-tests-stop"]
    raised = clinic.raised("liver-tests-stop")
    assert raised.payload["cause"] == [event.event_id]
    assert raised.payload["key"] == f"liver-tests-stop|{event.event_id}"
    assert raised.payload["severity"] == "stop"
    assert raised.payload["who"] == "prescriber"
    by = datetime.fromisoformat(raised.payload["by"])
    assert by == NOON + timedelta(hours=24)
    (fact,) = raised.payload["facts"]
    assert (fact["fact"], fact["value"]) == ("alt_xuln", 5.5)
    assert raised.author == "antagonist"
    assert clinic.look(NOON + timedelta(hours=1)) == []
    assert clinic.look(NOON + timedelta(days=30)) == []


def test_the_same_value_found_again_is_a_new_fact(clinic: Clinic) -> None:
    clinic.lab("alt", 5.5)
    assert clinic.look() == ["liver-tests-stop"]
    clinic.lab("alt", 5.5, NOON + timedelta(days=3))
    assert clinic.look(NOON + timedelta(days=3)) == ["liver-tests-stop"]


@pytest.mark.parametrize(
    ("alt", "bilirubin", "alarms"),
    [
        (3.0, None, []),
        (3.1, None, ["liver-tests-watch"]),
        (3.1, 2.0, ["liver-tests-watch"]),
        (3.1, 2.1, ["hys-law"]),
        (5.1, 2.1, ["hys-law"]),
        (5.1, 1.0, ["liver-tests-stop"]),
    ],
)
def test_liver_tests(
    clinic: Clinic, alt: float, bilirubin: float | None, alarms: list[str]
) -> None:
    clinic.lab("alt", alt)
    clinic.lab("ast", 1)
    if bilirubin is not None:
        clinic.lab("bilirubin", bilirubin)
    assert clinic.look() == alarms


def test_bilirubin_that_comes_later_makes_it_hys_law(clinic: Clinic) -> None:
    clinic.lab("alt", 4)
    assert clinic.look() == ["liver-tests-watch"]
    clinic.lab("bilirubin", 3, NOON + timedelta(hours=2))
    assert clinic.look(NOON + timedelta(hours=2)) == ["hys-law"]


def test_a_corrected_value_withdraws_its_alarm_visibly(clinic: Clinic) -> None:
    event = clinic.lab("alt", 55)
    assert clinic.look() == ["liver-tests-stop"]
    raised = clinic.raised("liver-tests-stop")
    later = NOON + timedelta(hours=3)
    clinic.clock.set(later)
    correction = clinic.lab("alt", 0.55, corrects=event.event_id)
    assert clinic.look(later) == ["withdrawn liver-tests-stop"]
    gone = clinic.record.all(P)[-1]
    assert gone.payload == {"alarm": raised.event_id, "because": correction.event_id}
    assert clinic.look(later + timedelta(hours=1)) == []


def test_a_correction_that_is_still_too_high_withdraws_and_raises_anew(clinic: Clinic) -> None:
    event = clinic.lab("alt", 55)
    clinic.look()
    clinic.clock.set(NOON + timedelta(hours=3))
    right = clinic.lab("alt", 5.5, corrects=event.event_id)
    found = clinic.look(NOON + timedelta(hours=3))
    assert found == ["withdrawn liver-tests-stop", "liver-tests-stop"]
    assert clinic.raised("liver-tests-stop").payload["cause"] == [right.event_id]


def test_a_retracted_symptom_withdraws_even_an_acknowledged_alarm(clinic: Clinic) -> None:
    event = clinic.add("symptom", NOON, term="jaundice", present=True)
    assert clinic.look() == ["liver-signs"]
    acknowledge(clinic.record, clinic.raised("liver-signs").event_id, DOCTOR)
    clinic.add(
        "retraction", NOON + timedelta(hours=1), reason="wrong patient", corrects=event.event_id
    )
    assert clinic.look(NOON + timedelta(hours=1)) == ["withdrawn liver-signs"]


def test_what_changes_later_withdraws_nothing(clinic: Clinic) -> None:
    clinic.add("symptom", NOON, term="jaundice", present=True)
    clinic.look()
    clinic.add("symptom", NOON + timedelta(days=2), term="jaundice", present=False)
    assert clinic.look(NOON + timedelta(days=2)) == []


@pytest.mark.parametrize(
    ("kind", "payload", "alarms"),
    [
        ("symptom", {"term": "chromaturia", "present": True}, ["liver-signs"]),
        ("symptom", {"term": "chromaturia", "present": False}, []),
        ("fact", {"fact": "hepatitis_symptoms", "value": True, "source": "x"}, ["liver-signs"]),
        ("lapse", {"substance": "opioid", "date": date(2026, 5, 4)}, ["opioid-lapse"]),
        ("lapse", {"substance": "alcohol", "date": date(2026, 5, 4)}, ["alcohol-lapse"]),
        ("relapse", {"substance": "opioid", "rule": "xbot", "date": date(2026, 5, 4)}, ["relapse"]),
        ("overdose", {"fatal": False, "treated": True, "naloxone_given": True}, ["overdose"]),
        ("overdose", {"fatal": True, "treated": True, "naloxone_given": True}, ["overdose-fatal"]),
        ("override_attempt", {"felt": "none"}, ["override-attempt"]),
        ("override_attempt", {"felt": "partial"}, ["override-felt"]),
        (
            "fact",
            {"fact": "override_intended", "value": True, "source": "x"},
            ["override-attempt"],
        ),
        ("score", {"score": "phq_9", "values": {"self_harm_thoughts": 0}}, []),
        ("score", {"score": "phq_9", "values": {"self_harm_thoughts": 1}}, ["suicide-item"]),
        ("score", {"score": "c_ssrs", "values": {"intent": True}}, ["suicide-risk"]),
        ("score", {"score": "c_ssrs", "values": {"wish_to_be_dead": True}}, ["low-mood"]),
        ("symptom", {"term": "suicidal_ideation", "present": True}, ["low-mood"]),
        ("lab", {"test": "pregnancy_test", "value": "positive"}, ["pregnancy"]),
        ("lab", {"test": "pregnancy_test", "value": "negative"}, []),
        ("fact", {"fact": "dyspnoea_with_hypoxaemia", "value": True, "source": "x"}, ["pneumonia"]),
        ("fact", {"fact": "injection_site_bad", "value": True, "source": "x"}, ["injection-site"]),
        (
            "symptom",
            {
                "term": "injection_site_reaction",
                "present": True,
                "ctcae_grade": 2,
                "ctcae_version": "5.0",
            },
            ["injection-site"],
        ),
        (
            "symptom",
            {
                "term": "injection_site_reaction",
                "present": True,
                "ctcae_grade": 1,
                "ctcae_version": "5.0",
            },
            [],
        ),
        (
            "fact",
            {"fact": "more_naltrexone_than_planned", "value": True, "source": "x"},
            ["more-than-planned"],
        ),
    ],
)
def test_one_event_and_its_alarm(
    clinic: Clinic, kind: str, payload: dict[str, Any], alarms: list[str]
) -> None:
    if kind == "lab":
        payload = {**payload, "specimen": "urine"}
    clinic.add(kind, NOON, **payload)
    assert clinic.look() == alarms
    assert clinic.look() == []


def test_each_lapse_raises_its_own_alarm(clinic: Clinic) -> None:
    for day in (0, 3, 6):
        at = NOON + timedelta(days=day)
        clinic.add("lapse", at, substance="opioid", date=at.date())
        assert clinic.look(at) == ["opioid-lapse"]
    assert clinic.look(NOON + timedelta(days=7)) == []


@pytest.mark.parametrize(
    ("doses_mg", "alarms"),
    [
        ([150], []),
        ([100, 50.5], ["day-dose-over-150"]),
        ([150, 50], ["day-dose-over-150"]),
        ([150, 51], ["day-dose-over-200"]),
    ],
)
def test_doses_of_one_day_are_added(
    clinic: Clinic, doses_mg: list[float], alarms: list[str]
) -> None:
    for hour, dose_mg in enumerate(doses_mg):
        clinic.dose(NOON - timedelta(hours=hour), dose_mg)
    assert clinic.look() == alarms


def test_a_day_that_has_begun_in_the_clinic_but_not_in_utc(clinic: Clinic) -> None:
    """00:30 in Moscow: 'used today' and 'tested today' are tomorrow by UTC."""
    at = datetime(2026, 5, 5, 0, 30, tzinfo=MOSCOW)
    clinic.dose(at - timedelta(days=1))
    clinic.add("opioid_use", at, opioid="heroin", last_use="2026-05-05", reported_by="patient")
    clinic.add(
        "urine_drug_test", at, taken="2026-05-05", method="immunoassay",
        results={"opiates": "positive"},
    )  # fmt: skip
    found = clinic.look(at.astimezone(ZoneInfo("UTC")))
    assert {"opioid-lapse", "urine-opioid-blocked"} <= set(found)


def test_the_clinics_day_counts(clinic: Clinic) -> None:
    """23:30 and 00:30 in Moscow are two days, though both fall on one day of UTC."""
    late = datetime(2026, 5, 3, 23, 30, tzinfo=MOSCOW)
    clinic.dose(late, 150)
    clinic.dose(late + timedelta(hours=1), 150)
    assert clinic.look() == []


class TestMissed:
    """A planned dose was not taken."""

    def start(self, clinic: Clinic) -> list[datetime]:
        """Monday to Saturday at 9:00; the first two were taken."""
        planned = days(NOON.replace(hour=9), 6)
        clinic.plan(planned[0] - timedelta(hours=1), planned)
        for day in planned[:2]:
            clinic.dose(day)
        return planned

    def test_not_before_the_day_is_over(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        assert clinic.look(planned[2].replace(hour=23, minute=59)) == []
        assert clinic.look(planned[3].replace(hour=0)) == ["missed-dose"]

    def test_the_alarm_keeps_until_when_the_patient_is_protected(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        clinic.look(planned[3].replace(hour=0))
        facts = {f["fact"]: f["value"] for f in clinic.raised("missed-dose").payload["facts"]}
        until = datetime.fromisoformat(facts["protected_until"])
        assert until == planned[1] + timedelta(hours=48)
        assert facts["doses_missed"] == 1

    def test_each_further_miss_is_new_and_unprotected_says_so(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        assert clinic.look(planned[3].replace(hour=0)) == ["missed-dose"]
        # protection ended at 9:00 of the fourth day
        assert clinic.look(planned[3].replace(hour=10)) == ["missed-unprotected"]
        assert clinic.look(planned[3].replace(hour=11)) == []
        assert clinic.look(planned[4].replace(hour=1)) == ["missed-unprotected"]
        facts = {
            f["fact"]: f["value"] for f in clinic.raised("missed-unprotected").payload["facts"]
        }
        assert facts["doses_missed"] == 2

    def test_a_dose_entered_late_withdraws_the_alarm(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        clinic.look(planned[3].replace(hour=0))
        clinic.clock.set(planned[3].replace(hour=8))
        late = clinic.dose(planned[2])
        assert clinic.look(planned[3].replace(hour=8)) == ["withdrawn missed-dose"]
        assert clinic.record.all(P)[-1].payload["because"] == late.event_id

    def test_a_dose_that_was_held_is_not_missed(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        clinic.dose(planned[2], status="held")
        assert clinic.look(planned[3].replace(hour=1)) == []

    def test_a_refused_dose_is_missed_at_once(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        event = clinic.dose(planned[2], status="refused")
        assert clinic.look(planned[2]) == ["missed-dose"]
        assert clinic.raised("missed-dose").payload["cause"] == [event.event_id]
        assert clinic.look(planned[3].replace(hour=1)) == []

    def test_without_levels_no_time_is_stated(self, clinic: Clinic) -> None:
        clinic.model = no_model
        planned = self.start(clinic)
        assert clinic.look(planned[3].replace(hour=0)) == ["missed-dose"]
        facts = {f["fact"] for f in clinic.raised("missed-dose").payload["facts"]}
        assert "protected_until" not in facts

    def test_a_gap_of_more_than_3_days(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        clinic.look(planned[4])
        assert clinic.look(planned[4].replace(hour=23)) == []  # day 3
        found = clinic.look(planned[5].replace(hour=1))  # day 4
        assert "gap-over-3-days" in found
        assert clinic.look(planned[5].replace(hour=2)) == []

    def test_opioids_in_the_gap_close_the_gate(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        clinic.look(planned[3].replace(hour=10))
        at = planned[3].replace(hour=12)
        clinic.add(
            "opioid_use", at, opioid="heroin", last_use=f"{at:%Y-%m-%d}", reported_by="patient"
        )
        # the model says that the blockade has ended, though it is day 2 only
        assert set(clinic.look(at)) == {"opioid-lapse", "restart-gate"}
        assert clinic.raised("restart-gate").payload["severity"] == "stop"

    def test_after_a_stop_nothing_is_missed(self, clinic: Clinic) -> None:
        planned = self.start(clinic)
        clinic.add("treatment_stop", planned[1] + timedelta(hours=2), reason="moves away")
        assert clinic.look(planned[1] + timedelta(hours=3)) == ["tolerance-lost"]
        assert clinic.look(planned[5]) == []


class TestUrine:
    """An opioid in the urine."""

    def sample(self, clinic: Clinic, at: datetime, method: str, **results: str) -> Event:
        """A urine sample."""
        taken = at.isoformat(sep=" ", timespec="minutes")
        return clinic.add("urine_drug_test", at, taken=taken, method=method, results=results)

    def test_while_blocked(self, clinic: Clinic) -> None:
        clinic.dose(NOON - timedelta(hours=10))
        self.sample(clinic, NOON, "immunoassay", opiates="positive")
        assert clinic.look() == ["urine-opioid-blocked"]
        # two days later the block is over; the sample is the same one
        assert clinic.look(NOON + timedelta(days=2, hours=1)) == []

    def test_while_not_blocked(self, clinic: Clinic) -> None:
        clinic.dose(NOON - timedelta(hours=60))
        self.sample(clinic, NOON, "immunoassay", opiates="positive")
        assert "urine-opioid-unblocked" in clinic.look()
        assert clinic.raised("urine-opioid-unblocked").payload["severity"] == "stop"

    def test_without_a_model_it_counts_as_not_blocked(self, clinic: Clinic) -> None:
        clinic.model = no_model
        clinic.dose(NOON - timedelta(hours=10))
        self.sample(clinic, NOON, "immunoassay", fentanyl="positive")
        assert clinic.look() == ["urine-opioid-unblocked"]

    def test_negative(self, clinic: Clinic) -> None:
        clinic.dose(NOON - timedelta(hours=10))
        self.sample(clinic, NOON, "immunoassay", opiates="negative")
        assert clinic.look() == []

    def test_oxycodone_immunoassay_on_naltrexone_waits_for_confirmation(
        self, clinic: Clinic
    ) -> None:
        clinic.dose(NOON - timedelta(hours=10))
        self.sample(clinic, NOON, "immunoassay", oxycodone="positive")
        assert clinic.look() == ["urine-oxycodone-confirm"]
        clinic.clock.set(NOON + timedelta(days=2))
        self.sample(clinic, NOON, "mass_spectrometry", oxycodone="positive")
        assert clinic.look(NOON + timedelta(days=2)) == ["urine-opioid-unblocked"]

    def test_oxycodone_not_on_naltrexone_counts_at_once(self, clinic: Clinic) -> None:
        self.sample(clinic, NOON, "immunoassay", oxycodone="positive")
        assert clinic.look() == ["urine-opioid-unblocked"]


class TestInjection:
    """Monthly injections."""

    def inject(self, clinic: Clinic, at: datetime) -> Event:
        """An injection."""
        return clinic.add(
            "injection", at, product="seed-powder-380", dose_mg=380, lot="A1",
            expiry=date(2027, 1, 1), side="left", given_by="nurse.one",
        )  # fmt: skip

    def test_overdue_from_day_29(self, clinic: Clinic) -> None:
        clinic.model = Model(24 * 40)
        first = self.inject(clinic, NOON - timedelta(days=28))
        assert clinic.look(NOON) == []
        assert clinic.look(NOON + timedelta(days=1)) == ["injection-overdue"]
        assert clinic.raised("injection-overdue").payload["cause"] == [first.event_id]
        assert clinic.look(NOON + timedelta(days=2)) == []

    def test_the_next_one_is_counted_from_the_next(self, clinic: Clinic) -> None:
        clinic.model = Model(24 * 40)
        self.inject(clinic, NOON - timedelta(days=28))
        clinic.look(NOON + timedelta(days=1))
        self.inject(clinic, NOON + timedelta(days=1))
        assert clinic.look(NOON + timedelta(days=29)) == []
        assert clinic.look(NOON + timedelta(days=30)) == ["injection-overdue"]


def test_planned_visits_and_tests(clinic: Clinic) -> None:
    checks = [
        {"on": "2026-05-04", "check": "visit"},
        {"on": "2026-05-04", "check": "liver_tests_follow_up"},
        {"on": "2026-05-04", "check": "wallet_card"},
    ]
    clinic.plan(NOON - timedelta(days=1), [], checks=checks)
    assert clinic.look(NOON) == []
    assert clinic.look(NOON + timedelta(days=1)) == ["visit-overdue"]
    assert clinic.look(NOON + timedelta(days=7)) == []
    assert clinic.look(NOON + timedelta(days=8)) == ["labs-overdue"]
    # a test of the day before counts for it: 7 days early are allowed
    clinic.clock.set(NOON + timedelta(days=9))
    clinic.lab("alt", 1, NOON - timedelta(days=7))
    assert clinic.look(NOON + timedelta(days=9)) == []
    clinic.lab("ast", 1, NOON - timedelta(days=7))
    assert clinic.look(NOON + timedelta(days=9)) == ["withdrawn labs-overdue"]


def test_complaints_after_a_stop(clinic: Clinic) -> None:
    clinic.dose(NOON - timedelta(days=1))
    clinic.add("symptom", NOON - timedelta(hours=2), term="tremor", present=True)
    clinic.add("treatment_stop", NOON - timedelta(hours=1), reason="end")
    assert clinic.look() == ["tolerance-lost"]
    clinic.add("symptom", NOON + timedelta(days=1), term="nausea", present=True)
    assert clinic.look(NOON + timedelta(days=1)) == ["after-stop-symptoms"]


def test_the_end_of_the_course(clinic: Clinic) -> None:
    clinic.plan(NOON - timedelta(days=3), [NOON], end="2026-05-04")
    clinic.dose(NOON)
    assert clinic.look(NOON.replace(hour=23)) == []
    assert clinic.look(NOON.replace(hour=23) + timedelta(hours=2)) == ["tolerance-lost"]


def test_an_implant_taken_out(clinic: Clinic) -> None:
    clinic.add(
        "implant_in", NOON - timedelta(days=20), product="prodetoxone-implant-1000",
        dose_mg=1000, site="abdomen", given_by="dr.one",
    )  # fmt: skip
    clinic.model = no_model
    assert clinic.look(NOON - timedelta(days=1)) == []
    clinic.add("implant_out", NOON, reason="infection", done_by="dr.one")
    assert clinic.look() == ["tolerance-lost"]


def test_the_model_is_asked_only_where_it_matters(clinic: Clinic) -> None:
    clinic.dose(NOON - timedelta(hours=10))
    clinic.lab("alt", 4)
    assert clinic.look() == ["liver-tests-watch"]
    assert clinic.model.asked == 0


@pytest.mark.parametrize("hours", [39, 63])
def test_with_the_real_model_the_alarm_goes_by_its_figures(clinic: Clinic, hours: int) -> None:
    """A month of tablets, then none: the alarm says of the blockade what the figures say."""
    clinic.model = model_figures
    taken = days(NOON.replace(hour=9) - timedelta(days=30), 30)
    clinic.plan(taken[0] - timedelta(hours=1), days(taken[0], 40))
    for day in taken:
        clinic.dose(day)
    at = taken[-1] + timedelta(hours=hours)
    said = model_figures(tuple(Taken(day, 50, "oral_tablet", "oral") for day in taken), at)
    assert said is not None
    assert said.protected_share_now != 0.5
    ended = said.protected_share_now < 0.5
    assert clinic.look(at) == ["missed-unprotected" if ended else "missed-dose"]


def test_the_decision_is_kept_and_can_be_made_again(clinic: Clinic) -> None:
    clinic.dose(NOON - timedelta(hours=10))
    clinic.add("lapse", NOON, substance="opioid", date=NOON.date())
    clinic.lab("alt", 6)
    clinic.look()
    decision = clinic.record.all(P)[-1]
    assert decision.kind == "decision"
    said = decision.payload
    assert said["what"] == "alarm"
    assert [a["alarm"] for a in said["result"]["alarms"]] == ["liver-tests-stop", "opioid-lapse"]
    assert decided(said["asked"], said["inputs"]) == said["result"]
    inputs = {**said["inputs"], "facts": {**said["inputs"]["facts"]}}
    del inputs["facts"]["alt_xuln"]
    assert [a["alarm"] for a in decided(said["asked"], inputs)["alarms"]] == ["opioid-lapse"]


def test_an_empty_record_has_no_alarm(clinic: Clinic) -> None:
    assert clinic.look() == []
    assert clinic.record.all(P) == ()


@pytest.mark.parametrize(
    "at", [datetime(2026, 5, 4, 12), datetime.fromisoformat("2026-05-04T12:00+03:00")]
)
def test_a_time_without_a_zone_is_refused(clinic: Clinic, at: datetime) -> None:
    with pytest.raises(InputError, match="IANA zone"):
        evaluate(clinic.record, P, at)


def test_somebody_writes_meanwhile(clinic: Clinic) -> None:
    """The alarms are judged anew on what was written between reading and writing."""
    clinic.dose(NOON - timedelta(hours=10))
    clinic.add("lapse", NOON, substance="opioid", date=NOON.date())

    class Meddling(Model):
        def __call__(self, doses: tuple[Taken, ...], at: datetime) -> ModelFigures | None:
            if self.asked == 0:
                clinic.lab("alt", 6)
            return super().__call__(doses, at)

    clinic.model = Meddling(48)
    assert clinic.look() == ["liver-tests-stop", "opioid-lapse"]
    kinds = [e.payload["alarm"] for e in clinic.record.all(P) if e.kind == "alarm_raised"]
    assert kinds == ["liver-tests-stop", "opioid-lapse"]


class TestAnswers:
    """Acknowledging and setting aside."""

    def test_an_answer_is_an_event_with_its_author(self, clinic: Clinic) -> None:
        clinic.lab("alt", 4)
        clinic.look()
        alarm = clinic.raised("liver-tests-watch").event_id
        event = acknowledge(clinic.record, alarm, DOCTOR, "repeat ordered")
        assert event.kind == "alarm_acknowledged"
        assert event.author == "dr.one"
        assert event.payload == {"alarm": alarm, "note": "repeat ordered"}
        with pytest.raises(InputError, match="acknowledged"):
            acknowledge(clinic.record, alarm, DOCTOR)

    def test_what_was_seen_to_can_be_set_aside_later_once(self, clinic: Clinic) -> None:
        clinic.lab("alt", 4)
        clinic.look()
        alarm = clinic.raised("liver-tests-watch").event_id
        acknowledge(clinic.record, alarm, DOCTOR)
        assert override(clinic.record, alarm, DOCTOR, "normal now").kind == "alarm_overridden"
        with pytest.raises(InputError, match="overridden"):
            override(clinic.record, alarm, DOCTOR, "once more")

    def test_setting_aside_needs_a_reason(self, clinic: Clinic) -> None:
        clinic.lab("alt", 4)
        clinic.look()
        alarm = clinic.raised("liver-tests-watch").event_id
        with pytest.raises(InputError, match="reason"):
            override(clinic.record, alarm, DOCTOR, "")
        assert override(clinic.record, alarm, DOCTOR, "known Gilbert").kind == "alarm_overridden"
        assert clinic.look(NOON + timedelta(hours=1)) == []

    def test_what_is_no_alarm_is_refused(self, clinic: Clinic) -> None:
        event = clinic.lab("alt", 1)
        with pytest.raises(InputError, match="an alarm on record"):
            acknowledge(clinic.record, event.event_id, DOCTOR)

    def test_a_withdrawn_alarm_cannot_be_answered(self, clinic: Clinic) -> None:
        event = clinic.lab("alt", 4)
        clinic.look()
        alarm = clinic.raised("liver-tests-watch").event_id
        clinic.add("retraction", NOON, reason="wrong tube", corrects=event.event_id)
        clinic.look()
        with pytest.raises(InputError, match="withdrawn"):
            acknowledge(clinic.record, alarm, DOCTOR)


class TestBurden:
    """How many alarms, and what came of them."""

    def test_a_week_counted_by_hand(self, clinic: Clinic) -> None:
        ids = []
        for day in range(4):
            at = NOON + timedelta(days=day)
            clinic.lab("alt", 4, at)
            assert clinic.look(at) == ["liver-tests-watch"]
            ids.append(clinic.raised("liver-tests-watch").event_id)
            clinic.clock.set(at + timedelta(hours=day + 1))
            if day == 0:
                acknowledge(clinic.record, ids[0], DOCTOR)
            if day == 1:
                override(clinic.record, ids[1], DOCTOR, "known")
        clinic.clock.set(NOON + timedelta(days=6, hours=5))
        acknowledge(clinic.record, ids[2], DOCTOR)  # due after 72 h, on day 5
        last = NOON + timedelta(days=7)
        found = burden(clinic.record, NOON, last)
        (row,) = found.rows
        assert (row.alarm, row.severity, row.role) == ("liver-tests-watch", "soon", "prescriber")
        assert (row.shown, row.patients) == (4, 1)
        assert (row.acknowledged, row.in_time, row.overridden) == (2, 1, 1)
        assert (row.withdrawn, row.open) == (0, 1)
        assert row.unanswered == 2  # days 2 and 3
        assert row.repeated == 3
        # answered after 1 h, 2 h and 4 days and 5 h = 101 h
        assert row.hours_to_answer[0] == 2
        assert row.hours_to_answer[1] == pytest.approx(2 + 0.8 * 99)
        assert (found.patients, found.patient_days) == (1, 7)
        assert found.per_100_patient_days == pytest.approx(400 / 7)

    def test_withdrawn_alarms_are_counted_apart(self, clinic: Clinic) -> None:
        event = clinic.lab("alt", 4)
        clinic.look()
        clinic.add("retraction", NOON, reason="wrong tube", corrects=event.event_id)
        clinic.look()
        (row,) = burden(clinic.record, NOON, NOON + timedelta(days=7)).rows
        assert (row.shown, row.withdrawn, row.open, row.unanswered) == (1, 1, 0, 0)

    def test_only_the_period_counts(self, clinic: Clinic) -> None:
        clinic.lab("alt", 4)
        clinic.look()
        after = NOON + timedelta(seconds=1)
        assert burden(clinic.record, after, after).rows == ()
        assert burden(clinic.record, NOON, NOON).shown == 1

    def test_an_end_before_the_beginning_is_refused(self, clinic: Clinic) -> None:
        with pytest.raises(InputError, match="last"):
            burden(clinic.record, NOON, NOON - timedelta(days=1))


def test_the_program_or_a_person_raises(clinic: Clinic) -> None:
    clinic.lab("alt", 4)
    clinic.clock.set(NOON)
    events = evaluate(clinic.record, P, NOON, replace(NURSE, author="nurse.two"))
    assert {e.author for e in events} == {"nurse.two"}
