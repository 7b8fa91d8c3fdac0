"""What Slack does when somebody uses an element of a message, a modal or the Home tab.

See https://docs.slack.dev/reference/interaction-payloads/block_actions-payload and
https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local_slack import state
from deploy.local_slack.elements import OPTION_GROUPS, OPTIONS
from deploy.local_slack.messages import Key, Message, interactive_elements
from deploy.local_slack.outcomes import ActionOutcome
from deploy.local_slack.people import Json, User
from deploy.local_slack.schema import Report
from deploy.local_slack.state import Chosen
from deploy.local_slack.team import Team
from deploy.local_slack.transport import Reply
from deploy.local_slack.views import View

Surface = Message | View

MIN_QUERY_LENGTH = 3
"""Characters that have to be typed before options are asked for, unless the menu says less."""
ENTER, EVERY_CHARACTER = "on_enter_pressed", "on_character_entered"


@dataclass
class SuggestionOutcome(ActionOutcome):
    """What came of asking for the options of an external menu; groups come as they are."""

    options: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)


@dataclass
class Actions:
    """Delivers clicks, choices and typing to the bot."""

    team: Team
    _offered: dict[tuple[str, Key, str], list[Json]] = field(default_factory=dict)

    async def use(
        self,
        user: User,
        surface: Surface,
        action_id: str,
        block_id: str | None = None,
        chosen: Chosen = None,
    ) -> ActionOutcome:
        """Click a button, or choose from a menu outside an input block.

        Raises:
            KeyError: There is no such element or option.
        """
        found_block, element = surface.element(action_id, block_id)
        action = self._action(user, surface, (found_block, action_id), element, chosen)
        return await self._send(user, surface, action)

    async def enter(
        self,
        user: User,
        surface: Surface,
        target: str | Key,
        chosen: Chosen,
        trigger: str = ENTER,
    ) -> ActionOutcome | None:
        """Fill in an input; the bot hears of it where the block says so.

        An input block tells the app only with ``dispatch_action``, and a text then as its
        ``dispatch_action_config`` says, by default when Enter is pressed.
        See https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object.

        Args:
            user: Who does it.
            surface: A modal, a Home tab or a message.
            target: The input's ``action_id``, or its ``block_id`` and ``action_id``.
            chosen: What is typed or picked.
            trigger: Which key was pressed, for texts.

        Raises:
            KeyError: There is no such element or option.
        """
        block_id, action_id = (None, target) if isinstance(target, str) else target
        found_block, element = surface.element(action_id, block_id)
        action = self._action(user, surface, (found_block, action_id), element, chosen)
        self.team.workspace.changed()
        elements = interactive_elements(surface.all_blocks)
        block = next(block for block, other in elements if other is element)
        if block["type"] == "input" and not _dispatches(block, element, trigger):
            return None
        return await self._send(user, surface, action)

    async def suggest(
        self,
        user: User,
        surface: Surface,
        action_id: str,
        query: str,
        block_id: str | None = None,
    ) -> SuggestionOutcome:
        """Type into an external menu, and return the options that the bot offers.

        Raises:
            KeyError: There is no such menu.
        """
        found_block, element = surface.element(action_id, block_id)
        outcome = SuggestionOutcome()
        if len(query) < element.get("min_query_length", MIN_QUERY_LENGTH):
            return outcome
        if not self.team.manifest.loads_options:
            outcome.error = "no_options_load_url"
            outcome.detail = "the manifest has no settings.interactivity.message_menu_options_url"
            return outcome
        payload = {
            "type": "block_suggestion",
            **self.team.who(user),
            **self._place(surface, user),
            "action_id": action_id,
            "block_id": found_block,
            "value": query,
        }
        reply = await self.team.interact(outcome, payload)
        if reply is not None:
            self._read_options(outcome, reply)
            grouped = [option for group in outcome.groups for option in group["options"]]
            place = (_identity(surface), (found_block, action_id), user.id)
            self._offered[place] = [*outcome.options, *grouped]
        return outcome

    def _read_options(self, outcome: SuggestionOutcome, reply: Reply) -> None:
        try:
            answer = json.loads(reply.body or "{}")
        except ValueError:
            answer = None
        report = Report()
        if not isinstance(answer, Mapping):
            report.add("", "must be a JSON object with options or option_groups")
        elif "option_groups" in answer:
            OPTION_GROUPS(report, "/option_groups", answer["option_groups"])
        elif answer.get("options") != []:
            OPTIONS(report, "/options", answer.get("options"))
        if report.violations or not isinstance(answer, Mapping):
            self.team.posting.record(report.violations)
            outcome.error = "invalid_options"
            outcome.detail = "; ".join(map(str, report.violations))
            return
        outcome.options = list(answer.get("options", []))
        outcome.groups = list(answer.get("option_groups", []))

    def _action(
        self, user: User, surface: Surface, key: Key, element: Json, chosen: Chosen
    ) -> Json:
        """Note a choice, and return it as an entry of ``actions``."""
        action: Json = {
            "type": element["type"],
            "action_id": key[1],
            "block_id": key[0],
            "action_ts": self.team.workspace.site.new_ts(),
        }
        if element["type"] in {"button", "icon_button"}:
            return action | {
                name: element[name] for name in ("text", "value", "style", "url") if name in element
            }
        if element["type"] == "feedback_buttons":
            sides = [element["positive_button"], element["negative_button"]]
            (side,) = [entry for entry in sides if entry["value"] == chosen]
            return action | {"text": side["text"], "value": side["value"]}
        offered = self._offered.get((_identity(surface), key, user.id), [])
        held = state.choose(element, chosen, offered)
        if element["type"] == "file_input":
            files, site = self.team.workspace.files, self.team.workspace.site
            held["files"] = [files.find(each).describe(site.base_url) for each in held["files"]]
        if state.keeps_state(element):
            surface.entered_by(user.id)[key] = held
        kept = ("placeholder", "initial_option", "initial_options", "initial_date", "timezone")
        return action | held | {name: element[name] for name in kept if name in element}

    async def _send(self, user: User, surface: Surface, action: Json) -> ActionOutcome:
        outcome = ActionOutcome()
        workspace = self.team.workspace
        payload: Json = {"type": "block_actions", **self.team.who(user)}
        payload |= self._place(surface, user)
        if isinstance(surface, Message):
            handles = workspace.handles
            outcome.response_url = handles.new_response_url(surface.channel, user.id, surface)
            outcome.later = handles.response_url(outcome.response_url).messages
            payload["response_url"] = outcome.response_url
            trigger = handles.new_trigger(user.id, channel=surface.channel)
        else:
            modal = surface.id if surface.id in workspace.views.modals else None
            trigger = workspace.handles.new_trigger(user.id, modal=modal)
        payload |= {"trigger_id": trigger, "actions": [action]}
        await self.team.interact(outcome, payload)
        return outcome

    def _place(self, surface: Surface, user: User) -> Json:
        """Return ``container`` and what else says where an element stands."""
        workspace = self.team.workspace
        if isinstance(surface, View):
            view = self.team.describe_view(surface)
            return {"container": {"type": "view", "view_id": surface.id}, "view": view}
        channel = workspace.channels[surface.channel]
        container: Json = {
            "type": "message",
            "message_ts": surface.ts,
            "channel_id": channel.id,
            "is_ephemeral": surface.is_ephemeral,
        }
        if surface.thread_ts:
            container["thread_ts"] = surface.thread_ts
        entered = surface.entered_by(user.id)
        found: Json = {
            "container": container,
            "channel": {"id": channel.id, "name": channel.payload_name},
            "state": {"values": state.values(surface.all_blocks, entered, channel.id)},
        }
        if not surface.is_ephemeral:
            found["message"] = self.team.describe_message(surface)
        return found


def _identity(surface: Surface) -> str:
    return surface.id if isinstance(surface, View) else f"{surface.channel} {surface.ts}"


def _dispatches(block: Json, element: Json, trigger: str) -> bool:
    if not block.get("dispatch_action"):
        return False
    if element["type"] not in state.TEXTS:
        return True
    config = element.get("dispatch_action_config", {})
    return trigger in config.get("trigger_actions_on", [ENTER])
