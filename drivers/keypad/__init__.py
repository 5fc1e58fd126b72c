"""Call keypads of officers."""
