"""The first tables: events, log, requests, patients, contents, identities."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
HASH, ID, TIME = sa.String(64), sa.String(36), sa.String(27)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "events",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("event_id", ID, nullable=False, unique=True),
        sa.Column("patient", ID, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("corrects", ID, nullable=True),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.UniqueConstraint("patient", "n"),
    )
    op.create_table(
        "log",
        sa.Column("n", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("patient", ID, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("head", HASH, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("signature", sa.String(88), nullable=True),
    )
    op.create_index("log_by_patient", "log", ["patient", "n"])
    op.create_table(
        "requests",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("patient", ID, nullable=False),
        sa.Column("first_n", sa.Integer, nullable=False),
        sa.Column("last_n", sa.Integer, nullable=False),
        sa.Column("content", HASH, nullable=False),
    )
    op.create_table(
        "patients",
        sa.Column("patient", ID, primary_key=True),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("head", HASH, nullable=False),
    )
    op.create_table(
        "contents",
        sa.Column("hash", HASH, primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "identities",
        sa.Column("patient", ID, primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=True),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
    )
    op.create_table(
        "identifiers",
        sa.Column("digest", HASH, primary_key=True),
        sa.Column("patient", ID, sa.ForeignKey("identities.patient"), primary_key=True),
    )


def downgrade() -> None:
    """Back to an empty database."""
    for name in (
        "identifiers", "identities", "contents", "patients", "requests", "log", "events",
    ):  # fmt: skip
        op.drop_table(name)
