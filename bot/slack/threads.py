"""What is said after a click stays in the thread that the click was in.

Slack takes ``thread_ts`` at a ``response_url`` for what the whole channel sees; what one member
sees comes into a thread by ``chat.postEphemeral``, which wants the bot in the channel. Where it is
not, the answer goes beside the thread. See
https://docs.slack.dev/interactivity/handling-user-interaction and
https://github.com/slackapi/bolt-js/issues/963.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.failures import FAILURES, reason

log = logging.getLogger(__name__)

_WRONG: Final = "invalid_blocks"
"""Slack refuses the message itself: it would not be taken beside the thread either."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread, and the member who clicked in it."""

    channel_id: str
    user_id: str
    ts: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self | None:
        """The thread of a click or of a message's shortcut; ``None`` where it was in none.

        Who clicks on the message that a thread hangs from may have only the channel before them.
        """
        place = body.get("container") or body.get("message") or {}
        ts, thread_ts = place.get("message_ts") or place.get("ts"), place.get("thread_ts")
        channel_id = (body.get("channel") or {}).get("id")
        if not thread_ts or thread_ts == ts or not channel_id:
            return None
        return cls(channel_id, body["user"]["id"], thread_ts)

    async def tell(
        self, client: AsyncWebClient, text: str, blocks: Sequence[dict[str, Any]]
    ) -> str | None:
        """Say something to the member alone, in the thread; why it was not said there."""
        try:
            await client.chat_postEphemeral(
                channel=self.channel_id,
                user=self.user_id,
                thread_ts=self.ts,
                text=text,
                blocks=list(blocks),
            )
        except FAILURES as error:
            log.info("an answer is not told in its thread: %s", reason(error))
            return reason(error)
        return None


class RespondInThread:
    """A ``response_url`` whose new messages come into a thread."""

    def __init__(self, response_url: str, client: AsyncWebClient, thread: Thread) -> None:
        self._webhook = AsyncWebhookClient(response_url, session=client.session)
        self._client = client
        self._thread = thread

    async def __call__(self, **message: Any) -> WebhookResponse:  # noqa: ANN401 - as Bolt's own
        """Say something in the thread, or change the message that was clicked in."""
        if message.get("replace_original") or message.get("delete_original"):
            return await self._webhook.send_dict(message)
        if message["response_type"] != "in_channel":
            wrong = await self._thread.tell(self._client, message["text"], message["blocks"])
            if wrong is None:
                return WebhookResponse(
                    url=self._webhook.url, status_code=200, body="ok", headers={}
                )
            if wrong == _WRONG:
                return WebhookResponse(
                    url=self._webhook.url, status_code=400, body=wrong, headers={}
                )
        return await self._webhook.send_dict({**message, "thread_ts": self._thread.ts})


class StayInThread(AsyncMiddleware):
    """Gives listeners of clicks in a thread a ``respond`` that answers there."""

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's own name for it
    ) -> BoltResponse | None:
        """Go on, with the thread in mind."""
        response_url = req.context.response_url
        thread = Thread.of(req.body) if response_url else None
        if thread is not None and response_url:
            req.context["respond"] = RespondInThread(response_url, req.context.client, thread)
        await next()
        return resp
