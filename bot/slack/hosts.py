"""Which addresses are Slack's: nothing is sent anywhere else, least of all a token.

Payloads say where an answer goes and where a file is. They are signed, and still believed no
further than this.
"""

from __future__ import annotations

import re
from typing import Any, Final

from bot.slack.shapes import Malformed

_SLACK: Final = "slack.com"
_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?(?:[/?][!-~]*)?",
    re.IGNORECASE,
)
"""Stricter than addresses are: what two readers might read in two ways is none."""


class Hosts:
    """Slack's hosts: those of slack.com, and that of the Web API which this bot was told of."""

    def __init__(self, api_url: str) -> None:
        """Take the address of the Web API, such as ``https://slack.com/api/``."""
        self._api = _origin(api_url)

    def are_slacks(self, address: str) -> bool:
        """Whether an address is at one of them."""
        found = _origin(address)
        if found is None:
            return False
        if found == self._api:
            return True
        scheme, host, port = found
        domains = {_SLACK} if self._api is None else {_SLACK, self._api[1]}
        within = any(host == domain or host.endswith(f".{domain}") for domain in domains)
        return scheme == "https" and port == "443" and within

    def check(self, payload: dict[str, Any]) -> None:
        """Check where a payload wants answers.

        Raises:
            Malformed: not at Slack's.
        """
        addresses = [payload.get("response_url")]
        addresses += [one.get("response_url") for one in payload.get("response_urls") or []]
        if not all(self.are_slacks(address) for address in addresses if address):
            raise Malformed("response_url is not Slack's")


def _origin(address: str) -> tuple[str, str, str] | None:
    """Scheme, host and port; ``None`` where they are not plain to see."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    scheme = found["scheme"].lower()
    port = found["port"] or ("443" if scheme == "https" else "80")
    return scheme, found["host"].lower(), port
