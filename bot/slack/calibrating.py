"""``/carbon calibrate``: defaults from measured runs, proposed, and accepted by a person."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks.calibration import (
    NOT_NOW,
    USE,
    USE_EVERYWHERE,
    in_force,
    overhead_in_force,
    proposal_message,
    too_few_message,
)
from bot.blocks.ledger import ledger_refusal
from bot.blocks.listing import plain_message
from bot.calibration import FEWEST, FILE, MOST, Measured, TooFew, factor_file, propose
from bot.commands.calibrating import Wish, sample, wish_in
from bot.i18n import text
from bot.message import Message
from bot.preferences import Calibration
from bot.slack import files
from bot.slack.asking import Askers
from bot.slack.commands import Responder
from bot.slack.payload import Who, carried, value_of
from bot.slack.refusing import not_permitted
from bot.slack.settings import SettingsForms, denied
from bot.store import Store, Team
from bot.store.deliveries import Delivery, DeliveryKey, DeliveryState
from bot.views.settings import Scope

OFFER: Final = "calibrate"
"""Kind of the delivery by which a channel hears once that there is something to calibrate from."""

Body = dict[str, Any]


async def measured_runs(store: Store, team: Team, channel_id: str) -> list[Measured]:
    """A channel's newest measured runs, with what CodeCarbon told of them."""
    runs = [
        run
        for run in await store.runs.found(team, channel_id)
        if run.entry.measured_energy_kwh is not None
    ][:MOST]
    documents = await store.measurements.of_runs(team, [run.id for run in runs])
    found = []
    for run in runs:
        told = documents.get(run.id)
        # Where a person entered another figure, that is what was measured.
        if told is None or told.energy_kwh != run.entry.measured_energy_kwh:
            found.append(Measured(run))
        else:
            found.append(Measured(run, told.document, told.duration_s))
    return found


class Offers:
    """Tells a channel once that its runs can be calibrated from."""

    def __init__(self, askers: Askers, store: Store) -> None:
        self._askers = askers
        self._store = store

    async def claim(self, team: Team, channel_id: str) -> Delivery | None:
        """The offer where it is to be made now, and by this message alone."""
        asker = await self._askers.of_channel(team, channel_id)
        if asker.preferences.calibration is not None:
            return None
        known = await self._store.deliveries.get(self._key(team, channel_id))
        if known is not None and known.state is not DeliveryState.FAILED:
            return None
        measured = await measured_runs(self._store, team, channel_id)
        if len(measured) < FEWEST:
            return None
        found = await asyncio.to_thread(propose, measured, asker.catalogue, asker.today)
        if isinstance(found, TooFew):
            return None
        offer = await self._store.deliveries.intend(self._key(team, channel_id))
        return await self._store.deliveries.begin(offer)

    async def made(self, offer: Delivery, ts: str | None) -> None:
        """Record in which message it was made; ``None`` where that was not posted."""
        if ts is None:
            await self._store.deliveries.failed(offer.key, "not posted")
        else:
            await self._store.deliveries.posted(offer.key, ts)

    async def is_in(self, team: Team, channel_id: str, ts: str) -> bool:
        """Whether it was made in a message, which is to keep it."""
        offer = await self._store.deliveries.get(self._key(team, channel_id))
        return offer is not None and offer.ts == ts

    def _key(self, team: Team, channel_id: str) -> DeliveryKey:
        return DeliveryKey(team, channel_id, OFFER, "offer")


