"""Reports as files: what they hold, for whom, and that they appear whole."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.unit.report.fake_forecast import SHA256, State, fake_forecast

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.results import Note
from antagonist.report.documents import write_report

VOID = {"meta", "link", "br", "hr", "img", "input"}
BREATHING = {
    "en": "Breathing may stop before any high is felt",
    "ru": "Дыхание может остановиться раньше, чем появится эйфория",
}


class Page(HTMLParser):
    """Counts elements, keeps attributes and text, and checks that tags close in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _page(tmp_path: Path, **options: str) -> tuple[str, Page]:
    (path,) = write_report(fake_forecast(), tmp_path, formats=("html",), **options)
    source = path.read_text("utf-8")
    return source, Page(source)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("audience", ["professional", "patient"])
def test_page_is_whole_and_stands_alone(tmp_path: Path, language: str, audience: str) -> None:
    source, page = _page(tmp_path, language=language, audience=audience)
    assert source.startswith("<!DOCTYPE html>")
    assert ("html", "lang", language) in page.attributes
    assert ("a", "href", "#answer") in page.attributes
    assert ("section", "id", "answer") in page.attributes
    assert page.count["svg"] == page.count["desc"] == page.count["main"] == 1
    assert page.count["title"] == 2  # of the page and of the chart
    assert page.count["caption"] == page.count["table"] >= 3
    assert page.count["script"] == page.count["link"] == page.count["img"] == 0
    for _, name, value in page.attributes:
        if name in ("src", "href", "xlink:href"):
            assert value.startswith("#")
    assert "@import" not in source
    assert not re.search(r"url\((?!#)", source)
    assert not re.search(r"\bsafe|безопас|/(tmp|work|root|home)/", source, re.IGNORECASE)


def test_ids_are_unique(tmp_path: Path) -> None:
    _, page = _page(tmp_path)
    ids = Counter(value for _, name, value in page.attributes if name == "id")
    doubled = [value for value, count in ids.items() if count > 1]
    assert not doubled


@pytest.mark.parametrize("language", ["en", "ru"])
def test_professional_report(tmp_path: Path, language: str) -> None:
    _, page = _page(tmp_path, language=language)
    assert BREATHING[language] in page.text
    # low end of the physiological endpoint, 417 mg rounded down; the subjective 613 mg is absent
    assert ("410 mg" if language == "en" else "410 мг") in page.text
    assert "610" not in page.text
    assert "613" not in page.text
    for part in ("consensus", "2026.1", SHA256, "slow_plasma", "200", "31 %", "74 %"):
        assert part in page.text


def test_limits_are_worded(tmp_path: Path) -> None:
    source, english = _page(tmp_path)
    assert "Not stated, so a typical value is assumed: body weight, smoking." in english.text
    assert "Naltrexone tablet or capsule by mouth: Stated as a salt." in english.text
    assert "test-tube affinities serve for ratios between receptors only" in english.text
    assert "heroin, subjective effect: fitted to published challenges." in english.text
    assert "heroin, effect on breathing and pupil: extrapolated." in english.text
    source, russian = _page(tmp_path, language="ru")
    assert "Не указано, поэтому взято типичное значение: масса тела, курение." in russian.text
    assert '<span lang="en">Stated as a salt.</span>' in source


def test_an_opioid_has_its_title_from_the_data(tmp_path: Path) -> None:
    forecast = fake_forecast()
    points = tuple(replace(p, agonist="methadone", route="oral") for p in forecast.challenges)
    (path,) = write_report(
        replace(forecast, challenges=points), tmp_path, formats=("html",), language="ru"
    )
    text = Page(path.read_text("utf-8")).text
    assert "метадон, 25 мг, внутрь" in text
    assert "метадон: The ratio rises with tolerance" in text


