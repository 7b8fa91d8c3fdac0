"""How Slack refuses a request."""

from deploy.local_slack.schema import Violation


class SlackError(Exception):
    """Slack refuses a request, for the reason named by ``code``."""

    def __init__(
        self,
        code: str,
        reasons: list[Violation] | None = None,
        more: dict[str, object] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = reasons or []
        self.more = more or {}
