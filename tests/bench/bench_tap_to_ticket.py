"""The citizen's last tap → all bytes of the ticket at the printer, with the server and without it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import requests

from hall24.bench import Figure, percentile
from hall24.demo.processes import wait_until
from hall24.demo.stage import Stage
from kiosk.compose import Kiosk, build
from kiosk.settings import load

ABOUT = "tap on a queue → the ticket's bytes at the printer, beyond what the raw parts need (milliseconds)"
TICKETS, OFFLINE_TICKETS = 25, 15


def measure(scratch: Path) -> list[Figure]:
    """The kiosk without its window, the real drivers, a printer on TCP, the server as a process."""
    with Stage(scratch / "hall") as stage:
        kiosk = build(load(stage.kiosk_config))
        kiosk.start()
        try:
            wait_until(lambda: len(kiosk.report()["leases"]) >= 5, 30, "borrowed numbers")
            people = iter(range(13800000000, 13900000000))
            _tap(kiosk, stage, next(people), 0)  # fonts and connections are warm in a hall
            online = [_tap(kiosk, stage, next(people), n) for n in range(TICKETS)]
            ask, paper = _raw_request(stage), _raw_print(stage)
            stage.kill_server()
            _tap(kiosk, stage, next(people), 0)
            offline = [_tap(kiosk, stage, next(people), n) for n in range(OFFLINE_TICKETS)]
        finally:
            kiosk.stop()
    raw = percentile(ask, 0.5) + percentile(paper, 0.5)
    return [
        Figure("raw: POST /tickets, p50", 1000 * percentile(ask, 0.5), "ms"),
        Figure("raw: the same bytes to the same printer, p50", 1000 * percentile(paper, 0.5), "ms"),
        Figure("tap → bytes, p50", 1000 * percentile(online, 0.5), "ms"),
        Figure("tap → bytes, p95", 1000 * percentile(online, 0.95), "ms"),
        Figure("beyond the raw parts, p95", 1000 * (percentile(online, 0.95) - raw), "ms", most=150),
        Figure("tap → bytes p50 ÷ raw parts", percentile(online, 0.5) / raw, "×"),
        Figure("offline: tap → bytes, p50", 1000 * percentile(offline, 0.5), "ms"),
        Figure(
            "offline: beyond the raw print, p95",
            1000 * (percentile(offline, 0.95) - percentile(paper, 0.5)),
            "ms",
            most=150,
        ),
    ]


def _tap(kiosk: Kiosk, stage: Stage, phone: int, turn: int) -> float:
    """One citizen by phone number; seconds from the last tap to the slip that the printer has whole."""
    visit, printer = kiosk.visit, stage.devices.printer
    queue = "ABCDE"[turn % 5]
    wait_until(lambda: visit.view.page == "Home", 20, "the first page")
    visit.start("take_ticket")
    wait_until(lambda: visit.view.page == "Identify", 10, "the page for the card")
    _submit(kiosk, {"way": "phone"}, lambda: visit.view.page == "Phone")
    _submit(kiosk, {"phone": str(phone)}, lambda: visit.view.page == "Queue")
    time.sleep(0.45)  # a second tap within 400 ms does nothing
    slips = len(printer.slips)
    began = time.perf_counter()
    visit.submit({"queue": queue})
    wait_until(lambda: len(printer.slips) > slips, 15, "a slip", every=0.001)
    took = time.perf_counter() - began
    wait_until(lambda: visit.data.get("printing") == "printed", 15, "the printer's word")
    visit.cancel()
    return took


def _submit(kiosk: Kiosk, answers: dict[str, str], then: Callable[[], bool]) -> None:
    time.sleep(0.45)
    kiosk.visit.submit(answers)
    wait_until(then, 10, "the next page")


def _raw_request(stage: Stage) -> list[float]:
    """The bare request that issues a ticket, on one kept connection."""
    times = []
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {stage.enrol('kiosk:K2')}"
        for _ in range(TICKETS):
            began = time.perf_counter()
            answer = session.post(f"{stage.url}/api/v1/tickets", json={"queue": "A", "channel": "kiosk"}, timeout=5)
            times.append(time.perf_counter() - began)
            answer.raise_for_status()
    return times


def _raw_print(stage: Stage) -> list[float]:
    """The bytes of a ticket over a plain socket to the same simulated printer."""
    printer = stage.devices.printer
    data, times = printer.slips[-1].data, []
    host, port = printer.url.removeprefix("tcp://").split("?")[0].split(":")
    for _ in range(TICKETS):
        slips = len(printer.slips)
        began = time.perf_counter()
        with socket.create_connection((host, int(port))) as line:
            line.sendall(data)
            wait_until(lambda before=slips: len(printer.slips) > before, 15, "a slip", every=0.001)
        times.append(time.perf_counter() - began)
    return times
