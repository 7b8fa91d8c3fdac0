"""Members, channels, and the workspaces that exist from the beginning."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]


@dataclass(frozen=True)
class User:
    """A member of a workspace."""

    id: str
    name: str
    real_name: str
    tz: str
    locale: str
    is_bot: bool = False
    is_admin: bool = False
    is_guest: bool = False

    def profile(self, *, now: float, team_id: str, include_locale: bool = False) -> Json:
        """Return the ``user`` object of ``users.info``.

        See https://docs.slack.dev/reference/objects/user-object.
        """
        here = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.tz))
        offset = here.utcoffset()
        assert offset is not None  # noqa: S101 - a zone always has an offset
        found: Json = {
            "id": self.id,
            "team_id": team_id,
            "name": self.name,
            "deleted": False,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": here.tzname(),
            "tz_offset": int(offset.total_seconds()),
            "profile": {"real_name": self.real_name, "display_name": self.name},
            "is_admin": self.is_admin,
            "is_owner": self.is_admin,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }
        if include_locale:
            found["locale"] = self.locale
        return found


@dataclass
class Channel:
    """A channel or direct message, and who is in it."""

    id: str
    name: str
    kind: str
    members: set[str]
    is_archived: bool = False

    @property
    def payload_name(self) -> str:
        """The name that Slack puts into a command's ``channel_name``."""
        return {"im": "directmessage", "private": "privategroup"}.get(self.kind, self.name)

    def describe(self, bot_user: str) -> Json:
        """Return the ``channel`` object of ``conversations.info``.

        See https://docs.slack.dev/reference/objects/conversation-object.
        """
        found: Json = {
            "id": self.id,
            "created": 0,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_im": self.kind == "im",
            "is_mpim": False,
            "is_private": self.kind != "public",
            "is_archived": self.is_archived,
            "is_member": bot_user in self.members,
        }
        if self.kind == "im":
            return {**found, "user": next(iter(self.members - {bot_user}))}
        return {
            **found,
            "name": self.name,
            "name_normalized": self.name,
            "is_general": self.name == "general",
            "num_members": len(self.members),
        }


@dataclass(frozen=True)
class TeamSeed:
    """A workspace as it is before anything happened in it.

    Attributes:
        channels: Tuples of (id, name, kind, names of the members who are no bots, whether the
            bot is in it); no names mean everybody.
    """

    id: str
    name: str
    domain: str
    bot_user: str
    bot_id: str
    people: tuple[User, ...]
    channels: tuple[tuple[str, str, str, tuple[str, ...], bool], ...]


ENTERPRISE_ID = "E0LOCAL001"
ENTERPRISE_NAME = "Local Organisation"

FIRST = TeamSeed(
    id="T0LOCAL001",
    name="Local",
    domain="local",
    bot_user="U0CARBON01",
    bot_id="B0CARBON01",
    people=(
        User("U0ADA00001", "ada", "Ada Byron", "Europe/London", "en-GB", is_admin=True),
        User("U0BEN00001", "ben", "Ben Okafor", "America/New_York", "en-US"),
        User("U0CHEN0001", "chen", "Chen Wei", "Asia/Shanghai", "zh-CN"),
    ),
    channels=(
        ("C0GENERAL1", "general", "public", (), False),
        ("C0PLANNING", "ml-planning", "public", (), True),
        ("C0PRIVATE1", "private", "private", ("ada", "ben"), False),
    ),
)
SECOND = TeamSeed(
    id="T0SECOND01",
    name="Second",
    domain="second",
    bot_user="U0CARBON02",
    bot_id="B0CARBON02",
    people=(
        User("U0DORA0001", "dora", "Dora Lindqvist", "Europe/Stockholm", "sv-SE", is_admin=True),
        User("U0EMIL0001", "emil", "Emil Haddad", "Asia/Kolkata", "en-IN"),
    ),
    channels=(("C0RESEARCH", "research", "public", (), True),),
)
