"""JSON from one server, asked for with patience: bounded in time, size and number.

Nothing is tried again at once. After a failure the server is left alone, longer after each one in a
row, and for as long as it says where it says so (``Retry-After``).
"""

from __future__ import annotations

import email.utils
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
import orjson

from bot.i18n import Text, text
from bot.live.figures import LiveError

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 6.0
MAX_BYTES: Final = 512 * 1024
"""A forecast of 48 hours with what the electricity is made of has about 60 kB."""
MOST_A_MINUTE: Final = 30
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 3600.0
_TOO_MANY: Final = 429
_REFUSED: Final = (401, 403)
_ANOTHER_PLACE: Final = range(300, 400)
_SERVERS_FAULT: Final = 500


class Fetching:
    """Asks one server."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        name: str,
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to ask.

        Args:
            session: the connections that all of the bot shares.
            base_url: what every address begins with.
            name: what the server is called in answers and in the log.
            headers: sent with every request; a token is in no address.
            clock: seconds that pass.
        """
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._name = name
        self._headers = {"Accept": "application/json", "User-Agent": "carbon", **(headers or {})}
        self._clock = clock
        self._closed_until = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._asked: deque[float] = deque(maxlen=MOST_A_MINUTE)

    async def json(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - whatever it answers
        """What the server answers.

        Raises:
            LiveError: it does not answer, or is not to be asked now.
        """
        self._may_ask()
        self._asked.append(self._clock())
        try:
            async with self._session.get(
                f"{self._base_url}{path}",
                params=parameters,
                headers=self._headers,
                # To follow one would be to ask whoever the server names.
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            ) as response:
                self._check(response)
                body = await self._read(response)
        except TimeoutError:
            raise self._failed(text("{source} did not answer in time", source=self._name)) from None
        except (aiohttp.ClientError, OSError) as error:
            log.warning("%s cannot be reached: %s", self._name, type(error).__name__)
            raise self._failed(text("{source} cannot be reached", source=self._name)) from None
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise self.not_understood() from None
        self._pause_s = FIRST_PAUSE_S
        return found

    def not_understood(self) -> LiveError:
        """What to raise for an answer of another shape than the documented one."""
        log.warning("%s answered with something else than what it documents", self._name)
        return self._failed(text("{source} answered with something unknown", source=self._name))

    def _may_ask(self) -> None:
        now = self._clock()
        if now < self._closed_until:
            left = timedelta(seconds=self._closed_until - now)
            why = text("{source} failed a moment ago and is left alone", source=self._name)
            raise LiveError(why, left)
        if len(self._asked) == MOST_A_MINUTE and now - self._asked[0] < 60:
            why = text("{source} is not asked more often than {n} times a minute", **self._often())
            raise LiveError(why, timedelta(seconds=5))

    def _often(self) -> dict[str, str | int]:
        return {"source": self._name, "n": MOST_A_MINUTE}

    def _check(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status == 200:
            return
        log.warning("%s answered with HTTP %d", self._name, status)
        if status in _REFUSED:
            why = text("{source} refuses: the token, or this grid with it", source=self._name)
            raise LiveError(why, timedelta(minutes=30))
        if status == _TOO_MANY:
            raise self._failed(
                text("{source} was asked too often", source=self._name),
                _seconds(response.headers.get("Retry-After")),
            )
        if status >= _SERVERS_FAULT or status in _ANOTHER_PLACE:
            raise self._failed(
                text("{source} fails (HTTP {status})", source=self._name, status=status),
                _seconds(response.headers.get("Retry-After")),
            )
        # The server works; it has nothing under this address.
        why = text("{source} has none (HTTP {status})", source=self._name, status=status)
        raise LiveError(why, timedelta(minutes=10))

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for piece in response.content.iter_chunked(16 * 1024):
            body += piece
            if len(body) > MAX_BYTES:
                raise self.not_understood()
        return bytes(body)

    def _failed(self, why: Text, pause_s: float | None = None) -> LiveError:
        pause_s = min(max(pause_s or 0.0, self._pause_s), LONGEST_PAUSE_S)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        self._closed_until = self._clock() + pause_s
        return LiveError(why, timedelta(seconds=pause_s))


def _seconds(retry_after: str | None) -> float | None:
    """``Retry-After``, in seconds or as a date; ``None`` where it says neither."""
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return float(retry_after[:6])
    try:
        at = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)
