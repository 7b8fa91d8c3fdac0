"""The log: every line names its request, none carries a secret, and JSON is JSON."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot import logs
from bot.request import current, request
from bot.settings import Settings

KNOWN = "a planted secret, with 'quotes' & a slash/"
SHAPES = {
    "a bot's token": "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
    "a member's token": "xoxp-23984754863-2348975623103",
    "a token that is rotated": "xoxe.xoxb-1-Mi0yLTE1MzM4NTEzNDI0NTAtMTUzMzg1MTM0MjQ1MA",
    "a refresh token": "xoxe-1-My0xLTE1MzM4NTEzNDI0NTAtMTUzMzg1MTM0MjQ1MC0xNTMz",
    "an app's token": "xapp-1-A0CARBON01-1234567890123-0123456789abcdef0123456789abcdef",
    "a signing secret": "8f742231b10e8888abcd9987654321a5",
    "a channel's address": "/ingest/PlantedIGlzIGEgYm90LCBhbmQgYSBnb29kIG9uZS4",
    "what is in it": "9hX3c-Jb_2kVvQ0ZrT4yLw8sPq6uNm1oAe5dFgHiKjM",
    "a response address": "https://hooks.slack.com/commands/T0LOCAL001/5551234/PlantedPlanted1234",
    "a password in an address": "postgresql://carbon:PlantedPassword9@db.example.com/carbon",
    "a password with signs in it": "postgresql://carbon:PlantedOne@PlantedTwo:PlantedThree@db.example.com/carbon",
    "a password as a name and a value": "host=db user=carbon password=PlantedPassword9 port=1",
    "a secret in JSON": '{"ok": true, "client_secret": "PlantedSecret99", "team": "T1"}',
    "a secret in a dict": "{'refresh_token': 'PlantedSecret99', 'team': 'T1'}",
    "the code of an installation": "/oauth_redirect?code=55.55.PlantedCode9&state=PlantedState9",
    "a socket's address": "wss://wss-primary.slack.com/link/?ticket=PlantedTicket9&app_id=A1",
    "a header": "{'Authorization': 'Bearer PlantedBearer9'}",
    "a signature": "v0=" + "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    "a key": Fernet.generate_key().decode(),
    "what is encrypted with it": Fernet(Fernet.generate_key()).encrypt(b"xoxb-1").decode(),
}
HARMLESS = (
    "signed in as carbon in the local workspace",
    "reference 0b5c9f1e: /carbon failed",
    "sha256 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
    "estimate 01932f6e-6a2b-7c3d-8e4f-5a6b7c8d9e0f of U0ADA00001 in C0GENERAL1",
    "SLACK_BOT_TOKEN: is not set. Bot token (xoxb-…), from OAuth & Permissions.",
    "Slack refuses the bot token: invalid_auth",
    "https://carbon.example.com/ingest and http://127.0.0.1:3000/readyz",
    "test_a_message_that_was_deleted_is_a_line_in",
)


class Log:
    """A logger whose lines can be read."""

    def __init__(self, form: logs.Form, secrets: tuple[str, ...] = ()) -> None:
        self.stream = io.StringIO()
        self.logger = logging.Logger("bot.test", logging.DEBUG)  # noqa: LOG001 - of this test alone
        self.logger.addHandler(logs.handler(form, secrets, self.stream))

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=["text", "json"])
def log(request: pytest.FixtureRequest) -> Log:
    return Log(request.param, (KNOWN,))


def parts(shape: str) -> list[str]:
    """What must not be in the log of it; where none of its words is planted, all of it."""
    return re.findall(r"Planted\w+", shape) or [shape]


def broken(cause: str) -> None:
    raise ValueError(cause)


def fail(cause: str) -> None:
    try:
        broken(cause)
    except ValueError as error:
        msg = "and then"
        raise RuntimeError(msg, {"was": cause}) from error


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_looks_like_a_secret_is_in_no_line(log: Log, shape: str) -> None:
    log.logger.info(shape)
    log.logger.info("given: %s, %r", shape, [shape])
    log.logger.info("said twice: %s %s", shape, shape, extra={"more": {"seen": shape}})
    log.logger.info({"a message that is a dict": shape})
    log.logger.info("a stack", stack_info=True)
    try:
        fail(shape)
    except RuntimeError:
        log.logger.exception("failed")

    assert log.text.count(logs.GONE) >= 7
    for secret in parts(shape):
        assert secret not in log.text


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_none_is_left(log: Log, line: str) -> None:
    log.logger.info(line)

    assert json.dumps(line, ensure_ascii=True)[1:-1] in log.text or line in log.text
    assert logs.GONE not in log.text


def test_a_known_secret_is_in_no_line_however_it_is_written(log: Log) -> None:
    log.logger.info("in a message: %s", KNOWN)
    log.logger.info("in the source of a string: %r", KNOWN)
    log.logger.info("in an address: https://example.com/?q=%s", quote(KNOWN, safe=""))
    log.logger.info("of an object: %s", SecretStr(KNOWN).get_secret_value().encode())

    assert "planted" not in log.text
    assert log.text.count(logs.GONE) == 4


def test_a_line_that_cannot_be_made_does_not_print_what_was_to_be_in_it(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    log.logger.info("%d things", KNOWN)

    assert "a line of test_logs.py:" in log.text
    assert "could not be written: TypeError" in log.text
    assert "planted" not in log.text + "".join(capsys.readouterr())


def test_a_line_in_json_has_its_fields() -> None:
    log = Log("json")
    with request() as asked:
        log.logger.warning("%d of %s", 3, "four", extra={"level": "mine", "attempt": 2})
    log.logger.info("for nobody")

    first, second = log.lines
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "WARNING",
        "logger": "bot.test",
        "request_id": asked.id,
        "message": "3 of four",
        "attempt": 2,
    }
    assert "request_id" not in second


def test_a_traceback_in_json_is_one_line() -> None:
    log = Log("json")
    try:
        fail("the cause")
    except RuntimeError:
        log.logger.exception("failed")

    (line,) = log.lines
    assert line["message"] == "failed"
    assert line["exception"].startswith("Traceback")
    assert "the cause" in line["exception"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_nobody_forges_a_line(form: logs.Form) -> None:
    log = Log(form)
    forged = "8 H100\n2026-11-24 00:00:00.000Z ERROR bot: forged\r\x1b[2J\u2028\ud800"
    log.logger.info("said %s", forged)
    try:
        broken(forged)
    except ValueError:
        log.logger.exception("failed")

    assert "\x1b" not in log.text
    assert "\u2028" not in log.text
    if form == "json":
        assert len(log.lines) == 2
    else:
        assert [line for line in log.text.split("\n") if line.startswith("2026-11-24 00")] == []


def test_the_text_names_its_request() -> None:
    log = Log("text")
    with request() as asked:
        assert current() is asked
        log.logger.info("for somebody")
    log.logger.info("for nobody")

    first, second = log.text.splitlines()
    assert first.endswith(f"Z INFO bot.test [{asked.id}]: for somebody")
    assert second.endswith("Z INFO bot.test: for nobody")


def test_every_secret_of_the_settings_is_known() -> None:
    """Also one that is added to them later."""
    names = [name for name, field in Settings.model_fields.items() if "Secret" in str(field)]
    assert {"slack_bot_token", "slack_signing_secret", "slack_app_token", "database_url"} <= {
        *names
    }
    planted = {name: f"planted-{name}-value" for name in names}
    planted["database_url"] = (
        "postgresql://carbon:planted%40password@db/carbon?sslpassword=plantedtoo"
    )
    # Not checked: what is a secret's form is the settings' own matter.
    values: dict[str, Any] = {name: SecretStr(value) for name, value in planted.items()}
    found = set(logs.secrets_in(Settings.model_construct(None, **values)))

    assert {value for name, value in planted.items() if name != "database_url"} <= found
    assert {"planted%40password", "planted@password", "plantedtoo"} <= found
    assert "postgresql" not in found


@pytest.mark.parametrize("before", [logs.LONGEST - 5, logs.LONGEST - len(KNOWN) + 1])
def test_a_text_that_is_very_long_is_cut_and_nothing_is_left_of_a_secret_in_the_cut(
    log: Log, before: int
) -> None:
    long = "8 H100 " * (before // 7)
    log.logger.info("%s", f"{long:.<{before}}{KNOWN}" + "9" * 1_000_000)

    assert len(log.text) < logs.LONGEST + 1000
    assert "characters)" in log.text
    assert KNOWN[:5] not in log.text


def test_a_word_that_lines_need_is_not_taken_for_a_secret() -> None:
    log = Log("text", ("carbon", ""))
    log.logger.info("carbon listens")

    assert "carbon listens" in log.text


class Restored:
    """What ``configure`` sets for the whole process."""

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._before = root.handlers[:], root.level
        self._hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        root.handlers = []

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.handlers, level = self._before
        root.setLevel(level)
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        logging.captureWarnings(capture=False)
        for name in ("aiosqlite", "alembic.runtime.plugins"):
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.mark.parametrize(("level", "writes"), [("INFO", False), ("DEBUG", True)])
def test_what_is_the_same_at_each_start_is_written_only_where_all_is(
    level: str,
    writes: bool,  # noqa: FBT001 - a row of the table
) -> None:
    with Restored():
        logs.configure(level, "text", [])
        assert logging.getLogger("alembic.runtime.plugins").isEnabledFor(logging.INFO) is writes


def test_what_nobody_caught_is_a_line_of_the_log_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Restored():
        logs.configure("DEBUG", "json", [KNOWN])

        def break_it() -> None:
            raise ValueError(KNOWN)

        thread = threading.Thread(target=break_it)
        thread.start()
        thread.join()
        error = ValueError(KNOWN)
        sys.excepthook(ValueError, error, None)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)
    errors = capsys.readouterr().err

    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["message"] for line in lines] == [
        "a thread ended by an error",
        "the program ends by an error",
    ]
    assert all("ValueError" in line["exception"] for line in lines)
    assert "planted" not in errors
