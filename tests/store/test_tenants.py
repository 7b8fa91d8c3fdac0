"""No workspace reads or changes what is another's: every method of the storage is tried.

The database is filled for one workspace; then another calls every method that takes a workspace,
with the first one's ids. A method that is in neither list below fails the test: whoever adds one
says here whose rows it touches.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select

from bot.budget import Scope
from bot.periods import Report
from bot.preferences import NOTHING_SET, Preferences
from bot.store import Store, Team
from bot.store.deliveries import Delivery, DeliveryKey, DeliveryState
from bot.store.errors import ChangedMeanwhile
from bot.store.forgetting import Forgotten, forget_team
from bot.store.installations import Installed
from bot.store.measurements import IngestUrl
from bot.store.runs import Run
from bot.store.schema import metadata
from tests.store.test_installations import installed
from tests.store.test_ledger import budget, entry, measurement, schedule
from tests.store.test_store import answered

OURS: Final = Team("E1", "T1")
OTHERS: Final = [Team("E1", "T2"), Team("", "T1")]
"""Who attacks: another of the same organisation, and one of the same name in none."""
MARK: Final = "oursalone"
"""In everything that people of the first workspace wrote."""
CHANNEL, USER = "C1", "U1"
"""The same in every workspace, so that nothing but the workspace keeps rows apart."""
FIRST, AFTER = date(2020, 1, 1), date(2030, 1, 1)
PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class Scene:
    """The first workspace's things, and who is after them."""

    store: Store
    run: Run
    planned: Run
    estimate_id: str
    url: IngestUrl
    secret: str
    delivery: Delivery
    installed: Installed
    thief: Team

    @property
    def key(self) -> DeliveryKey:
        """The delivery, as the other workspace would name it."""
        return replace_team(self.delivery.key, self.thief)


def replace_team(key: DeliveryKey, team: Team) -> DeliveryKey:
    return key._replace(team=team)


async def fill(store: Store) -> Scene:
    """Leave something of the first workspace in every table."""
    team = OURS
    await store.preferences.put(team, "", Preferences(pue=1.31, location=MARK), USER)
    await store.preferences.put(team, CHANNEL, Preferences(pue=1.37, location=MARK), USER)
    await store.factor_files.upload(team, f"{MARK}.toml", f"# {MARK}", USER)
    await store.members.fetched(team, USER, MARK, MARK, is_admin=True)
    url, secret = await store.measurements.connect(team, CHANNEL, USER)
    measured = await store.measurements.receive(url, measurement(MARK, project=MARK))
    await store.measurements.of_imports(team, CHANNEL, USER)
    assert measured.run is not None
    planned = await store.runs.enter(team, entry(f"{MARK} planned", project=MARK, command=MARK))
    await store.schedules.put(schedule(team))
    delivery = await store.deliveries.intend(DeliveryKey(team, CHANNEL, "weekly", "2026-W48"))
    skipped = await store.deliveries.intend(DeliveryKey(team, CHANNEL, "weekly", "2026-W47"))
    await store.deliveries.skipped(skipped.key, MARK)
    for scope, scope_id in ((Scope.CHANNEL, CHANNEL), (Scope.PROJECT, MARK)):
        await store.budgets.put(team, budget(scope, scope_id))
        await store.budgets.warn_once(team, budget(scope, scope_id), "2026-11", 50)
    asked = answered("8 H100")._replace(command=f"8 H100 # {MARK}")
    estimate_id = store.history.record(team, CHANNEL, USER, asked)
    await store.history.flush()
    await store.installations.put(installed(team, f"xoxb-{MARK}"))
    own = await store.installations.own(team)
    assert own is not None
    await store.factor_sets.keep("2026.11", lambda: b"data")
    await store.handled.first_time("event Ev1")
    return Scene(store, measured.run, planned, estimate_id, url, secret, delivery, own, OURS)


async def rows_of(store: Store, team: Team) -> dict[str, list[Any]]:
    """Everything that is a workspace's."""
    found = {}
    async with store.database.transaction() as connection:
        for table in metadata.sorted_tables:
            if "team_id" in table.c:
                rows = await connection.execute(
                    select(table)
                    .where(
                        table.c.team_id == team.team_id,
                        table.c.enterprise_id == team.enterprise_id,
                    )
                    .order_by(*table.primary_key)
                )
                found[table.name] = [tuple(row) for row in rows]
    return found


@pytest.fixture
async def scene(store: Store) -> Scene:
    return await fill(store)


Call = Callable[[Scene], Awaitable[Any]]


class Refused:
    """Stands for what a method raises."""

    def __init__(self, kind: type[Exception]) -> None:
        self.kind = kind


