"""What is said on the wire between the hall and an Onbon card, byte by byte; frames as chapters 3 to 8 have them."""

from __future__ import annotations

import threading
import time

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.seams.frames import crc16_arc
from drivers.seams.line import Line
from drivers.seams.memory import MemoryPort, Say
from drivers.window_display.bx import BxBar, Look
from drivers.window_display.bx_line import BxLine
from drivers.window_display.port import Style

AREA_HEAD = "00 00 80 00 00 80 80 10 00 00 00 00 00 00 00 00 0A 01 01 01 00 02 0A"


def frame(to: int, sender: int, data: str, overlay: str = "01") -> bytes:
    """A frame written out by hand: A5 x 8, header, data, checksum, 5A; nothing here needs an escape."""
    payload = bytes.fromhex(data)
    body = to.to_bytes(2, "little") + sender.to_bytes(2, "little") + bytes(4) + b"\x00" + bytes.fromhex(overlay)
    body += b"\xfe\x02" + len(payload).to_bytes(2, "little") + payload
    body += crc16_arc(body).to_bytes(2, "little")
    assert not set(body) & {0xA5, 0xA6, 0x5A, 0x5B}
    return b"\xa5" * 8 + body + b"\x5a"


def card(to: int, data: str, sender: int = 2) -> bytes:
    """An answer, with nine A5 as cards send it."""
    return b"\xa5" + frame(to, sender, data, "00")


PING = Say(frame(2, 0x8001, "A2 00 01 00 00"), (card(0x8001, "A0 00 00 00 00"),))
ACK, NACK_BUSY, NACK_CRC = "A0 00 00 00 00", "A0 01 03 00 00", "A0 01 05 00 00"


def show(sender: int, text: str = "41 30 31 32") -> bytes:
    """\\FO000\\FE000\\C1 and the text, in the middle of 128 x 16 dots."""
    coded = "5C 46 4F 30 30 30 5C 46 45 30 30 30 5C 43 31 " + text
    length = len(bytes.fromhex(coded))
    area = f"{AREA_HEAD} {length:02X} 00 00 00 {coded}"
    size = len(bytes.fromhex(area))
    return frame(2, sender, f"A3 06 01 00 00 00 01 {size:02X} 00 {area}")


def bar(port: MemoryPort, **more: float) -> BxBar:
    line = BxLine(Line(port, 9600, port.set_baud), bauds=(9600, 57600), answer_seconds=0.05)
    return BxBar(line, 2, Look(), **{"refresh_seconds": 0.0, "probe_seconds": 0.3, **more})


def test_a_line_is_shown_with_one_frame_and_one_answer() -> None:
    with MemoryPort([PING, Say(show(0x8002), (card(0x8002, ACK),))]) as port:
        made = bar(port)
        made.open()
        made.show("A012")


def test_the_speed_is_looked_for_at_9600_and_then_at_57600() -> None:
    answer = card(0x8002, ACK)
    with MemoryPort([Say(PING.expect), Say(frame(2, 0x8002, "A2 00 01 00 00"), (answer,))]) as port:
        bar(port).open()
        assert port.bauds == [57600]


def test_a_card_that_answers_at_no_speed_is_silent() -> None:
    port = MemoryPort([Say(PING.expect), Say(frame(2, 0x8002, "A2 00 01 00 00"))])
    with pytest.raises(DeviceError, match="9600 or 57600") as caught:
        bar(port).open()
    assert caught.value.fault is Fault.SILENT


def test_a_busy_card_and_one_that_did_not_understand_are_asked_again() -> None:
    turns = [
        PING,
        Say(show(0x8002), (card(0x8002, NACK_BUSY),)),
        Say(show(0x8003), (card(0x8003, NACK_CRC),)),
        Say(show(0x8004), (card(0x8004, ACK),)),
    ]
    with MemoryPort(turns) as port:
        made = bar(port)
        made.open()
        made.show("A012")


def test_a_card_that_stays_busy_is_busy_and_has_shown_nothing() -> None:
    port = MemoryPort([PING, Say(show(0x8002), (card(0x8002, NACK_BUSY),))])
    made = bar(port)
    made.open()
    with pytest.raises(DeviceError) as caught:
        made.show("A012", timeout=0.1)
    assert (caught.value.fault, caught.value.uncertain) == (Fault.BUSY, False)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("02", Fault.UNSUPPORTED),
        ("04", Fault.BAD_DATA),
        ("07", Fault.MECHANICAL),
        ("0C", Fault.CONFIGURATION),
        ("63", Fault.BAD_DATA),
    ],
)
def test_what_a_card_refuses_is_told_with_its_reason(error: str, fault: Fault) -> None:
    port = MemoryPort([PING, Say(show(0x8002), (card(0x8002, f"A0 01 {error} 00 00"),))])
    made = bar(port)
    made.open()
    with pytest.raises(DeviceError, match=f"error {int(error, 16)}") as caught:
        made.show("A012")
    assert (caught.value.fault, caught.value.uncertain) == (fault, False)


def test_the_late_answer_to_an_earlier_question_is_not_taken() -> None:
    turns = [PING, Say(show(0x8002)), Say(show(0x8003, "42 30 31 33"), (card(0x8002, ACK), card(0x8003, ACK)))]
    with MemoryPort(turns) as port:
        made = bar(port)
        made.open()
        with pytest.raises(DeviceError) as caught:
            made.show("A012")
        assert (caught.value.fault, caught.value.uncertain) == (Fault.SILENT, True)
        made.show("B013")


