"""A program that is run alone for one photo: in an empty folder, in a session of its own, killed with all it started.

Vendors' decoders write files into the working folder, hang, and start processes of their own; nothing of that may
outlive the photo.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress

from drivers.device import DeviceError, Fault


def answer_of(command: Sequence[str], said: bytes, timeout: float) -> bytes | None:
    """The program's standard output; None when it fails, crashes or takes longer than ``timeout`` seconds.

    Raises CONFIGURATION when it cannot be started. What it prints as errors is thrown away.
    """
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
                answer, _ = program.communicate(said, timeout=timeout)
            except subprocess.TimeoutExpired:
                return None
            finally:
                with suppress(ProcessLookupError, PermissionError):  # it has ended, and nothing of it is left
                    os.killpg(program.pid, signal.SIGKILL)
        return answer if program.returncode == 0 else None