class Writes:
    """A method that writes rows of the workspace that calls it."""


WRITES: Final = Writes()
NONE: Final[tuple[Any, ...]] = (None, False, 0, [], {})

ATTACKS: Final[dict[str, tuple[Call, object]]] = {
    "forget_team": (lambda s: s.store.forget_team(s.thief), WRITES),
    "forget_member": (
        lambda s: s.store.forget_member(s.thief, USER),
        lambda found: isinstance(found, Forgotten) and not any(map(any_of, found)),
    ),
    "kept_of": (
        lambda s: s.store.kept_of(s.thief, USER),
        lambda found: not any(found.values()),
    ),
    "count_of": (
        lambda s: s.store.count_of(s.thief, USER),
        lambda found: not any(found.values()),
    ),
    "preferences.of": (lambda s: s.store.preferences.of(s.thief, CHANNEL), [NOTHING_SET]),
    "preferences.own": (lambda s: s.store.preferences.own(s.thief, CHANNEL), [NOTHING_SET]),
    "preferences.put": (
        lambda s: s.store.preferences.put(s.thief, CHANNEL, NOTHING_SET, "U2"),
        WRITES,
    ),
    "factor_files.active": (lambda s: s.store.factor_files.active(s.thief), NONE),
    "factor_files.all": (lambda s: s.store.factor_files.all(s.thief), NONE),
    "factor_files.upload": (
        lambda s: s.store.factor_files.upload(s.thief, "a.toml", "a = 1", "U2"),
        WRITES,
    ),
    "factor_files.withdraw": (lambda s: s.store.factor_files.withdraw(s.thief), WRITES),
    "members.get": (lambda s: s.store.members.get(s.thief, USER), NONE),
    "members.fetched": (
        lambda s: s.store.members.fetched(s.thief, USER, "en", "UTC", is_admin=False),
        WRITES,
    ),
    "members.welcomed": (lambda s: s.store.members.welcomed(s.thief, USER), WRITES),
    "history.record": (
        lambda s: recorded(s.store, s.thief),
        WRITES,
    ),
    "history.recent": (lambda s: s.store.history.recent(s.thief, USER), NONE),
    "history.get": (lambda s: s.store.history.get(s.thief, s.estimate_id), NONE),
    "history.asked_in": (
        lambda s: s.store.history.asked_in(s.thief, CHANNEL, PAST, FUTURE),
        [(0, None)],
    ),
    "runs.enter": (lambda s: s.store.runs.enter(s.thief, entry("another")), WRITES),
    "runs.enter_missing": (
        lambda s: s.store.runs.enter_missing(s.thief, CHANNEL, [s.planned.entry]),
        # The first workspace has a run of this name and day, which says nothing here.
        lambda found: found == 1,
    ),
    "runs.missing": (
        lambda s: s.store.runs.missing(s.thief, CHANNEL, [entry("another")]),
        lambda found: len(found) == 1,
    ),
    "runs.get": (lambda s: s.store.runs.get(s.thief, s.run.id), NONE),
    "runs.change": (
        lambda s: s.store.runs.change(s.thief, s.run.id, s.run.version, entry("stolen")),
        Refused(ChangedMeanwhile),
    ),
    "runs.delete": (lambda s: s.store.runs.delete(s.thief, s.run.id), NONE),
    "runs.counted": (
        lambda s: s.store.runs.counted(s.thief, FIRST, AFTER, channel_id=CHANNEL, project=MARK),
        NONE,
    ),
    "runs.figures": (lambda s: s.store.runs.figures(s.thief, FIRST, AFTER, CHANNEL), NONE),
    "runs.named": (lambda s: s.store.runs.named(s.thief, CHANNEL, MARK), NONE),
    "runs.found": (lambda s: s.store.runs.found(s.thief, CHANNEL), NONE),
    "runs.all": (lambda s: s.store.runs.all(s.thief), NONE),
    "measurements.connect": (
        lambda s: s.store.measurements.connect(s.thief, CHANNEL, "U2"),
        WRITES,
    ),
    "measurements.of_imports": (
        lambda s: s.store.measurements.of_imports(s.thief, CHANNEL, "U2"),
        WRITES,
    ),
    "measurements.of": (lambda s: s.store.measurements.of(s.thief, CHANNEL), NONE),
    "measurements.revoke": (lambda s: s.store.measurements.revoke(s.thief, CHANNEL), NONE),
    "measurements.of_runs": (
        lambda s: s.store.measurements.of_runs(s.thief, [s.run.id, s.planned.id]),
        NONE,
    ),
    "measurements.receive": (
        # The same address and the same run of CodeCarbon's, in the name of another workspace.
        lambda s: s.store.measurements.receive(
            replace(s.url, team=s.thief), measurement(MARK, "another", energy_kwh=1e6)
        ),
        WRITES,
    ),
    "schedules.put": (
        lambda s: s.store.schedules.put(replace(schedule(s.thief), active=False)),
        WRITES,
    ),
    "schedules.of": (lambda s: s.store.schedules.of(s.thief, CHANNEL), NONE),
    "schedules.move": (lambda s: s.store.schedules.move(schedule(s.thief), FUTURE), NONE),
    "schedules.move_all": (
        lambda s: s.store.schedules.move_all([(schedule(s.thief), FUTURE)]),
        NONE,
    ),
    "deliveries.intend": (
        lambda s: s.store.deliveries.intend(s.key),
        lambda found: found.attempts == 0 and found.key.team != OURS,
    ),
    "deliveries.intend_all": (lambda s: s.store.deliveries.intend_all([s.key]), WRITES),
    "deliveries.get": (lambda s: s.store.deliveries.get(s.key), NONE),
    "deliveries.begin": (
        lambda s: s.store.deliveries.begin(replace(s.delivery, key=s.key)),
        NONE,
    ),
    "deliveries.posted": (lambda s: s.store.deliveries.posted(s.key, "1.1"), NONE),
    "deliveries.skipped": (lambda s: s.store.deliveries.skipped(s.key, "stolen"), NONE),
    "deliveries.failed": (lambda s: s.store.deliveries.failed(s.key, "stolen"), NONE),
    "deliveries.forget_skipped": (
        lambda s: s.store.deliveries.forget_skipped(s.thief, CHANNEL, "weekly", PAST),
        NONE,
    ),
    "deliveries.recent": (lambda s: s.store.deliveries.recent(s.thief, CHANNEL), NONE),
    "budgets.put": (
        lambda s: s.store.budgets.put(s.thief, replace(budget(), amount=1.0)),
        WRITES,
    ),
    "budgets.remove": (
        lambda s: s.store.budgets.remove(s.thief, budget(Scope.PROJECT, MARK)),
        NONE,
    ),
    "budgets.all": (lambda s: s.store.budgets.all(s.thief), NONE),
    "budgets.touching": (lambda s: s.store.budgets.touching(s.thief, CHANNEL, MARK), NONE),
    "installations.of": (lambda s: s.store.installations.of(s.thief), NONE),
    "installations.has": (lambda s: s.store.installations.has(s.thief), NONE),
    "installations.own": (lambda s: s.store.installations.own(s.thief), NONE),
    "installations.put": (
        lambda s: s.store.installations.put(installed(s.thief, "xoxb-another")),
        WRITES,
    ),
    "installations.renew": (
        lambda s: s.store.installations.renew(
            replace(s.installed, team=s.thief), "xoxb-stolen", None, FUTURE
        ),
        NONE,
    ),
    "installations.delete": (lambda s: s.store.installations.delete(s.thief), NONE),
    "budgets.warn_once": (lambda s: warned(s.store, s.thief), lambda found: found is True),
}
"""What another workspace tries, by the method, and what it must get: an empty answer, one of the
answers in a list, an error, what a function says is right, or nothing but its own."""

