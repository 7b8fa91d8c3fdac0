"""A running local Slack for tests: what people do, what they see, and what goes wrong."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from deploy.local_slack.actions import ENTER, SuggestionOutcome, Surface
from deploy.local_slack.app import Slack, create_app, serve
from deploy.local_slack.config import Config
from deploy.local_slack.desk import Desk
from deploy.local_slack.faults import DOCUMENTED_RATES, Fault, Rate
from deploy.local_slack.messages import Key, Message
from deploy.local_slack.outcomes import ActionOutcome, CommandOutcome, EventOutcome
from deploy.local_slack.people import Channel, Json
from deploy.local_slack.schema import Violation
from deploy.local_slack.state import Chosen
from deploy.local_slack.transport import HttpTransport
from deploy.local_slack.views import View
from deploy.local_slack.workspace import Workspace

WAIT_S = 30.0
"""How long a program waits for what the bot is to do; a busy machine takes its time."""

__all__ = ["LocalSlack", "People", "create_app", "serve"]


class People:
    """What the members of one workspace do, and what they see."""

    @property
    def desk(self) -> Desk:
        """The workspace, and what can be done there."""
        raise NotImplementedError

    @property
    def workspace(self) -> Workspace:
        """The state: people, channels, messages, views."""
        return self.desk.workspace

    @property
    def token(self) -> str | None:
        """The bot's token here; None while the app is not installed."""
        return self.desk.team.token

    async def command(self, *, user: str, channel: str, text: str) -> CommandOutcome:
        """Type a command line such as ``/carbon help``, and wait for its acknowledgement."""
        member = self.workspace.user(user)
        return await self.desk.commands.run(member, self._channel(channel, user), text)

    def say(self, *, user: str, channel: str, text: str, thread: Message | None = None) -> Message:
        """Post a message, in the thread of another where one is given.

        Events that it causes are delivered beside; `LocalSlack.settle` waits for them.
        """
        thread_ts = None if thread is None else thread.thread_ts or thread.ts
        member = self.workspace.user(user)
        return self.desk.say(member, self._channel(channel, user), text, thread_ts=thread_ts)

    async def click(
        self,
        surface: Surface,
        action_id: str,
        *,
        user: str,
        block_id: str | None = None,
        chosen: Chosen = None,
    ) -> ActionOutcome:
        """Click a button, or choose ``chosen``, and wait for the acknowledgement.

        Args:
            surface: A message, a modal or a Home tab.
            action_id: The element.
            user: Who does it.
            block_id: The element's block, where the ``action_id`` alone is not enough.
            chosen: The value of an option, a user or channel id, or a date; a list for menus in
                which several can be chosen.

        Raises:
            KeyError: The user does not see that, or it holds no such element or option.
        """
        self._require_visible(surface, user)
        member = self.workspace.user(user)
        return await self.desk.actions.use(member, surface, action_id, block_id, chosen)

    async def suggest(
        self,
        surface: Surface,
        action_id: str,
        query: str,
        *,
        user: str,
        block_id: str | None = None,
    ) -> SuggestionOutcome:
        """Type into an external menu, and return the options that the bot offers for it."""
        self._require_visible(surface, user)
        member = self.workspace.user(user)
        return await self.desk.actions.suggest(member, surface, action_id, query, block_id)

    async def enter(
        self,
        surface: Surface,
        target: str | Key,
        chosen: Chosen,
        *,
        user: str,
        trigger: str = ENTER,
    ) -> ActionOutcome | None:
        """Fill in an input; None when the bot is not told of it.

        Args:
            surface: A modal, a Home tab or a message.
            target: The input's ``action_id``, or its ``block_id`` and ``action_id``.
            chosen: As for `click`; for texts, the text.
            user: Who does it.
            trigger: ``on_enter_pressed`` or ``on_character_entered``, for texts.
        """
        self._require_visible(surface, user)
        member = self.workspace.user(user)
        return await self.desk.actions.enter(member, surface, target, chosen, trigger)

    async def submit_view(
        self, view: View, *, user: str, values: Json | None = None
    ) -> ActionOutcome:
        """Submit a modal with what was entered, and values by block id and action id."""
        return await self.desk.modals.submit(self.workspace.user(user), view, values)

    async def close_view(self, view: View, *, user: str, whole: bool = False) -> ActionOutcome:
        """Close a modal, or its whole stack, without submitting it."""
        return await self.desk.modals.close(self.workspace.user(user), view, whole=whole)

    async def shortcut(
        self, callback_id: str, *, user: str, message: Message | None = None
    ) -> ActionOutcome:
        """Pick a shortcut from the composer, or on a message."""
        member = self.workspace.user(user)
        if message is None:
            return await self.desk.shortcuts.from_composer(member, callback_id)
        return await self.desk.shortcuts.on_message(member, message, callback_id)

    def open_home(self, *, user: str, tab: str = "home") -> None:
        """Open the app's Home, or with ``messages`` its conversation."""
        self.desk.events.home_opened(self.workspace.user(user), tab)

    async def event(
        self, event: Json, *, event_id: str | None = None, retry_num: int = 0, reason: str = ""
    ) -> EventOutcome:
        """Deliver any event, as a retry when ``retry_num`` is not 0."""
        return await self.desk.events.deliver(
            event, event_id=event_id, retry_num=retry_num, reason=reason
        )

    @property
    def events(self) -> list[EventOutcome]:
        """Every event so far."""
        return self.desk.events.log

    def views(self, user: str) -> list[View]:
        """Return a user's open modals, the topmost last."""
        return self.workspace.views.stack(self.workspace.user(user).id)

    def home(self, user: str) -> View | None:
        """Return a user's Home tab, if one was published."""
        return self.workspace.views.homes.get(self.workspace.user(user).id)

    def visible_messages(self, user: str, channel: str) -> list[Message]:
        """Return what a user sees in a channel and its threads, oldest first."""
        member = self.workspace.user(user)
        return self.workspace.visible(member.id, self._channel(channel, user).id)

    def thread(self, user: str, parent: Message) -> list[Message]:
        """Return what a user sees in the thread of a message, oldest first."""
        seen = self.workspace.visible(self.workspace.user(user).id, parent.channel)
        return [message for message in seen if message.thread_ts == parent.ts]

    def invite_bot(self, channel: str) -> None:
        """Add the bot to a channel."""
        self.desk.invite_bot(self.workspace.people()[0], self._channel(channel, None))

    def remove_bot(self, channel: str) -> None:
        """Take the bot out of a channel."""
        found = self._channel(channel, None)
        found.members.discard(self.workspace.bot_user)
        self.workspace.changed()
        self.desk.events.happened("channel_left", channel=found.id)

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        self.desk.archive(self._channel(channel, None))

    def delete_channel(self, channel: str) -> None:
        """Delete a channel with everything in it."""
        self.desk.delete_channel(self._channel(channel, None))

    def uninstall(self) -> None:
        """Remove the app from the workspace."""
        self.desk.uninstall()

    def revoke_tokens(self) -> None:
        """Revoke the bot's tokens in the workspace."""
        self.desk.revoke_tokens()

    def _channel(self, key: str, user: str | None) -> Channel:
        return self.workspace.channel(key, self.workspace.user(user).id if user else None)

    def _require_visible(self, surface: Surface, user: str) -> None:
        member = self.workspace.user(user)
        if isinstance(surface, View):
            if surface.user != member.id:
                raise KeyError(f"{user} does not see that view")
        elif surface not in self.workspace.visible(member.id, surface.channel):
            raise KeyError(f"{user} does not see that message")


