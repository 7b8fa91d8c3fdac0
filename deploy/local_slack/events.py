"""Events: which the app subscribed to, how they are delivered, and how often again.

See https://docs.slack.dev/apis/events-api/ and
https://docs.slack.dev/apis/events-api/using-http-request-urls.
"""

import json
import logging
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from deploy.local_slack.messages import Message
from deploy.local_slack.outcomes import Attempt, EventOutcome
from deploy.local_slack.people import Json, User
from deploy.local_slack.team import Team
from deploy.local_slack.transport import Delivery, DeliveryError, Reply

logger = logging.getLogger(__name__)

RETRY_AFTER_S = (0.0, 60.0, 300.0)
"""Waits before the first, second and third retry, each counted from the failure before it."""

_MESSAGE_EVENTS = {"public": "message.channels", "private": "message.groups", "im": "message.im"}
_CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im"}


@dataclass
class Events:
    """Delivers what happens in a workspace, as far as the manifest subscribes to it.

    Attributes:
        log: Every event, in the order of their first delivery.
    """

    team: Team
    log: list[EventOutcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.team.workspace.watchers.append(self._message_event)

    async def deliver(
        self, event: Json, *, event_id: str | None = None, retry_num: int = 0, reason: str = ""
    ) -> EventOutcome:
        """Deliver an event, and its first retry at once if that fails.

        Later retries wait in the schedule.

        Args:
            event: The inner event.
            event_id: Its identity; a new one unless given.
            retry_num: Deliver it as this retry, to try out what a repetition does.
            reason: Reason of that retry.
        """
        workspace = self.team.workspace
        enterprise, org_wide = self.team.enterprise, self.team.org_wide
        payload: Json = {
            "token": "",
            "type": "event_callback",
            **({} if enterprise is None else {"enterprise_id": enterprise}),
            "team_id": workspace.team_id,
            "context_team_id": workspace.team_id,
            "api_app_id": workspace.app_id,
            "event": event,
            "event_id": event_id or f"Ev{workspace.site.serial():08d}",
            "event_time": int(workspace.clock()),
            "authorizations": [
                {
                    "enterprise_id": enterprise,
                    "team_id": workspace.team_id,
                    "user_id": workspace.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": org_wide,
                }
            ],
            "is_ext_shared_channel": False,
        }
        outcome = EventOutcome(payload)
        self.log.append(outcome)
        await self._attempt(outcome, retry_num, reason)
        return outcome

    async def verify_url(self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkv") -> bool:
        """Ask the request URL to answer with a challenge, as when it is entered in the settings.

        See https://docs.slack.dev/reference/events/url_verification.
        """
        payload = {"token": "", "type": "url_verification", "challenge": challenge}
        try:
            reply = await self.team.deliver(Delivery("events_api", payload))
        except DeliveryError:
            return False
        return _challenge_in(reply) == challenge

    def mentioned(self, message: Message) -> None:
        """Deliver ``app_mention`` for a message that names the bot, where it is a member.

        See https://docs.slack.dev/reference/events/app_mention.
        """
        workspace = self.team.workspace
        channel = workspace.channels[message.channel]
        named = f"<@{workspace.bot_user}>" in message.text
        if named and channel.kind != "im" and workspace.bot_user in channel.members:
            event = {**self._describe(message), "type": "app_mention", "channel": channel.id}
            self._when_subscribed("app_mention", {**event, "event_ts": message.ts})

    def home_opened(self, user: User, tab: str) -> None:
        """Deliver ``app_home_opened``, with the view if one was published before.

        See https://docs.slack.dev/reference/events/app_home_opened.
        """
        workspace = self.team.workspace
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": workspace.channel("dm", user.id).id,
            "tab": tab,
            "event_ts": workspace.site.new_ts(),
        }
        view = workspace.views.homes.get(user.id)
        if tab == "home" and view is not None:
            event["view"] = self.team.describe_view(view)
        self._when_subscribed("app_home_opened", event)

    def happened(self, name: str, **more: object) -> None:
        """Deliver another event that the app subscribed to, such as ``channel_archive``."""
        ts = self.team.workspace.site.new_ts()
        self._when_subscribed(name, {"type": name, "event_ts": ts, **more})

    def _message_event(self, what: str, message: Message) -> None:
        """Deliver the ``message`` event of a change.

        See https://docs.slack.dev/reference/events/message and its subtypes.
        """
        workspace = self.team.workspace
        channel = workspace.channels[message.channel]
        if message.is_ephemeral or workspace.bot_user not in channel.members:
            return
        event: Json = {
            "type": "message",
            "channel": channel.id,
            "channel_type": _CHANNEL_TYPES[channel.kind],
            "event_ts": message.ts,
        }
        if what == "posted":
            event = {**self._describe(message), **event}
        else:
            event |= {"subtype": f"message_{what}", "hidden": True}
            event |= {"ts": workspace.site.new_ts()}
            key = "message" if what == "changed" else "previous_message"
            event[key] = self._describe(message)
            if what == "deleted":
                event["deleted_ts"] = message.ts
        self._when_subscribed(_MESSAGE_EVENTS[channel.kind], event)

    def _describe(self, message: Message) -> Json:
        found = self.team.describe_message(message)
        if message.files:
            found["subtype"] = "file_share"
        if not message.blocks and message.user != self.team.workspace.bot_user:
            found["client_msg_id"] = f"local-{message.ts}"
        return found

    def _when_subscribed(self, name: str, event: Json) -> None:
        if name in self.team.manifest.bot_events and self.team.token is not None:
            self.team.workspace.site.run(self.deliver(event))

    async def _attempt(self, outcome: EventOutcome, number: int, reason: str) -> None:
        retry = {}
        if number:
            retry = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        try:
            reply = await self.team.deliver(Delivery("events_api", outcome.payload, retry))
        except DeliveryError as error:
            outcome.attempts.append(Attempt(number, reason, error.status, error.code))
            logger.warning("an event failed: %s", error, extra={"action": "event_failed"})
            if error.may_retry and number < len(RETRY_AFTER_S):
                await self._retry(outcome, number + 1, error.reason)
            return
        outcome.attempts.append(Attempt(number, reason, reply.status, None))

    async def _retry(self, outcome: EventOutcome, number: int, reason: str) -> None:
        wait_s = RETRY_AFTER_S[number - 1]
        if not wait_s:
            await self._attempt(outcome, number, reason)
            return
        site = self.team.workspace.site
        site.schedule.at(site.clock() + wait_s, lambda: self._attempt(outcome, number, reason))


def _challenge_in(reply: Reply) -> str:
    if reply.is_json:
        try:
            found = json.loads(reply.body)
        except ValueError:
            return ""
        return str(found.get("challenge", "")) if isinstance(found, dict) else ""
    form = parse_qs(reply.body)
    return form["challenge"][0] if "challenge" in form else reply.body.strip()
