"""The clinic's own tables, beside the record's: they hold people who work here, no patient data.

Times are text as the record writes them (UTC, 27 characters), so they sort.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from antagonist.feedback.database import Migrations
from antagonist.feedback.tables import HASH, ID, TIME, Number

CLINIC = Migrations(
    Path(__file__).parent / "migrations", "clinic_version", "antagonist clinic migrate"
)
metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("account", ID, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("shown", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password", String(200), nullable=True),
    Column("activation", HASH, nullable=True),
    Column("activation_until", TIME, nullable=True),
    Column("secret", LargeBinary, nullable=True),
    Column("last_step", Number, nullable=True),
    Column("language", String(5), nullable=False),
    Column("timezone", String(60), nullable=True),
    Column("every_patient", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
)
"""name: as typed at sign-in, folded. shown: as colleagues read it. password: None until its owner
set it with the code of which ``activation`` is the digest. secret: of the second factor, sealed.
last_step: the second factor's last used time step. every_patient: sees all, else only
those of ``access``."""

access = Table(
    "access",
    metadata,
    Column("account", ID, ForeignKey("accounts.account"), primary_key=True),
    Column("patient", ID, primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", HASH, primary_key=True),
    Column("session", ID, nullable=False, unique=True),
    Column("account", ID, ForeignKey("accounts.account"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("seen_at", TIME, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("pending", LargeBinary, nullable=True),
    Index("sessions_by_account", "account"),
)
"""complete: the second factor was given, or none is wanted. pending: secret of a second factor that
is being set up, sealed."""

tokens = Table(
    "tokens",
    metadata,
    Column("digest", HASH, primary_key=True),
    Column("token", ID, nullable=False, unique=True),
    Column("account", ID, ForeignKey("accounts.account"), nullable=False),
    Column("label", String(80), nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("n", Number, primary_key=True, autoincrement=True),
    Column("what", String(120), nullable=False),
    Column("at", TIME, nullable=False),
    Index("attempts_by_what", "what", "at"),
)

known = Table(
    "known",
    metadata,
    Column("n", Number, primary_key=True, autoincrement=True),
    Column("account", ID, ForeignKey("accounts.account"), nullable=False),
    Column("address", String(120), nullable=False),
    Column("at", TIME, nullable=False),
    Index("known_by_account", "account", "address"),
)
"""From where an account was signed in to, so that strangers elsewhere cannot lock it out."""

audit = Table(
    "audit",
    metadata,
    Column("n", Number, primary_key=True, autoincrement=True),
    Column("at", TIME, nullable=False),
    Column("account", ID, nullable=True),
    Column("name", String(80), nullable=False),
    Column("role", String(20), nullable=False),
    Column("action", String(60), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("patient", ID, nullable=True),
    Column("request", ID, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_by_time", "at"),
    Index("audit_by_patient", "patient", "n"),
    Index("audit_by_name", "name", "n"),
)
"""Every read and decision. detail: route and what else says what was done, no patient data."""

approvals = Table(
    "approvals",
    metadata,
    Column("approval", ID, primary_key=True),
    Column("patient", ID, nullable=False),
    Column("decision", ID, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", ID, ForeignKey("accounts.account"), nullable=False),
    Column("asked_at", TIME, nullable=False),
    Column("status", String(20), nullable=False),
    Column("answered_by", ID, nullable=True),
    Column("answered_at", TIME, nullable=True),
    Index("approvals_by_status", "status"),
)
"""Overrides that wait for a second person. status: waiting, confirmed, refused, withdrawn."""

done = Table(
    "done",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("account", ID, nullable=False),
    Column("route", String(200), nullable=False),
    Column("location", String(400), nullable=True),
    Column("at", TIME, nullable=False),
)
"""What a request came to, by its key: sent twice, it is done once. location: None only
within the transaction that does it."""

challenges = Table(
    "challenges",
    metadata,
    Column("challenge", ID, primary_key=True),
    Column("patient", ID, nullable=False, index=True),
    Column("protocol", String(40), nullable=False),
    Column("product", String(80), nullable=False),
    Column("decision", ID, nullable=False),
    Column("status", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("events", Text, nullable=False),
    Column("started_at", TIME, nullable=False),
    Column("started_by", ID, nullable=False),
)
"""Challenge tests under way: what was done so far (JSON); the finished one goes on the record.
version: counts changes, so that two people do not overwrite each other."""

reports = Table(
    "reports",
    metadata,
    Column("report", ID, primary_key=True),
    Column("what", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("asked_by", ID, nullable=False),
    Column("asked_at", TIME, nullable=False),
    Column("beat_at", TIME, nullable=False),
    Column("content", Text, nullable=True),
    Index("reports_by_what", "what", "asked_at"),
    Index(
        "reports_running",
        "what",
        unique=True,
        sqlite_where=text("status = 'running'"),
        postgresql_where=text("status = 'running'"),
    ),
)
"""Work that takes longer than a page may: its progress, and what it came to (JSON). Of each kind
one runs at a time."""
