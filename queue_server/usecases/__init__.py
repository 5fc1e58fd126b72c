"""What the hall does: one verb, one file, each a plain function of a unit of work."""
