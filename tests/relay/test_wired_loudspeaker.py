"""From "call next" to what a loudspeaker on a wire says: real office, real voice, real drivers, ALSA's own player."""

from __future__ import annotations

import array
import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import assets
from drivers.device import DeviceState
from drivers.speaker.alsa_twin import SimulatedSoundCard
from drivers.speaker.sound import Sound
from drivers.speaker.wav_file import WavFileSpeaker
from queue_server.contract import messages as m
from queue_server.contract.codec import plain
from queue_server.contract.messages import Event, Snapshot, Text
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Device
from queue_server.relay.gateway import Gateway
from queue_server.relay.hall_link import LinkDownError, OfficeLink
from queue_server.relay.speech import Speech
from queue_server.storage.init import init
from queue_server.storage.office import open_office
from queue_server.usecases.ports import Actor, Office

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
DESK = Actor("demo", m.Role.INTEGRATOR, "desk")
SPEECH = Speech(assets.VOICE)


class NoHash:
    """Passwords are not what this is about, and argon2 takes its time on purpose."""

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, hashed: str, password: str) -> bool:
        return hashed == f"plain:{password}"


@pytest.fixture
async def office(tmp_path: Path, clock: Any) -> AsyncIterator[Office]:
    url = f"sqlite:///{tmp_path / 'hall.db'}"
    await asyncio.to_thread(init, url, assets.DEMO_HALL.read_text(encoding="utf-8"), hasher=NoHash(), clock=clock)
    made = open_office(url, public_url="http://hall", clock=clock)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def card() -> Iterator[SimulatedSoundCard]:
    with SimulatedSoundCard() as made:
        yield made


async def eventually(what: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


class WatchedLink(OfficeLink):
    """Says when the gateway has seen the hall: what is called before that is not for its loudspeakers."""

    followed = False

    def events(self, after: int) -> AsyncIterator[Event]:
        self.followed = True
        return super().events(after)


async def called(office: Office, window: str, queue: str) -> None:
    await office.carry_out(m.OpenWindow(window=window), DESK)
    await office.carry_out(m.TakeTicket(queue=queue), DESK)
    await office.carry_out(m.CallNext(window=window), DESK)


async def test_calls_are_said_by_the_card_one_after_the_other_as_loud_as_set(
    office: Office, card: SimulatedSoundCard
) -> None:
    hall = await office.hall("demo")
    zone = hall.window_by_id["3"].zone
    device = Device("voice1", "speaker", "alsa", card.url, None, zone, {"volume": "50", "language": "zh"})
    link = WatchedLink(office, "demo", Actor("demo", m.Role.GATEWAY, "gateway"), SPEECH)
    gateway = Gateway([device], link, {})
    await gateway.start()
    try:
        await eventually(lambda: link.followed and gateway.statuses()["voice1"].state is DeviceState.READY)
        await called(office, "3", "A")
        await eventually(lambda: len(card.heard) == 1)
        await office.carry_out(m.PassOver(window="3"), DESK)
        await office.carry_out(m.TakeTicket(queue="A"), DESK)
        await office.carry_out(m.CallNext(window="3"), DESK)
        await eventually(lambda: len(card.heard) == 2)
    finally:
        await gateway.stop()
    first, second = card.heard
    for heard, number in ((first, "A001"), (second, "A002")):
        wanted = Sound.parse(SPEECH.call(number, "3号窗口")).at_volume(50).frames
        assert heard.samples[: len(wanted)] == wanted
    assert first.over <= second.begun


async def test_a_zone_hears_only_its_own_calls(office: Office, tmp_path: Path) -> None:
    hall = await office.hall("demo")
    own = hall.window_by_id["3"].zone
    other = next(window for window in hall.windows if window.zone != own)
    devices = [
        Device("here", "speaker", "wav_file", f"file://{tmp_path / 'here'}", None, own),
        Device("hall", "speaker", "wav_file", f"file://{tmp_path / 'hall'}", None, None, {"language": "en"}),
    ]
    link = WatchedLink(office, "demo", Actor("demo", m.Role.GATEWAY, "gateway"), SPEECH)
    gateway = Gateway(devices, link, {})
    await gateway.start()
    try:
        await eventually(lambda: all(one.state is DeviceState.READY for one in gateway.statuses().values()))
        await eventually(lambda: link.followed)
        await called(office, other.id, other.queues[0])
        await called(office, "3", "A")
        await eventually(lambda: len(list((tmp_path / "hall").glob("*.wav"))) == 2)
        await eventually(lambda: len(list((tmp_path / "here").glob("*.wav"))) == 1)
    finally:
        await gateway.stop()
    assert (tmp_path / "here" / "0001.wav").read_bytes() == SPEECH.call("A001", "3号窗口")
    english = hall.window_by_id["3"].name.en or hall.window_by_id["3"].name.zh
    assert (tmp_path / "hall" / "0002.wav").read_bytes() == SPEECH.call("A001", english, "en")


class CallingHall:
    """A hall link of calls only, whose line can be cut."""

    def __init__(self) -> None:
        self.rows: list[Event] = []
        self.snapshot_at: int | None = None
        self.asked: list[int] = []
        self.down = False
        self.missed = 0
        self.followed = False
        self._cut = asyncio.Event()

    def call(self, number: str, at: datetime = NOW, *, withdrawn: bool = False) -> None:
        view = m.CallView(
            ticket=f"t{number}",
            number=number,
            window="3",
            window_name=Text(zh="3号窗口"),
            zone="Z1",
            at=at,
            calls=1,
            valid_until=at if withdrawn else at + timedelta(seconds=20),
            withdrawn=withdrawn,
        )
        kind = m.EventType.TICKET_CALL_WITHDRAWN if withdrawn else m.EventType.TICKET_CALLED
        self.rows.append(Event(seq=len(self.rows) + 1, type=kind.value, at=at, data={"call": plain(view)}))

    def cut(self) -> None:
        self.down = True
        self._cut.set()

    async def carry_out(self, command: Any, key: str) -> None:
        """Only reports come."""

    async def snapshot(self) -> Snapshot:
        if self.down:
            self.missed += 1
            raise LinkDownError("down")
        self._cut.clear()
        return Snapshot(seq=len(self.rows), at=NOW, queues={}, windows={}, tickets={}, calls=())

    async def events(self, after: int) -> AsyncIterator[Event]:
        self.followed = True
        for at in itertools.count(after):
            while len(self.rows) <= at:
                if self._cut.is_set():
                    raise LinkDownError("cut")
                await asyncio.sleep(0.005)
            yield self.rows[at]

    async def speech(self, call: Any, language: Any) -> bytes:
        self.asked.append(call.seq)
        if call.number == "gone":
            raise Refusal(Code.TOO_LATE, "too late")
        sample = int(call.number)
        return Sound(array.array("h", [sample] * 240).tobytes(), 24_000, 1).to_wav()


@pytest.fixture
async def speaking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[CallingHall, Any, Gateway]]:
    monkeypatch.setattr("queue_server.relay.gateway._AGAIN_SECONDS", 0.05)
    hall = CallingHall()
    folder = tmp_path / "said"
    device = Device("voice1", "speaker", "wav_file", f"file://{folder}", None, "Z1")
    gateway = Gateway([device], hall, {}, wall_clock=lambda: NOW + timedelta(seconds=10))  # type: ignore[arg-type]  # because it is as much hall as a voice needs

    def said() -> list[int]:
        files = sorted(folder.glob("*.wav"))
        return [array.array("h", Sound.parse(file.read_bytes()).frames)[0] for file in files]

    hall.call("100")  # before the gateway started: the hall has said it by other means, or not
    await gateway.start()
    await eventually(lambda: hall.followed and gateway.statuses()["voice1"].state is DeviceState.READY)
    yield hall, said, gateway
    await gateway.stop()


