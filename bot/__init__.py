"""The Slack bot: command text → specification → estimate → blocks."""
