"""Uploaded files: three steps for an app, one for a person.

See https://docs.slack.dev/messaging/working-with-files.
"""

import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import PurePath
from urllib.parse import quote

from deploy.local_slack.errors import SlackError
from deploy.local_slack.people import Json
from deploy.local_slack.schema import Violation
from deploy.local_slack.site import Site

ALT_TEXT = 1000


@dataclass(eq=False)
class File:
    """A file, from the moment an upload address was asked for.

    Attributes:
        length: Announced size in bytes.
        content: The bytes, once they have been sent.
        ready_at: Time from which a block may show it; None until the upload is completed.
        channels: Channels that it was shared in.
    """

    id: str
    user: str
    name: str
    length: int
    alt_text: str = ""
    title: str = ""
    content: bytes | None = None
    ready_at: float | None = None
    channels: list[str] = field(default_factory=list)

    @property
    def mimetype(self) -> str:
        """The type that the name suggests."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def describe(self, base_url: str, now: float = inf) -> Json:
        """Return the file object. See https://docs.slack.dev/reference/objects/file-object.

        Until Slack has looked through a file it has no type:
        https://github.com/slackapi/node-slack-sdk/issues/2170.
        """
        address = f"{base_url}/files/{self.id}/{quote(self.name, safe='')}"
        is_ready = self.ready_at is not None and now >= self.ready_at
        found: Json = {
            "id": self.id,
            "created": 0,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype if is_ready else "",
            "filetype": PurePath(self.name).suffix.removeprefix(".") if is_ready else "",
            "user": self.user,
            "size": self.length,
            "mode": "hosted",
            "is_external": False,
            "is_public": bool(self.channels),
            "url_private": address,
            "url_private_download": address,
            "permalink": address,
            "channels": list(self.channels),
        }
        return found | ({"alt_txt": self.alt_text} if self.alt_text else {})


@dataclass
class Files:
    """The files of one workspace.

    Attributes:
        processing_s: Time from the end of an upload until blocks may show the file, in seconds.
    """

    site: Site
    processing_s: float = 0.0
    by_id: dict[str, File] = field(default_factory=dict)

    def announce(self, user: str, name: str, length: int, alt_text: str = "") -> File:
        """Begin an upload.

        Raises:
            SlackError: An argument is missing or out of bounds.
        """
        if not name or length <= 0:
            raise SlackError("missing_argument")
        if len(alt_text) > ALT_TEXT:
            raise SlackError("alt_txt_too_large")
        file = File(f"F{self.site.serial():08d}", user, name, length, alt_text)
        self.by_id[file.id] = file
        return file

    def receive(self, file: File, content: bytes) -> None:
        """Take the bytes of an announced file.

        Raises:
            SlackError: Their number is not the one announced.
        """
        if len(content) != file.length:
            raise SlackError("file_upload_size_mismatch")
        file.content = content

    def complete(self, file_id: str, title: str = "") -> File:
        """End an upload.

        Raises:
            SlackError: The file is unknown, or its bytes were never sent.
        """
        file = self.find(file_id)
        if file.content is None or file.ready_at is not None:
            raise SlackError("file_not_found")
        file.title = title
        file.ready_at = self.site.clock() + self.processing_s
        return file

    def add(self, user: str, name: str, content: bytes) -> File:
        """Take a file that a person uploads."""
        file = self.announce(user, name, len(content))
        self.receive(file, content)
        return self.complete(file.id)

    def find(self, file_id: str) -> File:
        """Find a file.

        Raises:
            SlackError: There is none.
        """
        file = self.by_id.get(file_id)
        if file is None:
            raise SlackError("file_not_found")
        return file

    def violations(self, blocks: object) -> list[Violation]:
        """List the ``slack_file`` objects in blocks that name no image which is ready.

        See https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object.
        """
        return [
            Violation("invalid_blocks", pointer, "invalid slack file")
            for pointer, reference in _references(blocks, "/blocks")
            if not self._is_ready(reference)
        ]

    def _is_ready(self, reference: Mapping[str, object]) -> bool:
        address = str(reference.get("url", ""))
        file = self.by_id.get(str(reference.get("id") or address.rstrip("/").split("/")[-2:][0]))
        return (
            file is not None
            and file.ready_at is not None
            and self.site.clock() >= file.ready_at
            and file.mimetype in {"image/png", "image/jpeg", "image/gif"}
        )


def _references(value: object, pointer: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    if isinstance(value, Mapping):
        for name, entry in value.items():
            place = f"{pointer}/{name}"
            if name == "slack_file" and isinstance(entry, Mapping):
                yield place, entry
            else:
                yield from _references(entry, place)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _references(entry, f"{pointer}/{index}")