async def test_what_was_called_before_is_not_said_and_a_wrong_clock_makes_nothing_late(speaking: Any) -> None:
    hall, said, _ = speaking
    hall.call("101", NOW + timedelta(hours=5))
    hall.call("102", NOW - timedelta(hours=5))
    await eventually(lambda: said() == [101, 102])


async def test_calls_from_a_time_without_a_line_are_said_once_as_long_as_they_are_fresh(speaking: Any) -> None:
    hall, said, _ = speaking
    hall.call("101")
    await eventually(lambda: said() == [101])
    hall.cut()
    await eventually(lambda: hall.missed)
    hall.call("102", NOW - timedelta(seconds=60))
    hall.call("103", NOW)
    hall.down = False
    await eventually(lambda: said() == [101, 103])
    hall.call("104")
    await eventually(lambda: said() == [101, 103, 104])
    assert hall.asked == [2, 4, 5], "what is too late is not even asked for, and nothing twice"


async def test_a_call_that_the_hall_will_not_say_any_more_is_not_said(speaking: Any) -> None:
    hall, said, gateway = speaking
    hall.call("gone")
    hall.call("105")
    await eventually(lambda: said() == [105])
    assert gateway.statuses()["voice1"].state is DeviceState.READY


async def test_the_gateway_stops_at_once_while_a_long_call_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing = threading.Event()
    play = WavFileSpeaker.play

    def watched(self: WavFileSpeaker, *given: Any, **named: Any) -> None:
        playing.set()
        play(self, *given, **named)

    monkeypatch.setattr(WavFileSpeaker, "play", watched)
    hall = CallingHall()
    device = Device("voice1", "speaker", "wav_file", f"file://{tmp_path}", None, None, {"pace": "real"})
    gateway = Gateway([device], hall, {})  # type: ignore[arg-type]  # as above
    hall.speech = long_sound  # type: ignore[method-assign]  # as above
    await gateway.start()
    await eventually(lambda: hall.followed and gateway.statuses()["voice1"].state is DeviceState.READY)
    hall.call("101")
    await eventually(playing.is_set)
    begin = time.monotonic()
    await gateway.stop()
    assert time.monotonic() - begin < 10, "the sound would go on for half a minute"
    assert not said_in(tmp_path)


def said_in(folder: Path) -> list[Path]:
    return list(folder.glob("*.wav"))


async def long_sound(call: Any, language: Any) -> bytes:
    return Sound(bytes(2 * 24_000 * 30), 24_000, 1).to_wav()
