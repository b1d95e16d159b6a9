"""``antagonist plan`` from outside: plans, refusals, the three files, the search."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import vobject
import yaml
from tests.support.patients import EXAMPLES, INJECTION, US_TABLET, content
from typer.testing import CliRunner

from antagonist.cli.main import app
from antagonist.cli.schema_label import DOCUMENTS

ELIGIBLE = str(EXAMPLES / "eligible_opioid.yaml")
TABLETS = (
    "--product", US_TABLET, "--regimen", "r6_50_daily", "--prescriber", "Dr A",
    "--jurisdiction", "us", "--months", "3",
)  # fmt: skip
INJECTIONS = (
    "--product", INJECTION, "--regimen", "injection_380_every_4_weeks", "--prescriber", "Dr A",
    "--jurisdiction", "us",
)  # fmt: skip
OPIOID = "(heroin|morphine|fentanyl|methadone|oxycodone|героин|морфин|фентанил|метадон|оксикодон)"
AMOUNT = r"\d ?(mg|ug|µg|mcg|мг|мкг)\b"
OPIOID_DOSE = rf"{OPIOID}[^.:;]{{0,25}}{AMOUNT}|{AMOUNT}[^.:;]{{0,15}}{OPIOID}"
FILES = ["card.pdf", "plan.ics", "plan.pdf"]


def run(*options: str) -> Any:
    return CliRunner().invoke(app, ["plan", *options])


def planned(*options: str) -> dict[str, Any]:
    """The plan that the command prints as JSON, checked against the published shape."""
    done = run(*options, "--json")
    assert done.exit_code == 0, done.stderr
    DOCUMENTS["plan"].validate_json(done.stdout)
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["schema"], found["refused"]) == ("antagonist.plan/1", False)
    return found


def refused(*options: str) -> dict[str, Any]:
    done = run(*options, "--json")
    assert done.exit_code == 1, done.stderr
    DOCUMENTS["plan"].validate_json(done.stdout)
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["schema"], found["refused"]) == ("antagonist.plan/1", True)
    return found


def days(found: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(dose["at"]) for dose in found["doses"]]


def test_daily_tablets_cover_every_day_of_the_course() -> None:
    found = planned(ELIGIBLE, *TABLETS)
    doses, times = found["doses"], days(found)
    assert (found["start"], found["end"]) == ("2026-11-25", "2027-02-25")
    assert max(dose["dose_mg"] for dose in doses) == 50
    covered = {time.date() for time in times}
    assert covered == {date(2026, 11, 25) + timedelta(days=n) for n in range(len(covered))}
    assert max(covered) >= date(2027, 2, 24)
    assert doses[0]["at"] == "2026-11-25T10:00:00+03:00", "not before the plan is made"
    assert {time.hour for time in times[3:]} == {9}


@pytest.mark.parametrize(
    ("product", "first_mg", "units"), [("revia-us-50", 25, 0.5), (US_TABLET, 50, 1)]
)
def test_the_first_day_is_halved_where_the_tablet_is_scored_else_it_is_a_caution(
    product: str, first_mg: float, units: float
) -> None:
    """The US label begins with 25 mg; the base text allows at most 50 mg on the first day."""
    found = planned(ELIGIBLE, *TABLETS, "--product", product)
    doses, times = found["doses"], days(found)
    first_day = [d for d, t in zip(doses, times, strict=True) if t.date() == times[0].date()]
    assert [(d["dose_mg"], d["units"], d["kind"]) for d in first_day] == [
        (first_mg, units, "induction")
    ]
    cautions = {reason["rule"] for reason in found["limits"]["cautions"]}
    assert ("first-dose-us" in cautions) is (first_mg > 25)


def test_injections_are_28_days_apart_and_alternate_sides() -> None:
    path = str(EXAMPLES / "alcohol_raised_alt.yaml")
    found = planned(path, *INJECTIONS, "--side", "left", "--clock", "11:30")
    times = days(found)
    assert {b.date() - a.date() for a, b in pairwise(times)} == {timedelta(days=28)}
    assert {time.strftime("%H:%M") for time in times} == {"11:30"}
    sides = [dose["side"] for dose in found["doses"]]
    assert sides == ["left", "right"] * 3 + ["left"]
    assert {dose["dose_mg"] for dose in found["doses"]} == {380}
    assert found["screening"]["verdict"] == "allowed_with_caution"


def test_visits_avoid_closed_days_and_holidays() -> None:
    options = ("--clinic-days", "mon,tue,wed,thu,fri", "--holidays", "RU", "--supervised", "mon")
    found = planned(ELIGIBLE, *TABLETS, *options)
    checks = [date.fromisoformat(check["on"]) for check in found["checks"]]
    assert checks
    assert all(day.weekday() < 5 for day in checks)
    # 1 to 8 January are public holidays of Russia (Labour Code, article 112)
    assert not {day for day in checks if date(2027, 1, 1) <= day <= date(2027, 1, 8)}
    watched = {time.date() for d, time in zip(found["doses"], days(found), strict=True)
               if d["supervised"]}  # fmt: skip
    assert {day.weekday() for day in watched} == {0}
    assert date(2027, 1, 4) not in watched, "a Monday, but a holiday"


def test_what_the_model_says_stands_in_the_plan() -> None:
    outlook = planned(ELIGIBLE, *TABLETS)["outlook"]
    for name in ("weakest_blocked", "protected_share"):
        low, middle, high = outlook[name]
        assert 0 <= low <= middle <= high <= 1
    assert outlook["missed"]["hours_lost"][1] >= 0


def test_an_implant_has_its_renewal_and_no_invented_figures() -> None:
    found = planned(
        ELIGIBLE, "--product", "prodetoxone-implant-1000", "--regimen", "implant_prodetoxone",
        "--prescriber", "Dr A", "--jurisdiction", "ru",
    )  # fmt: skip
    assert len(found["doses"]) == 1
    assert found["renewal"] is not None
    assert (found["outlook"], found["no_outlook"]) == (None, "no_data")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_three_files_are_written_and_open(language: str, tmp_path: Path) -> None:
    out = tmp_path / "new"
    done = run(ELIGIBLE, *TABLETS, "--out", str(out), "--language", language)
    assert (done.exit_code, done.stderr) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == FILES
    assert all(name in done.stdout for name in FILES)
    for name in ("plan.pdf", "card.pdf"):
        written = (out / name).read_bytes()
        assert written.startswith(b"%PDF-")
        assert len(pypdfium2.PdfDocument(written)) >= 1
    made = vobject.readOne((out / "plan.ics").read_text(encoding="utf-8"))
    first = min(e.dtstart.value for e in made.vevent_list if hasattr(e.dtstart.value, "hour"))
    assert first == datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Europe/Moscow"))


def test_with_json_the_places_of_files_go_to_standard_error(tmp_path: Path) -> None:
    done = run(ELIGIBLE, *TABLETS, "--out", str(tmp_path), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["refused"] is False
    assert all(name in done.stderr for name in FILES)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_opioid_dose_stands_in_any_output(language: str, tmp_path: Path) -> None:
    asked = (ELIGIBLE, *TABLETS, "--out", str(tmp_path), "--language", language)
    texts = [run(*asked).stdout, run(*asked, "--json").stdout]
    texts.append((tmp_path / "plan.ics").read_text(encoding="utf-8"))
    for name in ("plan.pdf", "card.pdf"):
        pages = pypdfium2.PdfDocument((tmp_path / name).read_bytes())
        texts += [page.get_textpage().get_text_bounded() for page in pages]
    assert all(len(text) > 100 for text in texts)
    for text in texts:
        assert not re.search(OPIOID_DOSE, " ".join(text.split()), re.IGNORECASE)
        assert "breakthrough" not in text.lower().replace("-", "")


@pytest.mark.parametrize("text", ["heroin iv 25 mg", "25 mg of heroin", "героина 25 мг"])
def test_an_opioid_dose_would_be_found(text: str) -> None:
    assert re.search(OPIOID_DOSE, text, re.IGNORECASE)


CLOSED = [
    ("too_early", TABLETS, "screening", "opioid-free-base"),
    ("urine_positive", TABLETS, "screening", "urine-opioid-positive"),
    ("lactose_intolerance", TABLETS, "screening", "lactose"),
    ("chronic_hepatitis_c", INJECTIONS, "screening", "hepatitis-base"),
    (
        "eligible_opioid",
        (*TABLETS, "--regimen", "injection_380_every_4_weeks"),
        "limits",
        "route-form",
    ),
    ("eligible_opioid", TABLETS[:4], "limits", "plan-by-narcologist"),
]


@pytest.mark.parametrize(("name", "options", "stage", "rule"), CLOSED)
def test_a_plan_that_is_not_allowed_is_refused_with_its_rule_and_writes_nothing(
    name: str, options: tuple[str, ...], stage: str, rule: str, tmp_path: Path
) -> None:
    path, out = str(EXAMPLES / f"{name}.yaml"), tmp_path / "none"
    found = refused(path, *options, "--out", str(out))
    assert found["stage"] == stage
    assert rule in {reason["rule"] for reason in found["reasons"]}
    assert found["answer"]["verdict"] in ("not_allowed", "not_yet")
    shown = run(path, *options, "--out", str(out), "--language", "ru")
    assert shown.exit_code == 1
    assert rule in shown.stdout
    assert not out.exists()


def test_what_is_not_known_is_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(content(facts={"alt": None})), "utf-8")
    found = refused(str(path), *TABLETS)
    assert (found["stage"], found["answer"]["verdict"]) == ("screening", "unknown")
    assert found["reasons"]


def test_the_gates_are_judged_for_the_day_of_the_first_dose() -> None:
    """The urine and the naloxone test of 25 November say nothing of a start a week later."""
    found = refused(ELIGIBLE, *TABLETS, "--start", "2026-12-02")
    states = {use["state"] for reason in found["answer"]["missing"] for use in reason["facts"]}
    assert "stale" in states


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--regimen", "r6_50_daily"), "plan: product: nothing"),
        ((*TABLETS, "--product", "vivitrol-us-381"), "did you mean vivitrol-us-380"),
        ((*TABLETS, "--regimen", "r6_50_dayly"), "did you mean r6_50_daily"),
        ((*TABLETS, "--months", "0"), "months: 0"),
        ((*TABLETS, "--months", "25"), "months: 25"),
        ((*TABLETS, "--start", "2026-11-24"), "start: '2026-11-24'"),
        ((*TABLETS, "--start", "soon"), "start: 'soon'"),
        ((*TABLETS, "--clock", "25:00"), "clock: '25:00'"),
        ((*TABLETS, "--clinic-days", "mon,son"), "clinic_days[1]: 'son'"),
        ((*TABLETS, "--clinic-days", ""), "clinic_days"),
        ((*TABLETS, "--holidays", "XX"), "holidays: 'XX'"),
        ((*TABLETS, "--jurisdiction", "mars"), "jurisdiction: 'mars'"),
        ((*INJECTIONS, "--side", "middle"), "gluteal_side: 'middle'"),
        (("--search", "--adherence", "0"), "adherence: 0.0"),
        (("--search", "--keep", "1"), "keep_blocked: 1.0"),
    ],
)
def test_a_wrong_request_gets_one_line_and_exit_2(
    options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    out = tmp_path / "none"
    done = run(ELIGIBLE, *options, "--out", str(out))
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


def test_the_search_finds_regimens_in_order_of_what_is_to_be_least() -> None:
    done = run(ELIGIBLE, "--search", "--by", "doses", "--share", "0.8", "--json")
    assert done.exit_code == 0
    DOCUMENTS["plan-search"].validate_json(done.stdout)
    found = json.loads(done.stdout)
    assert found["schema"] == "antagonist.plan-search/1"
    assert found["request"]["indication"] == "opioid"
    assert found["candidates"]
    for labelled in (True, False):
        rows = [row for row in found["candidates"] if row["labelled"] is labelled]
        doses = [row["doses_per_week"] for row in rows]
        assert rows
        assert doses == sorted(doses)
        assert all((row["regimen"] is not None) is labelled for row in rows)
    assert all(row["kept_share"] >= 0.8 for row in found["candidates"])
    table = run(ELIGIBLE, "--search", "--share", "0.8", "--language", "ru")
    assert table.exit_code == 0
    assert table.stdout
