"""The log: lines that name their request and carry no secret, as text or as JSON.

What is logged passes through here last, libraries' lines and tracebacks included: whatever was
handed to a logger, secrets are taken out of what is written.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Literal, TextIO
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr
from pythonjsonlogger.core import merge_record_extra
from pythonjsonlogger.json import JsonFormatter

from bot.request import CURRENT

log = logging.getLogger(__name__)

Form = Literal["text", "json"]
Hook = type[BaseException]

GONE: Final = "[redacted]"
LONGEST: Final = 32_000
"""Characters of a text that are logged: whoever sends more is not to keep others waiting."""
LONGEST_SECRET: Final = 2_000
SHORTEST: Final = 8
"""A secret with fewer characters is not looked for: it may be a word that a line needs."""

_NAMED: Final = (
    r"(?:password|passwd|pwd|secret|token|ticket|api[_-]?key|encryption[_-]?keys?|cookie)"
)
_PATTERNS: Final = tuple(
    (re.compile(pattern, flags), instead)
    for pattern, instead, flags in (
        # Slack's tokens: of a bot, a member, an app, those that are rotated, and refresh tokens.
        (r"\b(x(?:ox[a-z](?:\.xox[a-z])?|app|wfp)-)[\w-]+", rf"\1{GONE}", 0),
        # A channel's secret address, and addresses at which anybody may answer for the bot.
        (r"(/ingest/)[^\s\"'<>?#/]+", rf"\1{GONE}", 0),
        (r"(hooks\.slack(?:-gov)?\.com/)[^\s\"'<>]+", rf"\1{GONE}", 0),
        # The password in an address; the last @ before a slash ends it.
        (r"(://[^\s:/?#@\"']*:)[^\s/\"']+@", rf"\1{GONE}@", 0),
        # What an address carries to whoever follows it.
        (r"([?&](?:code|state)=)[^\s&#\"'<>]+", rf"\1{GONE}", re.IGNORECASE),
        # password=…, client_secret: "…", 'refresh_token': '…'
        (rf"({_NAMED}=)(?!\[)(?:\"[^\"]*\"|'[^']*'|[^\s&,;\"']+)", rf"\1{GONE}", re.IGNORECASE),
        (rf"({_NAMED}\\?[\"']\s*:\s*b?\\?[\"'])[^\"'\\]+", rf"\1{GONE}", re.IGNORECASE),
        (r"(authorization\b[\"']?\s*[:=]\s*[\"']?)[\w-]+ [^\s\"',}]+", rf"\1{GONE}", re.IGNORECASE),
        (r"\b(bearer )[\w.~+/=-]{8,}", rf"\1{GONE}", re.IGNORECASE),
        (r"\bv0=[0-9a-f]{64}\b", GONE, 0),
        # A Fernet token, a Fernet key, a signing or client secret, a secret of a channel's address.
        (r"\bgAAAAA[\w-]{20,}=*", GONE, 0),
        (r"(?<![\w-])[\w-]{43}=(?![\w=-])", GONE, re.ASCII),
        (r"(?<![\w-])[0-9a-f]{32}(?![\w-])", GONE, 0),
        (r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w-])", GONE, re.ASCII),
    )
)
_CONTROLS: Final = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code != ord("\t")
} | {ord("\n"): "\\n", ord("\r"): "\\r", 0x2028: "\\u2028", 0x2029: "\\u2029"}
"""What would begin a line of its own, or tell a terminal what to do."""
_CHATTY: Final = ("aiosqlite",)
"""At DEBUG they write every row."""
_REGULAR: Final = ("alembic.runtime.plugins",)
"""At INFO they write the same at each start."""


class Redactor:
    """Takes secrets out of a text: those that are known, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets for form in _forms(secret)}
        found = sorted((one for one in known if len(one) >= SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, found))) if found else None

    def __call__(self, text: str) -> str:
        """The text without them; one that is very long is cut."""
        if len(text) <= LONGEST:
            return self._without(text)
        # What is left of a secret that the cut went through is at the end, and goes too.
        return f"{self._without(text[:LONGEST])[:-LONGEST_SECRET]}… ({len(text):,} characters)"

    def _without(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(GONE, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is written in texts, in addresses and in the source of a string."""
    yield secret
    yield quote(secret, safe="")
    yield repr(secret)[1:-1]


def secrets_in(settings: BaseModel) -> Iterator[str]:
    """Every secret that the settings hold: also one of several, or a password in an address."""
    for _, value in settings:
        if not isinstance(value, SecretStr):
            continue
        text = value.get_secret_value()
        if "://" in text:
            yield from _passwords(text)
        else:
            yield text
            yield from re.split(r"[\s,]+", text)


def _passwords(address: str) -> Iterator[str]:
    try:
        parts = urlsplit(address)
        password = parts.password
    except ValueError:
        # Of what is no address all may be secret.
        yield address
        return
    for found in (password, *(value for name, value in parse_qsl(parts.query) if "pass" in name)):
        if found:
            yield found
            yield unquote(found)


class TextFormatter(logging.Formatter):
    """A line for a person: what begins at its left edge is a line of the log, and nothing else."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line, and under it the traceback."""
        request = CURRENT.get()
        named = f" [{request.id}]" if request else ""
        time = _time(record).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
        head = f"{time}Z {record.levelname} {record.name}{named}: "
        line = head + record.getMessage().translate(_CONTROLS)
        for more in _more(self, record).values():
            line += "".join(f"\n    {part.translate(_CONTROLS)}" for part in more.split("\n"))
        return self._redact(line)


class JSONFormatter(JsonFormatter):
    """A line of JSON: ``time``, ``level``, ``logger``, ``request_id``, ``message`` and more."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        request = CURRENT.get()
        fields = {
            "time": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request.id if request else None,
            "message": record.getMessage(),
            **_more(self, record),
        }
        line = {name: value for name, value in fields.items() if value is not None}
        # What a library adds does not replace what every line has.
        extra = merge_record_extra(record, {}, self.reserved_attrs | set(fields))
        # Redacted before it becomes JSON, in which a secret may be written otherwise.
        return self.jsonify_log_record(
            {self._redact(str(name)): self._plain(value) for name, value in (line | extra).items()}
        )

    def _plain(self, value: object) -> object:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return self._redact(str(value))


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _more(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, str]:
    """The traceback of the error that a line is about, and where it was written, if asked for."""
    found = {}
    if record.exc_info:
        # Not kept with the record, where the next formatter would take it from.
        found["exception"] = str(formatter.formatException(record.exc_info))
    if record.stack_info:
        found["stack"] = str(formatter.formatStack(record.stack_info))
    return found


class Handler(logging.StreamHandler[TextIO]):
    """Writes lines. One that cannot be made is told of without what was to be in it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say that a line is missing; the library would print its arguments."""
        error = sys.exc_info()[0]
        words = "a line of %s:%d could not be written: %s"
        values = (record.filename, record.lineno, error.__name__ if error else "")
        told = logging.LogRecord(
            __name__, logging.ERROR, record.pathname, record.lineno, words, values, None
        )
        try:
            self.stream.write(self.format(told) + self.terminator)
            self.flush()
        except (OSError, ValueError):
            return  # nobody reads any more


def handler(form: Form, secrets: Iterable[str], stream: TextIO | None = None) -> Handler:
    """What writes lines in a form, to ``stderr`` or elsewhere."""
    redact = Redactor(secrets)
    made = Handler(stream)
    made.setFormatter(JSONFormatter(redact) if form == "json" else TextFormatter(redact))
    return made


def configure(level: str, form: Form, secrets: Iterable[str]) -> None:
    """Let all of the process write its log so: libraries, warnings, and what nobody caught.

    Args:
        level: what is logged, at least.
        form: of the lines.
        secrets: what must be in none of them.
    """
    logging.basicConfig(level=level, handlers=[handler(form, secrets)], force=True)
    logging.captureWarnings(capture=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))
    regular = logging.WARNING if logging.getLogger().level == logging.INFO else logging.NOTSET
    for name in _REGULAR:
        logging.getLogger(name).setLevel(regular)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _uncaught(kind: Hook, error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("the program ends by an error", exc_info=(kind, error, trace))


def _uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None:
        log.error("a thread ended by an error", exc_info=found.exc_value)


def _unraisable(found: sys.UnraisableHookArgs) -> None:
    log.error("an error that nobody could catch", exc_info=found.exc_value)


def no_core_dumps() -> None:
    """Let the system write no image of the memory if the program dies: secrets are in it."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
