"""Handovers from one signing key to the next."""

import sqlalchemy as sa
from alembic import op
from alembic.util.exc import CommandError

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "handovers",
        sa.Column(
            "n",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("old_public", sa.String(44), nullable=False),
        sa.Column("new_public", sa.String(44), nullable=False),
        sa.Column("signature", sa.String(88), nullable=False),
    )


def downgrade() -> None:
    """Back; a version without handovers could not verify a record that has one."""
    found = op.get_bind().execute(sa.text("SELECT count(*) FROM handovers")).scalar()
    if found:
        raise CommandError("0005 or newer: the record's keys were renewed")
    op.drop_table("handovers")
