"""What comes back on a Modbus line: the first byte chooses the question, the rest is heard, as it is and with a sum."""

from __future__ import annotations

from drivers.seams.frames import crc16_modbus
from drivers.seams.memory import MemoryPort
from drivers.seams.modbus import ModbusBus

BUS = ModbusBus(MemoryPort(()), 19200)
QUESTIONS = (
    ("08 04 00 04 00 0A", 25),
    ("08 03 00 0A 00 01", 7),
    ("08 10 00 0A 00 01 02 00 05", 8),
    ("08 01 00 00 00 04", 6),
    ("08 02 00 00 00 10", 7),
    ("08 05 00 02 FF 00", 8),
    ("08 0F 00 00 00 03 01 05", 8),
)


def summed(data: bytes) -> bytes:
    return data + crc16_modbus(data).to_bytes(2, "little")


def fuzz(data: bytes) -> None:
    """No answer, or one to the function that was asked."""
    if not data:
        return
    text, length = QUESTIONS[data[0] % len(QUESTIONS)]
    question = summed(bytes.fromhex(text))
    for heard in (data[1:2000], summed(data[1:200]), data[1:20] + summed(question[:2] + data[1 : length - 3])):
        reply = BUS._reply(question, length, heard)
        if reply is not None and reply.function_code & 0x7F != question[1]:
            raise AssertionError("the answer to another question")
