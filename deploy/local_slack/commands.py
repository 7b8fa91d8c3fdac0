"""What Slack does when somebody types a slash command.

See https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

import html
import json
import logging
from dataclasses import dataclass
from typing import Any

from deploy.local_slack.errors import SlackError
from deploy.local_slack.handles import ResponseUrl
from deploy.local_slack.manifest import SlashCommand
from deploy.local_slack.messages import Message
from deploy.local_slack.outcomes import CommandOutcome
from deploy.local_slack.people import Channel, Json, User
from deploy.local_slack.team import Team
from deploy.local_slack.transport import Delivery, DeliveryError, Reply

logger = logging.getLogger(__name__)

INVALID_COMMAND_RESPONSE = "invalid_command_response"


@dataclass
class Commands:
    """Delivers typed commands to the bot, and shows what comes back."""

    team: Team

    async def run(self, user: User, channel: Channel, line: str) -> CommandOutcome:
        """Run a typed command line, such as ``/carbon 10 GPU``.

        Raises:
            SlackError: The user is not in the channel.
        """
        if user.id not in channel.members:
            raise SlackError("not_in_channel")
        name, _, text = line.partition(" ")
        known = self.team.manifest.find(name)
        if known is None:
            self.team.posting.tell(user.id, channel.id, f"{name} is not a valid command.")
            return CommandOutcome(error="unknown_command", detail=f"{name} is not in the manifest")
        payload = self._payload(user, channel, known, text)
        handle = self.team.workspace.handles.response_url(payload["response_url"])
        outcome = CommandOutcome(
            later=handle.messages, response_url=payload["response_url"], payload=payload
        )
        try:
            reply = await self.team.deliver(Delivery("slash_commands", payload))
            outcome.status, outcome.body = reply.status, reply.body
            self._show_answer(outcome, reply, handle, line)
        except DeliveryError as error:
            outcome.status = error.status
            self._fail(outcome, handle, name, error)
        return outcome

    def refuse_in_thread(self, user: User, parent: Message, line: str) -> CommandOutcome:
        """Say that a command of an app cannot be run in a thread."""
        name = line.partition(" ")[0]
        said = f"{name} is not supported in threads. Sorry!"
        self.team.posting.tell(user.id, parent.channel, said, thread_ts=parent.ts)
        return CommandOutcome(error="not_in_threads", detail=said)

    def _payload(self, user: User, channel: Channel, known: SlashCommand, text: str) -> Json:
        workspace = self.team.workspace
        sent = workspace.notation(text, mentions=known.should_escape, names=True)
        return {
            "token": "",
            "team_id": workspace.team_id,
            "team_domain": workspace.team_domain,
            "channel_id": channel.id,
            "channel_name": channel.payload_name,
            "user_id": user.id,
            "user_name": user.name,
            "command": known.command,
            "text": sent,
            "api_app_id": workspace.app_id,
            **({} if self.team.enterprise is None else {"enterprise_id": self.team.enterprise}),
            "is_enterprise_install": "true" if self.team.org_wide else "false",
            "response_url": workspace.handles.new_response_url(channel.id, user.id),
            "trigger_id": workspace.handles.new_trigger(user.id, channel=channel.id),
        }

    def _show_answer(
        self, outcome: CommandOutcome, reply: Reply, handle: ResponseUrl, line: str
    ) -> None:
        name = line.split(" ", 1)[0]
        posting = self.team.posting
        try:
            answer = read_answer(reply)
        except ValueError as error:
            unreadable = DeliveryError(INVALID_COMMAND_RESPONSE, str(error))
            self._fail(outcome, handle, name, unreadable)
            return
        outcome.violations = posting.check(answer, surface="response") if answer else []
        if outcome.violations:
            reasons = "; ".join(map(str, outcome.violations))
            self._fail(outcome, handle, name, DeliveryError(INVALID_COMMAND_RESPONSE, reasons))
            return
        everybody = answer.get("response_type") == "in_channel"
        if everybody:
            self.team.workspace.post(
                Message(
                    ts=self.team.workspace.site.new_ts(),
                    channel=handle.channel,
                    user=handle.user,
                    text=html.escape(line, quote=False),
                    kind="command",
                )
            )
        if any(answer.get(key) for key in ("text", "blocks", "attachments")):
            visible_to = None if everybody else handle.user
            outcome.message = posting.post(answer, handle.channel, visible_to=visible_to)

    def _fail(
        self, outcome: CommandOutcome, handle: ResponseUrl, name: str, error: DeliveryError
    ) -> None:
        outcome.error, outcome.detail = error.code, error.detail
        said = f'{name} failed with the error "{error.code}"'
        self.team.posting.tell(handle.user, handle.channel, said, error.detail)
        logger.warning("%s: %s", said, error.detail, extra={"action": "command_failed"})


def read_answer(reply: Reply) -> dict[str, Any]:
    """Read what an acknowledgement holds: nothing, plain text or a message.

    Raises:
        ValueError: It is JSON, but no object.
    """
    if not reply.body.strip():
        return {}
    if not reply.is_json:
        return {"text": reply.body, "response_type": "ephemeral"}
    answer = json.loads(reply.body)
    if not isinstance(answer, dict):
        raise ValueError("the body is JSON, but no object")  # noqa: TRY004 - the value is wrong
    if isinstance(answer.get("blocks"), str):
        # Some clients encode the blocks twice, as in a form; Slack reads that too.
        answer["blocks"] = json.loads(answer["blocks"])
    return answer
