"""IPP as a printer speaks it, written without the driver's codec: the two check each other."""

from __future__ import annotations

from dataclasses import dataclass, field

OPERATION, JOB, PRINTER = b"\x01", b"\x02", b"\x04"
INTEGER, BOOLEAN, ENUM, RANGE, NO_VALUE = 0x21, 0x22, 0x23, 0x33, 0x13
TEXT, NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME = 0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49

Row = tuple[str, int, tuple[object, ...]]
"""Name, kind and values of one attribute."""


@dataclass(slots=True)
class Asked:
    """A request: its attributes by name, in the order in which they came, and the document behind them."""

    operation: int
    number: int
    said: dict[str, list[bytes]] = field(default_factory=dict)
    document: bytes = b""

    def word(self, name: str) -> str:
        return self.said.get(name, [b""])[0].decode()

    def whole(self, name: str) -> int:
        return int.from_bytes(self.said.get(name, [b""])[0], "big")


def heard(body: bytes) -> Asked:
    """A request out of its bytes. Raises ``ValueError`` or ``IndexError`` for what is none."""
    if body[0] not in (1, 2):
        raise ValueError("version")
    asked = Asked(int.from_bytes(body[2:4], "big"), int.from_bytes(body[4:8], "big"))
    place, last = 8, ""
    while body[place] != 3:
        if body[place] < 0x10:
            place += 1
            continue
        end = place + 3 + int.from_bytes(body[place + 1 : place + 3], "big")
        name = body[place + 3 : end].decode()
        stop = end + 2 + int.from_bytes(body[end : end + 2], "big")
        if stop > len(body):
            raise ValueError("cut")
        last = name or last
        asked.said.setdefault(last, []).append(body[end + 2 : stop])
        place = stop
    asked.document = body[place + 1 :]
    return asked


def told(status: int, number: int, *groups: tuple[bytes, tuple[Row, ...]]) -> bytes:
    """An answer as bytes."""
    answer = bytearray(b"\x01\x01" + status.to_bytes(2, "big") + number.to_bytes(4, "big"))
    head: tuple[Row, ...] = (
        ("attributes-charset", CHARSET, ("utf-8",)),
        ("attributes-natural-language", LANGUAGE, ("en",)),
    )
    for mark, rows in ((OPERATION, head), *groups):
        answer += mark
        for name, kind, values in rows:
            label = name.encode()
            for value in values:
                said = _said(value)
                answer += bytes([kind]) + len(label).to_bytes(2, "big") + label + len(said).to_bytes(2, "big") + said
                label = b""
    return bytes(answer) + b"\x03"


def _said(value: object) -> bytes:
    match value:
        case None:
            return b""
        case bool():
            return b"\1" if value else b"\0"
        case int():
            return value.to_bytes(4, "big", signed=True)
        case (int() as low, int() as high):
            return low.to_bytes(4, "big", signed=True) + high.to_bytes(4, "big", signed=True)
        case _:
            return str(value).encode()
