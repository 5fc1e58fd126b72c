"""Takes the pictures of the documentation from what a test run left behind.

``HALL_SCREENSHOTS=/tmp/shots bash packaging/hall test tests/hall/test_journeys.py tests/ui`` and then
``python packaging/doc_pictures.py /tmp/shots``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent / "docs" / "images"

PICTURES = {
    "kiosk-home.png": ("journey-citizen/01-home.png", 420),
    "kiosk-card.png": ("journey-citizen/02-identify.png", 420),
    "kiosk-queue.png": ("journey-citizen/03-queue.png", 420),
    "kiosk-ticket.png": ("journey-citizen/04-ticket.png", 420),
    "kiosk-bookings.png": ("kiosk/bookings-portrait-zh-normal.png", 420),
    "kiosk-day.png": ("kiosk/days-portrait-zh-normal.png", 420),
    "kiosk-slot.png": ("kiosk/slots-portrait-zh-normal.png", 420),
    "kiosk-booked.png": ("kiosk/booked-portrait-zh-normal.png", 420),
    "ticket-paper.png": ("journey-citizen/ticket.png", 300),
    "phone-waiting.png": ("journey-citizen/05-phone-waiting.png", 300),
    "phone-called.png": ("journey-citizen/09-phone-called.png", 300),
    "screen-called.png": ("journey-citizen/07-screen-called.png", 800),
    "bar-called.png": ("journey-citizen/08-bar.png", 640),
    "console-waiting.png": ("journey-citizen/06-console-waiting.png", 420),
    "console-serving.png": ("journey-citizen/10-console-serving.png", 420),
    "console-rated.png": ("journey-citizen/13-console-rated.png", 420),
    "console-why.png": ("web/window-why-narrow-zh.png", 420),
    "console-several.png": ("web/window-several-narrow-zh.png", 420),
    "console-missed.png": ("web/window-settle-narrow-zh.png", 420),
    "pad-invites.png": ("journey-citizen/11-pad-invites.png", 640),
    "self-service.png": ("journey-self-service/01-services.png", 640),
    "self-service-consent.png": ("journey-self-service/02-consent.png", 640),
    "self-service-answer.png": ("journey-self-service/04-answer.png", 640),
    "admin-hall.png": ("journey-citizen/14-admin.png", 800),
    "admin-alerts.png": ("web/admin-alerts-people-laptop-zh.png", 800),
    "admin-close.png": ("web/admin-close-2-laptop-zh.png", 800),
    "desk.png": ("web/desk-ready-laptop-zh.png", 800),
    "admin-bookings.png": ("web/admin-appointments-people-laptop-zh.png", 800),
}
"""Name here: (path in the folder of the test run, width in pixels)."""


def main(folder: Path) -> int:
    """Scales them down to a few kilobytes each; says which the run did not leave."""
    HERE.mkdir(parents=True, exist_ok=True)
    missing = [source for source, _ in PICTURES.values() if not (folder / source).is_file()]
    for name, (source, width) in PICTURES.items():
        if source not in missing:
            with Image.open(folder / source) as picture:
                small = picture.convert("RGB").resize((width, picture.height * width // picture.width))
            small.quantize(48).save(HERE / name, optimize=True)
    for source in missing:
        print(f"not there: {source}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
