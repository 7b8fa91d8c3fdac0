"""Settings: shown, changed by who may, and a factor file taken in and checked."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks import elements
from bot.blocks.listing import plain_message
from bot.commands import suggest
from bot.commands.suggest import Suggestion
from bot.i18n import Text, text
from bot.i18n.documents import file_text
from bot.i18n.estimates import error_text
from bot.message import Message
from bot.preferences import Editors, Preferences
from bot.slack import files, suggesting
from bot.slack.asking import Askers
from bot.slack.commands import Opener
from bot.slack.once import Once, submission
from bot.slack.opening import open_view, update_view
from bot.slack.payload import Who, carried, chosen_in, view_of
from bot.slack.refusing import not_permitted
from bot.store import Store
from bot.store.members import Member
from bot.views.form import message_view
from bot.views.home import SETTINGS as OPEN
from bot.views.settings import (
    GPU,
    IN_CHANNEL,
    OWN,
    PLACE,
    SCOPE,
    SETTINGS,
    SHOW,
    TPU,
    ZONE,
    Current,
    Scope,
    file_view,
    not_set,
    preferences_in,
    settings_view,
)
from estimator import Catalogue, DataError, EstimatorError, overrides

LARGEST_BYTES: Final = 256 * 1024
"""Of a factor file; a larger one is not fetched."""

Body = dict[str, Any]


def denied(asker: Asker) -> Message:
    """What a member hears who may not change what a channel or the workspace shares."""
    return plain_message(asker.say("You may not change this. Who may is among the settings."))


def may_change(member: Member, preferences: Preferences) -> bool:
    """Whether a member may change settings: administrators always may."""
    match preferences.editors:
        case Editors.ADMINS:
            return member.is_admin
        case Editors.CHOSEN:
            return member.is_admin or member.user_id in preferences.chosen_editors
        case _:
            return True


class SettingsForms:
    """Opens and keeps settings. One for the command, the Home tab and the form itself."""

    def __init__(self, askers: Askers, store: Store, catalogue: Catalogue) -> None:
        self._askers = askers
        self._store = store
        self._catalogue = catalogue

    async def view(self, who: Who, scope: Scope, client: AsyncWebClient) -> Body:
        """The form of a scope as it stands now."""
        asker = await self._askers.asker(who, client)
        own = await self._store.preferences.own(who.team, scope.key)
        file = await self._store.factor_files.active(who.team)
        editable = await self.may(who, scope, client)
        holds = await self._store.preferences.of(who.team, scope.key)
        current = Current(own, file.name if file else "", editable, holds)
        return settings_view(scope, current, asker)

    async def may(self, who: Who, scope: Scope, client: AsyncWebClient) -> bool:
        """Whether a member may change the settings of a scope.

        What a channel says of who may change it says nothing of the whole workspace.
        """
        member = await self._askers.member(who, client)
        return may_change(member, await self._store.preferences.of(who.team, scope.key))

    async def open(self, who: Who, trigger_id: str, client: AsyncWebClient) -> None:
        """Open the settings of the channel, or of the workspace where there is none."""
        scope = Scope(channel_id=who.channel_id, whole=not who.channel_id)
        await open_view(client, trigger_id, await self.view(who, scope, client))

    async def show_file(self, who: Who, trigger_id: str, client: AsyncWebClient) -> None:
        """Show the factor file that holds, over the settings."""
        file = await self._store.factor_files.active(who.team)
        if file is None:
            return
        view = file_view(file.name, file.content, await self._askers.asker(who, client))
        await open_view(client, trigger_id, view, over=True)

    async def save(
        self, who: Who, scope: Scope, entered: Body, client: AsyncWebClient
    ) -> dict[str, Text | str]:
        """Keep what was entered; what is wrong is returned by field, and nothing is kept then."""
        document, wrong = preferences_in(entered)
        found: dict[str, Text | str] = dict(wrong)
        if document is not None:
            found |= self._unknown(document)
        files = ((entered.get("factor_file") or {}).values() if scope.whole else []) or []
        uploads = [file for entry in files for file in entry.get("files") or []]
        content = ""
        if uploads:
            content, problem = await self._content(uploads[0], client)
            if problem is not None:
                found["factor_file"] = problem
        if found or document is None:
            return found
        # What was accepted elsewhere is not in the form.
        now = await self._store.preferences.own(who.team, scope.key)
        document = document.model_copy(update={"calibration": now.calibration})
        await self._store.preferences.put(who.team, scope.key, document, who.user_id)
        back = [
            entry.get("selected_options") for entry in (entered.get("factor_back") or {}).values()
        ]
        if any(back):
            await self._store.factor_files.withdraw(who.team)
        if uploads:
            name = str(uploads[0]["name"])[:255]
            await self._store.factor_files.upload(who.team, name, content, who.user_id)
        self._askers.forget(who.team)
        return {}

    def _unknown(self, document: Preferences) -> dict[str, Text | str]:
        """Names that the data do not hold; the menus offer none, but a payload may."""
        found: dict[str, Text | str] = {}
        try:
            if document.location:
                self._catalogue.location_name(document.location)
        except EstimatorError as error:
            found["location"] = error_text(error)
        for name, value in (("GPU", document.gpu), ("TPU", document.tpu)):
            try:
                if value:
                    self._catalogue.with_meanings({name: value})
            except EstimatorError as error:
                found[name.lower()] = error_text(error)
        return found

    async def _content(self, file: Body, client: AsyncWebClient) -> tuple[str, Text | str | None]:
        """An uploaded factor file, checked; or what is wrong with it."""
        try:
            content = await files.fetched(file, client, LARGEST_BYTES)
            own = overrides.parse_overrides(content, str(file["name"]), self._catalogue)
            overrides.apply(self._catalogue, own)
        except files.NotFetched as error:
            return "", error.why
        except EstimatorError as error:
            found = file_text(error) if isinstance(error, DataError) else error_text(error)
            return "", text("The file cannot be taken: {why}", why=found)
        return content, None


def opener(forms: SettingsForms) -> Opener:
    """Opens the settings for ``/carbon settings``."""

    async def open_settings(command: Body, client: AsyncWebClient, _rest: str) -> None:
        await forms.open(Who.of_command(command), command["trigger_id"], client)

    return open_settings


def register(app: AsyncApp, askers: Askers, forms: SettingsForms, once: Once) -> None:
    """Attach the listeners of the settings."""

    @app.action(OPEN)
    async def open_from_home(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await forms.open(Who.of_interaction(body), body["trigger_id"], client)

    @app.action(SHOW)
    async def show_file(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await forms.show_file(Who.of_interaction(body), body["trigger_id"], client)

    @app.action(SCOPE)
    async def other_scope(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        view, who = view_of(body), Who.of_interaction(body)
        old = carried(Scope, view["private_metadata"])
        scope = Scope(channel_id=old.channel_id, whole=chosen_in(action) == "workspace")
        await update_view(client, view, await forms.view(who.at(scope.channel_id), scope, client))

    @app.view(SETTINGS)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        scope = carried(Scope, view["private_metadata"])
        who = Who.of_interaction(body).at(scope.channel_id)
        asker = await askers.asker(who, client)
        suffix = "" if scope.whole else IN_CHANNEL
        key = submission(view)
        if not await once.first_time(key):
            await ack()
            return
        if not await forms.may(who, scope, client):
            await once.give_back(key)
            not_permitted(who, "to change settings")
            denied = asker.say("You may not change these settings. Who may is among them.")
            await ack(response_action="errors", errors={f"location{suffix}": denied})
            return
        wrong = await forms.save(who, scope, view["state"]["values"], client)
        if wrong:
            await once.give_back(key)
            errors = {
                f"{name}{suffix}": elements.complaint(asker.say(why)) for name, why in wrong.items()
            }
            await ack(response_action="errors", errors=errors)
            return
        await ack(response_action="update", view=_saved(scope, asker))

    def none(body: Body, asker: Asker) -> Suggestion:
        """What takes a setting back: a member cannot empty such a menu."""
        scope = carried(Scope, view_of(body)["private_metadata"])
        return not_set(scope, asker), OWN

    menus: dict[str, suggesting.Fitting] = {
        PLACE: suggest.places,
        GPU: suggest.devices,
        TPU: suggest.devices,
        ZONE: _zones,
    }
    suggesting.register(app, askers, menus, none)


def _zones(typed: str, _asker: Asker) -> list[Suggestion]:
    """Time zones whose name holds what was typed."""
    wanted = typed.casefold().replace(" ", "_")
    found = sorted(zone for zone in available_timezones() if wanted in zone.casefold())
    return [(zone, zone) for zone in found[: suggest.MOST]]


def _saved(scope: Scope, asker: Asker) -> Body:
    """What the form turns into when it was saved."""
    say = asker.say
    where = say("the whole workspace") if scope.whole else say("this channel")
    saved = say("Saved: these settings hold for {where} from now on.", where=where)
    return message_view(say("Settings"), plain_message(saved), asker)