class _OtherPeople(People):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def desk(self) -> Desk:
        return self._desk


class LocalSlack(People):
    """A running local Slack, for tests; its people are those of the first workspace.

    Example:
        async with LocalSlack(bot_url=url, manifest={...}) as slack:
            outcome = await slack.command(user="ada", channel="general", text="/carbon help")
            answer = await slack.answer_to(outcome)
            assert slack.violations == []
    """

    def __init__(self, config: Config | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Take a `Config`, or its fields as keywords; the port is free unless given."""
        self.config = config or replace(Config(port=0), **settings)
        self._serving = serve(self.config)
        self._slack: Slack | None = None

    async def __aenter__(self) -> Self:
        self._slack = await self._serving.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._serving.__aexit__(kind, error, trace)

    @property
    def parts(self) -> Slack:
        """The parts of the running local Slack."""
        if self._slack is None:
            raise RuntimeError("enter the context first")
        return self._slack

    @property
    def desk(self) -> Desk:
        """The first workspace."""
        return self.parts.desks[0]

    @property
    def second(self) -> People:
        """The people of the second workspace, where ``second_team`` asks for one."""
        return _OtherPeople(self.parts.desks[1])

    def uninstall_from_organisation(self) -> None:
        """Remove the app from the organisation, and so from all of its workspaces."""
        self.desk.uninstall()
        for desk in self.parts.desks:
            desk.team.revoke()

    def take_away_from_second(self) -> None:
        """Take the app that an organisation installed out of its second workspace alone.

        See https://docs.slack.dev/reference/events/team_access_revoked.
        """
        team = self.parts.desks[1].team
        self.desk.events.happened("team_access_revoked", team_ids=[team.workspace.team_id])
        team.revoke()

    @property
    def url(self) -> str:
        """Address of the page."""
        return self.parts.site.base_url

    @property
    def api_url(self) -> str:
        """Base URL for a Web API client."""
        return f"{self.url}/api/"

    @property
    def bot_url(self) -> str:
        """The bot's request URL; assign it when the bot starts after its Slack."""
        transport = self.parts.line.transport
        return transport.url if isinstance(transport, HttpTransport) else ""

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        transport = self.parts.line.transport
        if isinstance(transport, HttpTransport):
            transport.url = url

    @property
    def violations(self) -> list[Violation]:
        """Every violation of a limit seen so far; a test asserts that there is none."""
        return [found for desk in self.parts.desks for found in desk.team.posting.violations]

    @property
    def manners(self) -> list[Violation]:
        """Everything seen so far that Slack takes but advises against."""
        return [found for desk in self.parts.desks for found in desk.team.posting.manners]

    def calls(self, method: str) -> int:
        """Number of calls of a Web API method, or of ``response_url``."""
        return self.parts.web_api.calls[method]

    async def answer_to(
        self, outcome: CommandOutcome | ActionOutcome, *, timeout_s: float = WAIT_S
    ) -> Message:
        """Return the first message that answers: in the acknowledgement, or later by its URL.

        Raises:
            TimeoutError: None came in time.
        """
        if isinstance(outcome, CommandOutcome) and outcome.message is not None:
            return outcome.message
        await self.wait_for(lambda: bool(outcome.later), timeout_s=timeout_s)
        return outcome.later[0]

    async def opened_view(self, user: str, *, depth: int = 1, timeout_s: float = WAIT_S) -> View:
        """Return a user's topmost modal once so many are open.

        Raises:
            TimeoutError: They were not in time.
        """
        await self.wait_for(lambda: len(self.views(user)) >= depth, timeout_s=timeout_s)
        return self.views(user)[-1]

    async def wait_for(self, condition: Callable[[], bool], *, timeout_s: float = WAIT_S) -> None:
        """Wait until a condition on the state holds; it is asked after each change.

        Raises:
            TimeoutError: It did not hold in time.
        """
        changed = asyncio.Event()
        leave = self.parts.site.listen(changed.set)
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await changed.wait()
                    changed.clear()
        finally:
            leave()

    async def settle(self) -> None:
        """Wait until every event that something caused was delivered."""
        await self.parts.site.settle()

    async def run_due(self) -> int:
        """Do what the clock has made due: retries of events, and scheduled messages."""
        return await self.parts.site.schedule.run_due(self.parts.site.clock())

    async def verify_url(self) -> bool:
        """Ask the request URL to prove itself, as Slack's settings do."""
        return await self.desk.events.verify_url()

    def fail(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next calls of a method fail; ``response_url`` names posts to such URLs."""
        self.parts.web_api.faults.plan(method, fault, times)

    def release(self) -> None:
        """Answer the calls that hang."""
        self.parts.web_api.faults.release()

    def rate_limit(self, method: str, *, retry_after: int = 1, times: int = 1) -> None:
        """Answer the next ``times`` calls of a method with HTTP 429.

        See https://docs.slack.dev/apis/web-api/rate-limits.
        """
        limited = Fault(status=429, error="ratelimited", retry_after_s=retry_after)
        self.fail(method, limited, times=times)

    def hold_rates(self, rates: dict[str, list[Rate]] | None = None) -> None:
        """Hold rates all the time: those given, or those that Slack documents."""
        self.parts.web_api.faults.rates = DOCUMENTED_RATES if rates is None else rates

    async def drop_sockets(self) -> int:
        """Cut every Socket Mode connection, and return how many there were."""
        return await self.parts.sockets.drop()

    async def disconnect_sockets(self, reason: str = "refresh_requested") -> None:
        """Send every Socket Mode connection a ``disconnect`` frame."""
        await self.parts.sockets.disconnect(reason)

    async def sockets_connected(self, number: int = 1, *, timeout_s: float = WAIT_S) -> None:
        """Wait until so many Socket Mode connections are up.

        Raises:
            TimeoutError: They were not in time.
        """
        await self.wait_for(lambda: len(self.parts.sockets.sockets) >= number, timeout_s=timeout_s)
