"""Doors, presence, cabinet and power: inputs of a machine."""
