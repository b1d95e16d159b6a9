"""The record's tables.

Everything but events, log, contents, identities and handovers can be rebuilt.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
# In the log, where others name a patient: an entry about the record itself (nil UUID, RFC 9562).
RECORD_ITSELF = "00000000-0000-0000-0000-000000000000"
# SQLite only numbers rows by itself where the key is an INTEGER.
Number = BigInteger().with_variant(Integer, "sqlite")
HASH, ID, TIME = String(64), String(36), String(27)

events = Table(
    "events",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("event_id", ID, nullable=False, unique=True),
    Column("patient", ID, nullable=False),
    Column("n", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("occurred_at", TIME, nullable=False),
    Column("recorded_at", TIME, nullable=False),
    Column("author", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("source", String(200), nullable=False),
    Column("corrects", ID, nullable=True),
    Column("payload", Text, nullable=False),
    Column("hash", HASH, nullable=False),
    UniqueConstraint("patient", "n"),
    Index("events_by_kind", "kind", "seq"),
)
_CORRECTING = events.c.corrects.is_not(None)
Index(
    "events_by_corrected",
    events.c.corrects,
    sqlite_where=_CORRECTING,
    postgresql_where=_CORRECTING,
)
# What an event's hash covers, in this order.
HASHED = (
    "event_id", "patient", "n", "kind", "version", "occurred_at", "recorded_at",
    "author", "role", "source", "corrects", "payload",
)  # fmt: skip

log = Table(
    "log",
    metadata,
    Column("n", Number, primary_key=True, autoincrement=False),
    Column("patient", ID, nullable=False),
    Column("events", Integer, nullable=False),
    Column("head", HASH, nullable=False),
    Column("recorded_at", TIME, nullable=False),
    Column("hash", HASH, nullable=False),
    Column("signature", String(88), nullable=True),
    Index("log_by_patient", "patient", "n"),
)
"""The log's entries; the last one of each transaction carries a signature over its hash."""

handovers = Table(
    "handovers",
    metadata,
    Column("n", Number, primary_key=True, autoincrement=False),
    Column("recorded_at", TIME, nullable=False),
    Column("author", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("source", String(200), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("old_public", String(44), nullable=False),
    Column("new_public", String(44), nullable=False),
    Column("signature", String(88), nullable=False),
)
"""From one signing key to the next: who did it and why, signed with the old key. n: of the log's
entry that binds the row; the new key signed that one."""

requests = Table(
    "requests",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("patient", ID, nullable=False),
    Column("first_n", Integer, nullable=False),
    Column("last_n", Integer, nullable=False),
    Column("content", HASH, nullable=False),
)
"""Idempotency keys: what a request wrote, so that the same request again writes nothing."""

patients = Table(
    "patients",
    metadata,
    Column("patient", ID, primary_key=True),
    Column("events", Integer, nullable=False),
    Column("head", HASH, nullable=False),
)
"""Where each patient's chain ends; derived from events, locked while one is written."""

contents = Table(
    "contents",
    metadata,
    Column("hash", HASH, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""Rules, products and parameters that decisions used, by content hash."""

identities = Table(
    "identities",
    metadata,
    Column("patient", ID, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=True),
    Column("sealed", LargeBinary, nullable=True),
)
"""Names and identifiers, sealed with a key of the patient's own, which the master key wraps.
An erased patient's row has neither."""

identifiers = Table(
    "identifiers",
    metadata,
    Column("digest", HASH, primary_key=True),
    Column("patient", ID, ForeignKey("identities.patient"), primary_key=True),
)
"""Keyed digests of (system, value), for exact matches only."""