class Calibrating:
    """Proposes, keeps and takes back."""

    def __init__(self, askers: Askers, store: Store, forms: SettingsForms) -> None:
        self._askers = askers
        self._store = store
        self._forms = forms

    async def answer(self, command: Body, client: AsyncWebClient, rest: str) -> Message:
        """Do what was typed, and say so."""
        who = Who.of_command(command)
        asker = await self._askers.asker(who, client, rest)
        match wish_in(rest):
            case Wish.SHOW:
                return await self._proposal(who, asker, client)
            case Wish.OFF:
                return await self._off(who, asker, client)
            case Wish.FILE:
                return await self._file(who, asker, client)
            case _:
                why = text("After `calibrate` comes nothing, `off` or `file`.")
                return ledger_refusal(why, "calibrate", asker.say)

    async def _proposal(self, who: Who, asker: Asker, client: AsyncWebClient) -> Message:
        measured = await measured_runs(self._store, who.team, who.channel_id)
        found = await asyncio.to_thread(propose, measured, asker.catalogue, asker.today)
        if isinstance(found, TooFew):
            return too_few_message(found, asker.say)
        example = await asyncio.to_thread(sample, asker, found.calibration)
        here = Scope(channel_id=who.channel_id, whole=False)
        everywhere = Scope(channel_id=who.channel_id, whole=True)
        return proposal_message(
            found,
            example,
            asker.say,
            here=await self._forms.may(who, here, client),
            everywhere=await self._forms.may(who, everywhere, client),
        )

    async def accept(
        self, who: Who, proposed: Calibration, asker: Asker, client: AsyncWebClient, *, whole: bool
    ) -> Message:
        """Keep what somebody accepted."""
        scope = Scope(channel_id=who.channel_id, whole=whole)
        calibration = proposed.model_copy(update={"whole": whole})
        if not await self._set(who, scope, calibration, client):
            return denied(asker)
        lines = [in_force(calibration)]
        if calibration.overhead is not None:
            lines.append(overhead_in_force(calibration))
        say = asker.say
        said = "; ".join(say(line) for line in lines)
        return plain_message(
            say(
                "From now on, where a command says nothing else: {defaults}. Each answer says so. "
                "To take it back: `/carbon calibrate off`",
                defaults=said,
            )
        )

    async def _off(self, who: Who, asker: Asker, client: AsyncWebClient) -> Message:
        say = asker.say
        own = await self._store.preferences.own(who.team, who.channel_id)
        whole = own.calibration is None
        if whole and (await self._store.preferences.own(who.team, "")).calibration is None:
            return plain_message(say("No defaults were taken from measured runs here."))
        scope = Scope(channel_id=who.channel_id, whole=whole)
        if not await self._set(who, scope, None, client):
            return denied(asker)
        where = say("the whole workspace") if whole else say("this channel")
        return plain_message(say("The data's own defaults hold again for {where}.", where=where))

    async def _file(self, who: Who, asker: Asker, client: AsyncWebClient) -> Message:
        """What is in force, as a factor file, by which a record can be run again elsewhere."""
        say, calibration = asker.say, asker.preferences.calibration
        if calibration is None:
            return plain_message(say("No defaults were taken from measured runs here."))
        content = factor_file(calibration, asker.catalogue)
        note = say("The defaults from measured runs, as a factor file.")
        if not await files.sent(client, who.user_id, note, FILE, content):
            return files.not_sent(say)
        return plain_message(say("{file} is in your direct messages with carbon.", file=FILE))

    async def _set(
        self, who: Who, scope: Scope, calibration: Calibration | None, client: AsyncWebClient
    ) -> bool:
        """Change it in a scope; whether the member may."""
        if not await self._forms.may(who, scope, client):
            not_permitted(who, "to calibrate")
            return False
        own = await self._store.preferences.own(who.team, scope.key)
        changed = own.model_copy(update={"calibration": calibration})
        await self._store.preferences.put(who.team, scope.key, changed, who.user_id)
        self._askers.forget(who.team)
        return True


def responders(askers: Askers, store: Store, forms: SettingsForms) -> dict[str, Responder]:
    """What answers ``/carbon calibrate``."""
    return {"calibrate": Calibrating(askers, store, forms).answer}


def register(app: AsyncApp, askers: Askers, store: Store, forms: SettingsForms) -> None:
    """Attach the listeners of the buttons under a proposal."""
    found = Calibrating(askers, store, forms)

    def use(*, whole: bool) -> Any:  # noqa: ANN401 - Bolt tells listeners by their arguments
        async def listen(
            ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
        ) -> None:
            await ack()
            who = Who.of_interaction(body)
            asker = await askers.asker(who, client)
            proposed = carried(Calibration, value_of(action))
            message = await found.accept(who, proposed, asker, client, whole=whole)
            await respond(**message.payload(), replace_original=True)

        return listen

    app.action(USE)(use(whole=False))
    app.action(USE_EVERYWHERE)(use(whole=True))

    @app.action(NOT_NOW)
    async def not_now(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)
