"""What the simulated printer makes of bytes that no driver sends: paper of some length, never a standstill."""

from __future__ import annotations

from drivers.ticket_printer.interpreter import LONGEST, Interpreter

LENGTH = 120
"""Paper costs time; what matters is how commands follow one another."""


def fuzz(data: bytes) -> None:
    """Each step takes at least a byte, and no paper is longer than the strip that is kept."""
    interpreter, data = Interpreter(96), data[:LENGTH]
    while (step := interpreter.step(data)) is not None:
        if not 1 <= step.length <= len(data):
            raise AssertionError("a step of no length, or beyond what there is")
        data = data[step.length :]
        if step.cut:
            interpreter.take_strip()
    if interpreter.take_strip().picture().height > LONGEST:
        raise AssertionError("too much paper")
