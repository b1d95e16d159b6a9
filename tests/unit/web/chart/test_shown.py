"""What the chart shows besides its numbers: lines on events, words, the still picture."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from tests.support.example_record import AT, MOSCOW, event
from tests.unit.web.chart.records import injections, tablets

import antagonist.web.chart as package
from antagonist.pharmacology.settings import settings
from antagonist.report.label_text import label_words
from antagonist.web.chart import Chart, Span, chart_of, chart_svg, chart_words, event_text

CHOSEN = settings(draws=60, seed=4)
STATIC = Path(package.__file__).parents[1] / "static"
SVG = "{http://www.w3.org/2000/svg}"


def _same(text: str) -> str:
    return text


def _chart(*more: object) -> Chart:
    return chart_of((*tablets(), *more), AT, MOSCOW, CHOSEN, span=Span(60, 7))  # type: ignore[arg-type]


def test_each_mark_has_one_line_in_the_words_of_the_page() -> None:
    said = {
        "alarm": "hys-law", "cause": [], "key": "k", "severity": "stop", "facts": [], "act": "x",
        "who": "nurse", "by": AT.isoformat(),
    }  # fmt: skip
    alarm = event(700, "alarm_raised", AT, said, "program")
    lines = [event_text(h, _same, label_words("en")) for h in _chart(alarm).happenings]
    assert "By mouth, 150 mg, mouth checked, observed" in lines
    assert "By mouth, 150 mg, missed" in lines
    assert "Level, 6-beta-naltrexol in plasma 61 ng/mL" in lines
    assert "Laboratory, ALT 168 U/L (upper limit 41)" in lines
    assert any(line.startswith("Urine, positive for: opiates, negative for: ") for line in lines)
    assert any(line.startswith("Alarm, STOP, ALT or AST above 3 x ULN") for line in lines)
    assert "Lapse, opioids" in lines
    russian = [event_text(h, _same, label_words("ru")) for h in _chart().happenings]
    assert any("опиаты" in line for line in russian)


def test_the_scripts_ask_only_for_words_that_there_are() -> None:
    words = chart_words(_same)
    scripts = "".join((STATIC / name).read_text(encoding="utf-8") for name in (
        "chart.js", "chart_drawing.js", "chart_what_if.js",
    ))  # fmt: skip
    asked = set(re.findall(r'\bword\("([a-z0-9_.]+)"', scripts))
    assert len(asked) > 15
    assert asked <= set(words)
    families = set(re.findall(r"\bword\(`([a-z_]+)\.\$\{", scripts))
    for family in families:
        assert any(key.startswith(f"{family}.") for key in words), family


def test_the_scripts_need_nothing_that_the_policy_forbids() -> None:
    for name in ("chart.js", "chart_drawing.js", "chart_what_if.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r'innerHTML|eval\(|new Function|setAttribute\("style"', text), name
    assert (STATIC / "vendor/uplot/LICENSE").read_text(encoding="utf-8").count("MIT") >= 1


def test_the_still_picture_has_a_title_and_says_the_same() -> None:
    words = chart_words(_same)
    for told in (tablets(), injections(3, plan=(25,)), ()):
        chart = chart_of(told, AT, MOSCOW, CHOSEN, span=Span(14, 14))
        drawn = ElementTree.fromstring(chart_svg(chart, words, "All that <it> says."))
        assert drawn.get("role") == "img"
        assert drawn.findtext(f"{SVG}title") == "Opioid effect blocked"
        assert drawn.findtext(f"{SVG}desc") == "All that <it> says."
