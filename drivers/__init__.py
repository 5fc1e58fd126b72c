"""Drivers for the machines of a hall; they know neither kiosk nor server."""
