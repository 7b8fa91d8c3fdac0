"""Whose something is."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Table


class Team(NamedTuple):
    """A workspace.

    Attributes:
        enterprise_id: the organisation; empty for a workspace that is in none.
        team_id: the workspace.
    """

    enterprise_id: str
    team_id: str


def of_team(table: Table, team: Team) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The condition that a row is a workspace's: no query reads or changes another's."""
    return table.c.enterprise_id == team.enterprise_id, table.c.team_id == team.team_id


def of_enterprise(table: Table, enterprise_id: str) -> ColumnElement[bool]:
    """The condition that a row is of any workspace of an organisation, which has an id."""
    if not enterprise_id:
        msg = "workspaces outside of any organisation have nothing in common"
        raise ValueError(msg)
    return table.c.enterprise_id == enterprise_id
