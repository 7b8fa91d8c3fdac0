"""Block Kit for everything the bot says. Pure: nothing here reads, waits or calls Slack."""
