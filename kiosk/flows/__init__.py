"""Every flow of this kiosk; a new flow is one file and one line here."""

from __future__ import annotations

from kiosk.flows.appointments import APPOINTMENTS
from kiosk.flows.flow import Flow
from kiosk.flows.self_service import SELF_SERVICE
from kiosk.flows.take_ticket import TAKE_TICKET

FLOWS: tuple[Flow, ...] = (TAKE_TICKET, APPOINTMENTS, SELF_SERVICE)
