"""The devices on this machine: kept open, watched, and what their faults leave possible."""
