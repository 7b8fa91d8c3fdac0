"""The Helm chart, rendered with sets of values that people have."""

from __future__ import annotations

import subprocess
from functools import cache
from typing import Any, Final

from tests.deploy.dockerfile import ROOT
from tests.deploy.programs import program
from tests.deploy.yaml_files import documents

CHART: Final = ROOT / "deploy" / "helm" / "carbon"
RELEASE: Final = "rel"
PASSWORD: Final = "pa55-of-the-database"
SQLITE: Final = ("replicas=1", "database.kind=sqlite")
SETS: Final[dict[str, tuple[str, ...]]] = {
    "as it is": (),
    "secrets as values": (
        "secret.values.SLACK_BOT_TOKEN=xoxb-planted",
        "secret.values.SLACK_SIGNING_SECRET=planted",
        f"secret.values.DATABASE_URL=postgresql://carbon:{PASSWORD}@db.example.com/carbon",
    ),
    "sqlite": SQLITE,
    "sqlite on a volume that is there": (*SQLITE, "database.sqlite.existingClaim=history"),
    "without the job": ("migrations.job=false",),
    "ingress": (
        "ingress.enabled=true",
        "ingress.host=carbon.example.com",
        "ingress.className=nginx",
        "ingress.tlsSecret=carbon-tls",
    ),
    "everything": (
        "replicas=3",
        "fullnameOverride=other",
        f"image.digest=sha256:{'a' * 64}",
        "imagePullSecrets[0].name=registry",
        "settings.LOG_LEVEL=WARNING",
        "settings.PUBLIC_URL=https://carbon.example.com",
        "ingress.enabled=true",
        "ingress.host=carbon.example.com",
        r"ingress.annotations.cert-manager\.io/cluster-issuer=letsencrypt",
        "metrics.enabled=true",
        "metrics.serviceMonitor.enabled=true",
        "metrics.serviceMonitor.labels.release=prometheus",
        "networkPolicy.from[0].namespaceSelector.matchLabels.name=ingress-nginx",
        "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name=monitoring",
        "networkPolicy.database.port=6432",
        "networkPolicy.database.to[0].ipBlock.cidr=10.0.0.0/8",
        "networkPolicy.extraEgress[0].to[0].ipBlock.cidr=10.1.0.0/16",
        "serviceAccount.existing=shared",
        "podLabels.team=ml",
        "podAnnotations.note=kept",
        "nodeSelector.pool=small",
        "tolerations[0].key=spot",
        "tolerations[0].operator=Exists",
        "priorityClassName=chat",
    ),
}
"""What is set, by what it is good for."""

STRINGS: Final = ("secret.values.", "settings.", "ingress.annotations.", "pod", "nodeSelector.")


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run helm."""
    return subprocess.run(
        [program("helm"), *arguments], capture_output=True, text=True, check=False
    )


def settings(values: tuple[str, ...]) -> list[str]:
    """Values as helm's arguments; what is a text stays one."""
    return [
        part
        for value in values
        for part in ("--set-string" if value.startswith(STRINGS) else "--set", value)
    ]


def template(*values: str) -> subprocess.CompletedProcess[str]:
    """Render the chart."""
    return helm("template", RELEASE, str(CHART), "--namespace", "bots", *settings(values))


@cache
def text_of(name: str) -> str:
    """What the chart makes of a set of values."""
    done = template(*SETS[name])
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def manifests(name: str) -> list[dict[str, Any]]:
    """The manifests of a set of values."""
    return documents(text_of(name))


def of_kind(name: str, kind: str) -> list[dict[str, Any]]:
    """The manifests of a kind."""
    return [manifest for manifest in manifests(name) if manifest["kind"] == kind]


def pods(name: str) -> list[dict[str, Any]]:
    """The templates of every pod that there will be."""
    return [
        manifest["spec"]["template"]
        for kind in ("Deployment", "Job")
        for manifest in of_kind(name, kind)
    ]
