"""What the bot does with a command and with clicks. Thin: Slack's payload in, a message out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse

from bot.ledger import Run
from bot.pictures.studio import Studio
from bot.reports.budgeting import Budgets
from bot.reports.delivering import Reports
from bot.slack import (
    budget,
    calibrating,
    carrying,
    commands,
    editing,
    form,
    home,
    ledger,
    live,
    measuring,
    mentions,
    more,
    privacy,
    reply,
    settings,
    summaries,
    uninstalling,
)
from bot.slack.answering import Answering, answered_instead, apology
from bot.slack.asking import Askers
from bot.slack.once import FirstClick, Once
from bot.slack.payload import Who
from bot.slack.slowing import Pace, SlowDown
from bot.slack.threads import StayInThread
from bot.store import Store, Team
from estimator import Catalogue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What the listeners need."""

    askers: Askers
    answering: Answering
    store: Store
    catalogue: Catalogue
    reports: Reports
    studio: Studio
    announcer: measuring.Announcer
    budgets: Budgets
    pace: Pace
    lookup: live.Lookup
    uninstalling: uninstalling.Uninstalling | None = None
    public_url: str | None = None
    retention_days: int | None = None


def register(app: AsyncApp, services: Services) -> None:
    """Attach the bot's listeners to a Bolt app."""
    askers, answering, store = services.askers, services.answering, services.store
    budgets = services.budgets
    forms = settings.SettingsForms(askers, store, services.catalogue)

    def corrected(team: Team, run: Run) -> None:
        answering.later(services.announcer.corrected(team, run))

    runs = ledger.Ledger(askers, store, budgets, corrected)
    edits = editing.Editing(runs, store)
    openers = {
        "new": form.opener(askers),
        "settings": settings.opener(forms),
        "import": carrying.opener(askers),
        "edit": editing.opener(askers, edits),
    }
    responders = {
        **summaries.responders(askers, store, services.reports),
        **ledger.responders(runs, askers),
        **budget.responders(askers, store, budgets, forms),
        **measuring.responders(askers, store, forms, services.public_url),
        **carrying.responders(askers, store),
        **calibrating.responders(askers, store, forms),
        **privacy.responders(askers, store, services.retention_days),
        **live.responders(askers, services.lookup),
    }
    surfaces = commands.Surfaces(openers, responders, services.lookup)
    once = Once(store.handled)
    app.middleware(SlowDown(services.pace))
    app.middleware(FirstClick(once))
    app.middleware(StayInThread())
    commands.register(app, askers, answering, store.history, surfaces)
    reply.register(app, askers, services.lookup)
    more.register(app, askers, answering, services.studio)
    form.register(app, askers, answering, store)
    home.register(app, askers, answering, store, budgets)
    settings.register(app, askers, forms, once)
    ledger.register(app, runs, askers, once)
    editing.register(app, askers, store, edits, once)
    budget.register(app, runs, askers, once)
    carrying.register(app, carrying.Imports(askers, store, budgets, once), askers)
    calibrating.register(app, askers, store, forms)
    privacy.register(app, askers, store, services.retention_days)
    mentions.register(app, askers, answering, store, surfaces)
    uninstalling.register(app, services.uninstalling)

    @app.error
    async def apologise(
        error: Exception, body: dict[str, Any], respond: AsyncRespond
    ) -> BoltResponse:
        kind = body.get("command") or body.get("type") or "request"
        say = services.askers.say(Who.of(body), body.get("text") or "")
        message = apology(error, kind, say, install_url=answering.install_url)
        return await answered_instead(body, respond if body.get("response_url") else None, message)
