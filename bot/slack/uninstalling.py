"""What is done when Slack tells that the app was removed, or its tokens revoked.

Removed from a workspace, all of the workspace is deleted. Revoked tokens alone are deleted alone:
whoever revoked them may install the app again, and finds everything as it was.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.slack.asking import Askers
from bot.slack.tokens import Tokens
from bot.store import Store, Team

log = logging.getLogger(__name__)

SKEW: Final = timedelta(seconds=5)
"""How far Slack's clock may be from ours."""

Body = dict[str, Any]


class Uninstalling:
    """Deletes installations, and what is kept of workspaces that removed the app."""

    def __init__(self, store: Store, tokens: Tokens, askers: Askers) -> None:
        self._store = store
        self._tokens = tokens
        self._askers = askers

    async def revoked(self, where: Team, at: datetime) -> bool:
        """Delete the tokens of a workspace or organisation; whether there were any.

        Args:
            where: a workspace, or an organisation.
            at: when they were revoked. What was installed after that stays: Slack repeats what was
                not acknowledged, and keeps no order.
        """
        deleted = await self._store.installations.delete(where, until=at + SKEW)
        self._tokens.forget(where)
        return deleted

    async def uninstalled(self, where: Team, at: datetime) -> None:
        """Delete everything of a workspace, or of all that an organisation's installation served.

        Where the app was installed again meanwhile, nothing is deleted.
        """
        await self.revoked(where, at)
        if await self._store.installations.has(where):
            log.info("the app was installed again before it was told that it was removed")
            return
        if where.team_id:
            await self.forget(where)
            return
        for team in await self._store.teams_of(where.enterprise_id):
            await self.taken_away(team)

    async def taken_away(self, team: Team) -> None:
        """Delete everything of a workspace that its organisation's installation served.

        One that has an installation of its own goes on.
        """
        if not await self._store.installations.has(team):
            await self.forget(team)

    async def forget(self, team: Team) -> None:
        """Delete everything of a workspace."""
        rows = await self._store.forget_team(team, installed=False)
        self._tokens.forget(team)
        self._askers.forget_all(team)
        log.info("the app was removed from %s: %d rows deleted", team.team_id, sum(rows.values()))


def register(app: AsyncApp, uninstalling: Uninstalling | None) -> None:
    """Attach the listeners of Slack's events.

    Args:
        app: the Bolt app.
        uninstalling: deletes what has to be; ``None`` where one workspace is served by its token,
            whose data are those of whoever runs the bot.
    """
    if uninstalling is None:

        async def noted(body: Body) -> None:
            log.warning("Slack tells: %s. Nothing is deleted", body["event"]["type"])

        for event in ("app_uninstalled", "tokens_revoked", "team_access_revoked"):
            app.event(event)(noted)
        return

    @app.event("app_uninstalled")
    async def removed(body: Body, context: AsyncBoltContext) -> None:
        await uninstalling.uninstalled(_where(context), _at(body))

    @app.event("tokens_revoked")
    async def revoked(body: Body, context: AsyncBoltContext) -> None:
        # Members' tokens are never asked for.
        if (body["event"].get("tokens") or {}).get("bot"):
            await uninstalling.revoked(_where(context), _at(body))

    @app.event("team_access_revoked")
    async def taken_away(body: Body, context: AsyncBoltContext) -> None:
        for team_id in body["event"].get("team_ids") or []:
            await uninstalling.taken_away(Team(context.enterprise_id or "", str(team_id)))


def _where(context: AsyncBoltContext) -> Team:
    """The workspace, or the organisation where it had installed the app for all of them."""
    org_wide = bool(context.is_enterprise_install)
    return Team(context.enterprise_id or "", "" if org_wide else context.team_id or "")


def _at(body: Body) -> datetime:
    return datetime.fromtimestamp(int(body.get("event_time") or 0), UTC)
