"""Everything that people can do in one workspace."""

from dataclasses import dataclass

from deploy.local_slack.actions import Actions
from deploy.local_slack.commands import Commands
from deploy.local_slack.errors import SlackError
from deploy.local_slack.events import Events
from deploy.local_slack.messages import Message
from deploy.local_slack.modals import Modals
from deploy.local_slack.people import Channel, Json, User
from deploy.local_slack.shortcuts import Shortcuts
from deploy.local_slack.team import Team
from deploy.local_slack.workspace import Workspace


@dataclass
class Desk:
    """A workspace, and what its members can do there."""

    team: Team
    commands: Commands
    actions: Actions
    modals: Modals
    shortcuts: Shortcuts
    events: Events

    @classmethod
    def of(cls, team: Team) -> "Desk":
        """Furnish a workspace."""
        return cls(team, Commands(team), Actions(team), Modals(team), Shortcuts(team), Events(team))

    @property
    def workspace(self) -> Workspace:
        """The state of the workspace."""
        return self.team.workspace

    def say(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        thread_ts: str | None = None,
        files: list[Json] | None = None,
    ) -> Message:
        """Post a message as a person; ``@name`` in it becomes a mention.

        Raises:
            SlackError: The person may not post there.
        """
        if user.id not in channel.members:
            raise SlackError("not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        manifest = self.team.manifest
        if channel.kind == "im" and (not manifest.messages_tab or manifest.messages_tab_read_only):
            raise SlackError("messages_tab_disabled")
        message = self.workspace.post(
            Message(
                ts=self.workspace.site.new_ts(),
                channel=channel.id,
                user=user.id,
                text=self.workspace.notation(text),
                thread_ts=thread_ts,
                files=files or [],
            )
        )
        self.events.mentioned(message)
        return message

    def invite_bot(self, user: User, channel: Channel) -> Message:
        """Add the bot to a channel, as Slack's own ``/invite`` does."""
        channel.members.add(self.workspace.bot_user)
        name = self.workspace.users[self.workspace.bot_user].name
        said = self.workspace.post(
            Message(
                ts=self.workspace.site.new_ts(),
                channel=channel.id,
                user=user.id,
                text=f"added {name} to this channel",
            )
        )
        self.events.happened(
            "member_joined_channel",
            user=self.workspace.bot_user,
            channel=channel.id,
            team=self.workspace.team_id,
            inviter=user.id,
        )
        return said

    def archive(self, channel: Channel) -> None:
        """Archive a channel: nobody posts there any more."""
        channel.is_archived = True
        self.workspace.changed()
        person = self.workspace.people()[0].id
        self.events.happened("channel_archive", channel=channel.id, user=person)

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel with everything in it."""
        del self.workspace.channels[channel.id]
        del self.workspace.history[channel.id]
        self.workspace.changed()
        self.events.happened("channel_deleted", channel=channel.id)

    def uninstall(self) -> None:
        """Remove the app: the bot is told twice, and its token is valid no more.

        The order of the two is not certain; see
        https://docs.slack.dev/reference/events/app_uninstalled.
        """
        # Both are told before the tokens are gone: without a token there would be no app to tell.
        self.events.happened("app_uninstalled")
        self.revoke_tokens()

    def revoke_tokens(self) -> None:
        """Let the bot's tokens be valid no more, of which it is told.

        See https://docs.slack.dev/reference/events/tokens_revoked.
        """
        tokens = {"oauth": [], "bot": [self.workspace.bot_user]}
        self.events.happened("tokens_revoked", tokens=tokens)
        self.team.revoke()
