"""Words of the chart's parts, in the page's language."""

from __future__ import annotations

from collections.abc import Callable

Text = Callable[[str], str]  # gettext


def chart_words(_: Text) -> dict[str, str]:
    """Every word that ``chart.js`` shows, by key; places in braces are filled there."""
    return {**_parts(_), **_readout(_), **_quantities(_), **_lanes(_), **_buttons(_)}


def _parts(_: Text) -> dict[str, str]:
    return {
        "now": _("Now"),
        "planned": _("As planned"),
        "asked": _("As asked"),
        "median": _("Median"),
        "band_50": _("Half of patients"),
        "band_90": _("9 of 10 patients"),
        "line.protected": _("Protected"),
        "line.blunted": _("Opioids blunted"),
        "line.danger": _("Overdose danger below"),
        "until": _("Protected until at least {time}"),
        "until.short": _("Until at least {time}"),
        "lane": _("Events"),
        "key.taken": _("Taken"),
        "key.reported": _("Taken, as reported"),
        "key.missed": _("Not taken"),
        "key.no_word": _("Planned, no word"),
        "key.planned": _("Planned"),
        "empty.no_dose": _("No dose is on record and none is planned: there is nothing to draw."),
        "empty.no_model": _(
            "A product given has no published levels: how strong the blockade is, is not known."
        ),
        "curves_end": _("The curves end here: a planned product has no published levels."),
        "failed": _("The chart could not be loaded. The table below holds what the page knew."),
    }


def _readout(_: Text) -> dict[str, str]:
    return {
        "readout": _(
            "{time}: median {median}, half of patients {q25} to {q75}, 9 of 10 {q05} to {q95}"
        ),
        "readout.unknown": _("{time}: not known"),
        "readout.ahead": _("as planned"),
        "readout.what_if": _("as asked"),
        "readout.hint": _(
            "Point at the chart, or use the arrow keys: left and right an hour, up and down a day, "
            "Page Up and Page Down a week, Home and End; N goes to now, E to the next event and "
            "Shift+E back."
        ),
        "moved.later": _(
            "{scenario}: protected until at least {after}, {span} later than {before}"
        ),
        "moved.earlier": _(
            "{scenario}: protected until at least {after}, {span} earlier than {before}"
        ),
        "moved.same": _("{scenario}: protected until at least {after}, as before"),
        "share": _(
            "Protected hours from now to the end of the chart, over patients: before {before}, "
            "then {after}."
        ),
        "moved.state": _("{scenario}: before: {before}; then: {after}"),
        "state.at": _("protected until at least {time}"),
        "state.never": _("not surely protected at {since}"),
        "state.beyond": _("protected until at least {time}, as far as was looked"),
        "scenario.nothing_more": _("If nothing more is taken"),
        "scenario.with_plan": _("If doses go on as planned"),
        "hours": _("{n} h"),
        "days": _("{n} days"),
        "hold": _("For the operation: no dose after {time}."),
        "hold.past": _("For the operation doses should have ended by {time}."),
        "opioids_may_work": _("Opioids may work from {time}."),
        "why_not.no_dose": _("No dose is on record: there is none to hold before the operation."),
        "why_not.no_indication": _(
            "What naltrexone is given for is not on record, so when to hold is not known."
        ),
        "why_not.no_model": _("A product given has no levels: when to hold is not known."),
        "why_not.implant": _("With an implant no date can be stated from which opioids work."),
        "protected.yes": _("yes"),
        "protected.no": _("no"),
        "protected.uncertain": _("uncertain"),
        "without_effect": _("No dose is planned, so there is nothing to change."),
    }  # fmt: skip


def _quantities(_: Text) -> dict[str, str]:
    return {
        "quantity": _("Show"),
        "quantity.blocked_subjective": _("Opioid effect blocked"),
        "quantity.blocked_physiological": _("Effect on breathing blocked"),
        "quantity.mu_occupancy": _("Mu receptors occupied"),
        "quantity.conc_ntx": _("Naltrexone in plasma"),
        "quantity.conc_6bn": _("6-beta-naltrexol in plasma"),
        "unit.ng/mL": _("ng/mL"),
    }


def _lanes(_: Text) -> dict[str, str]:
    return {
        "lane.dose": _("Doses"),
        "lane.level": _("Levels"),
        "lane.lab": _("Laboratory"),
        "lane.urine": _("Urine"),
        "lane.symptom": _("Symptoms"),
        "lane.use": _("Use"),
        "lane.alarm": _("Alarms"),
        "lane.challenge": _("Challenge"),
        "lane.words": _("Words"),
        "lane.surgery": _("Surgery"),
    }


def _buttons(_: Text) -> dict[str, str]:
    return {
        "zoom": _("Time shown"),
        "zoom.14": _("2 weeks"),
        "zoom.30": _("1 month"),
        "zoom.90": _("3 months"),
        "zoom.0": _("All"),
    }
