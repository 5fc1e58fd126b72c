"""The second journey, self-service: case progress by card and face, then a guide, then the same without a face."""

from __future__ import annotations

from hall24.demo.faces import before_the_camera
from hall24.demo.people import card
from hall24.demo.privacy import left_behind
from hall24.demo.troupe import Troupe

CITIZEN = "p1"
CODE = "246810"
"""The query code of every case of this citizen in the reference back end."""


def play(troupe: Troupe) -> None:
    """Plays it step by step; each step is seen to happen or the journey fails."""
    step, citizen, out = troupe.timeline.step, troupe.citizen, troupe.out
    devices = troupe.stage.devices
    with step("kiosk shows its first page"):
        troupe.kiosk_is_ready()
    with step("case progress is offered"):
        citizen.tap("offer-self_service")
        troupe.kiosk_shows("Services")
        citizen.picture(out / "01-services.png")
    with step("the card is asked for and read"):
        citizen.tap("service-case-progress")
        troupe.kiosk_shows("Identify")
        devices.reader.lay(card(CITIZEN))
        troupe.kiosk_shows("Consent")
        citizen.picture(out / "02-consent.png")
    with step("consent is given, the face matches the card"):
        devices.camera.show(*before_the_camera(CITIZEN))
        citizen.tap("agree")
        troupe.kiosk_shows("Face")
        citizen.picture(out / "03-face.png")
        troupe.kiosk_shows("Answer")
    with step("the masked result is shown and printed"):
        citizen.wait(lambda: len(devices.printer.slips) == 1, 60, "a slip")
        citizen.picture(out / "04-answer.png")
        devices.printer.slips[0].image.save(out / "slip-case-progress.png")
    with step("the kiosk is back on its first page"):
        devices.reader.take_away()
        citizen.tap("home")
        troupe.kiosk_shows("Home")
    _without_a_face(troupe)
    _a_guide(troupe)
    with step("nothing of the citizen is left on the kiosk"):
        found = left_behind(troupe, CITIZEN)
        if found:
            raise AssertionError(f"personal words in {', '.join(found)}")


def _without_a_face(troupe: Troupe) -> None:
    """The same enquiry by the other way: the code known to the case. The camera never runs."""
    step, citizen = troupe.timeline.step, troupe.citizen
    devices = troupe.stage.devices
    with step("the same enquiry without a face, by the code"):
        citizen.tap("offer-self_service")
        citizen.tap("service-case-progress")
        troupe.kiosk_shows("Identify")
        devices.reader.lay(card(CITIZEN))
        troupe.kiosk_shows("Consent")
        citizen.tap("disagree")
        troupe.kiosk_shows("Code")
        for digit in CODE:
            citizen.tap(f"key-{digit}")
        citizen.picture(troupe.out / "05-code.png")
        citizen.tap("primary")
        troupe.kiosk_shows("Answer")
        citizen.wait(lambda: len(devices.printer.slips) == 2, 60, "the second slip")
        devices.reader.take_away()
        citizen.tap("home")
        troupe.kiosk_shows("Home")


def _a_guide(troupe: Troupe) -> None:
    """办事指南打印: no card, a choice, a page of A4."""
    step, citizen = troupe.timeline.step, troupe.citizen
    pages = troupe.stage.devices.pages
    with step("a guide is chosen and printed"):
        citizen.tap("offer-self_service")
        citizen.tap("service-guide-print")
        troupe.kiosk_shows("Choose")
        citizen.picture(troupe.out / "06-choose.png")
        citizen.tap("option-B-SSCARD")
        troupe.kiosk_shows("Answer")
        citizen.wait(lambda: troupe.data.get("printing") == "printed", 60, "the guide on A4")
        citizen.picture(troupe.out / "07-guide.png")
        (troupe.out / "guide.pdf").write_bytes(pages.printed[0].document or b"")
        citizen.tap("home")
        troupe.kiosk_shows("Home")
