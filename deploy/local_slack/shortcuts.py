"""What Slack does when somebody picks a shortcut of the app.

See https://docs.slack.dev/interactivity/implementing-shortcuts and
https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload.
"""

from dataclasses import dataclass

from deploy.local_slack.errors import SlackError
from deploy.local_slack.messages import Message
from deploy.local_slack.outcomes import ActionOutcome
from deploy.local_slack.people import Json, User
from deploy.local_slack.team import Team


@dataclass
class Shortcuts:
    """Delivers shortcuts to the bot."""

    team: Team

    async def from_composer(self, user: User, callback_id: str) -> ActionOutcome:
        """Pick a global shortcut: it has neither a channel nor a response URL.

        Raises:
            KeyError: The manifest declares no such shortcut.
        """
        self.team.manifest.shortcut("global", callback_id)
        outcome = ActionOutcome()
        trigger = self.team.workspace.handles.new_trigger(user.id)
        payload: Json = {"type": "shortcut", **self._common(user, callback_id, trigger)}
        await self.team.interact(outcome, payload)
        return outcome

    async def on_message(self, user: User, message: Message, callback_id: str) -> ActionOutcome:
        """Pick a message shortcut: it has the message and a response URL.

        Raises:
            KeyError: The manifest declares no such shortcut.
            SlackError: The user does not see the message, or it is an ephemeral one.
        """
        self.team.manifest.shortcut("message", callback_id)
        workspace = self.team.workspace
        channel = workspace.channels[message.channel]
        if user.id not in channel.members or message.is_ephemeral:
            raise SlackError("message_not_found")
        handles = workspace.handles
        own = message if message.user == workspace.bot_user else None
        response_url = handles.new_response_url(channel.id, user.id, own)
        outcome = ActionOutcome(
            response_url=response_url, later=handles.response_url(response_url).messages
        )
        trigger = handles.new_trigger(user.id, channel=channel.id)
        payload: Json = {
            "type": "message_action",
            **self._common(user, callback_id, trigger),
            "response_url": response_url,
            "message_ts": message.ts,
            "channel": {"id": channel.id, "name": channel.payload_name},
            "message": self.team.describe_message(message),
        }
        await self.team.interact(outcome, payload)
        return outcome

    def _common(self, user: User, callback_id: str, trigger_id: str) -> Json:
        return {
            **self.team.who(user),
            "callback_id": callback_id,
            "trigger_id": trigger_id,
            "action_ts": self.team.workspace.site.new_ts(),
        }
