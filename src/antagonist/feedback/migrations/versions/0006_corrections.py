"""An index of corrections: whether an event still holds, without a scan."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SOME = sa.text("corrects IS NOT NULL")


def upgrade() -> None:
    """To this revision."""
    op.create_index(
        "events_by_corrected", "events", ["corrects"], sqlite_where=SOME, postgresql_where=SOME
    )


def downgrade() -> None:
    """Back to the tables without it."""
    op.drop_index("events_by_corrected", "events")