EVERYWHERE: Final[dict[str, str]] = {
    "teams_of": "an organisation's own word that the app left it, which all its workspaces hear",
    "installations.lacking": "an operator's list, of scopes alone",
    "installations.problem": "readiness: whether the keys open the newest token",
    "installations.unreadable": "an operator's count",
    "installations.reseal": "an operator's rotation of keys",
    "deliveries.watch": "a counter of the operator's metrics",
    "deliveries.perhaps_posted": "an operator's, after a restore: each key carries its workspace",
    "deliveries.waits_since": "a figure of the operator's metrics",
    "factor_sets.keep": "data of the release, the same for all",
    "factor_sets.get": "data of the release, the same for all",
    "handled.first_time": "keys that Slack makes, or random ones: no workspace has another's",
    "handled.first_time_within": "keys with the workspace in them",
    "handled.forget": "given back by who claimed them",
    "handled.forget_old": "the clock's: old keys, read by nobody",
    "history.start": "starts the writer",
    "history.stop": "writes what waits, each row as it was recorded",
    "history.flush": "writes what waits, each row as it was recorded",
    "history.forget_before": "the clock's: retention, which is one setting for all",
    "runs.purge": "the clock's: what was deleted long ago, read by nobody",
    "measurements.by_secret": "the secret is what tells the workspace; see the test of it",
    "schedules.due": "the clock's: each schedule carries its workspace",
    "schedules.ahead": "the clock's: each schedule carries its workspace",
    "deliveries.unfinished": "the clock's: each delivery carries its workspace",
    "deliveries.forget_before": "the clock's: retention, which is one setting for all",
}
"""Methods that are not about one workspace, and why that is right."""


