"""The table under 'today': derived from events, and rebuilt from them."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from antagonist.feedback.tables import ID, TIME, metadata

due = Table(
    "due",
    metadata,
    Column("patient", ID, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("what", String(80), primary_key=True),
    Column("event", ID, primary_key=True),
    Column("from_at", TIME, primary_key=True),
    Column("due_at", TIME, nullable=False),
    Column("until_at", TIME, nullable=True),
    Column("severity", String(20), nullable=True),
    Column("who", String(20), nullable=True),
    Index("due_by_time", "from_at"),
)
"""What waits for each patient. from_at: when it comes on the list. due_at: when it is due.
until_at: when it leaves the list by itself."""
