"""The day of the month of monthly and quarterly reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("schedules", sa.Column("month_day", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    # The release before knows no other reports, and would not know on which day they come.
    op.execute("DELETE FROM schedules WHERE kind <> 'weekly'")
    op.drop_column("schedules", "month_day")
