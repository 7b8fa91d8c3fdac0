"""The pages that somebody sees in the browser who installs the app. They load nothing."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from typing import Final

from bot.i18n import Say, Text, language_of, text
from bot.slack.scopes import SCOPES

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem;
  color: #1d1c1d; background: #fff; }
h1 { font-size: 1.6rem; line-height: 1.2; }
dt { font-family: ui-monospace, monospace; margin-top: .6rem; }
dd { margin: 0; color: #454245; }
.slack { display: inline-flex; align-items: center; gap: 12px; padding: 12px 24px; color: #000;
  background: #fff; border: 1px solid #767676; border-radius: 4px; font-weight: 600;
  text-decoration: none; }
.slack:focus-visible { outline: 3px solid #1264a3; outline-offset: 2px; }
.slack svg { width: 20px; height: 20px; }
""".strip()
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Nothing is loaded, framed, cached or told to others; the address holds a code for a while."""

_LOGO: Final = (
    '<svg viewBox="0 0 122.8 122.8" aria-hidden="true">'
    '<path fill="#e01e5a" d="M25.8 77.6c0 7.1-5.8 12.9-12.9 12.9S0 84.7 0 77.6s5.8-12.9 12.9-12.9'
    "h12.9v12.9zm6.5 0c0-7.1 5.8-12.9 12.9-12.9s12.9 5.8 12.9 12.9v32.3c0 7.1-5.8 12.9-12.9 12.9"
    's-12.9-5.8-12.9-12.9V77.6z"/>'
    '<path fill="#36c5f0" d="M45.2 25.8c-7.1 0-12.9-5.8-12.9-12.9S38.1 0 45.2 0s12.9 5.8 12.9 12.9'
    "v12.9H45.2zm0 6.5c7.1 0 12.9 5.8 12.9 12.9s-5.8 12.9-12.9 12.9H12.9C5.8 58.1 0 52.3 0 45.2"
    's5.8-12.9 12.9-12.9h32.3z"/>'
    '<path fill="#2eb67d" d="M97 45.2c0-7.1 5.8-12.9 12.9-12.9s12.9 5.8 12.9 12.9-5.8 12.9-12.9'
    " 12.9H97V45.2zm-6.5 0c0 7.1-5.8 12.9-12.9 12.9s-12.9-5.8-12.9-12.9V12.9C64.7 5.8 70.5 0 77.6"
    ' 0s12.9 5.8 12.9 12.9v32.3z"/>'
    '<path fill="#ecb22e" d="M77.6 97c7.1 0 12.9 5.8 12.9 12.9s-5.8 12.9-12.9 12.9-12.9-5.8-12.9'
    "-12.9V97h12.9zm0-6.5c-7.1 0-12.9-5.8-12.9-12.9s5.8-12.9 12.9-12.9h32.3c7.1 0 12.9 5.8 12.9"
    ' 12.9s-5.8 12.9-12.9 12.9H77.6z"/></svg>'
)

_FAILURES: Final[Mapping[str, Text]] = {
    "access_denied": text("You did not allow it, so nothing was installed."),
    "invalid_browser": text(
        "This page was opened in another browser than the one in which you began, or a second "
        "time. Allow cookies for this page, begin again and stay in one browser."
    ),
    "invalid_state": text(
        "The link is older than 10 minutes, or was used before. Nothing was installed. Begin again."
    ),
    "missing_code": text("Slack sent no code, so nothing was installed. Begin again."),
    "invalid_code": text(
        "Slack did not accept its own code: it is older than 10 minutes or was used before, or the "
        "secrets that carbon was set up with are not this app's. Begin again; if it stays, tell "
        "whoever runs carbon."
    ),
    "invalid_team_for_non_distributed_app": text(
        "The app may be installed only in the workspace that it was made in. Whoever runs carbon "
        "has to activate its distribution in the app's settings."
    ),
    "unreachable": text("Slack could not be reached. Nothing is kept; begin again in a minute."),
    "storage_error": text(
        "Slack allowed it, but carbon could not keep it: its database does not answer. Begin again "
        "in a minute."
    ),
}


def accepted_language(header: str) -> str:
    """The language of a page, by what a browser accepts: the best of those that we speak.

    Args:
        header: ``Accept-Language``, such as ``zh-CN,zh;q=0.9,en;q=0.8``.
    """
    best, found = 0.0, ""
    for entry in header[:1000].split(","):
        name, _, quality = entry.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        name = name.strip().casefold()
        if name.partition("-")[0] in {"en", "zh"} and weight > best:
            best, found = weight, name
    return language_of(found)


def install_page(authorize_url: str, say: Say) -> str:
    """The page with the button that leads to Slack, and what Slack will ask for."""
    scopes = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{_worded(say(why))}</dd>" for name, why in SCOPES.items()
    )
    button = f'<a class="slack" href="{html.escape(authorize_url)}">{_LOGO}{_worded(say(_ADD))}</a>'
    what = say("What a training run will emit, before anybody starts it.")
    good = say("The button is good for 10 minutes, in this browser.")
    asks = say("What Slack will ask you to allow, and what for:")
    return _page(
        say("Install carbon"),
        f"<p>{_worded(what)}</p><p>{button}</p><p>{_worded(good)}</p>"
        f"<p>{_worded(asks)}</p><dl>{scopes}</dl>",
        say,
    )


_ADD: Final = text("Add to Slack")


def installed_page(app_id: str, team_id: str, say: Say) -> str:
    """The app is installed in a workspace: what to do next."""
    address = f"https://slack.com/app_redirect?app={app_id}&team={team_id}"
    first = say("Type {command} in any channel.", command="/carbon help")
    then = say(
        "Where carbon is to post summaries, invite it with {command}.", command="/invite @carbon"
    )
    return _page(
        say("carbon is installed"),
        f"<p>{_worded(first)}</p><p>{_worded(then)}</p>{_link(address, say('Open Slack'))}",
        say,
    )


def installed_in_organisation_page(app_id: str, enterprise_id: str, say: Say) -> str:
    """The app is installed in an organisation, and in no workspace of it yet."""
    address = (
        f"https://app.slack.com/manage/{enterprise_id}/integrations/profile/{app_id}/workspaces/add"
    )
    next_ = say("It is in no workspace yet: choose the workspaces in which people may use it.")
    return _page(
        say("carbon is installed for your organisation"),
        f"<p>{_worded(next_)}</p>{_link(address, say('Choose workspaces'))}",
        say,
    )


def failed_page(reason: str, install_url: str, say: Say) -> str:
    """The app is not installed: why, and what to do."""
    if reason in _FAILURES:
        why = say(_FAILURES[reason])
    else:
        why = say(
            "Slack answered {reason}, and nothing was installed. Begin again; if it stays, tell "
            "whoever runs carbon.",
            reason=reason[:80],
        )
    return _page(
        say("carbon is not installed"),
        f"<p>{_worded(why)}</p>{_link(install_url, say('Begin again'))}",
        say,
    )


def _link(address: str, label: str) -> str:
    return f'<p><a href="{html.escape(address)}">{_worded(label)}</a></p>'


def _worded(sentence: str) -> str:
    return html.escape(sentence)


def _page(title: str, body: str, say: Say) -> str:
    return (
        f'<!doctype html><html lang="{say.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{_worded(title)}</title><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body><main><h1>{_worded(title)}</h1>{body}</main>"
        "</body></html>"
    )
