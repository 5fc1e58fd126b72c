"""Waiting for a card, and the end of a visit, with a slot that a test holds in its hand: no service is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.card_reader.pcsc import PcscCardReader
from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.card_channel import Presence


class SlotInHand:
    """A slot in which there is a card or not, that can be held up."""

    def __init__(self, *, card: bool = False) -> None:
        self._presence = Presence(card=card, events=1)
        self.looks = 0
        self.held_up = threading.Event()
        """While it is set nobody is told what is in the slot."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def disconnect(self) -> None: ...

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        self.looks += 1
        if known is not None:
            (cancel or Cancel()).wait(0.02)
        if self.held_up.is_set():
            time.sleep(max(0.0, deadline - time.monotonic()))
            raise DeviceError(Fault.SILENT, "no answer in time")
        if cancel is not None:
            cancel.check()
        return self._presence

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        raise DeviceError(Fault.CARD_REMOVED)

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        raise DeviceError(Fault.CARD_REMOVED)


def opened(slot: SlotInHand) -> PcscCardReader:
    reader = PcscCardReader(slot, takes_lying_card=True)
    reader.open()
    return reader


def refusal(action: Callable[[], object]) -> Fault:
    with pytest.raises(DeviceError) as refused:
        action()
    return refused.value.fault


def test_a_last_look_that_was_cut_short_is_no_fault_of_the_service(wait_until: Callable[..., None]) -> None:
    """It answered a moment before; on a busy machine the rest of the waiting time may be too short for one more."""
    slot = SlotInHand()
    reader = opened(slot)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, 0.6)
        wait_until(lambda: slot.looks >= 3)
        slot.held_up.set()
        assert refusal(lambda: reading.result(timeout=30)) is Fault.NO_CARD
    slot = SlotInHand(card=True)
    reader = opened(slot)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader.wait_removed, 0.6)
        wait_until(lambda: slot.looks >= 3)
        slot.held_up.set()
        assert waiting.result(timeout=30) is False


def test_a_service_that_never_answered_is_silent(wait_until: Callable[..., None]) -> None:
    slot = SlotInHand()
    reader = opened(slot)
    slot.held_up.set()
    assert refusal(lambda: reader.read(0.1)) is Fault.SILENT
    assert refusal(lambda: reader.wait_removed(0.1)) is Fault.SILENT


def test_who_waits_for_a_turn_when_the_visit_ends_does_not_get_the_next_visitors_card(
    wait_until: Callable[..., None],
) -> None:
    slot = SlotInHand()
    reader = opened(slot)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(reader.read, 60.0)
        wait_until(lambda: slot.looks >= 2)
        second_waits = threading.Event()
        cancel = WatchedCancel(second_waits)
        second = pool.submit(reader.read, 60.0, cancel)
        assert second_waits.wait(30), "it asked whether it was called off: it waits for its turn"
        reader.forget()
        try:
            assert refusal(lambda: first.result(timeout=30)) is Fault.CANCELLED
            assert refusal(lambda: second.result(timeout=20)) is Fault.CANCELLED
        finally:
            cancel.cancel()


class WatchedCancel(Cancel):
    """Says when somebody looked whether it was called off."""

    def __init__(self, asked: threading.Event) -> None:
        super().__init__()
        self._asked = asked

    @property
    def cancelled(self) -> bool:
        self._asked.set()
        return super().cancelled
