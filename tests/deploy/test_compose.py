"""The compose file: what it starts is shut off as far as it can be, and fits the image."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from bot.settings import Settings
from tests.deploy.dockerfile import DOCKERFILE, ROOT, stages
from tests.deploy.yaml_files import complaints, document

COMPOSE = ROOT / "deploy" / "compose.yaml"
TEXT = COMPOSE.read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = document(TEXT)["services"]
KNOWN = {
    "build",
    "cap_drop",
    "depends_on",
    "deploy",
    "env_file",
    "environment",
    "healthcheck",
    "image",
    "logging",
    "networks",
    "ports",
    "read_only",
    "restart",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "tmpfs",
    "user",
    "volumes",
}
"""Of the keys that the Compose Specification has for a service, those that are used."""


def interpolated(text: str, values: dict[str, str]) -> str:
    """A value as Compose sets it: ``${NAME:-default}`` and ``${NAME:?message}``."""
    return re.sub(
        r"\$\{(\w+):([-?])([^}]*)\}",
        lambda found: values.get(found[1]) or (found[3] if found[2] == "-" else ""),
        text,
    )


def test_yamllint_finds_nothing() -> None:
    assert complaints(TEXT) == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_privileges_and_bounds(name: str) -> None:
    service = SERVICES[name]

    assert set(service) <= KNOWN
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0
    assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["logging"]["options"]["max-size"]
    assert all("size=" in place for place in service["tmpfs"])
    assert not re.search(r":(latest)?$", interpolated(service["image"], {}))


def test_only_the_bot_reaches_the_database_and_only_this_machine_the_bot() -> None:
    networks = document(TEXT)["networks"]

    assert [name for name, service in SERVICES.items() if "ports" in service] == ["bot"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["bot"]["ports"])
    assert SERVICES["database"]["networks"] == ["inside"]
    assert networks["inside"]["internal"] is True
    assert "inside" in SERVICES["bot"]["networks"]


def test_the_bot_finds_the_database_with_the_password_that_it_was_given() -> None:
    set_here = {"POSTGRES_PASSWORD": "5e0b"}
    bot, database = SERVICES["bot"]["environment"], SERVICES["database"]["environment"]
    address = make_url(interpolated(bot["DATABASE_URL"], set_here))

    assert set(bot) <= {name.upper() for name in Settings.model_fields}
    assert address.host == "database"
    assert address.username == database["POSTGRES_USER"]
    assert address.database == database["POSTGRES_DB"]
    assert address.password == interpolated(database["POSTGRES_PASSWORD"], set_here) == "5e0b"
    assert SERVICES["bot"]["depends_on"]["database"]["condition"] == "service_healthy"


def test_no_secret_stands_in_it() -> None:
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD|SECRET|TOKEN", name):
                assert value.startswith("${"), name
    assert not re.search("xoxb|xapp", TEXT)


def test_it_fits_the_image() -> None:
    bot, image = SERVICES["bot"], stages()["image"]
    build = COMPOSE.parent / bot["build"]["context"]

    assert (build / bot["build"]["dockerfile"]).resolve() == DOCKERFILE
    assert bot["user"].partition(":")[0] == image.one("USER")
    # The volume of the image would otherwise be one without a name for each new container.
    assert any(place.startswith(f"{image.one('VOLUME')}:") for place in bot["tmpfs"])
    assert f":{image.one('EXPOSE')}/readyz" in bot["healthcheck"]["test"][-1]
    assert bot["environment"]["PORT"] == image.one("EXPOSE")
    assert bot["ports"][0].endswith(f":{image.one('EXPOSE')}")
    assert (COMPOSE.parent / bot["env_file"]).resolve() == ROOT / ".env"
