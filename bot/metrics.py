"""What the bot counts and times, as Prometheus reads it. No label names a workspace or a member.

What is counted elsewhere anyway is read when somebody asks (`Figures`); the rest is told as it
happens. An answer to a command tells one duration.
"""

from __future__ import annotations

import platform
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate
from typing import Final, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from bot.refusals import Reason

REQUEST_S: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
    # Slack waits for 3 s; what takes longer than 2.5 s is announced first.
    *(2.0, 2.5, 3.0, 5.0, 10.0),
)
CALL_S: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TRANSACTION_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)
DELAY_S: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
LAG_S: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Figures(Protocol):
    """What is counted elsewhere, and read when somebody asks."""

    def estimates(self) -> Mapping[tuple[str, str], int]:
        """Estimates since the start, by their factors and by what said how much is run."""

    def history_waiting(self) -> int:
        """Estimates that are not in the database yet."""

    def history_dropped(self) -> int:
        """Estimates that never will be."""

    def connections(self) -> tuple[int, int]:
        """Connections to the database: in use, and idle."""


class Metrics:
    """Everything that is counted, in a registry of its own."""

    def __init__(self, factors: str) -> None:
        """Begin to count.

        Args:
            factors: version of the data that answers.
        """
        self.registry = CollectorRegistry()
        own = self.registry
        self._requests = _Requests()
        own.register(self._requests)
        self._apologies = Counter(
            "carbon_apologies",
            "Answers that say sorry, by what failed: slack or carbon",
            ["cause"],
            registry=own,
        )
        self._refusals = Counter(
            "carbon_refusals",
            "What was refused, by why",
            ["reason"],
            registry=own,
        )
        self._late = Counter(
            "carbon_late_answers",
            "Answers that took longer than 2.5 s, were announced and came after",
            registry=own,
        )
        self._calls = Counter(
            "carbon_slack_calls",
            "Calls of Slack's Web API: ok, refused, rate_limited, failed or unreachable",
            ["method", "outcome"],
            registry=own,
        )
        self._call_s = Histogram(
            "carbon_slack_call_duration_seconds",
            "How long Slack's Web API took to answer",
            ["method"],
            buckets=CALL_S,
            registry=own,
        )
        self._retry_after_s = Counter(
            "carbon_slack_retry_after_seconds",
            "How long Slack asked the bot to wait, added up",
            ["method"],
            registry=own,
        )
        self._transactions = Histogram(
            "carbon_database_transaction_duration_seconds",
            "Transactions, the wait for a connection included: committed or rolled_back",
            ["outcome"],
            buckets=TRANSACTION_S,
            registry=own,
        )
        self._deliveries = Counter(
            "carbon_deliveries",
            "What became of summaries and notices: posted, skipped, or failed for now",
            ["kind", "outcome"],
            registry=own,
        )
        self._delays = Histogram(
            "carbon_delivery_delay_seconds",
            "From the moment a summary was found to be due until it was posted",
            ["kind"],
            buckets=DELAY_S,
            registry=own,
        )
        self._oldest_due = Gauge(
            "carbon_delivery_oldest_due_seconds",
            "How long the oldest summary that is due waits; 0 where none does, NaN where the "
            "database does not tell",
            registry=own,
        )
        self._ready = Gauge(
            "carbon_ready",
            "Whether each thing that /readyz looks at is well: 1 or 0",
            ["check"],
            registry=own,
        )
        self._lag = Histogram(
            "carbon_event_loop_lag_seconds",
            "How much too late the event loop woke up, looked at once a second",
            buckets=LAG_S,
            registry=own,
        )
        Info("carbon_build", "What runs, and with which factors", registry=own).info(
            {"version": _version(), "factors": factors, "python": platform.python_version()}
        )
        ProcessCollector(registry=own)
        # So that a rate is known from the first one on.
        for cause in ("slack", "carbon"):
            self._apologies.labels(cause)
        for reason in Reason:
            self._refusals.labels(reason.value)

    def read(self, figures: Figures) -> None:
        """Read what is counted elsewhere whenever somebody asks."""
        self.registry.register(_Read(figures))

    def request(self, kind: str, outcome: str, took_s: float) -> None:
        """Note a request."""
        self._requests.observe(kind, outcome, took_s)

    def apologised(self, cause: str) -> None:
        """Note that somebody was told sorry."""
        self._apologies.labels(cause).inc()

    def refused(self, reason: str) -> None:
        """Note that something was refused."""
        self._refusals.labels(reason).inc()

    def late(self) -> None:
        """Note an answer that was announced because it took long."""
        self._late.inc()

    def slack_answered(
        self, method: str, outcome: str, took_s: float, retry_after_s: float = 0.0
    ) -> None:
        """Note a call of the Web API."""
        self._calls.labels(method, outcome).inc()
        self._call_s.labels(method).observe(took_s)
        if retry_after_s:
            self._retry_after_s.labels(method).inc(retry_after_s)

    def transaction(self, outcome: str, took_s: float) -> None:
        """Note a transaction."""
        self._transactions.labels(outcome).observe(took_s)

    def delivered(self, kind: str, outcome: str, delay_s: float) -> None:
        """Note what became of a delivery, and how long after it was due."""
        self._deliveries.labels(kind, outcome).inc()
        if outcome == "posted":
            self._delays.labels(kind).observe(max(0.0, delay_s))

    def oldest_due(self, age_s: float) -> None:
        """Note how long the oldest summary waits that is due."""
        self._oldest_due.set(age_s)

    def ready(self, checks: Mapping[str, str | None]) -> None:
        """Note what ``/readyz`` would say: each check, and its problem."""
        for check, problem in checks.items():
            self._ready.labels(check).set(problem is None)

    def lagged(self, lag_s: float) -> None:
        """Note by how much the event loop was late."""
        self._lag.observe(max(0.0, lag_s))


