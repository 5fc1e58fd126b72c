"""Runs one function of a vendor's photo library once, in a process of its own; only the standard library is needed.

Started by ``photo_library`` as a program, so that a crash, a hang, an endless file or a library that prints into the
standard output harms nobody, and so that the next person's photo finds a fresh memory. On the standard input comes one
JSON line (the call) and then the photo block. On the standard output, which is moved away from the library first, goes
one byte (P picture, N none, L the library cannot be used) and four bytes of length, then the picture or the reason.

The call: ``library``, ``init`` (a function called before, or empty) with ``init_args``, ``function`` with ``args``,
``ok`` (what the function returns when it worked; empty: anything), ``out_bytes``, ``output`` (a file's name; empty: the
buffer), ``input``, ``licence``. The words for arguments are those of ``photo_library.ARGUMENTS``.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_LARGEST_FILE = 32_000_000
_GUARD = 4096
"""Room behind each buffer, since some libraries write a few bytes too many."""


def main() -> None:
    """Takes the library's fingers off the standard output, then does the call."""
    say = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would be a file with a person's photo
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    call = json.loads(sys.stdin.buffer.readline())
    block = sys.stdin.buffer.read()
    try:
        picture = run(call, block)
    except (OSError, AttributeError) as error:
        kind, answer = b"L", str(error).encode("utf-8", "replace")[:300]
    else:
        kind, answer = (b"P", picture) if picture else (b"N", b"")
    say.write(kind + len(answer).to_bytes(4, "big") + answer)
    say.flush()
    os._exit(0)  # libraries' own clean-up at exit crashes often enough


def run(call: Mapping[str, Any], block: bytes) -> bytes:
    """The picture, or nothing. Raises OSError, AttributeError when the library or a function is not there."""
    licence = Path(call["licence"]).read_bytes() if call["licence"] else b""
    library = ctypes.CDLL(call["library"])
    function = getattr(library, call["function"])
    Path(call["input"]).write_bytes(block)
    out = ctypes.create_string_buffer(call["out_bytes"] + _GUARD)
    length = ctypes.c_int(call["out_bytes"])
    values: dict[str, Callable[[], Any]] = {
        "wlt": lambda: ctypes.create_string_buffer(block, len(block) + _GUARD),
        "wlt-length": lambda: ctypes.c_int(len(block)),
        "out": lambda: out,
        "out-length": lambda: ctypes.byref(length),
        "licence": lambda: ctypes.create_string_buffer(licence, len(licence) + _GUARD),
        "licence-length": lambda: ctypes.c_int(len(licence)),
        "input-file": lambda: ctypes.c_char_p(os.fsencode(str(Path.cwd() / call["input"]))),
        "output-file": lambda: ctypes.c_char_p(os.fsencode(str(Path.cwd() / call["output"]))),
        "folder": lambda: ctypes.c_char_p(os.fsencode(str(Path.cwd()))),
    }

    def arguments(words: list[str]) -> list[Any]:
        return [values[word]() if word in values else ctypes.c_int(int(word)) for word in words]

    if call["init"]:
        getattr(library, call["init"])(*arguments(call["init_args"]))
    returned = function(*arguments(call["args"]))
    if call["ok"] and returned not in call["ok"]:
        return b""
    if call["output"]:
        written = Path(call["output"])
        return written.read_bytes() if written.is_file() else b""
    return out.raw[: min(max(0, length.value), call["out_bytes"])]


if __name__ == "__main__":
    main()
