"""The day of the month of monthly and quarterly reports; the data of each version that answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.schema import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("schedules", sa.Column("month_day", sa.Integer(), nullable=True))
    op.create_table(
        "factor_sets",
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_factor_sets")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("factor_sets")
    # The release before knows no other reports, and would not know on which day they come.
    op.execute("DELETE FROM schedules WHERE kind <> 'weekly'")
    op.drop_column("schedules", "month_day")
