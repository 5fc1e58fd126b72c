"""A simulated RS-485 bus with bars, keypads, rating boxes, contacts and relays on it, for demo and tests.

The far end of a pty: real bytes, nodes that share no code with the driver's side, and a menu of faults per node
(``NodeFaults``) and for the wire: noise, echo, swapped wires, a wrong speed, two nodes that talk at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TypeVar

from drivers.seams.pty_line import PtyLine
from drivers.seams.twin_nodes import (
    NodeFaults,
    SimulatedBar,
    SimulatedBox,
    SimulatedKeypad,
    SimulatedKeys,
    SimulatedNode,
    SimulatedRater,
)
from drivers.seams.twin_tongues import FrameTongue, ModbusTongue, Request, Tongue, carry_out, crc16

__all__ = [
    "NodeFaults",
    "SimulatedBar",
    "SimulatedBox",
    "SimulatedBus",
    "SimulatedKeypad",
    "SimulatedKeys",
    "SimulatedNode",
    "SimulatedRater",
    "carry_out",
    "crc16",
]

T = TypeVar("T")

_MOST_HEARD = 600


class SimulatedBus:
    """The wire with its nodes by unit number (Modbus) and address (``frames``). ``baud`` 0: not at the pace of a wire.

    ``tongues``: whatever else is spoken on it. ``node_seconds``: how long every node thinks before it answers.
    """

    def __init__(
        self,
        nodes: Mapping[int, SimulatedNode],
        *,
        baud: int = 0,
        frames: Mapping[int, SimulatedNode] | None = None,
        tongues: Sequence[Tongue] = (),
        node_seconds: float = 0.0,
    ) -> None:
        self.nodes = dict(nodes)
        self.frames = dict(frames or {})
        self.noise = b""
        self.noisy = 0
        """``noise`` is sent before each of so many of the next answers."""
        self.echo = False
        """The adapter hears what it sends itself."""
        self.swapped = False
        """A and B are swapped: nobody understands anybody; an adapter sees a break, which looks like zeros."""
        self.collisions = 0
        """So many of the next answers are spoiled by somebody who talks at the same time."""
        self.minds_speed = False
        """Nodes understand only the speed ``baud``, as real ones do."""
        self.seen: list[bytes] = []
        """Every sound frame that the master sent, for tests that look at bytes."""
        self._tongues: tuple[Tongue, ...] = (ModbusTongue(self.nodes), FrameTongue(self.frames), *tongues)
        self._node_seconds = node_seconds
        self._baud = baud
        self._line = PtyLine(self._received, baud=baud, name="bus")
        self._heard = bytearray()
        self._heard_at = 0.0

    @property
    def path(self) -> str:
        """What ``${BUS}`` of a hall description stands for."""
        return self._line.path

    def url(self, unit: int) -> str:
        """The device URL of one node that speaks Modbus."""
        return f"modbus+serial://{self.path}?baud={self._baud or 19200}&unit={unit}"

    def frame_url(self, address: int) -> str:
        """The device URL of one node that speaks the CRC-16 frame."""
        return f"serial://{self.path}?baud={self._baud or 19200}&unit={address}"

    def start(self) -> None:
        logging.getLogger("drivers.twin").warning("SIMULATED bus: nobody sees its bars and presses its keys")
        self._line.start()

    def stop(self) -> None:
        self._line.stop()

    def __enter__(self) -> SimulatedBus:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_idle(self) -> bool:
        """Whether everything that the master wrote was heard and carried out."""
        return self._line.is_idle

    def unplug(self) -> None:
        """Pulls the adapter out; the nodes keep their power."""
        self._line.unplug()

    def plug_in(self) -> None:
        self._heard.clear()
        self._line.plug_in()

    def say(self, data: bytes) -> None:
        """A node that speaks unasked (or rubbish on the wire)."""
        self._line.send(data)

    def bar(self, unit: int) -> SimulatedBar:
        """The bar with that number. Raises ``TypeError`` when another thing is there."""
        return _expect(self.nodes[unit], SimulatedBar)

    def keypad(self, unit: int) -> SimulatedKeypad:
        return _expect(self.nodes[unit], SimulatedKeypad)

    def rater(self, unit: int) -> SimulatedRater:
        return _expect(self.nodes[unit], SimulatedRater)

    def box(self, unit: int) -> SimulatedBox:
        return _expect(self.nodes[unit], SimulatedBox)

    def _received(self, data: bytes) -> None:
        now = time.monotonic()
        if self.echo:
            self._line.send(data, seconds_per_byte=0.0)  # it was heard while it was sent
        if self.swapped:
            self._line.send(b"\0")
            return
        if self.minds_speed and self._baud and self._line.host_baud != self._baud:
            return
        if now - self._heard_at > 0.05 + len(data) * (10 / self._baud if self._baud else 0):
            self._heard.clear()  # a pause on the wire ends whatever was begun
        self._heard += data
        del self._heard[:-_MOST_HEARD]
        while (request := self._next()) is not None:
            self.seen.append(request.data)
            del self._heard[: request.begin + len(request.data)]
            self._answer(request)
        self._heard_at = time.monotonic()

    def _next(self) -> Request | None:
        """The request that stands first, whatever was spoken."""
        heard = bytes(self._heard)
        found = [request for tongue in self._tongues if (request := tongue.find(heard)) is not None]
        return min(found, key=lambda request: request.begin, default=None)

    def _answer(self, request: Request) -> None:
        node = request.node
        if node is None or node.faults.silent:
            return
        node.requests += 1
        faults = node.faults
        if faults.lost_requests > 0:
            faults.lost_requests -= 1
            return
        reply = request.refuse(faults.exception) if faults.exception else request.carry_out()
        if faults.lost_replies > 0:
            faults.lost_replies -= 1
            return
        think = faults.slow_seconds or self._node_seconds
        if think and not self._line.pause(think):
            return
        self._line.send(self._spoiled(reply, faults))

    def _spoiled(self, reply: bytes, faults: NodeFaults) -> bytes:
        if faults.wrong_crc > 0:
            faults.wrong_crc -= 1
            reply = reply[:-2] + bytes((reply[-2] ^ 0xFF, reply[-1]))
        if self.collisions > 0:
            self.collisions -= 1
            other = bytes(value ^ 0x5A for value in reply[1:] + reply[:1])
            reply = bytes(one & two for one, two in zip(reply, other, strict=True))
        if self.noisy > 0:
            self.noisy -= 1
            reply = self.noise + reply
        return reply


def _expect(node: SimulatedNode, kind: type[T]) -> T:
    if not isinstance(node, kind):
        raise TypeError(f"a {type(node).__name__} is there")
    return node
