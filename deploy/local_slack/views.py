"""Modals on their stacks, and Home tabs.

See https://docs.slack.dev/surfaces/modals and https://docs.slack.dev/surfaces/app-home.
"""

from dataclasses import dataclass, field

from deploy.local_slack import state
from deploy.local_slack.errors import SlackError
from deploy.local_slack.messages import Entered, find_element, named_blocks
from deploy.local_slack.people import Json
from deploy.local_slack.site import Site

STACK = 3


@dataclass(eq=False)
class View:
    """A modal that is open, or the Home tab of one user.

    Attributes:
        content: The view as the app sent it, its blocks and elements named.
        hash: Changes with every change of the content.
        root: Id of the first view of the stack.
        previous: Id of the view below it on the stack.
        channel: Channel in which it was opened, if it was in one.
        entered: What its user entered so far.
        errors: By block id, what is wrong with what was submitted.
    """

    id: str
    user: str
    content: Json
    hash: str
    root: str
    previous: str | None = None
    channel: str | None = None
    entered: Entered = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """The view's blocks."""
        found: list[Json] = self.content["blocks"]
        return found

    @property
    def all_blocks(self) -> list[Json]:
        """The view's blocks, under the name that messages have for theirs."""
        return self.blocks

    def entered_by(self, _user: str) -> Entered:
        """Return what was entered, to read and to change."""
        return self.entered

    def element(self, action_id: str, block_id: str | None = None) -> tuple[str, Json]:
        """Return (block id, element) of an element.

        Raises:
            KeyError: The view holds no such element.
        """
        return find_element(self.blocks, action_id, block_id, f"the view {self.id}")

    def values(self) -> Json:
        """Return ``state.values``."""
        return state.values(self.blocks, self.entered, self.channel)

    def named(self, view_id: str | None, external_id: str | None) -> bool:
        """Whether either identifier means this view."""
        own = self.content.get("external_id")
        return self.id == view_id or bool(external_id and external_id == own)


@dataclass
class Views:
    """The views of one workspace."""

    site: Site
    modals: dict[str, View] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)

    def stack(self, user: str) -> list[View]:
        """Return a user's open modals, the topmost last."""
        return [view for view in self.modals.values() if view.user == user]

    def open(self, user: str, content: Json, channel: str | None = None) -> View:
        """Open a modal; one that was open before it gives way.

        Raises:
            SlackError: Its ``external_id`` is taken.
        """
        self._free(content)
        self.drop(user)
        view = self._new(user, content)
        view.channel = channel
        return self._add(view)

    def push(self, below: View, content: Json) -> View:
        """Put a modal on top of another.

        Raises:
            SlackError: The stack is full, or its ``external_id`` is taken.
        """
        if len(self.stack(below.user)) >= STACK:
            raise SlackError("push_limit_reached")
        self._free(content)
        view = self._new(below.user, content)
        view.root, view.previous, view.channel = below.root, below.id, below.channel
        return self._add(view)

    def update(self, view: View, content: Json, hash_: str | None = None) -> None:
        """Replace the content of a view, and keep what was entered where it still fits.

        Raises:
            SlackError: The view has changed since ``hash_``.
        """
        if hash_ not in {None, "", view.hash}:
            raise SlackError("hash_conflict")
        self._free(content, view)
        self._fill(view, content)
        self.site.changed()

    def publish(self, user: str, content: Json, hash_: str | None = None) -> View:
        """Show a user's Home tab; it keeps its id.

        Raises:
            SlackError: It has changed since ``hash_``.
        """
        view = self.homes.get(user)
        if view is None:
            view = self.homes[user] = self._new(user, content)
            self.site.changed()
        else:
            self.update(view, content, hash_)
        return view

    def find(self, view_id: str | None, external_id: str | None) -> View:
        """Find an open modal or a Home tab.

        Raises:
            SlackError: There is none.
        """
        for view in (*self.modals.values(), *self.homes.values()):
            if view.named(view_id, external_id):
                return view
        raise SlackError("not_found")

    def remove(self, view: View) -> None:
        """Close one modal."""
        self.modals.pop(view.id, None)
        self.site.changed()

    def drop(self, user: str) -> list[View]:
        """Close all modals of a user, and return them, the topmost first."""
        dropped = self.stack(user)[::-1]
        for view in dropped:
            del self.modals[view.id]
        self.site.changed()
        return dropped

    def _new(self, user: str, content: Json) -> View:
        identifier = f"V{self.site.serial():08d}"
        view = View(identifier, user, {"blocks": []}, "", identifier)
        self._fill(view, content)
        return view

    def _add(self, view: View) -> View:
        self.modals[view.id] = view
        self.site.changed()
        return view

    def _fill(self, view: View, content: Json) -> None:
        given = {name: value for name, value in content.items() if value is not None}
        view.content = {**given, "blocks": named_blocks(given["blocks"], self.site.numbers())}
        view.hash = f"{int(self.site.clock())}.{self.site.serial():08x}"
        view.entered = state.retained(view.blocks, view.entered)
        view.errors = {}

    def _free(self, content: Json, view: View | None = None) -> None:
        wanted = content.get("external_id")
        for other in self.modals.values():
            if wanted and other is not view and other.content.get("external_id") == wanted:
                raise SlackError("duplicate_external_id")
