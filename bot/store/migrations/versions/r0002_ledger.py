"""The ledger: runs, measurements, schedules, deliveries and budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.schema import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "budgets",
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.String(length=255), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "enterprise_id",
            "team_id",
            "scope",
            "scope_id",
            "period",
            "unit",
            name=op.f("pk_budgets"),
        ),
    )
    op.create_table(
        "deliveries",
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "enterprise_id", "team_id", "channel_id", "kind", "period", name=op.f("pk_deliveries")
        ),
    )
    op.create_index(
        op.f("ix_deliveries_state_updated_at"), "deliveries", ["state", "updated_at"], unique=False
    )
    op.create_table(
        "ingest_urls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_urls")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_ingest_urls_secret_hash")),
    )
    op.create_index(
        op.f("ix_ingest_urls_enterprise_id_team_id_channel_id"),
        "ingest_urls",
        ["enterprise_id", "team_id", "channel_id"],
        unique=False,
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("project", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("command", sa.Text(), nullable=True),
        sa.Column("spec", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("catalogue_version", sa.String(length=64), nullable=True),
        sa.Column("factors", sa.String(length=16), nullable=True),
        sa.Column("energy_kwh", sa.Float(), nullable=True),
        sa.Column("energy_low_kwh", sa.Float(), nullable=True),
        sa.Column("energy_high_kwh", sa.Float(), nullable=True),
        sa.Column("operational_kgco2e", sa.Float(), nullable=True),
        sa.Column("embodied_kgco2e", sa.Float(), nullable=True),
        sa.Column("total_kgco2e", sa.Float(), nullable=True),
        sa.Column("total_low_kgco2e", sa.Float(), nullable=True),
        sa.Column("total_high_kgco2e", sa.Float(), nullable=True),
        sa.Column("measured_energy_kwh", sa.Float(), nullable=True),
        sa.Column("measured_kgco2e", sa.Float(), nullable=True),
        sa.Column("thread_channel_id", sa.String(length=32), nullable=True),
        sa.Column("thread_ts", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(
        op.f("ix_runs_enterprise_id_team_id_channel_id_counted_on"),
        "runs",
        ["enterprise_id", "team_id", "channel_id", "counted_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_runs_enterprise_id_team_id_counted_on"),
        "runs",
        ["enterprise_id", "team_id", "counted_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_runs_enterprise_id_team_id_project_counted_on"),
        "runs",
        ["enterprise_id", "team_id", "project", "counted_on"],
        unique=False,
    )
    op.create_table(
        "schedules",
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("local_time", sa.String(length=5), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("configured_by", sa.String(length=32), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "enterprise_id", "team_id", "channel_id", "kind", name=op.f("pk_schedules")
        ),
    )
    op.create_index(
        op.f("ix_schedules_active_due_at"), "schedules", ["active", "due_at"], unique=False
    )
    op.create_table(
        "budget_warnings",
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.String(length=255), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("threshold_percent", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("warned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id", "team_id", "scope", "scope_id", "period", "unit"],
            [
                "budgets.enterprise_id",
                "budgets.team_id",
                "budgets.scope",
                "budgets.scope_id",
                "budgets.period",
                "budgets.unit",
            ],
            name="fk_budget_warnings_budgets",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "enterprise_id",
            "team_id",
            "scope",
            "scope_id",
            "period",
            "unit",
            "label",
            "threshold_percent",
            name=op.f("pk_budget_warnings"),
        ),
    )
    op.create_table(
        "measurements",
        sa.Column("ingest_url_id", sa.String(length=36), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("project", sa.String(length=255), nullable=False),
        sa.Column("energy_kwh", sa.Float(), nullable=False),
        sa.Column("emissions_kgco2e", sa.Float(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ingest_url_id"],
            ["ingest_urls.id"],
            name=op.f("fk_measurements_ingest_url_id_ingest_urls"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_measurements_run_id_runs"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("ingest_url_id", "external_id", name=op.f("pk_measurements")),
    )
    op.create_index(
        op.f("ix_measurements_enterprise_id_team_id_received_at"),
        "measurements",
        ["enterprise_id", "team_id", "received_at"],
        unique=False,
    )
    op.create_index(op.f("ix_measurements_run_id"), "measurements", ["run_id"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_measurements_run_id"), table_name="measurements")
    op.drop_index(
        op.f("ix_measurements_enterprise_id_team_id_received_at"), table_name="measurements"
    )
    op.drop_table("measurements")
    op.drop_table("budget_warnings")
    op.drop_index(op.f("ix_schedules_active_due_at"), table_name="schedules")
    op.drop_table("schedules")
    op.drop_index(op.f("ix_runs_enterprise_id_team_id_project_counted_on"), table_name="runs")
    op.drop_index(op.f("ix_runs_enterprise_id_team_id_counted_on"), table_name="runs")
    op.drop_index(op.f("ix_runs_enterprise_id_team_id_channel_id_counted_on"), table_name="runs")
    op.drop_table("runs")
    op.drop_index(op.f("ix_ingest_urls_enterprise_id_team_id_channel_id"), table_name="ingest_urls")
    op.drop_table("ingest_urls")
    op.drop_index(op.f("ix_deliveries_state_updated_at"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_table("budgets")
