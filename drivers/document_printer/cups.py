"""A4 printers behind CUPS (``cups://queue``, ``cups://host:631/queue``) or on their own (``ipp://host/ipp/print``)."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from drivers.device import DeviceError, Fault
from drivers.document_printer.address import Address
from drivers.document_printer.exchange import Exchange, HttpExchange
from drivers.document_printer.ipp_printer import IppPrinter, Settings
from drivers.document_printer.operations import Requests
from drivers.document_printer.recorded import SPEAKER, RecordedExchange, ReplayedExchange
from drivers.loading import DeviceUrl, SharedPorts

IPP_PORT = 631
LOCAL_SOCKET = "/run/cups/cups.sock"
OPTIONS = ("owner", "socket", "record")


def make(
    url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts, settings: Settings | None = None
) -> IppPrinter:
    """The driver for ``cups://``, ``ipp://`` or ``replay:///file``; opens nothing. Raises CONFIGURATION.

    ``owner`` is the name under which this kiosk's jobs are kept apart from others' (default: ``hall24-`` and the name
    of the machine); ``socket`` the local socket of CUPS; ``record`` a file into which the conversation is recorded.
    """
    del shared
    merged = {**url.options, **options}
    unknown = sorted(set(merged) - set(OPTIONS))
    if unknown:
        raise DeviceError(Fault.CONFIGURATION, f"unknown settings {', '.join(unknown)}; known: {', '.join(OPTIONS)}")
    owner = merged.get("owner") or f"hall24-{platform.node() or 'kiosk'}"
    address = _address(url, merged.get("socket", LOCAL_SOCKET))
    spooler = url.scheme == "cups"
    requests = Requests(f"ipp://{address.authority}{address.path}", owner)
    exchange: Exchange = HttpExchange(address)
    if url.scheme == "replay":
        exchange, requests = ReplayedExchange(Path(url.place)), SPEAKER
    elif "record" in merged:
        exchange = RecordedExchange(exchange, Path(merged["record"]))
    return IppPrinter(exchange, requests, settings, spooler=spooler)


def _address(url: DeviceUrl, socket: str) -> Address:
    place = url.place.strip("/")
    if url.scheme == "replay":
        return Address("localhost", IPP_PORT, "/")
    if url.scheme == "cups":
        host, slash, queue = place.rpartition("/")
        if not queue or "/" in host:
            raise DeviceError(Fault.CONFIGURATION, "a CUPS queue is cups://queue or cups://host:631/queue")
        name, port = _host(host) if slash else ("localhost", IPP_PORT)
        return Address(name, port, f"/printers/{quote(queue, safe='%')}", "" if slash else socket)
    if url.scheme == "ipp":
        host, _, path = place.partition("/")
        name, port = _host(host)
        return Address(name, port, f"/{path or 'ipp/print'}")
    if url.scheme == "ipps":
        raise DeviceError(Fault.CONFIGURATION, "ipps:// is left to CUPS: add the printer there and use cups://queue")
    raise DeviceError(Fault.CONFIGURATION, f"{url.scheme}:// is no printer; known: cups, ipp, replay")


def _host(text: str) -> tuple[str, int]:
    """Host and port; an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    host, port = (host, port) if colon else (text, "")
    if not host or (port and not port.isdigit()):
        raise DeviceError(Fault.CONFIGURATION, "host or host:port is expected")
    return host.strip("[]"), int(port) if port else IPP_PORT
