"""The kiosk app: what a citizen touches."""
