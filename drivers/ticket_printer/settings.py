"""How one printer is used, from the options of its URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from drivers.device import DeviceError, Fault
from drivers.ticket_printer.codec import PAPERS, Paper


class StatusUse(StrEnum):
    """``required``: a silent printer prints nothing. ``optional``: it prints without proof. ``none``: never asked."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one printer is used; times in seconds."""

    paper: Paper = PAPERS["80"]
    as_text: bool = False
    font: str = ""
    status: StatusUse = StatusUse.REQUIRED
    proof: bool = True
    pushes: bool = False
    """Automatic status is switched on and the line stays open for it; else every job has a connection of its own."""
    recovers: bool = True
    """Whether a printer that says so is told to recover from an error before the next slip."""
    near_end: bool | None = None
    roll_metres: float = 0.0
    """Paper on a fresh roll, for printers without a sensor for its end; 0: not counted."""
    answer_seconds: float = 1.0
    watch_seconds: float = 0.25
    quiet_seconds: float = 0.4
    unproven_seconds: float = 3.0
    """How long a printer that does not say how it is may take to say that it is done."""
    recovering_seconds: float = 1.5
    """How long a printer that was told to recover may take: it moves its knife."""
    hold_seconds: float = 60.0
    """How long a slip that the printer keeps (no paper) is waited for; after that it is thrown away where possible."""


ALLOWED = (
    "paper is 80 or 58, width 8 to 832 dots, dpi 90 to 610, roll 1 to 400 metres, "
    "cut, qr, proof, recover and near_end are yes or no, "
    "mode is auto, raster or text, status is required, optional or none, asb is auto, yes or no"
)


def settings_of(options: Mapping[str, str], *, slow: bool, private: bool) -> Settings:
    """From options; ``slow``: a picture would take too long, ``private``: nobody else needs the line. CONFIGURATION."""
    try:
        return Settings(
            paper=_paper(options),
            as_text={"auto": slow, "text": True, "raster": False}[options.get("mode", "auto")],
            font=options.get("font", ""),
            status=(status := StatusUse(options.get("status", StatusUse.REQUIRED))),
            proof=_yes(options.get("proof", "yes")),
            pushes={"auto": private, "yes": True, "no": False}[options.get("asb", "auto")]
            and status is not StatusUse.NONE,
            recovers=_yes(options.get("recover", "yes")),
            near_end=_yes(options["near_end"]) if "near_end" in options else None,
            roll_metres=_number(options["roll"], 1, 400) if "roll" in options else 0,
        )
    except (KeyError, ValueError):
        raise DeviceError(Fault.CONFIGURATION, ALLOWED) from None


def _paper(options: Mapping[str, str]) -> Paper:
    paper = PAPERS[options.get("paper", "80")]
    if "width" in options:
        paper = replace(paper, width_dots=_number(options["width"], 8, 832))
    if "dpi" in options:
        paper = replace(paper, dots_per_mm=round(_number(options["dpi"], 90, 610) / 25.4, 2))
    if "cut" in options:
        paper = replace(paper, cuts=_yes(options["cut"]))
    if "qr" in options:
        paper = replace(paper, native_qr=_yes(options["qr"]))
    return paper


def _number(text: str, least: int, most: int) -> int:
    number = int(text)
    if not least <= number <= most:
        raise ValueError(text)
    return number


def _yes(text: str) -> bool:
    return {"yes": True, "no": False}[text]
