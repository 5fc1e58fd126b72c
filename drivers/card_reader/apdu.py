"""Commands to a chip card and what its status bytes mean (ISO 7816-4), as far as reading needs them.

Only reading instructions exist here, and ``demand_harmless`` stands before every card: no driver and no plug-in can try
a PIN (three wrong ones block a card for good), write, or open the bank's side of the chip. Pure: no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.device import DeviceError, Fault

SSSE = bytes.fromhex("73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF")
"""The name of the social-security application: ``sx1.sh.`` and four characters in GBK."""

ISSUER_FILE = 0xEF05
HOLDER_FILE = 0xEF06

SELECT, READ_BINARY, READ_RECORD, GET_RESPONSE, GET_DATA = 0xA4, 0xB0, 0xB2, 0xC0, 0xCA
_READING = frozenset({SELECT, READ_BINARY, READ_RECORD, GET_RESPONSE, GET_DATA})

OK = 0x9000
LOCKED = 0x6982
CLOSED = 0x6283
NOT_FOUND = 0x6A82
NO_RECORD = 0x6A83
WRONG_LENGTH = 0x6700

_PAYMENT = tuple(
    [bytes.fromhex(f"A0 00 00 0{rid}") for rid in ("0 03", "0 04", "0 05", "0 25", "0 42", "0 65", "1 52", "3 33")]
    + [b"1PAY.SYS.DDF", b"2PAY.SYS.DDF"]
)
"""Names of the bank's side: registered payment schemes and the payment directories. A part of one opens it, too."""
_SHORTEST_NAME = 5


def select_name(name: bytes) -> bytes:
    """SELECT an application by its name; without Le, as cards with contacts want it."""
    return bytes([0x00, SELECT, 0x04, 0x00, len(name)]) + name


def select_file(file: int, how: int) -> bytes:
    """SELECT a file under the application: ``how`` is 02, or 00 for cards that do not know that."""
    return bytes([0x00, SELECT, how, 0x00, 0x02]) + file.to_bytes(2, "big")


def read_record(number: int, length: int = 0, *, short_file: int = 0) -> bytes:
    """READ RECORD by number, of the selected file or, without selecting, of the one with that short identifier."""
    return bytes([0x00, READ_RECORD, number, short_file << 3 | 0x04, length])


def read_tagged(tag: int, length: int = 0, *, short_file: int = 0) -> bytes:
    """READ RECORD by tag, for cards that do not number their records."""
    return bytes([0x00, READ_RECORD, tag, short_file << 3, length])


def get_response(length: int) -> bytes:
    """Fetches what 61xx announced."""
    return bytes([0x00, GET_RESPONSE, 0x00, 0x00, length])


def corrected(command: bytes, length: int) -> bytes:
    """The same command with the Le that 6Cxx asks for."""
    if len(command) <= 5:
        return command[:4] + bytes([length])
    return command[: 5 + command[4]] + bytes([length])


GET_UID = bytes.fromhex("FF CA 00 00 00")
"""The serial number of a card without contacts; the reader answers it itself (PC/SC part 3)."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a card said: data, and SW1 SW2 as one number."""

    data: bytes
    status: int

    def __repr__(self) -> str:
        return f"Answer({len(self.data)} bytes, {self.status:04X})"


def answer_of(raw: bytes) -> Answer:
    """Raises BAD_DATA for an answer without status bytes."""
    if len(raw) < 2:
        raise DeviceError(Fault.BAD_DATA, f"an answer of {len(raw)} bytes")
    return Answer(raw[:-2], int.from_bytes(raw[-2:], "big"))


def is_contactless(atr: bytes) -> bool:
    """Whether the reader made this answer to reset up for a card without contacts (PC/SC part 3: 3B 8n 80 01)."""
    return len(atr) >= 4 and atr[0] == 0x3B and atr[1] & 0xF0 == 0x80 and atr[2:4] == b"\x80\x01"


def demand_harmless(command: bytes) -> None:
    """Raises UNSUPPORTED for every command that does more than reading, and for the bank's side of a card.

    Allowed are SELECT, READ BINARY, READ RECORD, GET RESPONSE and GET DATA in class 00, and GET DATA to the reader
    itself (class FF). A SELECT by name needs a name that is long enough to mean one application, and not a payment one;
    a SELECT by identifier needs one of an elementary file (EFxx): the bank's folder could have any other.
    """
    if len(command) < 4:
        raise DeviceError(Fault.UNSUPPORTED, "not a command")
    kind, instruction, how = command[0], command[1], command[2]
    if kind == 0xFF and instruction == GET_DATA and how in {0x00, 0x01}:
        return
    if kind != 0x00 or instruction not in _READING:
        raise DeviceError(Fault.UNSUPPORTED, f"{kind:02X} {instruction:02X} is no reading command")
    if instruction == SELECT:
        _demand_harmless_select(how, _named(command))


def _named(command: bytes) -> bytes:
    """The name or identifier in a SELECT. Raises UNSUPPORTED when its length is not what it says."""
    body = command[5:]
    if len(command) < 6 or len(body) not in {command[4], command[4] + 1}:
        raise DeviceError(Fault.UNSUPPORTED, "a SELECT that selects nothing")
    return body[: command[4]]


def _demand_harmless_select(how: int, name: bytes) -> None:
    if how in {0x00, 0x02}:
        if len(name) != 2 or name[0] != 0xEF:
            raise DeviceError(Fault.UNSUPPORTED, "only elementary files are selected by identifier")
        return
    if how != 0x04 or len(name) < _SHORTEST_NAME:
        raise DeviceError(Fault.UNSUPPORTED, "this way of selecting could open anything")
    if any(name.startswith(known) or known.startswith(name) for known in _PAYMENT):
        raise DeviceError(Fault.UNSUPPORTED, "the bank's side of a card is not opened")
