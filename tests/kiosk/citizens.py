"""A kiosk in a process of its own in which one citizen after the other takes a number, until it is killed.

``citizens.py DATABASE URL PAPER RUN``: what comes out of the printer is appended to PAPER, on disk before the
printer says so.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import conftest as parts  # the parts of the tests, by path: this is no module of a package

import ui
from drivers.ticket_printer.port import Proof, Slip
from kiosk.errors import KioskError
from kiosk.printing import Layouts, find_fonts
from kiosk.printing.layouts import PaperWords


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(database: str, url: str, paper: str, run: str) -> None:
    rig = parts.build_rig(Path(database), url, Layouts(find_fonts(), PaperWords(ui.I18N)), run=run)
    for entry in rig.journal.recover(rig.clock.now()):
        say(f"interrupted {entry.number} {entry.stand.value}")

    def put_out(slip: Slip, timeout: float) -> Proof:
        marked = any("补打" in line for line in slip.lines)
        lines = [line.removeprefix("# ") for line in slip.lines]
        number = next(line for line in lines if line[:1] == "A" and line[1:].isdigit())
        with Path(paper).open("a", encoding="utf-8") as strip:
            strip.write(f"{number} {'marked' if marked else 'plain'} {slip.job}\n")
            strip.flush()
            os.fsync(strip.fileno())
        return Proof.PROVEN

    rig.printer.print = put_out
    try:
        rig.refresher.round()
    except KioskError:
        say("away")
    say("ready")
    while True:
        rig.card_to_queue()
        rig.tap(queue="A", item=None, priority="none")
        rig.until("Ticket")
        rig.wait(lambda: rig.visit.data.get("printing") == "printed")
        rig.tap(done=True)
        rig.until("Home")
        say("served")


if __name__ == "__main__":
    main(*sys.argv[1:5])
