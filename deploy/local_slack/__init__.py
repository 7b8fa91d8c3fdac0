"""A local Slack: Slack's protocol and limits, without Slack.

It speaks to a bot as Slack does (signed HTTP requests or Socket Mode), answers the Web API, and
draws what each member of a workspace would see. The test suite and ``make run`` both use it.
"""

from deploy.local_slack.config import Config
from deploy.local_slack.faults import Fault, Rate
from deploy.local_slack.limits import Violation, check_manners, check_message, check_view
from deploy.local_slack.manifest_limits import check_manifest
from deploy.local_slack.server import LocalSlack, create_app

__all__ = [
    "Config",
    "Fault",
    "LocalSlack",
    "Rate",
    "Violation",
    "check_manifest",
    "check_manners",
    "check_message",
    "check_view",
    "create_app",
]
