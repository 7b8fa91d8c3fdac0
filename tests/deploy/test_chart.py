"""The Helm chart: valid for Kubernetes, and strict in what its pods may do."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.command_line import COMMANDS
from bot.reports.queue import DATABASE_S
from bot.settings import Settings
from bot.settings_reference import every_setting
from bot.slack.measuring import PATH
from bot.tracing import STOP_S as TRACES_S
from bot.wiring import GRACE_S
from deploy.local_slack import config
from tests.deploy.chart import (
    CHART,
    PASSWORD,
    SETS,
    helm,
    manifests,
    of_kind,
    pods,
    settings,
    template,
    text_of,
)
from tests.deploy.dockerfile import ROOT, stages
from tests.deploy.yaml_files import NEWEST, complaints, document, is_valid

OLDEST = "1.27"
"""What ``kubeVersion`` of the chart says."""
STOP_S = 3 * GRACE_S + 2 * DATABASE_S + TRACES_S
"""Deliveries, requests and answers that are under way are waited for, one after the other; then the
queue and a socket are closed, and the last traces sent."""
CUSTOM = {"ServiceMonitor"}
"""Kinds that Kubernetes itself does not have."""

every_set = pytest.mark.parametrize("name", SETS)


@every_set
def test_helm_lint_finds_nothing(name: str) -> None:
    done = helm("lint", "--strict", "--quiet", str(CHART), *settings(SETS[name]))

    assert done.returncode == 0, done.stdout + done.stderr


@every_set
def test_yamllint_finds_nothing_in_what_is_rendered(name: str) -> None:
    assert complaints(text_of(name)) == []


@every_set
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_manifest_is_valid(name: str, version: str) -> None:
    found = [manifest for manifest in manifests(name) if manifest["kind"] not in CUSTOM]

    assert len(found) >= 5
    for manifest in found:
        is_valid(manifest, version)


@every_set
def test_a_pod_has_no_privileges_and_no_token(name: str) -> None:
    for pod in pods(name):
        spec, rules = pod["spec"], pod["spec"]["securityContext"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert rules["runAsNonRoot"] is True
        assert str(rules["runAsUser"]) == str(rules["fsGroup"]) == stages()["image"].one("USER")
        assert rules["seccompProfile"] == {"type": "RuntimeDefault"}
        kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"emptyDir", "persistentVolumeClaim"}


@every_set
def test_a_container_has_bounds_and_writes_nowhere_else(name: str) -> None:
    for pod in pods(name):
        assert "initContainers" not in pod["spec"]
        for container in pod["spec"]["containers"]:
            rules = container["securityContext"]
            assert rules["readOnlyRootFilesystem"] is True
            assert rules["allowPrivilegeEscalation"] is False
            assert rules["privileged"] is False
            assert rules["capabilities"] == {"drop": ["ALL"]}
            for bounds in ("requests", "limits"):
                assert {"cpu", "memory"} <= set(container["resources"][bounds])
            assert re.search(r":\d+\.\d+\.\d+$|@sha256:[0-9a-f]{64}$", container["image"])
            assert {mount["mountPath"] for mount in container["volumeMounts"]} <= {"/tmp", "/data"}  # noqa: S108 - a mount


@every_set
def test_what_selects_the_bot_selects_it_and_not_the_job(name: str) -> None:
    (deployment,) = of_kind(name, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    jobs = [job["spec"]["template"]["metadata"]["labels"] for job in of_kind(name, "Job")]
    selectors = [
        deployment["spec"]["selector"]["matchLabels"],
        *(service["spec"]["selector"] for service in of_kind(name, "Service")),
        *(
            budget["spec"]["selector"]["matchLabels"]
            for budget in of_kind(name, "PodDisruptionBudget")
        ),
        *(
            spread["labelSelector"]["matchLabels"]
            for spread in deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        ),
    ]
    (policy,) = of_kind(name, "NetworkPolicy")

    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not any(selector.items() <= job.items() for job in jobs)
    for pod in (labels, *jobs):
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= pod.items()


@every_set
def test_the_bot_is_told_settings_that_it_has(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields} | {"METRICS_HOST", "METRICS_PORT"}

    for pod in pods(name):
        for container in pod["spec"]["containers"]:
            named = [variable["name"] for variable in container["env"]]
            assert set(named) <= known
            assert len(named) == len(set(named))


def test_a_rolling_update_takes_no_replica_away_before_another_serves() -> None:
    (deployment,) = of_kind("as it is", "Deployment")
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    (bot,) = pod["containers"]
    (_, pause_s) = bot["lifecycle"]["preStop"]["exec"]["command"]

    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert pod["terminationGracePeriodSeconds"] > int(pause_s) + STOP_S
    assert bot["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert bot["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    (port,) = (port["containerPort"] for port in bot["ports"])
    assert str(port) == stages()["image"].one("EXPOSE")


def test_the_compose_file_waits_as_long() -> None:
    compose = document((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    grace = compose["services"]["bot"]["stop_grace_period"]

    assert int(grace.removesuffix("s")) > STOP_S


def test_sqlite_is_one_replica_on_a_volume_that_is_kept() -> None:
    (deployment,) = of_kind("sqlite", "Deployment")
    (claim,) = of_kind("sqlite", "PersistentVolumeClaim")
    (bot,) = deployment["spec"]["template"]["spec"]["containers"]

    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert {"name": "DATABASE_URL", "value": "sqlite:////data/carbon.db"} in bot["env"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert not of_kind("sqlite", "Job")
    assert not of_kind("sqlite on a volume that is there", "PersistentVolumeClaim")


def test_the_database_is_migrated_before_the_release_and_with_its_own_secret() -> None:
    (job,) = of_kind("secrets as values", "Job")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    secrets = {made["metadata"]["name"]: made for made in of_kind("secrets as values", "Secret")}
    named = container["env"][0]["valueFrom"]["secretKeyRef"]["name"]
    weights = [
        int(made["metadata"]["annotations"]["helm.sh/hook-weight"])
        for made in (secrets[named], job)
    ]

    for made in (secrets[named], job):
        assert made["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert weights == sorted(set(weights))
    assert list(secrets[named]["stringData"]) == ["DATABASE_URL"]
    assert container["command"][:3] == stages()["image"].command
    assert container["command"][3:] == ["migrate"]
    assert "migrate" in COMMANDS
    # Nothing that is made with the release itself is there yet.
    assert "serviceAccountName" not in job["spec"]["template"]["spec"]
    assert not of_kind("without the job", "Job")


def test_secrets_stand_in_secrets_only() -> None:
    for manifest in manifests("secrets as values"):
        if manifest["kind"] != "Secret":
            assert not re.search(f"{PASSWORD}|planted", json.dumps(manifest))
    for name in set(SETS) - {"secrets as values"}:
        assert not of_kind(name, "Secret")


def test_every_secret_is_refused_among_the_settings() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    refused = schema["properties"]["settings"]["allOf"][1]["propertyNames"]["not"]["pattern"]
    assert [
        one.name for one in every_setting() if one.is_secret and not re.search(refused, one.name)
    ] == []


def test_new_secrets_restart_the_bot() -> None:
    def note(*more: str) -> Any:
        done = template(*SETS["secrets as values"], *more)
        found = re.search(r"carbon/secret: (\w+)", done.stdout)
        assert found
        return found[1]

    assert note() == note() != note("secret.values.SLACK_BOT_TOKEN=xoxb-new")


def test_everything_that_can_be_set_arrives() -> None:
    text = text_of("everything")
    (ingress,) = of_kind("everything", "Ingress")
    (monitor,) = of_kind("everything", "ServiceMonitor")
    (policy,) = of_kind("everything", "NetworkPolicy")
    labels = [service["metadata"]["labels"] for service in of_kind("everything", "Service")]
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    ports = [rule["ports"][0]["port"] for rule in policy["spec"]["egress"] if "ports" in rule]

    for words in (
        "registry",
        "team: ml",
        "note: kept",
        "pool: small",
        "key: spot",
        "chat",
        "shared",
    ):
        assert words in text
    assert [wanted <= found.items() for found in labels] == [False, True]
    assert ports == [53, 443, 6432]
    assert all("from" in rule for rule in policy["spec"]["ingress"])
    assert "tls" not in ingress["spec"]
    assert of_kind("ingress", "Ingress")[0]["spec"]["tls"][0]["secretName"] == "carbon-tls"


def test_the_ingress_leads_to_what_others_ask_for_and_to_nothing_else() -> None:
    (ingress,) = of_kind("ingress", "Ingress")
    (rule,) = ingress["spec"]["rules"]
    paths = [found["path"] for found in rule["http"]["paths"]]
    manifest = config.MANIFEST.read_text(encoding="utf-8")
    asked = {urlsplit(url).path for url in re.findall(r'"(https://[^"]+/slack[^"]*)"', manifest)}

    def leads(path: str) -> bool:
        return any(path == open_ or path.startswith(f"{open_}/") for open_ in paths)

    assert asked
    assert all(leads(path) for path in (*asked, PATH))
    assert not any(leads(path) for path in ("/", "/healthz", "/readyz", "/metrics"))


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (("database.kind=sqlite",), "Set replicas=1, or database.kind=postgresql"),
        (("secret.existing=",), "the bot has no secrets"),
        (("secret.values.SLACK_BOT_TOKEN=xoxb-1",), "secret.values has no DATABASE_URL"),
        (("ingress.enabled=true",), "ingress.enabled needs ingress.host"),
        (("metrics.serviceMonitor.enabled=true",), "needs metrics.enabled=true"),
        (("replica=3",), "replica"),
        (("replicas=many",), "replicas"),
        (("database.kind=mysql",), "database.kind"),
        (("settings.SLACK_BOT_TOKEN=xoxb-1",), "settings"),
        (("settings.log_level=INFO",), "settings"),
        (("resources.limits.memory=lots",), "memory"),
        (("image.digest=latest",), "digest"),
        (("ingress.paths[0]=slack",), "paths"),
    ],
)
def test_values_that_cannot_work_are_refused_with_their_name(
    values: tuple[str, ...], complaint: str
) -> None:
    done = template(*values)

    assert done.returncode != 0
    assert complaint in done.stderr
    assert not done.stdout


def test_each_value_has_its_place_in_the_schema() -> None:
    """And with it its kind: a value that the schema does not know would be refused."""
    values = document((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))

    assert set(schema["properties"]) == set(values) | {"global", "nameOverride", "fullnameOverride"}
    for name, value in values.items():
        known = schema["properties"][name].get("properties")
        assert known is None or set(known) == set(value), name


def test_the_release_is_that_of_the_project() -> None:
    chart = document((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert f'\nversion = "{chart["appVersion"]}"\n' in project
    assert chart["kubeVersion"] == f">={OLDEST}.0-0"
