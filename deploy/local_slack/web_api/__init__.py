"""The Web API: the methods that a bot calls, with Slack's answers and errors.

See https://docs.slack.dev/apis/web-api and https://docs.slack.dev/reference/methods.
"""

from deploy.local_slack.web_api.endpoint import WebApi

__all__ = ["WebApi"]
