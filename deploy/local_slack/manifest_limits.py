"""What Slack accepts as an app's manifest, as far as an app like this one uses it.

The numbers are those of https://docs.slack.dev/reference/app-manifest.
"""

from collections.abc import Mapping

from deploy.local_slack.schema import (
    Report,
    Rule,
    Violation,
    anything,
    array,
    boolean,
    choice,
    integer,
    record,
    string,
)

_URL = string(3000, 1)
_NAMES = string(255, 1)

_DISPLAY = record(
    {"name": string(35, 1)},
    {
        "description": string(140),
        "long_description": string(4000, 174),
        "background_color": string(7, 4),
    },
)
_COMMAND = record(
    {"command": string(32, 2), "description": string(2000, 1)},
    {"usage_hint": string(1000), "url": _URL, "should_escape": boolean},
)
_SHORTCUT = record(
    {
        "type": choice("message", "global"),
        "name": string(24, 1),
        "callback_id": string(255, 1),
        "description": string(150, 1),
    }
)
_FEATURES = record(
    {},
    {
        "bot_user": record({"display_name": string(80, 1)}, {"always_online": boolean}),
        "app_home": record(
            {},
            dict.fromkeys(
                ("home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"),
                boolean,
            ),
        ),
        "slash_commands": array(_COMMAND, 1, 50, "command"),
        "shortcuts": array(_SHORTCUT, 1, 10, "shortcut"),
        "unfurl_domains": array(string(255, 1), 1, 5, "domain"),
    },
)
_OAUTH = record(
    {},
    {
        "redirect_urls": array(_URL, 1, 1000, "address"),
        "scopes": record(
            {},
            dict.fromkeys(("bot", "user", "bot_optional", "user_optional"), array(_NAMES, 1, 255)),
        ),
        "token_management_enabled": boolean,
    },
)
_SETTINGS = record(
    {},
    {
        "event_subscriptions": record(
            {}, {"request_url": _URL, "bot_events": array(_NAMES, 1, 100, "event")}
        ),
        "interactivity": record(
            {"is_enabled": boolean}, {"request_url": _URL, "message_menu_options_url": _URL}
        ),
        "allowed_ip_address_ranges": array(string(255, 1), 1, 10, "range"),
        **dict.fromkeys(
            ("org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled"), boolean
        ),
    },
)
_MANIFEST: Rule = record(
    {"display_information": _DISPLAY},
    {
        "_metadata": record(
            {"major_version": integer(1, 2)}, {"minor_version": integer(0, 1_000_000)}
        ),
        "features": _FEATURES,
        "oauth_config": _OAUTH,
        "settings": _SETTINGS,
        "app_directory": anything,
    },
)


def check_manifest(manifest: Mapping[str, object]) -> list[Violation]:
    """List what Slack would refuse in a manifest."""
    report = Report()
    _MANIFEST(report, "", manifest)
    return [Violation("invalid_manifest", each.pointer, each.reason) for each in report.violations]
