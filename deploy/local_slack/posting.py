"""Messages of the app: checked against Slack's limits, then shown to those who may see them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.local_slack.errors import SlackError
from deploy.local_slack.handles import ResponseUrl
from deploy.local_slack.limits import MESSAGE_TEXT, Violation, check_manners, check_message
from deploy.local_slack.messages import Message
from deploy.local_slack.people import Json
from deploy.local_slack.workspace import Workspace

logger = logging.getLogger(__name__)


@dataclass
class Posting:
    """Puts the app's messages into a workspace, and remembers what was wrong with them.

    Attributes:
        violations: Every violation of a limit seen so far.
        manners: Everything seen so far that Slack takes but advises against.
    """

    workspace: Workspace
    violations: list[Violation] = field(default_factory=list)
    manners: list[Violation] = field(default_factory=list)

    def check(
        self,
        payload: Mapping[str, object],
        surface: str = "message",
        text_limit: int = MESSAGE_TEXT,
    ) -> list[Violation]:
        """Return the violations of a message, having recorded and logged them."""
        found = check_message(payload, surface=surface, text_limit=text_limit)
        found = found or self.workspace.files.violations(payload.get("blocks"))
        self.record(found)
        self.manners.extend(check_manners(payload))
        return found

    def record(self, found: list[Violation]) -> None:
        """Record and log violations."""
        self.violations.extend(found)
        for violation in found:
            logger.warning(
                "Slack would refuse this with %s: %s",
                violation.code,
                violation,
                extra={"action": "limit_violated", "code": violation.code},
            )

    def require(self, payload: Mapping[str, object], text_limit: int = MESSAGE_TEXT) -> None:
        """Refuse a message that violates a limit.

        Raises:
            SlackError: With the code and reasons that Slack would give.
        """
        found = self.check(payload, text_limit=text_limit)
        if found:
            first = found[0].code
            raise SlackError(first, [entry for entry in found if entry.code == first])

    def post(
        self, payload: Mapping[str, Any], channel: str, *, visible_to: str | None = None
    ) -> Message:
        """Post a message of the app that has been checked before."""
        text = payload.get("text") or payload.get("markdown_text") or ""
        return self.workspace.post(
            Message(
                ts=self.workspace.site.new_ts(),
                channel=channel,
                user=self.workspace.bot_user,
                text=text,
                blocks=list(payload.get("blocks") or []),
                attachments=list(payload.get("attachments") or []),
                metadata=payload.get("metadata"),
                thread_ts=payload.get("thread_ts"),
                broadcast=is_true(payload.get("reply_broadcast")),
                files=list(payload.get("files") or []),
                visible_to=visible_to,
            )
        )

    def tell(
        self,
        user: str,
        channel: str,
        text: str,
        remark: str = "",
        thread_ts: str | None = None,
    ) -> Message:
        """Show one user what Slack itself says, such as that a command failed."""
        return self.workspace.post(
            Message(
                ts=self.workspace.site.new_ts(),
                channel=channel,
                user="USLACKBOT",
                text=text,
                thread_ts=thread_ts,
                visible_to=user,
                kind="error",
                remark=remark,
            )
        )

    def respond(self, handle: ResponseUrl, payload: Json) -> Message | None:
        """Take what was posted to a response URL, and return the message that came of it.

        ``replace_original`` and ``delete_original`` concern the message that held the button.
        Slack documents them as unsupported after a slash command; there a replacement is posted
        as a new message, and a deletion does nothing. ``thread_ts`` holds for what everybody sees;
        what one member sees stays in the channel (https://github.com/slackapi/bolt-js/issues/963).
        See https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.

        Raises:
            SlackError: The URL is used up or too old, or the message violates a limit. A refused
                message uses up nothing; Slack's pages do not say, and this is the kinder reading.
        """
        source = handle.source if self.workspace.has(handle.source) else None
        has_content = any(payload.get(name) for name in ("text", "blocks", "attachments"))
        deletes = bool(payload.get("delete_original"))
        uses = handle.uses
        self.workspace.handles.use_response_url(handle)
        if has_content or not deletes:
            try:
                self.require(payload)
            except SlackError:
                handle.uses = uses
                raise
        if deletes and source is not None:
            self.workspace.delete(source)
        if deletes and not has_content:
            return None
        if payload.get("replace_original") and source is not None:
            self.workspace.edit(source, payload)
            handle.messages.append(source)
            return source
        everybody = payload.get("response_type") == "in_channel"
        if not everybody:
            # Slack documents threads for what everybody sees, and is reported to ignore others.
            payload = {**payload, "thread_ts": None}
        message = self.post(payload, handle.channel, visible_to=None if everybody else handle.user)
        handle.messages.append(message)
        self.workspace.changed()
        return message


def is_true(value: object) -> bool:
    """Read a boolean as Slack's forms write it."""
    return value is True or str(value).lower() in {"true", "1"}
