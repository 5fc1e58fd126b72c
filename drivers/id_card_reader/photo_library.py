"""A vendor's photo library (``.so``) as a decoder: loaded in a helper process, described by settings.

Real cards hold WLT, whose decoders are closed; each reader's maker has one with a function of its own. What is seen in
the field, as ``library:/path/lib.so?…``:

* the block to a buffer: ``function=…&args=wlt,out`` (a BMP, or the bare pixels of 102 × 126 dots: ``pixels=bgr``);
* file to file: ``function=GetBmp&args=input-file,2&output=photo.bmp``, written beside the input or into the folder;
* with a start and a licence: ``init=wltInit&init_args=folder&function=wltGetBMP&args=wlt,licence&licence=/path/file
  &output=zp.bmp``.

The library gets an empty folder as its working folder, and a process of its own for each photo: nothing of one person
is left for the next, and a crash or a hang costs one photo.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from drivers.device import DeviceError, Fault
from drivers.id_card_reader.photo_process import answer_of
from drivers.id_card_reader.port import PhotoCapabilities

WIDTH, HEIGHT = 102, 126
ARGUMENTS = (
    "wlt", "wlt-length", "out", "out-length", "licence", "licence-length", "input-file", "output-file", "folder",
)  # fmt: skip
"""What a function may be given; besides, any whole number."""

_HELPER = Path(__file__).with_name("photo_helper.py")
_OUT_BYTES = 54 + HEIGHT * (WIDTH * 3 + 2)
_LARGEST = 8_000_000
_PICTURES = (b"BM", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_HEADER = 5


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """One function of one library and what it is given, in the words of ``ARGUMENTS``.

    ``ok`` are the values that it returns when it worked; without any, the picture alone tells. ``output`` is the name
    of the file that it writes in its folder; empty: it fills the buffer ``out`` of ``out_bytes`` bytes.
    """

    library: str
    function: str
    args: tuple[str, ...] = ("wlt", "out")
    ok: tuple[int, ...] = ()
    init: str = ""
    init_args: tuple[str, ...] = ()
    input: str = "photo.wlt"
    output: str = ""
    out_bytes: int = _OUT_BYTES
    licence: str = ""

    @classmethod
    def parse(cls, text: str) -> tuple[LibraryCall, dict[str, str]]:
        """From ``/path/lib.so?function=…`` and the settings that are not the library's. Raises CONFIGURATION."""
        path, _, query = text.partition("?")
        options = dict(parse_qsl(query, keep_blank_values=True))
        try:
            call = cls(
                library=path,
                function=options.pop("function"),
                args=_words(options.pop("args", "wlt,out")),
                ok=tuple(int(value) for value in options.pop("ok", "").split(",") if value),
                init=options.pop("init", ""),
                init_args=_words(options.pop("init_args", "")),
                input=_name(options.pop("input", "photo.wlt")),
                output=_name(options.pop("output", "")),
                out_bytes=int(options.pop("out_bytes", _OUT_BYTES)),
                licence=options.pop("licence", ""),
            )
        except (KeyError, ValueError) as error:
            raise DeviceError(Fault.CONFIGURATION, f"the photo library's settings are wrong: {error}") from None
        if not path.startswith("/") or not 0 < call.out_bytes <= _LARGEST:
            raise DeviceError(Fault.CONFIGURATION, "a photo library is library:/path/lib.so?function=…")
        if not call.output and "out" not in call.args:
            raise DeviceError(Fault.CONFIGURATION, "the photo library's function needs out among its args, or output=")
        return call, options


class LibraryPhoto:
    """Calls the library for each photo. ``pixels`` is rgb or bgr for a library that gives bare pixels.

    ``interpreter`` is another Python for a library of another build (32 bits). Nothing is loaded here.
    """

    capabilities = PhotoCapabilities(real_cards=True)

    def __init__(self, call: LibraryCall, *, pixels: str = "", interpreter: str = "", timeout: float = 3.0) -> None:
        self._call = call
        self._pixels = pixels
        self._interpreter = interpreter or sys.executable
        self._timeout = timeout

    @classmethod
    def parse(cls, text: str) -> LibraryPhoto:
        """From what follows ``library:`` in the settings. Raises CONFIGURATION."""
        call, rest = LibraryCall.parse(text)
        pixels, interpreter = rest.pop("pixels", ""), rest.pop("interpreter", "")
        seconds = rest.pop("timeout", "3")
        if rest or pixels not in {"", "bgr", "rgb"} or not seconds.isascii() or not seconds.isdigit():
            known = "function args ok init init_args input output out_bytes licence pixels interpreter timeout"
            raise DeviceError(Fault.CONFIGURATION, f"the photo library's settings are wrong; known: {known}")
        return cls(call, pixels=pixels, interpreter=interpreter, timeout=float(seconds))

    def decode(self, block: bytes) -> bytes | None:
        """The picture, or None when the library fails, crashes, hangs or gives no picture. Raises CONFIGURATION."""
        for path in (self._call.library, self._call.licence):
            if path and not Path(path).is_file():
                raise DeviceError(Fault.CONFIGURATION, f"the photo library or its licence is missing: {path}")
        said = json.dumps(asdict(self._call)).encode() + b"\n" + block
        answer = answer_of([self._interpreter, "-I", "-S", str(_HELPER)], said, self._timeout) or b""
        kind, data = answer[:1], answer[_HEADER:]
        if len(answer) < _HEADER or int.from_bytes(answer[1:_HEADER], "big") != len(data):
            return None
        if kind == b"L":
            raise DeviceError(
                Fault.CONFIGURATION, f"the photo library cannot be used: {data.decode('utf-8', 'replace')}"
            )
        return self._picture(data) if kind == b"P" else None

    def _picture(self, data: bytes) -> bytes | None:
        if self._pixels:
            return bitmap(data, self._pixels)
        return data if data.startswith(_PICTURES) and len(data) <= _LARGEST else None


def bitmap(pixels: bytes, order: str = "bgr") -> bytes | None:
    """A BMP around bare pixels, rows from the top, three bytes a dot.

    None when they are fewer than 102 × 126 dots, or all black: then the library left its buffer as it was.
    """
    row = WIDTH * 3
    if len(pixels) < HEIGHT * row or not any(pixels):
        return None
    rows = [pixels[at : at + row] for at in range(0, HEIGHT * row, row)]
    if order == "rgb":
        rows = [b"".join(line[at : at + 3][::-1] for at in range(0, row, 3)) for line in rows]
    body = b"".join(line + b"\0\0" for line in reversed(rows))
    header = b"BM" + (54 + len(body)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    return (
        header
        + (40).to_bytes(4, "little")
        + WIDTH.to_bytes(4, "little")
        + HEIGHT.to_bytes(4, "little")
        + b"\x01\x00\x18\x00"
        + bytes(4)
        + len(body).to_bytes(4, "little")
        + bytes(16)
        + body
    )


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if word not in ARGUMENTS:
            try:
                int(word)
            except ValueError:
                raise ValueError(f"{word!r} is none of {', '.join(ARGUMENTS)} and no number") from None
    return words


def _name(text: str) -> str:
    if "/" in text or text.startswith("."):
        raise ValueError("a file's name without a folder is expected")
    return text
