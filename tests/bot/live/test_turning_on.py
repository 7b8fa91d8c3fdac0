"""Live grids are off until a setting turns them on, and what is missing is named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.live.sources import live_grids
from bot.settings import Settings, SettingsError, read_settings
from estimator import load_default

GOOD = {"slack_bot_token": "xoxb-1-secret", "slack_signing_secret": "hush-hush"}
CATALOGUE = load_default()


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVE_GRID", "ELECTRICITY_MAPS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def settings(**values: str) -> Settings:
    return read_settings(_env_file=None, **GOOD, **values)


def test_it_is_off_by_default() -> None:
    assert settings().live_grid == "off"


@pytest.mark.parametrize("live_grid", ["electricity-maps", "both"])
def test_a_missing_token_is_named(live_grid: str) -> None:
    with pytest.raises(SettingsError, match="needs ELECTRICITY_MAPS_TOKEN"):
        settings(live_grid=live_grid)


def test_the_token_is_shown_nowhere() -> None:
    found = settings(live_grid="both", electricity_maps_token="em-secret")
    assert "em-secret" not in f"{found!r}{found}"


@pytest.mark.parametrize(
    ("live_grid", "zones"),
    [
        ("off", [None, None]),
        ("uk", ["neso", None]),
        ("electricity-maps", ["electricity-maps", "electricity-maps"]),
        ("both", ["neso", "electricity-maps"]),
    ],
)
async def test_each_setting_turns_its_sources_on(live_grid: str, zones: list[str | None]) -> None:
    token = "em-secret"
    wanted = settings(live_grid=live_grid, electricity_maps_token=token)
    async with live_grids(wanted, lambda: datetime(2026, 11, 24, tzinfo=UTC)) as grids:
        found = [grids.zone_of(place, CATALOGUE) for place in ("United Kingdom", "France")]
        assert grids.is_on == (live_grid != "off")
    assert [zone.source if zone else None for zone in found] == zones
