"""Files: the three steps of an upload, images in blocks, and what people upload.

See https://docs.slack.dev/messaging/working-with-files.
"""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.config import BOT_TOKEN
from deploy.local_slack.people import Json
from tests.local_slack.conftest import Bot, Stage, client_of, error_of, input_block, modal

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cfc000000301010018dd8db00000000049454e44ae426082"
)


async def upload(client: AsyncWebClient, *, length: int = len(PNG), name: str = "a.png") -> Json:
    """Do the first two steps, and return the answer of the first with the status of the second."""
    begun = await client.files_getUploadURLExternal(filename=name, length=length, alt_txt="bars")
    async with (
        aiohttp.ClientSession() as session,
        session.post(begun["upload_url"], data=PNG) as answer,
    ):
        return {"id": begun["file_id"], "status": answer.status, "text": await answer.text()}


async def test_the_sdk_uploads_a_picture_into_a_thread(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/methods/files.completeUploadExternal."""
    parent = slack.say(user="ada", channel="ml-planning", text="a chart?")
    await client.files_upload_v2(
        channel="C0PLANNING",
        thread_ts=parent.ts,
        filename="chart.png",
        content=PNG,
        title="Operational",
        alt_txt="bars",
        initial_comment="here",
    )
    (message,) = slack.thread("ben", parent)
    (file,) = message.files
    assert (message.text, file["title"], file["alt_txt"]) == ("here", "Operational", "bars")
    assert (file["mimetype"], file["size"]) == ("image/png", len(PNG))
    async with aiohttp.ClientSession() as session, session.get(file["url_private"]) as answer:
        assert await answer.read() == PNG
        assert answer.headers["Content-Security-Policy"] == "sandbox"


async def test_the_announced_length_is_the_length(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/files.getUploadURLExternal."""
    sent = await upload(client, length=1)
    assert (sent["status"], sent["text"]) == (400, "file_upload_size_mismatch")
    done = client.files_completeUploadExternal(files=[{"id": sent["id"]}])
    assert await error_of(done) == "file_not_found"
    empty = client.files_getUploadURLExternal(filename="a.png", length=0)
    assert await error_of(empty) == "missing_argument"
    long = client.files_getUploadURLExternal(filename="a.png", length=1, alt_txt="x" * 1001)
    assert await error_of(long) == "alt_txt_too_large"


async def test_the_bytes_may_come_as_a_form(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/files.getUploadURLExternal."""
    begun = await client.files_getUploadURLExternal(filename="a.png", length=len(PNG))
    form = aiohttp.FormData()
    form.add_field("filename", PNG, filename="a.png")
    async with (
        aiohttp.ClientSession() as session,
        session.post(begun["upload_url"], data=form) as answer,
    ):
        assert (answer.status, await answer.text()) == (200, f"OK - {len(PNG)}")


async def test_a_file_is_shared_only_where_the_bot_is(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/files.completeUploadExternal."""
    files = [{"id": (await upload(client))["id"]}]
    done = client.files_completeUploadExternal(files=files, channel_id="C0GENERAL1")
    assert await error_of(done) == "not_in_channel"


async def test_an_unshared_picture_can_be_shown_in_a_block(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object."""
    sent = await upload(client)

    def post(reference: Json) -> object:
        block = {"type": "image", "slack_file": reference, "alt_text": "bars"}
        return client.chat_postMessage(channel="C0PLANNING", text="x", blocks=[block])

    assert await error_of(post({"id": sent["id"]})) == "invalid_blocks"  # type: ignore[arg-type]
    done = await client.files_completeUploadExternal(files=[{"id": sent["id"]}])
    await post({"id": sent["id"]})  # type: ignore[misc]
    await post({"url": done["files"][0]["url_private"]})  # type: ignore[misc]
    assert await error_of(post({"id": "F0"})) == "invalid_blocks"  # type: ignore[arg-type]
    assert {entry.reason for entry in slack.violations} == {"invalid slack file"}


async def test_processing_takes_its_time(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/messaging/working-with-files: processing is asynchronous."""
    slack = await stage.with_handler(bot.answer, file_processing_s=2.0)
    client = client_of(slack)
    sent = await upload(client)
    await client.files_completeUploadExternal(files=[{"id": sent["id"]}])
    block = {"type": "image", "slack_file": {"id": sent["id"]}, "alt_text": "bars"}
    home = {"type": "home", "blocks": [block]}
    early = client.views_publish(user_id="U0ADA00001", view=home)
    assert await error_of(early) == "invalid_blocks"
    stage.clock.now += 2
    await client.views_publish(user_id="U0ADA00001", view=home)


async def test_a_text_is_no_picture(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object."""
    sent = await upload(client, name="a.txt")
    await client.files_completeUploadExternal(files=[{"id": sent["id"]}])
    block = {"type": "image", "slack_file": {"id": sent["id"]}, "alt_text": "bars"}
    posted = client.chat_postMessage(channel="C0PLANNING", text="x", blocks=[block])
    assert await error_of(posted) == "invalid_blocks"
    await client.files_delete(file=sent["id"])
    assert await error_of(client.files_info(file=sent["id"])) == "file_not_found"


@pytest.mark.parametrize(
    ("scopes", "token", "status"),
    [
        (["files:read"], BOT_TOKEN, 200),
        (["files:read"], "xoxb-wrong", 403),
        (["commands"], BOT_TOKEN, 403),
    ],
)
async def test_the_bot_reads_what_a_person_uploads_in_a_modal(
    stage: Stage, bot: Bot, scopes: list[str], token: str, status: int
) -> None:
    """See https://docs.slack.dev/reference/block-kit/block-elements/file-input-element."""
    manifest = {"oauth_config": {"scopes": {"bot": scopes}}}
    slack = await stage.with_handler(bot.answer, manifest=manifest)
    element = {"type": "file_input", "filetypes": ["json"], "max_files": 1}
    view = slack.workspace.views.open("U0ADA00001", modal(input_block("factors", element)))
    file = slack.workspace.files.add("U0ADA00001", "factors.json", b"{}")
    await slack.enter(view, "value", [file.id], user="ada")
    await slack.submit_view(view, user="ada")
    (sent,) = bot.received[0]["view"]["state"]["values"]["factors"]["value"]["files"]
    assert (sent["name"], sent["user"]) == ("factors.json", "U0ADA00001")
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(sent["url_private_download"]) as answer,
    ):
        assert answer.status == status
