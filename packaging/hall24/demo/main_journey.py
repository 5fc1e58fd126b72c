"""The main journey: from an ID card on the reader to a rating at the window."""

from __future__ import annotations

import io
import wave
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import requests

from hall24.demo.people import card
from hall24.demo.privacy import left_behind
from hall24.demo.stage import OFFICERS, PASSWORD
from hall24.demo.troupe import Troupe

if TYPE_CHECKING:
    from playwright.sync_api import Page

CITIZEN, WINDOW = "p1", "3"
SCREEN_SIZE, CONSOLE_SIZE, PAD_SIZE, PHONE_SIZE = (1920, 1080), (420, 640), (1280, 800), (360, 640)
ADMIN_SIZE = (1280, 900)


def play(troupe: Troupe) -> None:
    """Plays it step by step; each step is seen to happen or the journey fails."""
    _the_hall_opens(troupe)
    number, phone = _the_citizen_takes_a_ticket(troupe)
    _the_officer_calls(troupe, number, phone)
    _the_service_and_the_rating(troupe, number)
    with troupe.timeline.step("nothing of the citizen is left on the kiosk"):
        troupe.kiosk_shows("Home")
        found = left_behind(troupe, CITIZEN)
        if found:
            raise AssertionError(f"personal words in {', '.join(found)}")


def _the_hall_opens(troupe: Troupe) -> None:
    step, browser, stage = troupe.timeline.step, troupe.browser, troupe.stage
    with step("the kiosk shows its first page"):
        troupe.kiosk_is_ready()
        troupe.citizen.picture(troupe.out / "01-home.png")
    with step("the call screen is on"):
        browser.open("screen", stage.page("/screen/S1", "screen:S1"), *SCREEN_SIZE)
        browser.on("screen", lambda page: page.wait_for_selector("[data-state=live]", state="attached"))
    with step("the rating pad is on"):
        browser.open("pad", stage.page(f"/rate/{WINDOW}", "pad:pad-3"), *PAD_SIZE, touch=True)
    with step("the officer logs in and opens the window"):
        browser.open("console", stage.page(f"/window/{WINDOW}"), *CONSOLE_SIZE)

        def log_in(page: Page) -> None:
            page.fill("[name=name]", OFFICERS[2])
            page.fill("[name=password]", PASSWORD)
            page.keyboard.press("Enter")
            page.click("[data-act=open]")

        browser.on("console", log_in)
        troupe.citizen.wait(lambda: "3" in stage.devices.bar.text or stage.devices.bar.text, 60, "a text on the bar")


def _the_citizen_takes_a_ticket(troupe: Troupe) -> tuple[str, str]:
    """The number, and the address on the slip."""
    step, citizen, out = troupe.timeline.step, troupe.citizen, troupe.out
    devices = troupe.stage.devices
    with step("the citizen taps for a ticket"):
        citizen.tap("offer-take_ticket")
        troupe.kiosk_shows("Identify")
        citizen.picture(out / "02-identify.png")
    with step("the ID card is read, name and number are masked"):
        devices.reader.lay(card(CITIZEN))
        troupe.kiosk_shows("Queue")
        person = troupe.data["person"]
        if "*" not in person["name"] or "****" not in person["number"]:
            raise AssertionError("name or number is not masked")
        citizen.picture(out / "03-queue.png")
    with step("one tap: the server issues a number"):
        citizen.tap("queue-A")
        troupe.kiosk_shows("Ticket")
        number = str(troupe.data["number"])
        if number != "A001":
            raise AssertionError(f"the first ticket of the day is {number}")
    with step("the ticket comes out of the printer"):
        slip = devices.printer.wait_for_slip(60)
        citizen.wait(lambda: troupe.data.get("printing") == "printed", 60, "the printer's word that it is done")
        slip.image.save(out / "ticket.png")
        (out / "ticket.bin").write_bytes(slip.data)
        citizen.picture(out / "04-ticket.png")
        phone = slip.qr
        if not phone.startswith(troupe.stage.url + "/t/"):
            raise AssertionError("the QR code on the slip does not lead to the ticket's own page")
    with step("the phone shows the place in the queue"):
        troupe.browser.open("phone", phone, *PHONE_SIZE, touch=True)
        troupe.browser.on("phone", lambda page: page.wait_for_selector(f"text={number}"))
        taken = _taken_at(troupe, phone)
        troupe.browser.on("phone", lambda page: page.wait_for_selector(f"text={taken}"))
        troupe.browser.picture("phone", out / "05-phone-waiting.png")
    with step("the kiosk goes back to its first page"):
        devices.reader.take_away()
        citizen.tap("home")
        troupe.kiosk_shows("Home")
    return number, phone


