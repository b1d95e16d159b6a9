"""The Python API of the label: patients, answers, plans, one clear error."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.patients import EXAMPLES, INJECTION, RU_TABLET, US_TABLET, content

from antagonist import load_patient, plan, screen
from antagonist.foundation.errors import InputError
from antagonist.label.patient import Patient
from antagonist.planning.plan_model import Plan, Refusal

ELIGIBLE = EXAMPLES / "eligible_opioid.yaml"
ASKED: dict[str, Any] = {
    "product": US_TABLET,
    "regimen": "r6_50_daily",
    "jurisdiction": "us",
    "prescriber": "Dr A",
    "months": 1,
}
# "too light" is this test's own idea: the example weighs 74 kg
TOO_LIGHT = """
category: clinic
rules:
  - id: clinic-weight
    topic: weight
    jurisdictions: [clinic]
    indications: [opioid]
    routes: [oral, im_xr, implant]
    asked: [start]
    severity: stop
    when: {op: compare, fact: weight_kg, is: "<", value: 75, unit: kg}
    text: {en: "Too light for this clinic.", ru: "Масса тела мала для этой клиники."}
    source: ["the clinic"]
    provenance: own
    cases:
      - {name: light, facts: {weight_kg: 74}, gives: "true"}
      - {name: at the limit, facts: {weight_kg: 75}, gives: "false"}