def test_only_a_late_answer_is_no_answer() -> None:
    turns = [PING, Say(show(0x8002)), Say(show(0x8003), (card(0x8002, ACK),))]
    port = MemoryPort(turns)
    made = bar(port)
    made.open()
    for _ in range(2):
        with pytest.raises(DeviceError) as caught:
            made.show("A012")
    assert caught.value.fault is Fault.CHECKSUM


def test_the_answer_of_another_card_is_not_taken() -> None:
    port = MemoryPort([PING, Say(show(0x8002), (card(0x8002, ACK, sender=3),))])
    made = bar(port)
    made.open()
    with pytest.raises(DeviceError) as caught:
        made.show("A012")
    assert caught.value.uncertain


def test_a_card_that_answers_to_8000h_whoever_asked_is_noticed_and_believed() -> None:
    turns = [Say(PING.expect, (card(0x8000, ACK),)), Say(show(0x8000, "42 30 31 33"), (card(0x8000, ACK),))]
    with MemoryPort(turns) as port:
        made = bar(port)
        made.open()
        made.show("B013")


def test_noise_before_an_answer_does_no_harm_and_noise_alone_is_a_checksum_error() -> None:
    noise = bytes.fromhex("A5 A5 00 17 5A FF")
    port = MemoryPort([PING, Say(show(0x8002), (noise, card(0x8002, ACK))), Say(show(0x8003), (noise,))])
    made = bar(port)
    made.open()
    made.show("A012")
    with pytest.raises(DeviceError) as caught:
        made.show("A012")
    assert caught.value.fault is Fault.CHECKSUM


class Babble(MemoryPort):
    """A second master, or noise: whoever listens always hears something."""

    def read_some(self, deadline: float) -> bytes:
        del deadline
        time.sleep(0.001)
        return b"\x00\x17"


def test_who_talks_without_end_is_noise_and_holds_nobody_up() -> None:
    made = bar(Babble([Say(PING.expect), Say(frame(2, 0x8002, "A2 00 01 00 00"))]))
    stuck = threading.Timer(20, made.close)
    stuck.start()
    with pytest.raises(DeviceError) as caught:
        made.open()
    stuck.cancel()
    assert caught.value.fault is Fault.SILENT


STATUS = "A1 02 00 00 00 01 0F 20 26 05 06 03 09 00 00 01 50 30 30 30 00 00"
REST = "42 " * 16 + "00 " * 12


def test_a_status_tells_that_the_line_was_lost_and_that_the_card_was_made_dark() -> None:
    ask = "A1 02 01 00 00"
    turns = [
        PING,
        Say(show(0x8002), (card(0x8002, ACK),)),
        Say(frame(2, 0x8003, ask), (card(0x8003, f"{STATUS} 01 00 {REST}"),)),
        Say(frame(2, 0x8004, ask), (card(0x8004, f"{STATUS} 00 {REST}"),)),
        Say(frame(2, 0x8005, ask), (card(0x8005, f"{STATUS.replace('00 01 0F', '00 02 0F')} 01 00 {REST}"),)),
        Say(frame(2, 0x8006, ask), (card(0x8006, "A0 00 00 00 00"),)),
    ]
    with MemoryPort(turns) as port:
        made = bar(port)
        made.open()
        made.show("A012")
        well, blank, dark, old = made.probe(), made.probe(), made.probe(), made.probe()
    assert (well.state, well.conditions, well.detail) == (DeviceState.READY, (), "brightness 15")
    assert [condition.code for condition in blank.conditions] == ["display.blank"]
    assert [condition.code for condition in dark.conditions] == ["display.off"]
    assert old.state is DeviceState.READY


def test_brightness_switch_and_clearing_are_one_frame_each() -> None:
    turns = [
        PING,
        Say(frame(2, 0x8002, "A3 02 01 00 00 01 07"), (card(0x8002, ACK),)),
        Say(frame(2, 0x8003, "A3 00 01 00 00 02"), (card(0x8003, ACK),)),
        Say(frame(2, 0x8004, "A3 00 01 00 00 01"), (card(0x8004, ACK),)),
        Say(frame(2, 0x8005, "A3 06 01 00 00 01 00 00"), (card(0x8005, ACK),)),
    ]
    with MemoryPort(turns) as port:
        made = bar(port)
        made.open()
        made.set_brightness(7)
        made.switch(False)
        made.switch(True)
        made.clear()
        with pytest.raises(DeviceError) as caught:
            made.set_brightness(16)
        assert caught.value.fault is Fault.BAD_DATA


def test_a_bar_says_honestly_what_it_can() -> None:
    can = bar(MemoryPort([]), refresh_seconds=1.0).capabilities
    assert can.styles == {Style.STEADY, Style.SCROLL}, "these cards cannot blink"
    assert (can.columns, can.refresh_seconds, can.brightness_levels, can.switches) == (16, 1.0, 16, True)


def test_what_was_called_off_before_it_began_says_nothing_on_the_wire() -> None:
    cancel = Cancel()
    cancel.cancel()
    with MemoryPort([PING]) as port:
        made = bar(port)
        made.open()
        with pytest.raises(DeviceError) as caught:
            made.show("A012", cancel=cancel)
        assert (caught.value.fault, caught.value.uncertain) == (Fault.CANCELLED, False)
