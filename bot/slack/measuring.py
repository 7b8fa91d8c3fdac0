"""Measurements that arrive by themselves: a channel's secret address, and what it hears of them."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import aiohttp
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.asker import Asker
from bot.blocks.budget import reached_message, with_crossings
from bot.blocks.ledger import connected_message, measured_message
from bot.blocks.listing import plain_message
from bot.budget import Crossing
from bot.codecarbon import NoMeasurement, measurement_in
from bot.ledger import Run, before_measured
from bot.message import Message
from bot.refusals import Reason
from bot.reports.budgeting import Budgets, Changed
from bot.request import current
from bot.slack.answering import Answering
from bot.slack.asking import Askers
from bot.slack.calibrating import Offers
from bot.slack.clients import Clients
from bot.slack.commands import Responder
from bot.slack.failures import FAILURES, reason
from bot.slack.payload import Who
from bot.slack.rates import Buckets, Clock
from bot.slack.refusing import not_permitted
from bot.slack.settings import SettingsForms
from bot.store import Store, Team
from bot.store.deliveries import DeliveryKey, DeliveryState
from bot.store.installations import NotInstalled
from bot.views.settings import Scope

log = logging.getLogger(__name__)

PATH: Final = "/ingest/{secret}"
LARGEST_BYTES: Final = 64 * 1024
"""Of a measurement; CodeCarbon's have about 1 kB."""
BURST: Final = 60
"""Measurements that an address takes at once; after that one a second."""
KIND: Final = "measured"

Body = dict[str, Any]


