"""Who shares a line waits for the others; what that costs is not put down to the nodes."""

from __future__ import annotations

import pytest

from drivers.device import DeviceError, Fault
from drivers.seams.bus_line import DEAD_AFTER, BusLine, Question, Within
from drivers.seams.line import Line
from drivers.seams.memory import MemoryPort, Say
from drivers.window_display import bx_codec as codec
from drivers.window_display.bx_line import BxLine


def test_a_node_that_could_not_be_asked_in_time_is_not_counted_as_silent() -> None:
    with MemoryPort([Say(b"how are you", (b"well",))]) as port:
        line = BusLine(port, 9600)
        question = Question("node", "node", b"how are you", 4, 0.0)
        for _ in range(DEAD_AFTER):
            with pytest.raises(DeviceError) as caught:
                line.ask(question, lambda heard: heard or None, Within.seconds(0.0))
            assert (caught.value.fault, caught.value.uncertain) == (Fault.BUSY, False)
        assert line.counts("node").failures_in_a_row == 0
        assert line.ask(question, lambda heard: heard or None, Within.seconds(5.0)) == b"well"
        line.close()


def test_a_card_that_could_not_be_asked_in_time_has_been_told_nothing() -> None:
    with MemoryPort([]) as port:
        line = BxLine(Line(port))
        line.join(1)
        with pytest.raises(DeviceError) as caught:
            line.ask(2, codec.switch(on=False), Within.seconds(0.0))
        assert (caught.value.fault, caught.value.uncertain) == (Fault.SILENT, False)
