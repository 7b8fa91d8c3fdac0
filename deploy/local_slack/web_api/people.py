"""``auth.*``, ``users.*``, ``team.*`` and ``bots.*``: who is who."""

from deploy.local_slack.errors import SlackError
from deploy.local_slack.limits import check_message, check_view
from deploy.local_slack.people import Json
from deploy.local_slack.posting import is_true
from deploy.local_slack.team import Team
from deploy.local_slack.web_api.calls import Method, next_cursor, page


def methods() -> dict[str, Method]:
    """Return the methods by name."""
    return {
        "auth.revoke": auth_revoke,
        "auth.test": auth_test,
        "bots.info": bots_info,
        "team.info": team_info,
        "users.info": users_info,
        "users.list": users_list,
    }


def auth_test(team: Team, _call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/auth.test."""
    workspace = team.workspace
    return {
        "url": f"{workspace.site.base_url}/",
        "team": workspace.team_name,
        "user": workspace.users[workspace.bot_user].name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        **({} if team.enterprise is None else {"enterprise_id": team.enterprise}),
        "is_enterprise_install": team.org_wide,
    }


def auth_revoke(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/auth.revoke."""
    if is_true(call.get("test")):
        return {"revoked": False}
    team.revoke()
    return {"revoked": True}


def bots_info(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/bots.info."""
    workspace = team.workspace
    if call.get("bot") not in {None, workspace.bot_id}:
        raise SlackError("bot_not_found")
    bot = workspace.users[workspace.bot_user]
    return {
        "bot": {
            "id": workspace.bot_id,
            "deleted": False,
            "name": bot.name,
            "updated": 0,
            "app_id": workspace.app_id,
            "user_id": bot.id,
            "icons": {},
        }
    }


def team_info(team: Team, _call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/team.info."""
    workspace = team.workspace
    names = {"name": workspace.team_name, "domain": workspace.team_domain}
    return {"team": {"id": workspace.team_id, **names, "email_domain": "", "icon": {}}}


def users_info(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/users.info."""
    user = team.workspace.users.get(str(call.get("user", "")))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _profile(team, user.id, call)}


def users_list(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/users.list."""
    shown, cursor = page(call, list(team.workspace.users))
    members = [_profile(team, identifier, call) for identifier in shown]
    return {"members": members, "cache_ts": int(team.workspace.clock()), **next_cursor(cursor)}


def _profile(team: Team, identifier: str, call: Json) -> Json:
    return team.workspace.users[identifier].profile(
        now=team.workspace.clock(),
        team_id=team.workspace.team_id,
        include_locale=is_true(call.get("include_locale")),
    )


def validate(call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/blocks.validate."""
    if "view" in call:
        found = check_view(call["view"])
    else:
        message = call.get("message") or {"blocks": call.get("blocks")}
        found = check_message(message, surface="response")
    if found:
        raise SlackError(found[0].code, found)
    return {}