class _Requests(Collector):
    """How long requests took.

    Each adds to two numbers, and the family is made of them when somebody asks: the library's own
    histogram takes locks and looks through its buckets, for which an answer would wait.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], list[int]] = {}
        self._sums_s: dict[tuple[str, str], float] = {}

    def observe(self, kind: str, outcome: str, took_s: float) -> None:
        key = kind, outcome
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = [0] * (len(REQUEST_S) + 1)
            self._sums_s[key] = 0.0
        counts[bisect_left(REQUEST_S, took_s)] += 1
        self._sums_s[key] += took_s

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(
            "carbon_request_duration_seconds",
            "From the headers of a request to its acknowledgement",
            labels=["kind", "outcome"],
        )
        for key, counts in self._counts.items():
            bounds = [*map(floatToGoString, REQUEST_S), "+Inf"]
            family.add_metric(
                key, [*zip(bounds, accumulate(counts), strict=True)], self._sums_s[key]
            )
        yield family


class _Read(Collector):
    """Reads what is counted elsewhere."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        estimates = CounterMetricFamily(
            "carbon_estimates",
            "Estimates, by their factors and by what said how much is run",
            labels=["factors", "by"],
        )
        for labels, number in figures.estimates().items():
            estimates.add_metric(labels, number)
        yield estimates
        yield GaugeMetricFamily(
            "carbon_history_waiting",
            "Estimates that wait to be written to the history",
            figures.history_waiting(),
        )
        yield CounterMetricFamily(
            "carbon_history_dropped",
            "Estimates that were answered and are not in the history",
            figures.history_dropped(),
        )
        connections = GaugeMetricFamily(
            "carbon_database_connections",
            "Connections to the database in the bot's pool",
            labels=["state"],
        )
        for state, number in zip(("in_use", "idle"), figures.connections(), strict=True):
            connections.add_metric([state], number)
        yield connections


def _version() -> str:
    try:
        return version("carbon-slack-bot")
    except PackageNotFoundError:
        return "unknown"  # an image has the code alone