def _the_officer_calls(troupe: Troupe, number: str, phone: str) -> None:
    step, browser, out = troupe.timeline.step, troupe.browser, troupe.out
    bar = troupe.stage.devices.bar
    with step("the officer sees who waits and calls"):
        browser.on("console", lambda page: page.wait_for_selector(f"text={number}"))
        browser.picture("console", out / "06-console-waiting.png")
        browser.on("console", lambda page: page.click("[data-act=primary]"))
    with step("the call screen shows the number large"):
        browser.on("screen", lambda page: page.wait_for_selector(f"[data-call-number='{number}']"))
        troupe.citizen.let_pass(3.0)  # it blinks twice, softly
        browser.picture("screen", out / "07-screen-called.png")
    with step("the call is spoken"):
        seconds = _spoken_seconds(troupe)
        if not 2 < seconds < 12:
            raise AssertionError(f"the spoken call lasts {seconds:.1f} s")
    with step("the LED bar above the window shows it"):
        bar.wait_for(lambda text: number in text, 60)
        bar.picture().save(out / "08-bar.png")
    with step("the phone says where to go"):
        browser.on("phone", lambda page: page.wait_for_selector("[data-state=calling]"))
        browser.picture("phone", out / "09-phone-called.png")
    with step("the officer calls once more"):
        troupe.citizen.let_pass(10.5)  # the hall's rule: recalls are ten seconds apart
        browser.on("console", lambda page: page.click("[data-act=recall]"))
        troupe.citizen.wait(lambda: _calls_of(troupe, phone) == 2, 60, "the second call")


def _the_service_and_the_rating(troupe: Troupe, number: str) -> None:
    step, browser, out = troupe.timeline.step, troupe.browser, troupe.out
    with step("the service begins"):
        browser.on("console", lambda page: page.click("[data-act=primary]"))
        browser.on("phone", lambda page: page.wait_for_selector("[data-state=serving]"))
        browser.picture("console", out / "10-console-serving.png")
    with step("the service ends, the pad invites"):
        browser.on("console", lambda page: page.click("[data-act=finish]"))
        browser.on("console", lambda page: page.click("[data-outcome=accepted]"))
        browser.on("pad", lambda page: page.wait_for_selector("[data-level=satisfied]"))
        browser.picture("pad", out / "11-pad-invites.png")
    with step("the citizen rates"):
        browser.on("pad", lambda page: page.click("[data-level=very-satisfied]"))
        browser.on("pad", lambda page: page.click("[data-act=send]"))
        browser.picture("pad", out / "12-pad-thanks.png")
    with step("the officer sees that it was rated, never how"):
        browser.on("console", lambda page: page.wait_for_selector("[data-rating=submitted]"))
        browser.picture("console", out / "13-console-rated.png")
    with step("the back office counts one rating by a citizen"):
        rows = _ratings(troupe)
        if [(row["number"], row["level"]) for row in rows] != [(number, "very-satisfied")]:
            raise AssertionError(f"the back office has {len(rows)} ratings, or another level")
        browser.open("admin", troupe.stage.page("/admin/"), *ADMIN_SIZE)
        browser.on("admin", _admin_logs_in)
        browser.picture("admin", out / "14-admin.png")


def _admin_logs_in(page: Page) -> None:
    page.locator("[name=name]:visible").fill("admin")
    page.locator("[name=password]:visible").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("[name=password]").wait_for(state="hidden")
    page.wait_for_timeout(800)


def _spoken_seconds(troupe: Troupe) -> float:
    """Asks for the sound of the last call as a screen does; its length in seconds."""
    token = troupe.stage.enrol("screen:S2")
    headers = {"Authorization": f"Bearer {token}"}
    snapshot = requests.get(f"{troupe.stage.url}/api/v1/snapshot", headers=headers, timeout=30).json()
    for seq in range(snapshot["seq"], 0, -1):
        answer = requests.get(f"{troupe.stage.url}/api/v1/speech/{seq}.wav", headers=headers, timeout=30)
        if answer.status_code == 200:
            with wave.open(io.BytesIO(answer.content)) as sound:
                return float(sound.getnframes()) / float(sound.getframerate())
    return 0.0


def _calls_of(troupe: Troupe, phone: str) -> int:
    token = phone.rsplit("/", 1)[1]
    answer = requests.get(f"{troupe.stage.url}/api/v1/my/{token}", timeout=30)
    return int(answer.json()["ticket"]["calls"])


def _taken_at(troupe: Troupe, phone: str) -> str:
    """The hall's wall clock when the ticket was taken; the browser is set to another zone."""
    status = requests.get(f"{troupe.stage.url}/api/v1/my/{phone.rsplit('/', 1)[1]}", timeout=30).json()
    taken = datetime.fromisoformat(status["ticket"]["issuedAt"])
    return taken.astimezone(ZoneInfo(status["timeZone"])).strftime("%H:%M")


def _ratings(troupe: Troupe) -> list[dict[str, str]]:
    login = requests.post(
        f"{troupe.stage.url}/api/v1/login", json={"name": "admin", "password": PASSWORD}, timeout=30
    ).json()
    answer = requests.get(
        f"{troupe.stage.url}/api/v1/admin/ratings", headers={"Authorization": f"Bearer {login['token']}"}, timeout=30
    )
    rows: list[dict[str, str]] = answer.json()["rows"]
    return rows
