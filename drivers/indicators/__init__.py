"""Lamps, locks and other outputs of a machine."""
