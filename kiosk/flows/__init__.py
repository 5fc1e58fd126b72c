"""Every flow of this kiosk; a new flow is one file and one line here."""

from __future__ import annotations

from kiosk.flows.flow import Flow

FLOWS: tuple[Flow, ...] = ()
