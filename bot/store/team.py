"""Whose something is."""

from __future__ import annotations

from typing import NamedTuple


class Team(NamedTuple):
    """A workspace.

    Attributes:
        enterprise_id: the organisation; empty for a workspace that is in none.
        team_id: the workspace.
    """

    enterprise_id: str
    team_id: str
