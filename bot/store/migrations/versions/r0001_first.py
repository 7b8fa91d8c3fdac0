"""Settings, members and the history of estimates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.schema import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "estimates",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("catalogue_version", sa.String(length=64), nullable=False),
        sa.Column("factors", sa.String(length=16), nullable=False),
        sa.Column("energy_kwh", sa.Float(), nullable=False),
        sa.Column("operational_kgco2e", sa.Float(), nullable=True),
        sa.Column("embodied_kgco2e", sa.Float(), nullable=False),
        sa.Column("total_kgco2e", sa.Float(), nullable=False),
        sa.Column("total_low_kgco2e", sa.Float(), nullable=False),
        sa.Column("total_high_kgco2e", sa.Float(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
    )
    with op.batch_alter_table("estimates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_estimates_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_estimates_enterprise_id_team_id_channel_id_created_at"),
            ["enterprise_id", "team_id", "channel_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_estimates_enterprise_id_team_id_user_id_created_at"),
            ["enterprise_id", "team_id", "user_id", "created_at"],
            unique=False,
        )

    op.create_table(
        "factor_files",
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=32), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", "team_id", "number", name=op.f("pk_factor_files")),
    )
    op.create_table(
        "handled",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_handled")),
    )
    with op.batch_alter_table("handled", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handled_at"), ["at"], unique=False)

    op.create_table(
        "members",
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("locale", sa.String(length=32), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("welcomed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("enterprise_id", "team_id", "user_id", name=op.f("pk_members")),
    )
    op.create_table(
        "preferences",
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("updated_by", sa.String(length=32), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "enterprise_id", "team_id", "channel_id", name=op.f("pk_preferences")
        ),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("preferences")
    op.drop_table("members")
    with op.batch_alter_table("handled", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handled_at"))

    op.drop_table("handled")
    op.drop_table("factor_files")
    with op.batch_alter_table("estimates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_estimates_enterprise_id_team_id_user_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_estimates_enterprise_id_team_id_channel_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_estimates_created_at"))

    op.drop_table("estimates")
