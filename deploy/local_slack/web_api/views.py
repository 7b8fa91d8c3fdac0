"""``views.*``: modals and the Home tab."""

from deploy.local_slack.errors import SlackError
from deploy.local_slack.people import Json
from deploy.local_slack.team import Team
from deploy.local_slack.web_api.calls import Method


def methods() -> dict[str, Method]:
    """Return the methods by name."""
    return {
        "views.open": open_view,
        "views.publish": publish,
        "views.push": push,
        "views.update": update,
    }


def open_view(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/views.open."""
    content = team.valid_view(call.get("view"), "modal")
    trigger = team.workspace.handles.use_trigger(str(call.get("trigger_id", "")))
    view = team.workspace.views.open(trigger.user, content, trigger.channel)
    return {"view": team.describe_view(view)}


def push(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/views.push."""
    content = team.valid_view(call.get("view"), "modal")
    trigger = team.workspace.handles.use_trigger(str(call.get("trigger_id", "")))
    stack = team.workspace.views.stack(trigger.user)
    if trigger.modal is None or not stack:
        raise SlackError("not_found")
    return {"view": team.describe_view(team.workspace.views.push(stack[-1], content))}


def update(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/views.update."""
    views = team.workspace.views
    view = views.find(call.get("view_id"), call.get("external_id"))
    content = team.valid_view(call.get("view"), view.content["type"])
    views.update(view, content, call.get("hash"))
    return {"view": team.describe_view(view)}


def publish(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/views.publish."""
    if not team.manifest.home_tab:
        raise SlackError("not_enabled")
    content = team.valid_view(call.get("view"), "home")
    user = team.workspace.user(str(call.get("user_id", "")))
    view = team.workspace.views.publish(user.id, content, call.get("hash"))
    return {"view": team.describe_view(view)}
