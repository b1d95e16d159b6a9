"""The clinic's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "accounts",
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shown", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("activation", sa.String(length=64), nullable=True),
        sa.Column("activation_until", sa.String(length=27), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=True),
        sa.Column("every_patient", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("account"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "attempts",
        sa.Column(
            "n",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("attempts_by_what", "attempts", ["what", "at"], unique=False)
    op.create_table(
        "audit",
        sa.Column(
            "n",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("patient", sa.String(length=36), nullable=True),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("audit_by_name", "audit", ["name", "n"], unique=False)
    op.create_index("audit_by_patient", "audit", ["patient", "n"], unique=False)
    op.create_index("audit_by_time", "audit", ["at"], unique=False)
    op.create_table(
        "challenges",
        sa.Column("challenge", sa.String(length=36), nullable=False),
        sa.Column("patient", sa.String(length=36), nullable=False),
        sa.Column("protocol", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=80), nullable=False),
        sa.Column("decision", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("started_at", sa.String(length=27), nullable=False),
        sa.Column("started_by", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("challenge"),
    )
    op.create_index(op.f("ix_challenges_patient"), "challenges", ["patient"], unique=False)
    op.create_table(
        "done",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("location", sa.String(length=400), nullable=True),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "reports",
        sa.Column("report", sa.String(length=36), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.String(length=27), nullable=False),
        sa.Column("beat_at", sa.String(length=27), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("report"),
    )
    op.create_index("reports_by_what", "reports", ["what", "asked_at"], unique=False)
    running = sa.text("status = 'running'")
    op.create_index(
        "reports_running", "reports", ["what"], unique=True,
        sqlite_where=running, postgresql_where=running,
    )  # fmt: skip
    op.create_table(
        "access",
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("patient", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["accounts.account"],
        ),
        sa.PrimaryKeyConstraint("account", "patient"),
    )
    op.create_table(
        "approvals",
        sa.Column("approval", sa.String(length=36), nullable=False),
        sa.Column("patient", sa.String(length=36), nullable=False),
        sa.Column("decision", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.String(length=27), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.Column("answered_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["accounts.account"],
        ),
        sa.PrimaryKeyConstraint("approval"),
    )
    op.create_index("approvals_by_status", "approvals", ["status"], unique=False)
    op.create_table(
        "known",
        sa.Column(
            "n",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["accounts.account"],
        ),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("known_by_account", "known", ["account", "address"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("session", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("seen_at", sa.String(length=27), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"],
            ["accounts.account"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("session"),
    )
    op.create_index("sessions_by_account", "sessions", ["account"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["accounts.account"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("token"),
    )


def downgrade() -> None:
    """Back to no tables."""
    op.drop_table("tokens")
    op.drop_index("known_by_account", table_name="known")
    op.drop_table("known")
    op.drop_index("sessions_by_account", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("approvals_by_status", table_name="approvals")
    op.drop_table("approvals")
    op.drop_table("access")
    op.drop_index("reports_running", table_name="reports")
    op.drop_index("reports_by_what", table_name="reports")
    op.drop_table("reports")
    op.drop_table("done")
    op.drop_index(op.f("ix_challenges_patient"), table_name="challenges")
    op.drop_table("challenges")
    op.drop_index("audit_by_time", table_name="audit")
    op.drop_index("audit_by_patient", table_name="audit")
    op.drop_index("audit_by_name", table_name="audit")
    op.drop_table("audit")
    op.drop_index("attempts_by_what", table_name="attempts")
    op.drop_table("attempts")
    op.drop_table("accounts")