class Rate:
    """How much each address may take in."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._addresses = Buckets(BURST, 1.0, clock)

    def allows(self, secret: str) -> bool:
        """Whether an address may take one more now."""
        # The secret itself is kept nowhere, not even here.
        return not self._addresses.take(hashlib.sha256(secret.encode()).digest())


class Announcer:
    """Tells a channel what was measured of a run: in one message, which later figures change."""

    def __init__(
        self,
        clients: Clients,
        askers: Askers,
        store: Store,
        budgets: Budgets,
    ) -> None:
        """Take what it works with.

        Args:
            clients: post once, as what failed may have been posted; and change again and again.
            askers: knows how a channel is spoken to.
            store: what was told already, and the runs.
            budgets: what a measurement may reach.
        """
        self._clients = clients
        self._askers = askers
        self._store = store
        self._budgets = budgets
        self._offers = Offers(askers, store)

    async def today(self, team: Team, channel_id: str) -> date:
        """Which day it is in a channel: on that a run counts that nobody planned."""
        return await self._budgets.today(team, channel_id)

    async def announce(self, team: Team, run: Run, *, changed: bool = False) -> None:
        """Post it into the run's thread, or to its channel; or change what was posted.

        What Slack refused is posted when the measurement is sent again. Where it is not known
        whether Slack took it, it is not posted twice: the ledger has the measurement anyway.

        Args:
            team: the workspace.
            run: what was measured.
            changed: whether it was measured before, with other figures.
        """
        entry = run.entry
        key = DeliveryKey(team, entry.channel_id, KIND, run.id)
        deliveries = self._store.deliveries
        delivery = await deliveries.intend(key)
        if delivery.state is DeliveryState.POSTED:
            if changed and delivery.ts:
                await self._change(team, run, delivery.ts, None)
                await self._tell_reached(team, run)
            return
        again = delivery.state is DeliveryState.FAILED
        if delivery.attempts and not again:
            return
        # Before it is begun: what breaks here is announced when the measurement is sent again.
        crossings = await self._reached(team, run)
        if await deliveries.begin(delivery) is None:
            return
        offer = await self._offers.claim(team, entry.channel_id)
        message = await self._message(team, run, crossings, offer=offer is not None)
        try:
            client = await self._clients.once(team)
            posted = await client.chat_postMessage(
                channel=_channel(run),
                text=message.text,
                blocks=list(message.blocks),
                unfurl_links=False,
                unfurl_media=False,
                thread_ts=entry.thread_ts,
            )
        except (SlackApiError, NotInstalled) as error:
            log.warning("a measurement was not announced: %s", reason(error))
            if offer is not None:
                await self._offers.made(offer, None)
            await deliveries.failed(key, reason(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("a measurement was perhaps not announced: %s", type(error).__name__)
        else:
            ts = str(posted["ts"])
            # Before the message may be changed, which is to keep the offer.
            if offer is not None:
                await self._offers.made(offer, ts)
            await deliveries.posted(key, ts)
            await self._budgets.told(team, crossings)
            # What arrived in between found nothing to change yet.
            await self._change(team, run, ts, _figures(run))

    async def corrected(self, team: Team, run: Run) -> None:
        """Let what was posted of a run show what a person entered in place of it."""
        key = DeliveryKey(team, run.entry.channel_id, KIND, run.id)
        delivery = await self._store.deliveries.get(key)
        if delivery is not None and delivery.state is DeliveryState.POSTED and delivery.ts:
            await self._change(team, run, delivery.ts, None, by_hand=True)

    async def _change(
        self,
        team: Team,
        run: Run,
        ts: str,
        shown: tuple[float | None, ...] | None,
        *,
        by_hand: bool = False,
    ) -> None:
        """Let a message show what the ledger says now, whichever of two changes is quicker."""
        while True:
            now = await self._store.runs.get(team, run.id)
            if now is None or _figures(now) == shown:
                return
            offer = await self._offers.is_in(team, run.entry.channel_id, ts)
            crossings = await self._reached(team, now)
            message = await self._message(team, now, crossings, offer=offer, by_hand=by_hand)
            try:
                client = await self._clients.patient(team)
                await client.chat_update(
                    channel=_channel(run), ts=ts, text=message.text, blocks=list(message.blocks)
                )
            except (*FAILURES, NotInstalled) as error:
                log.warning("a measurement was not changed: %s", reason(error))
                return
            shown = _figures(now)

    async def _message(
        self,
        team: Team,
        run: Run,
        crossings: Sequence[Crossing],
        *,
        offer: bool,
        by_hand: bool = False,
    ) -> Message:
        asker = await self._askers.of_channel(team, run.entry.channel_id)
        message = measured_message(run.entry, asker.say, offer=offer, by_hand=by_hand)
        return with_crossings(message, crossings, asker.say)

    async def _reached(self, team: Team, run: Run) -> list[Crossing]:
        """What a run reaches by its measurement, of which the estimate had not reached it."""
        entry = run.entry
        change = Changed([entry], [before_measured(entry)], frozenset([run.id]))
        return await self._budgets.crossings(team, change)

    async def _tell_reached(self, team: Team, run: Run) -> None:
        """What a later figure reaches, in a message of its own: a changed one notifies nobody."""
        new = await self._budgets.told(team, await self._reached(team, run))
        if not new:
            return
        asker = await self._askers.of_channel(team, run.entry.channel_id)
        message = reached_message(run.entry.name, new, asker.say)
        try:
            client = await self._clients.once(team)
            await client.chat_postMessage(
                channel=_channel(run),
                text=message.text,
                blocks=list(message.blocks),
                unfurl_links=False,
                unfurl_media=False,
                thread_ts=run.entry.thread_ts,
            )
        except (*FAILURES, NotInstalled) as error:
            log.warning("a budget's threshold was not told: %s", reason(error))


def _channel(run: Run) -> str:
    return run.entry.thread_channel_id or run.entry.channel_id


def _figures(run: Run) -> tuple[float | None, ...]:
    return run.entry.measured_energy_kwh, run.entry.measured_kgco2e


@dataclass(frozen=True, slots=True)
class Ingest:
    """Takes measurements in over HTTP."""

    store: Store
    announcer: Announcer
    answering: Answering
    rate: Rate

    async def handle(self, request: web.Request) -> web.Response:
        """Answer CodeCarbon: 201 where the measurement is in the ledger, also when it was."""
        secret = request.match_info["secret"]
        if not self.rate.allows(secret):
            return _refused(
                Reason.RATE_LIMITED, 429, "too many measurements: wait a moment", retry_after_s=1
            )
        body = await _body(request)
        if body is None:
            return _refused(
                Reason.TOO_LARGE, 413, f"a measurement has at most {LARGEST_BYTES // 1024} kB"
            )
        try:
            url = await self.store.measurements.by_secret(secret)
            if url is None:
                return _refused(
                    Reason.UNKNOWN_ADDRESS, 404, "this address is not known, or was revoked"
                )
            measurement = measurement_in(json.loads(body))
            today = await self.announcer.today(url.team, url.channel_id)
            received = await self.store.measurements.receive(url, measurement, today)
        except NoMeasurement as error:
            return _refused(Reason.MALFORMED, 400, str(error))
        except (ValueError, RecursionError):
            return _refused(Reason.MALFORMED, 400, "this is no JSON")
        except (SQLAlchemyError, OSError) as error:
            log.warning("a measurement could not be stored: %s", type(error).__name__)
            return _answer(503, "the ledger cannot be reached: send it again", retry_after_s=30)
        if received.run is not None:
            self.answering.later(self._announce(url.team, received.run, changed=received.replaces))
        answer = {"new": received.is_new, "replaced": received.replaces}
        return web.json_response(answer, status=201)

    async def _announce(self, team: Team, run: Run, *, changed: bool) -> None:
        try:
            await self.announcer.announce(team, run, changed=changed)
        except (SQLAlchemyError, OSError) as error:
            log.warning("a measurement was not announced: %s", type(error).__name__)


async def _body(request: web.Request) -> bytes | None:
    """The body; ``None`` where it is too large, which is not read to its end."""
    read = bytearray()
    async for chunk in request.content.iter_any():
        read += chunk
        if len(read) > LARGEST_BYTES:
            return None
    return bytes(read)


def _refused(
    reason: Reason, status: int, why: str, retry_after_s: int | None = None
) -> web.Response:
    current().refused(reason, f"a measurement: {why}")
    return _answer(status, why, retry_after_s)


def _answer(status: int, why: str, retry_after_s: int | None = None) -> web.Response:
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return web.json_response({"error": why}, status=status, headers=headers)


def responders(
    askers: Askers, store: Store, forms: SettingsForms, public_url: str | None
) -> dict[str, Responder]:
    """What answers ``/carbon connect`` and ``/carbon disconnect``."""

    async def allowed(who: Who, asker: Asker, client: AsyncWebClient) -> Message | None:
        """Why a member may not, if so: who may change the channel's settings may."""
        if not who.channel_id:
            return plain_message(asker.say("Type this in the channel that it is about."))
        if await forms.may(who, Scope(channel_id=who.channel_id, whole=False), client):
            return None
        not_permitted(who, "to change a channel's addresses")
        return plain_message(
            asker.say("Only who may change this channel's settings may do this: `/carbon settings`")
        )

    async def connect(command: Body, client: AsyncWebClient, rest: str) -> Message:
        who = Who.of_command(command)
        asker = await askers.asker(who, client, rest)
        if public_url is None:
            return plain_message(
                asker.say(
                    "Measurements cannot arrive yet: whoever runs carbon must set PUBLIC_URL, "
                    "the address under which it is reached."
                )
            )
        refused = await allowed(who, asker, client)
        if refused is not None:
            return refused
        _, secret = await store.measurements.connect(who.team, who.channel_id, who.user_id)
        address = f"{public_url.rstrip('/')}{PATH.format(secret=secret)}"
        number = len(await store.measurements.of(who.team, who.channel_id))
        return connected_message(address, number, asker.say)

    async def disconnect(command: Body, client: AsyncWebClient, rest: str) -> Message:
        who = Who.of_command(command)
        asker = await askers.asker(who, client, rest)
        refused = await allowed(who, asker, client)
        if refused is not None:
            return refused
        number = await store.measurements.revoke(who.team, who.channel_id)
        if not number:
            return plain_message(asker.say("No address was open in this channel."))
        return plain_message(
            asker.say.plural(
                "{n} address is revoked: nothing arrives at it any more.",
                "{n} addresses are revoked: nothing arrives at them any more.",
                number,
            )
        )

    return {"connect": connect, "disconnect": disconnect}
