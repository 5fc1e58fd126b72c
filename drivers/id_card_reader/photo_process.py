"""A program that is run alone for one photo: in an empty folder, in a session of its own, killed with all it started.

Vendors' decoders write files into the working folder, hang, talk without end, and start processes of their own; nothing
of that may outlive the photo.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress

from drivers.device import DeviceError, Fault

_LONGEST = 40_000_000
"""No answer is longer, in bytes: a library may write a file of 32,000,000."""
_CHUNK = 65536


def answer_of(command: Sequence[str], said: bytes, timeout: float) -> bytes | None:
    """The program's standard output; None when it fails, crashes, takes longer than ``timeout`` seconds or never ends.

    ``said`` is what it gets on its standard input: a few kilobytes, as a pipe takes them at once. Raises CONFIGURATION
    when it cannot be started. What it prints as errors is thrown away.
    """
    deadline = time.monotonic() + timeout
    with tempfile.TemporaryDirectory(prefix="hall-photo-", ignore_cleanup_errors=True) as folder:
        try:
            program = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                start_new_session=True,
            )
        except OSError as error:
            raise DeviceError(Fault.CONFIGURATION, f"the photo decoder does not start: {error.errno}") from None
        with program:
            try:
                answer = _heard(program, said, deadline)
                if answer is not None:
                    program.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return None
            finally:
                with suppress(ProcessLookupError, PermissionError):  # it has ended, and nothing of it is left
                    os.killpg(program.pid, signal.SIGKILL)
        return answer if program.returncode == 0 else None


def _heard(program: subprocess.Popen[bytes], said: bytes, deadline: float) -> bytes | None:
    """Everything that it says until it closes its output; None when that is too late or too much."""
    if program.stdin is None or program.stdout is None:
        return None
    with suppress(BrokenPipeError), program.stdin:  # some do not want to hear it
        program.stdin.write(said)
    heard = bytearray()
    while len(heard) <= _LONGEST:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([program.stdout], [], [], left)[0]:
            return None
        chunk = os.read(program.stdout.fileno(), _CHUNK)
        if not chunk:
            return bytes(heard)
        heard += chunk
    return None
