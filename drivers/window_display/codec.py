"""The bar's words as registers (map v1). Pure."""

from __future__ import annotations

from drivers.device import DeviceError, Fault
from drivers.window_display.port import Style

MAX_BYTES = 128
STYLES = {Style.STEADY: 0, Style.BLINK: 1, Style.SCROLL: 2}
_LOOKALIKES = str.maketrans({"¥": "￥", "\u00a0": " ", "\t": " "})


def with_lookalikes(text: str) -> str:
    """The text with signs that no bar has a font for as the ones that look like them."""
    return text.translate(_LOOKALIKES)


def encode_text(text: str) -> bytes:
    """GB18030, two bytes at most per character, since bars have no font for more. Raises BAD_DATA."""
    out = bytearray()
    for sign in with_lookalikes(text):
        coded = sign.encode("gb18030", errors="replace")
        if len(coded) > 2 or (len(coded) == 1 and not " " <= sign <= "~"):
            raise DeviceError(Fault.BAD_DATA, f"a character that a bar cannot show: U+{ord(sign):04X}")
        out += coded
    if len(out) > MAX_BYTES:
        raise DeviceError(Fault.BAD_DATA, f"{len(out)} bytes, a bar holds {MAX_BYTES}")
    return bytes(out)


def width(text: str) -> int:
    """Latin cells that a text takes: as many as it has bytes. Raises BAD_DATA."""
    return len(encode_text(text))


def pack_registers(data: bytes) -> tuple[int, ...]:
    """Two bytes a register, high byte first; an odd end is filled with 0."""
    padded = data + b"\0" * (len(data) % 2)
    return tuple(padded[i] << 8 | padded[i + 1] for i in range(0, len(padded), 2))


def unpack_registers(registers: tuple[int, ...], length: int) -> bytes:
    """The first ``length`` bytes of registers."""
    return b"".join(register.to_bytes(2, "big") for register in registers)[:length]


def encode_command(sequence: int, text: str, style: Style) -> tuple[int, ...]:
    """The registers from 20 on: command sequence, style, length, text. Raises BAD_DATA."""
    data = encode_text(text)
    return (sequence, STYLES[style], len(data), *pack_registers(data))


def next_sequence(sequence: int) -> int:
    """1 to 65535; 0 is what a bar has after power-up."""
    return sequence % 0xFFFF + 1
