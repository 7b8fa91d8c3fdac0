"""``files.*``: the three steps of an upload, and what a file is.

See https://docs.slack.dev/messaging/working-with-files.
"""

from aiohttp import web

from deploy.local_slack.errors import SlackError
from deploy.local_slack.files import File
from deploy.local_slack.messages import Message
from deploy.local_slack.people import Json
from deploy.local_slack.team import Team
from deploy.local_slack.web_api.calls import Method, joined, whole

_SHOWN = {"image/png", "image/jpeg", "image/gif"}


def methods() -> dict[str, Method]:
    """Return the methods by name."""
    return {
        "files.completeUploadExternal": complete,
        "files.delete": delete,
        "files.getUploadURLExternal": announce,
        "files.info": info,
    }


def announce(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/files.getUploadURLExternal."""
    file = team.workspace.files.announce(
        team.workspace.bot_user,
        str(call.get("filename") or ""),
        whole(call, "length", 0),
        str(call.get("alt_txt") or ""),
    )
    base = team.workspace.site.base_url
    return {"upload_url": f"{base}/upload/{file.id}", "file_id": file.id}


def complete(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/files.completeUploadExternal."""
    listed = call.get("files")
    if not isinstance(listed, list) or not listed:
        raise SlackError("invalid_arguments")
    workspace = team.workspace
    channel = None
    if call.get("channel_id"):
        channel = joined(team, {"channel": call["channel_id"]})
        if channel.is_archived:
            raise SlackError("is_archived")
    files = [
        workspace.files.complete(str(entry.get("id", "")), str(entry.get("title") or ""))
        for entry in listed
    ]
    base = workspace.site.base_url
    if channel is not None:
        for file in files:
            file.channels.append(channel.id)
        workspace.post(
            Message(
                ts=workspace.site.new_ts(),
                channel=channel.id,
                user=workspace.bot_user,
                text=str(call.get("initial_comment") or ""),
                files=[file.describe(base) for file in files],
                thread_ts=call.get("thread_ts") or None,
            )
        )
    now = workspace.site.clock()
    return {"files": [file.describe(base, now) for file in files]}


def info(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/files.info."""
    site = team.workspace.site
    return {"file": _known(team, call).describe(site.base_url, site.clock())}


def delete(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/files.delete."""
    file = _known(team, call)
    if file.user != team.workspace.bot_user:
        raise SlackError("cant_delete_file")
    del team.workspace.files.by_id[file.id]
    return {}


def _known(team: Team, call: Json) -> File:
    return team.workspace.files.find(str(call.get("file", "")))


async def receive(teams: list[Team], request: web.Request) -> web.Response:
    """Take the bytes of an announced file, as the body or as the one field of a form."""
    team, file = _find(teams, request.match_info["id"])
    content = await _content(request)
    try:
        team.workspace.files.receive(file, content)
    except SlackError as error:
        return web.Response(status=400, text=error.code)
    return web.Response(text=f"OK - {len(content)}")


async def serve(teams: list[Team], request: web.Request) -> web.Response:
    """Serve a file to the page, and to the bot with its token and ``files:read``."""
    team, file = _find(teams, request.match_info["id"])
    header = request.headers.get("Authorization", "")
    try:
        is_bot = header.startswith("Bearer ")
        allowed = not is_bot or team.accepts(header.removeprefix("Bearer "))
    except SlackError as error:
        raise web.HTTPForbidden(text=error.code) from error
    if file.content is None or not allowed or (is_bot and not team.has_scope("files:read")):
        raise web.HTTPForbidden(text="not allowed")
    headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    if file.mimetype not in _SHOWN:
        headers["Content-Disposition"] = "attachment"
    return web.Response(body=file.content, content_type=file.mimetype, headers=headers)


def _find(teams: list[Team], file_id: str) -> tuple[Team, File]:
    for team in teams:
        if file_id in team.workspace.files.by_id:
            return team, team.workspace.files.by_id[file_id]
    raise web.HTTPNotFound(text="file_not_found")


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    for value in form.values():
        if isinstance(value, web.FileField):
            return value.file.read()
    raise web.HTTPBadRequest(text="no file")
