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
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
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
