"""The queue server of one hall, or of many."""
