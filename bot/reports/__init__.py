"""What the bot posts by itself: figures from storage, delivered to Slack once."""
