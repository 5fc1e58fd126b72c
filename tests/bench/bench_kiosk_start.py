"""The kiosk as a process: start to first frame, memory, processor time when nobody is there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from hall24.bench import Figure, percentile
from hall24.demo.stage import Stage

ABOUT = "kiosk process, software rendering, warm file cache (against a minimal QML program)"
STARTS, IDLE_SECONDS = 5, 65  # more than a minute, so that the clock's minute is in it

MINIMAL = """
import os, sys, time
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
app = QGuiApplication(sys.argv)
engine = QQmlApplicationEngine()
engine.loadData(b'import QtQuick; Window { width: 1080; height: 1920; visible: true; Text { text: "hall" } }')
def seen():
    ticks = int(open(f"/proc/{os.getpid()}/stat").read().rpartition(")")[2].split()[19])
    since = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    print(f"seen {1000 * since:.0f}", flush=True)
engine.rootObjects()[0].frameSwapped.connect(seen)
app.exec()
"""


def measure(scratch: Path) -> list[Figure]:
    """Against a running server and simulated devices, as in a hall."""
    with Stage(scratch / "hall") as stage:
        command = [sys.executable, "-m", "hall24", "kiosk", "--config", str(stage.kiosk_config), "--size", "1080x1920"]
        own = [_start(command)[0] for _ in range(STARTS + 1)][1:]
        raw = [_start([sys.executable, "-c", MINIMAL])[0] for _ in range(STARTS + 1)][1:]
        _, memory, idle = _start(command, settle=8.0, idle=IDLE_SECONDS)
        _, least, _ = _start([sys.executable, "-c", MINIMAL], settle=2.0)
    return [
        Figure("process start → first frame, median", percentile(own, 0.5), "ms", most=1500),
        Figure("the same of a minimal QML program", percentile(raw, 0.5), "ms"),
        Figure("ratio", percentile(own, 0.5) / percentile(raw, 0.5), "×"),
        Figure("resident memory with all devices open", memory, "MB", most=220),
        Figure("the same of a minimal QML program", least, "MB"),
        Figure(f"processor time when idle, over {IDLE_SECONDS} s", 100 * idle, "% core", most=2.0),
    ]


def _start(command: list[str], settle: float = 0.0, idle: float = 0.0) -> tuple[float, float, float]:
    """Starts, waits for the first frame; (milliseconds to it, resident MB, share of a core when idle)."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if line.startswith("seen"))
            time.sleep(settle)
            memory = _resident(process.pid)
            before = _processor_seconds(process.pid)
            time.sleep(idle)
            used = (_processor_seconds(process.pid) - before) / idle if idle else 0.0
        finally:
            process.terminate()
    return float(line.split()[1]), memory, used


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
