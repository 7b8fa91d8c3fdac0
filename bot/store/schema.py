"""The tables. Everything that belongs to a workspace is keyed by organisation and workspace.

A workspace outside of any organisation has the empty ``enterprise_id``: a key must not be null.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints: the same on every database, so that a migration can name them."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, in UTC, on databases that know no time zones too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What is written. A moment without a time zone is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment needs a time zone"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """What is read, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(naming_convention=NAMES)


def _workspace() -> tuple[Column[str], Column[str]]:
    return (
        Column("enterprise_id", String(32), primary_key=True),
        Column("team_id", String(32), primary_key=True),
    )


def _team() -> tuple[Column[str], Column[str]]:
    return (
        Column("enterprise_id", String(32), nullable=False),
        Column("team_id", String(32), nullable=False),
    )


preferences = Table(
    "preferences",
    metadata,
    *_workspace(),
    # Empty for the whole workspace.
    Column("channel_id", String(32), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("updated_by", String(32), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

factor_files = Table(
    "factor_files",
    metadata,
    *_workspace(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("content", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("uploaded_by", String(32), nullable=False),
    Column("uploaded_at", UtcDateTime, nullable=False),
)

factor_sets = Table(
    "factor_sets",
    metadata,
    # Of the data that ship with a release; a workspace's own are in factor_files.
    Column("version", String(32), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

members = Table(
    "members",
    metadata,
    *_workspace(),
    Column("user_id", String(32), primary_key=True),
    Column("locale", String(32)),
    Column("time_zone", String(64)),
    Column("is_admin", Boolean, nullable=False),
    Column("fetched_at", UtcDateTime),
    Column("welcomed_at", UtcDateTime),
)

estimates = Table(
    "estimates",
    metadata,
    Column("id", String(36), primary_key=True),
    *_team(),
    Column("channel_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("command", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("catalogue_version", String(64), nullable=False),
    Column("factors", String(16), nullable=False),
    Column("energy_kwh", Float, nullable=False),
    Column("operational_kgco2e", Float),
    Column("embodied_kgco2e", Float, nullable=False),
    Column("total_kgco2e", Float, nullable=False),
    Column("total_low_kgco2e", Float, nullable=False),
    Column("total_high_kgco2e", Float, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "enterprise_id", "team_id", "user_id", "created_at"),
    Index(None, "enterprise_id", "team_id", "channel_id", "created_at"),
    Index(None, "created_at"),
)

handled = Table(
    "handled",
    metadata,
    # What must not be done twice: an event's id, a click, a delivery.
    Column("key", String(255), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    *_team(),
    Column("channel_id", String(32), nullable=False),
    Column("owner_id", String(32), nullable=False),
    Column("name", String(255), nullable=False),
    # Empty where the run belongs to no project.
    Column("project", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    # The day by which summaries and budgets count it.
    Column("counted_on", Date, nullable=False),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("command", Text),
    Column("spec", JSON(none_as_null=True)),
    Column("catalogue_version", String(64)),
    Column("factors", String(16)),
    Column("energy_kwh", Float),
    Column("energy_low_kwh", Float),
    Column("energy_high_kwh", Float),
    Column("operational_kgco2e", Float),
    Column("embodied_kgco2e", Float),
    Column("total_kgco2e", Float),
    Column("total_low_kgco2e", Float),
    Column("total_high_kgco2e", Float),
    Column("measured_energy_kwh", Float),
    Column("measured_kgco2e", Float),
    Column("thread_channel_id", String(32)),
    Column("thread_ts", String(32)),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Index(None, "enterprise_id", "team_id", "channel_id", "counted_on"),
    Index(None, "enterprise_id", "team_id", "project", "counted_on"),
    Index(None, "enterprise_id", "team_id", "counted_on"),
)

ingest_urls = Table(
    "ingest_urls",
    metadata,
    Column("id", String(36), primary_key=True),
    *_team(),
    Column("channel_id", String(32), nullable=False),
    # SHA-256 of the secret in the URL; the secret itself is kept nowhere.
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_by", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Index(None, "enterprise_id", "team_id", "channel_id"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("ingest_url_id", String(36), ForeignKey("ingest_urls.id"), primary_key=True),
    # CodeCarbon's own run_id: a request that is repeated counts once.
    Column("external_id", String(64), primary_key=True),
    *_team(),
    Column("run_id", String(36), ForeignKey("runs.id", ondelete="SET NULL"), index=True),
    Column("project", String(255), nullable=False),
    Column("energy_kwh", Float, nullable=False),
    Column("emissions_kgco2e", Float),
    Column("duration_s", Float),
    Column("document", JSON, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index(None, "enterprise_id", "team_id", "received_at"),
)

schedules = Table(
    "schedules",
    metadata,
    *_workspace(),
    Column("channel_id", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),
    # 0 is Monday; only a weekly report has a weekday.
    Column("weekday", Integer),
    # From 1 to 28; only the other reports have one.
    Column("month_day", Integer),
    # HH:MM on the clocks of the time zone.
    Column("local_time", String(5), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("configured_by", String(32), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "active", "due_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    *_workspace(),
    Column("channel_id", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),
    # What it is about: 2026-W48, 2026-11, or the id of a measured run.
    Column("period", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("ts", String(32)),
    Column("reason", String(255)),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "state", "updated_at"),
)

_BUDGET_KEY: Final = ("enterprise_id", "team_id", "scope", "scope_id", "period", "unit")

budgets = Table(
    "budgets",
    metadata,
    *_workspace(),
    Column("scope", String(16), primary_key=True),
    # The channel or project; empty for the workspace.
    Column("scope_id", String(255), primary_key=True),
    Column("period", String(16), primary_key=True),
    Column("unit", String(8), primary_key=True),
    Column("amount", Float, nullable=False),
    Column("set_by", String(32), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

budget_warnings = Table(
    "budget_warnings",
    metadata,
    *_workspace(),
    Column("scope", String(16), primary_key=True),
    Column("scope_id", String(255), primary_key=True),
    Column("period", String(16), primary_key=True),
    Column("unit", String(8), primary_key=True),
    # Which month, quarter or year, such as 2026-11.
    Column("label", String(16), primary_key=True),
    Column("threshold_percent", Integer, primary_key=True, autoincrement=False),
    Column("warned_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(
        _BUDGET_KEY,
        [f"budgets.{name}" for name in _BUDGET_KEY],
        # The name made of all columns would be longer than PostgreSQL takes.
        name="fk_budget_warnings_budgets",
        ondelete="CASCADE",
    ),
)

installations = Table(
    "installations",
    metadata,
    # Without a workspace for one that serves a whole organisation.
    *_workspace(),
    Column("app_id", String(32), nullable=False),
    Column("bot_id", String(32), nullable=False),
    Column("bot_user", String(32), nullable=False),
    Column("scopes", Text, nullable=False),
    # Encrypted, and bound to the workspace: see bot.token_keys.
    Column("token", Text, nullable=False),
    Column("refresh_token", Text),
    Column("expires_at", UtcDateTime),
    Column("installed_by", String(32), nullable=False),
    Column("installed_at", UtcDateTime, nullable=False, index=True),
    # Another one after each change of the token.
    Column("revision", String(32), nullable=False),
)
