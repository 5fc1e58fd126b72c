"""The kiosk's own small database: what must survive a power cut, and nothing that is personal."""
