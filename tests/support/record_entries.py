"""The least that each form of the clinic app needs, and the payload that it has to give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """path: kind, with what it is about. wrong: an input, and an answer that is refused."""

    path: str
    typed: Mapping[str, str]
    payload: Mapping[str, Any]
    wrong: tuple[str, str]


VIVITROL = "vivitrol-us-380"
WHEN = "2026-05-01T08:30"  # the tests' clock stands at 09:00 UTC

ENTRIES = (
    Entry(
        "dose", {"status": "missed", "dose_mg": "50"},
        {"route": "oral", "status": "missed", "dose_mg": 50.0}, ("dose_mg", "fifty"),
    ),
    Entry(
        "injection",
        {"product": VIVITROL, "dose_mg": "380", "side": "left", "lot": "A12",
         "expiry": "2027-01-31", "given_by": "N. Nurse"},
        {"product": VIVITROL, "dose_mg": 380.0, "side": "left", "lot": "A12",
         "expiry": "2027-01-31", "given_by": "N. Nurse"}, ("expiry", "soon"),
    ),
    Entry(
        "implant_in",
        {"product": "prodetoxone-implant-1000", "dose_mg": "1000", "site": "abdomen",
         "lot": "P7", "given_by": "S"},
        {"product": "prodetoxone-implant-1000", "dose_mg": 1000.0, "site": "abdomen",
         "lot": "P7", "given_by": "S"}, ("product", VIVITROL),
    ),
    Entry(
        "implant_out", {"reason": "infection", "done_by": "S"},
        {"reason": "infection", "done_by": "S"}, ("reason", ""),
    ),
    Entry("dispensed", {"days": "14"}, {"route": "oral", "days": 14}, ("days", "0")),
    Entry(
        "hospital_stay", {"first": "2026-04-20"}, {"first": "2026-04-20"}, ("last", "2026-04-01"),
    ),
    Entry(
        "departure", {"how": "transfer", "date": "2026-05-01"},
        {"how": "transfer", "date": "2026-05-01"}, ("how", "bored"),
    ),
    Entry("treatment_stop", {"reason": "wish"}, {"reason": "wish"}, ("reason", "")),
    Entry(
        "surgery_planned", {"at": "2026-06-01T08:00", "with_opioids": "yes"},
        {"at": "2026-06-01T08:00:00Z", "with_opioids": True}, ("with_opioids", ""),
    ),
    Entry(
        "naloxone_kit", {"kits": "2", "trained": "no"}, {"kits": 2, "trained": False},
        ("kits", "0"),
    ),
    Entry("consent", {"to": "care", "given": "yes"}, {"to": "care", "given": True}, ("to", "")),
    Entry(
        "lab/alt", {"value": "40,5", "unit": "U/L", "specimen": "blood"},
        {"test": "alt", "value": 40.5, "unit": "U/L", "specimen": "blood"}, ("value", "99999"),
    ),
    Entry(
        "lab/pregnancy_test", {"value": "negative", "specimen": "urine"},
        {"test": "pregnancy_test", "value": "negative", "specimen": "urine"}, ("value", "maybe"),
    ),
    Entry(
        "urine_drug_test",
        {"taken": WHEN, "method": "immunoassay", "results.morphine": "negative",
         "results.eddp": "", "creatinine": "120", "creatinine_unit": "mg/dL"},
        {"taken": "2026-05-01T08:30:00+00:00", "method": "immunoassay",
         "results": {"morphine": "negative"}, "creatinine": 120.0, "creatinine_unit": "mg/dL"},
        ("results.morphine", ""),
    ),
    Entry(
        "level",
        {"analyte": "naltrexone", "matrix": "plasma", "value_ng_per_ml": "2.5",
         "below_limit": "no", "limit_ng_per_ml": "0.5"},
        {"analyte": "naltrexone", "matrix": "plasma", "value_ng_per_ml": 2.5,
         "below_limit": False, "limit_ng_per_ml": 0.5}, ("limit_ng_per_ml", "0"),
    ),
    Entry(
        "vital_signs", {"pulse_per_min": "72"}, {"pulse_per_min": 72.0}, ("pulse_per_min", "400"),
    ),
    Entry(
        "symptom",
        {"term": "nausea", "present": "yes", "ctcae_grade": "2", "ctcae_version": "5.0"},
        {"term": "nausea", "present": True, "ctcae_grade": 2, "ctcae_version": "5.0"},
        ("present", ""),
    ),
    Entry(
        "score/phq_2", {"values.interest": "1", "values.mood": "2"},
        {"score": "phq_2", "values": {"interest": 1, "mood": 2}, "total": 3.0, "band": "positive"},
        ("values.interest", "4"),
    ),
    Entry("score/sows", {"total": "12"}, {"score": "sows", "values": {}, "total": 12.0},
          ("total", "65")),
    Entry(
        "global_impression", {"scale": "CGI-S", "value": "4"}, {"scale": "CGI-S", "value": 4},
        ("value", "8"),
    ),
    Entry(
        "rating/works", {"by": "patient", "value": "8", "product": VIVITROL},
        {"item": "works", "by": "patient", "value": 8.0, "product": VIVITROL}, ("value", "11"),
    ),
    Entry(
        "rating/liver_complaint", {"by": "patient", "value": "no", "product": VIVITROL},
        {"item": "liver_complaint", "by": "patient", "value": False, "product": VIVITROL},
        ("value", ""),
    ),
    Entry("words", {"text": "It helps."}, {"text": "It helps."}, ("text", "")),
    Entry(
        "fact/hepatitis", {"value": "none", "source": "chart"},
        {"fact": "hepatitis", "value": "none", "source": "chart"}, ("value", ""),
    ),
    Entry(
        "fact/weight_kg", {"value": "176", "unit": "lb", "source": "scales"},
        {"fact": "weight_kg", "value": 176.0, "unit": "lb", "source": "scales"}, ("unit", "stone"),
    ),
    Entry(
        "opioid_use",
        {"opioid": "heroin", "last_use": "2026-04-20..2026-04-25", "reported_by": "patient"},
        {"opioid": "heroin", "last_use": {"from": "2026-04-20", "to": "2026-04-25"},
         "reported_by": "patient"}, ("last_use", "long ago"),
    ),
    Entry(
        "lapse", {"substance": "alcohol", "date": "2026-04-30"},
        {"substance": "alcohol", "date": "2026-04-30"}, ("substance", "tea"),
    ),
    Entry(
        "relapse", {"substance": "opioid", "rule": "4 weeks", "date": "2026-04-30"},
        {"substance": "opioid", "rule": "4 weeks", "date": "2026-04-30"}, ("rule", ""),
    ),
    Entry(
        "alcohol_day", {"date": "2026-04-30", "drinks": "0"},
        {"date": "2026-04-30", "drinks": 0.0}, ("drinks", "-1"),
    ),
    Entry(
        "use_calendar",
        {"substance": "alcohol", "first": "2026-04-01", "last": "2026-04-30", "days.none": "yes"},
        {"substance": "alcohol", "first": "2026-04-01", "last": "2026-04-30", "days": []},
        ("days", "2026-03-01"),
    ),
    Entry(
        "overdose", {"fatal": "no", "treated": "yes", "naloxone_given": "yes"},
        {"fatal": False, "treated": True, "naloxone_given": True}, ("fatal", ""),
    ),
    Entry("override_attempt", {"felt": "unknown"}, {"felt": "unknown"}, ("felt", "")),
    Entry(
        "opioid_history",
        {"asked_on": "2026-05-01", "ever": "past", "asked_about[]": "methadone",
         "exposures.0.opioid": "heroin", "exposures.0.pattern": "regular",
         "exposures.0.last_use": "2026-03", "exposures.0.source": "patient",
         "exposures.1.source": "patient", "source": "patient"},
        {"asked_on": "2026-05-01", "ever": "past", "asked_about": ["methadone"],
         "exposures": [{"opioid": "heroin", "pattern": "regular", "last_use": "2026-03",
                        "source": "patient"}], "source": "patient"},
        ("exposures.0.last_use", "spring"),
    ),
    Entry(
        "medicines",
        {"asked_on": "2026-05-01", "taken.0.name": "Antabus", "taken.0.ingredients": "disulfiram",
         "source": "patient"},
        {"asked_on": "2026-05-01", "source": "patient",
         "taken": [{"name": "Antabus", "ingredients": ["disulfiram"],
                    "reviewed_not_opioid": False}]}, ("taken.0.ingredients", ""),
    ),
    Entry(
        "allergies", {"asked_on": "2026-05-01", "to.none": "yes", "source": "patient"},
        {"asked_on": "2026-05-01", "to": [], "unrelated": [], "source": "patient"},
        ("to.none", ""),
    ),
    Entry(
        "alcohol", {"asked_on": "2026-05-01", "last_drink": "2026-04-30", "source": "patient"},
        {"asked_on": "2026-05-01", "last_drink": "2026-04-30", "source": "patient"},
        ("last_drink", ""),
    ),
    Entry(
        "naltrexone_history",
        {"asked_on": "2026-05-01", "doses.0.route": "oral", "doses.0.dose_mg": "50",
         "doses.0.at": "2026-04-01", "source": "patient"},
        {"asked_on": "2026-05-01", "source": "patient",
         "doses": [{"route": "oral", "dose_mg": 50.0, "at": "2026-04-01", "times": 1}]},
        ("doses.0.dose_mg", ""),
    ),
    Entry(
        "no_provocation_test", {"asked_on": "2026-05-01", "source": "patient"},
        {"asked_on": "2026-05-01", "source": "patient"}, ("asked_on", ""),
    ),
)  # fmt: skip