def any_of(found: Any) -> bool:
    return any(found.values()) if hasattr(found, "values") else bool(found)


async def recorded(store: Store, team: Team) -> None:
    store.history.record(team, CHANNEL, USER, answered("9 H100"))
    await store.history.flush()


async def warned(store: Store, team: Team) -> bool:
    """Whether a warning is given although another workspace had it."""
    await store.budgets.put(team, budget())
    return await store.budgets.warn_once(team, budget(), "2026-11", 50)


def methods() -> set[str]:
    """Every public method of the storage, but of the connection, which knows no rows."""
    found = set()
    kinds = typing.get_type_hints(Store)
    parts = {field.name: kinds[field.name] for field in dataclasses.fields(Store)}
    del parts["database"]
    for prefix, kind in (("", Store), *((f"{name}.", kind) for name, kind in parts.items())):
        for name, member in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                assert member.__qualname__.startswith(kind.__name__), member
                found.add(f"{prefix}{name}")
    return found


def test_every_method_is_tried_or_is_nobodys() -> None:
    assert not {*ATTACKS} & {*EVERYWHERE}
    told, found = {*ATTACKS} | {*EVERYWHERE}, methods()
    assert not found - told, "say in one of the lists whose rows these touch"
    assert not told - found, "these are gone"


def test_methods_that_take_a_workspace_are_tried() -> None:
    """Nobody can put a method that takes a workspace on the list of those that take none."""
    takes = {Team, Delivery, DeliveryKey, IngestUrl, Installed, type(schedule())}
    kinds = typing.get_type_hints(Store)
    for name in EVERYWHERE:
        part, _, method = name.rpartition(".")
        signature = inspect.signature(getattr(kinds[part] if part else Store, method))
        for parameter in signature.parameters.values():
            assert parameter.annotation not in {kind.__name__ for kind in takes}, name


@pytest.mark.parametrize("thief", OTHERS, ids=str)
async def test_no_method_reads_or_changes_another_workspaces_rows(
    thief: Team, scene: Scene
) -> None:
    scene.thief = thief
    before = await rows_of(scene.store, OURS)
    assert all(before.values()), "there is something to steal in every table"
    for name, (call, expected) in ATTACKS.items():
        found: Any = None
        if isinstance(expected, Refused):
            with pytest.raises(expected.kind):
                await call(scene)
        else:
            found = await call(scene)

        assert MARK not in repr(found).replace(repr(scene.planned.entry), ""), name
        assert await rows_of(scene.store, OURS) == before, name
        if expected is WRITES or callable(expected):
            # The next one has nothing again: what a method finds then can only be another's.
            await forget_team(scene.store.database, thief, installed=False)
        if callable(expected):
            assert expected(found), (name, found)
        elif isinstance(expected, (list, tuple)):
            assert found in expected, (name, found)


async def test_a_secret_opens_its_own_channel_and_no_other(scene: Scene) -> None:
    store, thief = scene.store, OTHERS[0]
    url, secret = await store.measurements.connect(thief, CHANNEL, "U2")
    before = await rows_of(store, OURS)

    found = await store.measurements.by_secret(secret)
    assert found is not None
    received = await store.measurements.receive(found, measurement(MARK, project=MARK))

    assert (found.id, found.team) == (url.id, thief)
    assert received.run is not None
    assert not received.was_planned
    assert await rows_of(store, OURS) == before
    for guess in ("", scene.url.id, scene.secret[:-1], scene.secret.upper(), "%", "_" * 43):
        assert await store.measurements.by_secret(guess) is None


async def test_what_the_clock_finds_says_whose_it_is(scene: Scene) -> None:
    store = scene.store
    await store.schedules.put(schedule(OTHERS[0]))
    await store.deliveries.intend(DeliveryKey(OTHERS[0], CHANNEL, "weekly", "2026-W48"))

    due = await store.schedules.due(FUTURE)
    unfinished = await store.deliveries.unfinished(FUTURE)

    assert {one.team for one in due} == {OURS, OTHERS[0]}
    assert {one.key.team for one in unfinished} == {OURS, OTHERS[0]}
    moved = await store.schedules.move(due[0], due[0].due_at + timedelta(days=7))
    assert moved
    assert {one.kind for one in due} == {Report.WEEKLY}
    assert {one.state for one in unfinished} == {DeliveryState.INTENDED}
