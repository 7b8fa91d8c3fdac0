"""Modals and Home tabs: what they show, as Slack takes it. Pure."""
