"""One workspace together with the app that is installed in it."""

import logging
from dataclasses import dataclass, field
from typing import Any

from deploy.local_slack.config import TOKEN_LIFE_S
from deploy.local_slack.errors import SlackError
from deploy.local_slack.limits import Violation, check_view
from deploy.local_slack.manifest import Manifest
from deploy.local_slack.messages import Message
from deploy.local_slack.outcomes import ActionOutcome
from deploy.local_slack.people import ENTERPRISE_NAME, Json, User
from deploy.local_slack.posting import Posting
from deploy.local_slack.transport import Delivery, DeliveryError, Reply, Transport
from deploy.local_slack.views import View
from deploy.local_slack.workspace import Workspace

logger = logging.getLogger(__name__)

LIVE_TOKENS = 2
"""So many expiring tokens are good at once; the oldest is revoked."""


class NotStarted:
    """A way to the bot before there is one."""

    async def deliver(self, _delivery: object) -> Any:  # noqa: ANN401 - never returns
        """Refuse.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("the local Slack has not started yet")


@dataclass
class Line:
    """The way to the bot, shared by all workspaces."""

    transport: Transport = field(default_factory=NotStarted)


@dataclass(eq=False)
class Team:
    """A workspace, the app's manifest, and the ways to and from the bot.

    Attributes:
        token: The bot's token; None before the app is installed and after it was removed.
        revoked: Tokens that were valid once.
        refresh_token: What the next token is had for, where tokens expire.
        expiring: Until when tokens are good, the oldest first.
        granted: The scopes that were allowed; None for those of the manifest.
        enterprise: The organisation's id, if the workspace belongs to one.
        org_wide: Whether the organisation installed the app for all of its workspaces, or did so
            before it was removed.
        token_life_s: How long a token is good, where tokens expire, in seconds.
    """

    workspace: Workspace
    posting: Posting
    manifest: Manifest
    line: Line
    token: str | None = None
    revoked: set[str] = field(default_factory=set)
    refresh_token: str | None = None
    expiring: dict[str, float] = field(default_factory=dict)
    granted: frozenset[str] | None = None
    enterprise: str | None = None
    org_wide: bool = False
    token_life_s: int = TOKEN_LIFE_S

    def issue(self, token: str, refresh_token: str | None = None) -> None:
        """Give the bot a token, one that expires where there is a refresh token.

        See https://docs.slack.dev/authentication/using-token-rotation.
        """
        self.token, self.refresh_token = token, refresh_token
        if refresh_token is None:
            return
        self.expiring[token] = self.workspace.clock() + self.token_life_s
        while len(self.expiring) > LIVE_TOKENS:
            oldest = next(iter(self.expiring))
            del self.expiring[oldest]
            self.revoked.add(oldest)

    def accepts(self, token: str) -> bool:
        """Whether a token is the bot's here.

        Raises:
            SlackError: It was, and is no more.
        """
        if token in self.revoked:
            raise SlackError("token_revoked")
        if token in self.expiring and self.expiring[token] <= self.workspace.clock():
            raise SlackError("token_expired")
        return token == self.token or token in self.expiring

    def revoke(self) -> None:
        """Let the tokens be valid no more."""
        if self.token is not None:
            self.revoked |= {self.token, *self.expiring}
        self.token = self.refresh_token = self.granted = None
        self.expiring.clear()

    def has_scope(self, scope: str) -> bool:
        """Whether the bot was allowed a scope here."""
        if self.granted is None:
            return self.manifest.has_scope(scope)
        return scope in self.granted

    def who(self, user: User) -> Json:
        """Return what every interaction says of person, app and workspace.

        See https://docs.slack.dev/reference/interaction-payloads.
        """
        return {
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": self.workspace.team_id,
            },
            "api_app_id": self.workspace.app_id,
            "token": "",
            "team": {"id": self.workspace.team_id, "domain": self.workspace.team_domain},
            "enterprise": (
                None
                if self.enterprise is None
                else {"id": self.enterprise, "name": ENTERPRISE_NAME}
            ),
            "is_enterprise_install": self.org_wide,
        }

    def describe_message(self, message: Message, *, metadata: bool = True) -> Json:
        """Return the message object of the Web API."""
        workspace = self.workspace
        own = message.user == workspace.bot_user
        found = message.describe(
            workspace.bot_id if own else None, workspace.team_id, metadata=metadata
        )
        replies = [] if message.is_ephemeral else list(workspace.replies(message))
        if replies:
            found |= {
                "thread_ts": message.ts,
                "reply_count": len(replies),
                "reply_users": sorted({reply.user for reply in replies}),
                "latest_reply": replies[-1].ts,
            }
        return found

    def valid_view(self, content: object, kind: str) -> Json:
        """Return the content of a view that Slack would take.

        Raises:
            SlackError: It is none, or violates a limit.
        """
        if not isinstance(content, dict):
            raise SlackError("invalid_arguments")
        found = check_view(content) or self.workspace.files.violations(content.get("blocks"))
        if not found and content.get("type") != kind:
            found = [Violation("invalid_arguments", "/type", f"must be {kind} here")]
        self.posting.record(found)
        if found:
            raise SlackError(found[0].code, found)
        return content

    def describe_view(self, view: View) -> Json:
        """Return the ``view`` object of the Web API."""
        return {
            "private_metadata": "",
            "callback_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": None,
            "external_id": "",
            **view.content,
            "id": view.id,
            "team_id": self.workspace.team_id,
            "app_id": self.workspace.app_id,
            "app_installed_team_id": self.workspace.team_id,
            "bot_id": self.workspace.bot_id,
            "hash": view.hash,
            "root_view_id": view.root,
            "previous_view_id": view.previous,
            "state": {"values": view.values()},
        }

    async def deliver(self, delivery: Delivery) -> Reply:
        """Deliver something to the bot; whoever watches looks again when it is done.

        Raises:
            DeliveryError: It was not taken.
        """
        try:
            return await self.line.transport.deliver(delivery)
        finally:
            self.workspace.changed()

    async def interact(self, outcome: ActionOutcome, payload: Json) -> Reply | None:
        """Deliver an interaction, and note in ``outcome`` what came of it."""
        outcome.payload = payload
        try:
            reply = await self.deliver(Delivery("interactive", payload))
        except DeliveryError as error:
            outcome.status, outcome.error, outcome.detail = error.status, error.code, error.detail
            logger.warning(
                "the interaction failed: %s", error, extra={"action": "interaction_failed"}
            )
            return None
        outcome.status = reply.status
        return reply
