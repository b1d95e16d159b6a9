"""The table of what is due, derived from events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID, TIME = sa.String(36), sa.String(27)


def upgrade() -> None:
    """To this revision; the table is empty until it is rebuilt."""
    op.create_table(
        "due",
        sa.Column("patient", ID, primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("what", sa.String(80), primary_key=True),
        sa.Column("event", ID, primary_key=True),
        sa.Column("from_at", TIME, primary_key=True),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("until_at", TIME, nullable=True),
        sa.Column("severity", sa.String(20), nullable=True),
        sa.Column("who", sa.String(20), nullable=True),
    )
    op.create_index("due_by_time", "due", ["from_at"])


def downgrade() -> None:
    """Back to the first tables."""
    op.drop_table("due")
