"""The blockade chart of a patient's page: numbers, what-ifs, table, still picture."""

from antagonist.web.chart.building import chart_of
from antagonist.web.chart.event_words import event_text
from antagonist.web.chart.model import Chart, Span, WhatIf
from antagonist.web.chart.picture import chart_svg
from antagonist.web.chart.plain import plain
from antagonist.web.chart.query import what_if_of
from antagonist.web.chart.words import chart_words

__all__ = [
    "Chart",
    "Span",
    "WhatIf",
    "chart_of",
    "chart_svg",
    "chart_words",
    "event_text",
    "plain",
    "what_if_of",
]
