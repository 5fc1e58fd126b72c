"""Numbers with two letters (an appointment YA001, somebody without a ticket WA001) are spoken like the others."""

from __future__ import annotations

import json

import pytest

import assets
import ui
from queue_server.relay.speech import PAUSE_SECONDS, Speech
from queue_server.relay.voice.clips import from_file, from_wav, joined, silence
from queue_server.relay.voice.phonemes import chinese, english
from queue_server.relay.voice.spoken import Phrases
from queue_server.usecases.hall_description import parse


def demo_numbers() -> list[str]:
    """What the demo hall calls first on a day: appointments of the queues that can be booked, and W numbers."""
    hall = parse(assets.DEMO_HALL.read_text(encoding="utf-8"))
    appointments, without = hall.numbering.appointment_prefix, hall.numbering.without_ticket_prefix
    return [
        *(f"{appointments}{queue.prefix}{n:03d}" for queue in hall.queues if queue.appointment for n in (1, 9, 12)),
        *(f"{without}{queue.prefix}001" for queue in hall.queues),
    ]


@pytest.mark.parametrize("number", demo_numbers())
def test_the_demo_hall_speaks_its_appointments_from_the_pack(number: str) -> None:
    assert len(number) == 5
    call = from_wav(Speech(assets.VOICE).call(number, "3"))
    clips = (assets.VOICE / "chime.ogg", assets.VOICE / "zh" / f"ticket-{number}.ogg", assets.VOICE / "zh/window-3.ogg")
    gong, ticket, window = (from_file(clip) for clip in clips)
    assert call == joined((gong, ticket, silence(PAUSE_SECONDS), window))
    assert (assets.VOICE / "en" / f"ticket-{number}.ogg").is_file()


def test_both_letters_are_spelled_before_the_digits() -> None:
    texts = {
        language: json.loads((ui.I18N / folder / "voice.json").read_text(encoding="utf-8"))
        for language, folder in (("zh", "zh_CN"), ("en", "en"))
    }
    assert Phrases("zh", texts["zh"]).ticket("ya012") == "请YA零一二号"
    assert chinese("请YA零一二号").split(" ")[1:4] == ["wˈI", "ei→", "li↗ŋ"]
    lexicon = json.loads((assets.VOICE / "kokoro" / "english.json").read_text(encoding="utf-8"))
    words = english(Phrases("en", texts["en"]).ticket("WA001"), lexicon).split(" ")
    assert words[-5:-3] == ["dˈʌbᵊlju", "ˈA"]
