"""A terminal says that it lives, what it lacks, and what its clock shows."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import ReportTerminal, Role, TerminalReply
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def report_terminal(work: Work, command: ReportTerminal, actor: Actor, now: datetime) -> TerminalReply:
    """``clock_off_seconds`` is positive when the terminal's clock is ahead of ours."""
    off = round((command.clock - now).total_seconds(), 1)
    work.saw_terminal(actor.name, actor.role or Role.INTEGRATOR, command, off, now)
    return TerminalReply(server_time=now, clock_off_seconds=off, catalogue_version=work.hall.version)
