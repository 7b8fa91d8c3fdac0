"""The edge to Slack: Bolt listeners, the HTTP server and the Socket Mode connection."""
