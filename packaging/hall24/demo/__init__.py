"""``hall demo``: the whole hall with simulated devices, one command, no hardware."""

from hall24.demo.command import app

__all__ = ["app"]
