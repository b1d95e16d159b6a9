"""``antagonist today``: what is due, overdue or open in the clinic."""

from __future__ import annotations

from typing import Annotated

import typer

from antagonist.cli.common import JsonOption, Language, LanguageOption, answers, print_json
from antagonist.cli.record_common import (
    DATABASE,
    KEYS,
    AtOption,
    DatabaseOption,
    KeysOption,
    ZoneOption,
    clinic_time,
    opened,
)

SCHEMA = "antagonist.today/1"


def today(
    timezone: ZoneOption = "UTC",
    at: AtOption = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First write the list anew from the events.")
    ] = False,
    language: LanguageOption = Language.en,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """List what is due today or overdue, the longest due first.

    Injections, doses, visits, tests, open alarms, and protection that ends.
    """
    from zoneinfo import ZoneInfo

    from antagonist.feedback.today import rebuild as rebuilt
    from antagonist.feedback.today import today as due_today

    moment, tz = clinic_time(at, timezone), ZoneInfo(timezone)
    with opened(database, keys) as record:
        if rebuild:
            rebuilt(record, tz)
        lines = due_today(record, moment, tz)
    if json:
        print_json(SCHEMA, {"lines": [line._asdict() for line in lines]})
        return
    from antagonist.report.today_text import print_today

    print_today(lines, answers(), language.value, moment)
