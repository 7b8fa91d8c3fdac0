"""What Slack does when somebody submits or closes a modal.

See https://docs.slack.dev/surfaces/modals and
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local_slack import state
from deploy.local_slack.commands import read_answer
from deploy.local_slack.errors import SlackError
from deploy.local_slack.outcomes import ActionOutcome
from deploy.local_slack.people import Json, User
from deploy.local_slack.schema import Violation
from deploy.local_slack.team import Team
from deploy.local_slack.transport import Reply
from deploy.local_slack.views import View

REQUIRED = "Please complete this required field."
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass
class Modals:
    """Delivers submitted and closed modals to the bot."""

    team: Team

    async def submit(self, user: User, view: View, values: Json | None = None) -> ActionOutcome:
        """Submit a modal with what was entered, and ``values`` by block id and action id.

        What is missing or out of bounds is told to the user, and the bot hears nothing.
        """
        for block_id, entries in (values or {}).items():
            for action_id, given in entries.items():
                held = {name: value for name, value in given.items() if name != "type"}
                view.entered[(block_id, action_id)] = held
        outcome = ActionOutcome(errors=mistakes(view))
        if outcome.errors:
            self._show_errors(view, outcome.errors)
            return outcome
        handles = self.team.workspace.handles
        payload: Json = {
            "type": "view_submission",
            **self.team.who(user),
            "trigger_id": handles.new_trigger(user.id, channel=view.channel, modal=view.id),
            "view": self.team.describe_view(view),
            "response_urls": self._response_urls(user, view),
        }
        reply = await self.team.interact(outcome, payload)
        if reply is not None:
            self._answer(outcome, view, reply)
        return outcome

    async def close(self, user: User, view: View, *, whole: bool = False) -> ActionOutcome:
        """Close a modal, or with ``whole`` its whole stack, without submitting it.

        The bot hears of it where the view says ``notify_on_close``.
        """
        views = self.team.workspace.views
        whole = whole or bool(view.content.get("clear_on_close"))
        closed = views.drop(user.id) if whole else [view]
        views.remove(view)
        outcome = ActionOutcome(status=200)
        for each in closed:
            if each.content.get("notify_on_close"):
                payload = {
                    "type": "view_closed",
                    **self.team.who(user),
                    "view": self.team.describe_view(each),
                    "is_cleared": whole,
                }
                await self.team.interact(outcome, payload)
        return outcome

    def _response_urls(self, user: User, view: View) -> list[Json]:
        """Return a response URL per menu with ``response_url_enabled``."""
        found = []
        for block in view.blocks:
            element = block.get("element", {})
            if element.get("response_url_enabled"):
                held = view.values()[block["block_id"]][element["action_id"]]
                channel = held[state.PROPERTY[element["type"]]]
                if channel in self.team.workspace.channels:
                    url = self.team.workspace.handles.new_response_url(channel, user.id)
                    names = {"block_id": block["block_id"], "action_id": element["action_id"]}
                    found.append({**names, "channel_id": channel, "response_url": url})
        return found

    def _answer(self, outcome: ActionOutcome, view: View, reply: Reply) -> None:
        views = self.team.workspace.views
        try:
            answer = read_answer(reply) if reply.is_json else {}
            action = answer.get("response_action")
            if action == "errors":
                self._take_errors(outcome, view, answer.get("errors"))
            elif action == "clear":
                views.drop(view.user)
            elif action in {"update", "push"}:
                content = self.team.valid_view(answer.get("view"), "modal")
                if action == "update":
                    views.update(view, content)
                else:
                    views.push(view, content)
            elif action is None:
                views.remove(view)
            else:
                raise SlackError("invalid_response_action")  # noqa: TRY301 - told to the user
        except (SlackError, ValueError) as error:
            outcome.error = error.code if isinstance(error, SlackError) else "invalid_json"
            outcome.detail = f"the answer to view_submission cannot be used: {error}"

    def _take_errors(self, outcome: ActionOutcome, view: View, errors: object) -> None:
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        found = errors if isinstance(errors, Mapping) else {}
        wrong = [
            Violation("invalid_arguments", f"/errors/{name}", "no input block has this block_id")
            for name in found
            if name not in inputs
        ]
        if not found:
            wrong.append(Violation("invalid_arguments", "/errors", "names no block"))
        if wrong:
            self.team.posting.record(wrong)
            raise SlackError("invalid_arguments", wrong)
        outcome.errors = {str(name): str(message) for name, message in found.items()}
        self._show_errors(view, outcome.errors)

    def _show_errors(self, view: View, errors: dict[str, str]) -> None:
        view.errors = dict(errors)
        self.team.workspace.changed()


def mistakes(view: View) -> dict[str, str]:
    """List, by block id, what Slack itself refuses to submit.

    See https://docs.slack.dev/reference/block-kit/blocks/input-block and the pages of the
    elements.
    """
    found = {}
    held = view.values()
    for block in view.blocks:
        if block["type"] == "input":
            element = block["element"]
            value = held[block["block_id"]][element["action_id"]][state.PROPERTY[element["type"]]]
            if value in (None, "", []):
                if not block.get("optional"):
                    found[block["block_id"]] = REQUIRED
            elif isinstance(value, str) and (wrong := _mistake(element, value)):
                found[block["block_id"]] = wrong
    return found


def _mistake(element: Json, value: str) -> str:
    kind = element["type"]
    if kind == "number_input":
        return _number_mistake(element, value)
    if kind == "email_text_input" and not _EMAIL.fullmatch(value):
        return "Please enter a valid email address."
    if kind == "url_text_input" and not re.match(r"https?://\S+", value):
        return "Please enter a valid URL."
    if kind == "plain_text_input":
        if len(value) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        if len(value) > element.get("max_length", 3000):
            return f"Please enter at most {element.get('max_length', 3000)} characters."
    return ""


def _number_mistake(element: Json, value: str) -> str:
    try:
        number = float(value) if element.get("is_decimal_allowed") else int(value)
    except ValueError:
        wanted = "number" if element.get("is_decimal_allowed") else "whole number"
        return f"Please enter a {wanted}."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