"""


@pytest.fixture
def own_rules(tmp_path: Path) -> Path:
    (tmp_path / "own.yaml").write_text(TOO_LIGHT, encoding="utf-8")
    return tmp_path


def test_a_patient_from_path_text_mapping_and_patient_is_the_same() -> None:
    found = load_patient(ELIGIBLE)
    assert isinstance(found, Patient)
    assert load_patient(str(ELIGIBLE)) == load_patient(content()) == load_patient(found) == found


def test_screen_answers_for_each_product_asked_for() -> None:
    tablet, injection = screen(ELIGIBLE, [US_TABLET, INJECTION], jurisdiction="us")
    assert (tablet.product, injection.product) == (US_TABLET, INJECTION)
    assert (tablet.route, injection.route) == ("oral", "im_xr")
    assert tablet.verdict == injection.verdict == "allowed"
    assert tablet.permits
    assert tablet.labels == ("us_oral",)


def test_one_product_may_be_a_plain_text() -> None:
    assert screen(ELIGIBLE, INJECTION) == screen(ELIGIBLE, [INJECTION])


def test_without_products_every_one_of_the_chosen_label_is_answered_for() -> None:
    products = {answer.product for answer in screen(content(), jurisdiction="ru")}
    assert {RU_TABLET, "vivitrol-ru-380", "prodetoxone-implant-1000"} <= products
    assert US_TABLET not in products


@pytest.mark.parametrize(
    "as_of",
    ["2026-11-25 10:00", "2026-11-25T07:00Z", datetime(2026, 11, 25, 7, tzinfo=UTC)],
)
def test_a_moment_is_text_or_an_aware_time_in_any_zone(as_of: str | datetime) -> None:
    (found,) = screen(content(as_of=None), US_TABLET, as_of=as_of, jurisdiction="us")
    assert found.as_of == "2026-11-25T10:00:00+03:00"
    assert found.verdict == "allowed"


def test_a_plain_day_is_its_last_second() -> None:
    (found,) = screen(content(as_of=None), US_TABLET, as_of=date(2026, 11, 25), jurisdiction="us")
    assert found.as_of == "2026-11-25T23:59:59+03:00"


@pytest.mark.parametrize(("day", "closed"), [(29, True), (30, False)])
def test_ten_days_after_the_last_use_the_base_interval_is_over(day: int, closed: bool) -> None:
    path = EXAMPLES / "too_early.yaml"  # last use on 20 November
    (found,) = screen(path, US_TABLET, as_of=date(2026, 11, day), jurisdiction="us")
    assert ("opioid-free-base" in {reason.rule for reason in found.reasons}) is closed


def test_another_question_is_another_answer() -> None:
    (found,) = screen(ELIGIBLE, US_TABLET, question="treatment", jurisdiction="us")
    assert found.question == "treatment"


def test_the_clinic_s_own_rules_tighten(own_rules: Path) -> None:
    (without,) = screen(ELIGIBLE, US_TABLET, jurisdiction="us")
    (found,) = screen(ELIGIBLE, US_TABLET, jurisdiction="us", rules=own_rules)
    assert without.permits
    assert (found.verdict, [r.rule for r in found.reasons]) == ("not_allowed", ["clinic-weight"])
    assert found.rules_hash != without.rules_hash
    assert screen(ELIGIBLE, US_TABLET, jurisdiction="us", rules=str(own_rules))[0] == found


def test_a_plan_has_its_doses_and_what_the_model_says() -> None:
    found = plan(ELIGIBLE, **ASKED)
    assert isinstance(found, Plan)
    assert (found.start, found.end) == (date(2026, 11, 25), date(2026, 12, 25))
    assert found.doses[0].at.isoformat() == "2026-11-25T10:00:00+03:00"
    assert {dose.dose_mg for dose in found.doses[2:]} == {50.0}
    assert found.outlook is not None
    assert 0 < found.outlook.protected_share[1] <= 1


def test_a_plan_that_the_label_does_not_allow_is_a_refusal_with_its_rule() -> None:
    closed = plan(EXAMPLES / "urine_positive.yaml", **ASKED)
    assert isinstance(closed, Refusal)
    assert closed.stage == "screening"
    assert "urine-opioid-positive" in {reason.rule for reason in closed.reasons}
    unnamed = plan(ELIGIBLE, **ASKED | {"prescriber": None})
    assert isinstance(unnamed, Refusal)
    assert unnamed.stage == "limits"
    assert {reason.rule for reason in unnamed.reasons} == {"plan-by-narcologist"}


def test_a_plan_obeys_the_clinic_s_own_rules(own_rules: Path) -> None:
    found = plan(ELIGIBLE, rules=own_rules, **ASKED)
    assert isinstance(found, Refusal)
    assert {reason.rule for reason in found.reasons} == {"clinic-weight"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": None}, "product"),
        ({"product": "naltrexone-hcl-us-chartwel-50"}, "product"),
        ({"regimen": "r6_50_dayly"}, "regimen"),
        ({"months": 0}, "months"),
        ({"months": 25}, "months"),
        ({"start": "2026-11-24"}, "start"),
        ({"clock": "9 o'clock"}, "clock"),
        ({"clinic_days": []}, "clinic_days"),
        ({"holidays": "XX"}, "holidays"),
        ({"pathway": "x"}, "pathway"),
        ({"jurisdiction": "mars"}, "jurisdiction"),
    ],
)
def test_a_wrong_request_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(ELIGIBLE, **ASKED | changes)
    assert caught.value.field == field


def test_a_wrong_question_product_or_label_names_its_field() -> None:
    for asked, field in (
        ({"question": "strat"}, "question"),
        ({"products": "vivitrol-us-381"}, "product"),
        ({"jurisdiction": "base"}, "jurisdiction"),
    ):
        with pytest.raises(InputError) as caught:
            screen(ELIGIBLE, **asked)  # type: ignore[arg-type]
        assert caught.value.field == field


def test_a_naive_time_and_no_time_are_refused() -> None:
    with pytest.raises(InputError, match="zone or offset"):
        screen(ELIGIBLE, as_of=datetime(2026, 11, 25, 10))
    with pytest.raises(InputError, match="as_of: nothing is not allowed"):
        screen(content(as_of=None))


def test_a_wrong_file_names_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(ELIGIBLE.read_text(encoding="utf-8").replace("facts:", "fcts:"), "utf-8")
    with pytest.raises(InputError, match=r"p\.yaml: fcts \(line 8\)"):
        load_patient(path)
    with pytest.raises(InputError, match=r"absent\.yaml"):
        load_patient(tmp_path / "absent.yaml")


def test_importing_the_package_loads_neither_numbers_nor_rules() -> None:
    code = (
        "import sys, antagonist; first = set(sys.modules);"
        "antagonist.screen; second = set(sys.modules);"
        "print('numpy' in first, 'pydantic' in first, 'scipy' in second,"
        " any(name.startswith('antagonist.pharmacology') for name in second))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"] * 4
