"""Rows of alarms that say STOP and were seen to: they go on allowing no dose."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

events = sa.table(
    "events",
    *(sa.column(name) for name in ("event_id", "patient", "kind", "corrects", "occurred_at")),
    sa.column("payload"),
)
due = sa.table(
    "due",
    *(sa.column(name) for name in ("patient", "kind", "what", "event", "from_at", "due_at")),
    *(sa.column(name) for name in ("until_at", "severity", "who")),
)
KINDS = ("alarm_raised", "alarm_withdrawn", "alarm_acknowledged", "alarm_overridden", "override")


def upgrade() -> None:
    """To this revision. Where the patient is off treatment the next write takes the row away."""
    connection = op.get_bind()
    corrected = sa.select(events.c.corrects).where(events.c.corrects.is_not(None))
    query = sa.select(events).where(events.c.kind.in_(KINDS), events.c.event_id.not_in(corrected))
    raised = {}
    answers: dict[str | None, set[str]] = {}
    for row in connection.execute(query).mappings():
        said = json.loads(row["payload"])
        if row["kind"] == "alarm_raised":
            raised[row["event_id"]] = row, said
        else:
            answers.setdefault(said.get("alarm"), set()).add(row["kind"])
    holding = [
        (row, said)
        for event, (row, said) in raised.items()
        if said["severity"] == "stop" and answers.get(event) == {"alarm_acknowledged"}
    ]
    rows = [_row(row, said) for row, said in holding]
    if rows:
        op.bulk_insert(due, rows)


def _row(row: sa.RowMapping, said: dict[str, str]) -> dict[str, str | None]:
    """As ``today.rows_of`` writes it."""
    return {
        "patient": row["patient"],
        "kind": "hold",
        "what": said["alarm"],
        "event": row["event_id"],
        "from_at": row["occurred_at"],
        "due_at": datetime.fromisoformat(said["by"])
        .astimezone(UTC)
        .strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "until_at": None,
        "severity": said["severity"],
        "who": said["who"],
    }


def downgrade() -> None:
    """Back to the table without these rows."""
    op.execute(sa.delete(due).where(due.c.kind == "hold"))