def test_statement_and_stated_names(tmp_path: Path) -> None:
    _, page = _page(tmp_path)
    assert "Decision support for professionals, not a certified medical device." in page.text
    assert "Protected until at least Sat 2026-03-14 02:30 MSK" in page.text
    assert "Opioids may be blunted until Thu 2026-03-19 01:00 MSK" in page.text
    assert re.search(
        r"In 95 of 100 such patients at least 90 % of the subjective effect of "
        r"25 mg heroin, intravenous stays blocked until then \(5th percentile\)",
        page.text,
    )
    assert re.search(r"In 5 of 100 such patients at least 90 % .* \(95th percentile\)", page.text)
    assert re.search(
        r"In 5 of 100 such patients under 90 % of the effect on breathing and pupil", page.text
    )
    assert "Overdose danger from Fri 2026-03-13 17:30 MSK" in page.text
    assert "90 % blocked (subjective effect). Reference dose: 25 mg heroin," in page.text


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("title", ["Plain course", "After 25 mg heroin", "После 25 мг героина"])
def test_patient_report_holds_no_agonist_dose(tmp_path: Path, language: str, title: str) -> None:
    paths = write_report(
        fake_forecast(title=title), tmp_path, language=language, audience="patient"
    )
    for path in paths:
        source = path.read_text("utf-8")
        assert not re.search("heroin|героин|морфин|morphine", source, re.IGNORECASE)
        doses = re.findall(r"\d[\d.,]*\s*(?:mg|мг)\b", source)
        # naltrexone's own last dose is the one dose a patient's page names
        assert set(doses) <= {"50 mg", "50 мг"}
        assert not re.search(r"break-?through|преодолевающ", source, re.IGNORECASE)
        assert "25 mg" not in source


def test_patient_report_keeps_a_title_without_opioids(tmp_path: Path) -> None:
    _, page = _page(tmp_path, audience="patient")
    assert "Naltrexone forecast: 50 mg daily, one dose missed" in page.text


def test_only_professionals_see_other_quantities(tmp_path: Path) -> None:
    forecast = fake_forecast()
    now = replace(
        forecast.now,
        values={**forecast.now.values, "kappa_occupancy": (0.2, 0.3, 0.4)},
        units={**forecast.now.units, "kappa_occupancy": "fraction"},
    )
    for audience, shown in (("professional", True), ("patient", False)):
        (path,) = write_report(
            replace(forecast, now=now), tmp_path, formats=("html",), audience=audience
        )
        assert ("Occupancy of kappa receptors" in path.read_text("utf-8")) is shown


def test_patient_report_warns(tmp_path: Path) -> None:
    _, english = _page(tmp_path, audience="patient")
    assert "Do not take opioids to overcome the blockade. It can kill you" in english.text
    assert "After missed doses" in english.text
    assert "more sensitive to opioids" in english.text
    _, russian = _page(tmp_path, audience="patient", language="ru")
    assert "Не пытайтесь преодолеть блокаду опиоидами. Это может вас убить" in russian.text
    assert "После пропуска доз" in russian.text


@pytest.mark.parametrize(
    ("state", "protected", "danger"),
    [
        ("never", "not protected now", "already now"),
        (
            "beyond",
            "beyond the forecast (after Thu 2026-03-19 09:00 MSK)",
            "beyond the forecast (after Thu 2026-03-19 09:00 MSK)",
        ),
    ],
)
def test_states_without_a_time(tmp_path: Path, state: State, protected: str, danger: str) -> None:
    (path,) = write_report(fake_forecast(state=state), tmp_path, formats=("html",))
    text = Page(path.read_text("utf-8")).text
    assert f"Protected until at least {protected}" in text
    assert f"Overdose danger from {danger}" in text


def test_texts_from_outside_are_escaped(tmp_path: Path) -> None:
    note = Note("product_note", {"product": "x", "note": "<script>alert(1)</script>"})
    forecast = replace(fake_forecast(title="<b>x</b> & y"), notes=(note,))
    (path,) = write_report(forecast, tmp_path, formats=("html",))
    page = Page(path.read_text("utf-8"))
    assert page.count["b"] == page.count["script"] == 0
    assert "<b>x</b> & y" in page.text


def test_same_forecast_same_bytes(tmp_path: Path) -> None:
    first = write_report(fake_forecast(), tmp_path / "a", formats=("html", "svg", "png"))
    second = write_report(fake_forecast(), tmp_path / "b", formats=("html", "svg", "png"))
    assert [path.name for path in first] == ["forecast.html", "forecast.svg", "forecast.png"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"language": "de"}, "language"),
        ({"audience": "public"}, "audience"),
        ({"formats": ("html", "docx")}, "formats"),
    ],
)
def test_bad_requests_write_nothing(tmp_path: Path, options: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        write_report(fake_forecast(), tmp_path / "out", **options)
    assert caught.value.field == field
    assert not (tmp_path / "out").exists()


def test_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    with pytest.raises(InputError, match="directory"):
        write_report(fake_forecast(), taken)
    assert taken.read_text() == "mine"


def test_a_failed_write_leaves_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = write_report(fake_forecast(), tmp_path, formats=("html",))
    before = old.read_bytes()

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_report(fake_forecast(title="other"), tmp_path, formats=("html", "svg"))
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == before
