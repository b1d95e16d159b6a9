"""Scores with official scoring: withdrawal, alcohol, mood, suicide risk, liver, kidney."""

from antagonist.label.scores.catalogue import Instrument, instrument_catalogue, score_catalogue
from antagonist.label.scores.models import Score, ScoreResult
from antagonist.label.scores.scoring import score

__all__ = [
    "Instrument",
    "Score",
    "ScoreResult",
    "instrument_catalogue",
    "score",
    "score_catalogue",
]
