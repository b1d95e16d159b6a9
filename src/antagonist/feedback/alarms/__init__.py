"""Alarms: rules as data, raised from a record once for each cause, answered, counted."""

from antagonist.feedback.alarms.answers import acknowledge, override
from antagonist.feedback.alarms.burden import Burden, BurdenRow, burden
from antagonist.feedback.alarms.deciding import decided
from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.alarms.rules import AlarmBook, AlarmRule, alarm_book, alarm_fact_types

__all__ = [
    "AlarmBook",
    "AlarmRule",
    "Burden",
    "BurdenRow",
    "acknowledge",
    "alarm_book",
    "alarm_fact_types",
    "burden",
    "decided",
    "evaluate",
    "override",
]
