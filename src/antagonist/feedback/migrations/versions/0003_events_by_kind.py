"""An index of events by kind: who was merged, overrides, alarms and decisions without a scan."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """To this revision."""
    op.create_index("events_by_kind", "events", ["kind", "seq"])


def downgrade() -> None:
    """Back to the tables without it."""
    op.drop_index("events_by_kind", "events")
