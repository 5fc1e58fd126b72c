"""``hall device`` on every model: each command that fits, against the simulated device of that model."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from drivers.camera.twin import SimulatedUvcCamera
from drivers.card_reader.twin import ChipCard, Holder, SimulatedSlot
from drivers.card_reader.twin_service import SimulatedService
from drivers.code_scanner.twin import SimulatedKeyboardScanner, SimulatedScanner
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.id_card_reader.twin import TwinCard
from drivers.id_card_reader.twin_usb import SimulatedUsbReader
from drivers.loading import SharedPorts
from drivers.seams.modbus_twin import SimulatedBus
from drivers.seams.twin_nodes import SimulatedBar, SimulatedBox, SimulatedKeypad, SimulatedRater
from drivers.seams.usb_twin import SimulatedUsb
from drivers.sensors.nut_twin import SimulatedUpsd
from drivers.ticket_printer.twin import SimulatedPrinter
from drivers.window_display.bx_twin import SimulatedBxLine, SimulatedBxTcp
from drivers.window_display.bx_twin_card import SimulatedCard
from drivers.window_display.template_twin import SimulatedForeignLine, TalkingBar
from hall24 import device_session
from hall24.device import app

NUMBER, NAME = "110105199001020032", "张演示"
OTHER = "110105199001020059"


def hall(*arguments: str) -> tuple[int, dict[str, Any]]:
    """One JSON object on standard output, nothing on standard error."""
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert len(done.stdout.splitlines()) == 1, done.output
    return done.exit_code, json.loads(done.stdout)


@contextmanager
def running(twin: Any) -> Iterator[Any]:
    twin.start()
    try:
        yield twin
    finally:
        twin.stop()


@pytest.fixture
def usb(monkeypatch: pytest.MonkeyPatch) -> SimulatedUsb:
    bus = SimulatedUsb()
    monkeypatch.setattr(device_session, "SharedPorts", lambda: SharedPorts(usb=bus))
    return bus


@pytest.fixture
def bus() -> Iterator[SimulatedBus]:
    nodes = {3: SimulatedBar(), 8: SimulatedKeypad(), 18: SimulatedRater(), 40: SimulatedBox()}
    frames = {5: SimulatedKeypad(), 6: SimulatedRater()}
    with SimulatedBus(nodes, frames=frames) as wire:
        yield wire


# Cards


@pytest.mark.parametrize("four", [True, False], ids=["four endpoints", "two endpoints"])
def test_an_id_card_is_read_over_usb(usb: SimulatedUsb, four: bool) -> None:
    with SimulatedUsbReader(usb, four_endpoints=four) as reader:
        reader.lay(TwinCard.synthetic())
        code, answer = hall("read", "id-card", reader.url)
        assert (code, answer["number"]) == (0, NUMBER)
        assert hall("probe", reader.url)[1]["capabilities"]["transport"] == "usb"
        reader.unplug()
        assert hall("read", "id-card", reader.url)[0] == 3


def test_two_readers_that_look_alike_are_wrong_usage_until_one_is_named(usb: SimulatedUsb) -> None:
    with SimulatedUsbReader(usb, path="1-1"), SimulatedUsbReader(usb, path="1-2") as second:
        second.lay(TwinCard.synthetic())
        assert hall("read", "id-card", "usb://0400:c35a")[0] == 2
        assert hall("read", "id-card", "usb://0400:c35a?path=1-2")[0] == 0


def test_fingerprints_and_the_newest_address_are_read_only_when_asked_for(simulated_reader: Any) -> None:
    simulated_reader.lay(TwinCard.synthetic())
    assert "fingerprints" not in hall("read", "id-card", simulated_reader.url)[1]
    code, answer = hall("read", "id-card", simulated_reader.url, "--fingerprint", "--address")
    assert (code, answer["number"]) == (0, NUMBER)
    assert isinstance(answer["fingerprints"]["bytes"], int)
    assert "newestAddress" in answer


def test_a_social_security_card_is_read_recorded_without_its_holder_and_played_back(tmp_path: Path) -> None:
    with SimulatedService() as service, SimulatedSlot(service.ports[0]) as slot:
        url = f"pcsc://{service.names[0]}?service={service.path}"
        assert hall("probe", url)[1]["kind"] == "card_reader"
        assert hall("read", "card", url, "--timeout", "1.5")[1]["error"] == "no-card"
        slot.put_in(ChipCard.of())
        code, answer = hall("read", "card", url)
        assert (code, answer["kind"], answer["name"], answer["number"]) == (
            0, "social-security", Holder().name, Holder().number,
        )  # fmt: skip
        assert answer["regionCode"] == Holder().identification[:6]
        other = Holder(number=OTHER)
        slot.take_out()
        slot.put_in(ChipCard.of(other))
        file = tmp_path / "card.jsonl"
        code, answer = hall("read", "card", url, "--record", str(file))
        assert (code, answer["number"]) == (0, OTHER)
    assert OTHER.encode().hex() not in file.read_text("utf-8").replace(" ", "")
    code, played = hall("read", "card", f"replay://{file}")
    assert (code, played["kind"]) == (0, "social-security")
    assert played["number"] != OTHER


# Codes, pictures


@pytest.mark.parametrize("twin", [SimulatedScanner, SimulatedKeyboardScanner], ids=["serial", "keyboard"])
def test_a_code_is_read(twin: Callable[[], Any]) -> None:
    with twin() as scanner:
        assert hall("read", "code", scanner.url, "--timeout", "0.3") == (
            4, {"error": "no-code", "detail": "", "retryable": True},
        )  # fmt: skip
        scanner.hold("A-246810 查询")
        code, answer = hall("read", "code", scanner.url)
        assert (code, answer["text"], answer["bytes"]) == (0, "A-246810 查询", 15)


def test_a_camera_gives_a_picture_and_says_only_its_size() -> None:
    with running(SimulatedUvcCamera()) as camera:
        code, answer = hall("read", "camera", camera.url, "--timeout", "30")
    assert code == 0
    assert answer["width"] > 100
    assert set(answer) == {"width", "height", "brightness", "elapsedMs"}


# Paper


@pytest.mark.parametrize("line", ["tcp", "pty", "usb"])
def test_a_slip_is_printed_on_every_line(tmp_path: Path, usb: SimulatedUsb, line: str) -> None:
    file = tmp_path / "note.txt"
    file.write_text("打印测试\n", "utf-8")
    with SimulatedPrinter(line=line, usb=usb) as printer:
        code, answer = hall("print", printer.url, str(file))
        assert (code, answer["proof"]) == (0, "proven")
        printer.wait_for_slip(20)
        assert hall("probe", printer.url, "--kind", "printer")[1]["capabilities"]["cuts"] is True


@pytest.mark.parametrize("name", ["page.pdf", "note.txt", "picture.png"])
def test_pages_are_printed_on_a4(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name.endswith("txt"):
        file.write_text("一行\n" * 120, "utf-8")
    else:
        Image.new("1", (400, 300), 1).save(file, "PDF" if name.endswith("pdf") else "PNG")
    with running(SimulatedIppPrinter()) as printer:
        code, answer = hall("print", printer.url, str(file))
        assert (code, answer["proof"]) == (0, "proven")
        (job,) = printer.printed
        assert job.document.startswith(b"%PDF-")
        assert job.document == file.read_bytes() or not name.endswith("pdf")
        assert job.document.count(b"/Type /Page\n") + job.document.count(b"/Type /Page ") in {0, 1, 3}
        assert hall("probe", printer.url)[1]["kind"] == "document_printer"
        printer.menu.paper_out = True
        assert hall("print", printer.url, str(file), "--timeout", "3")[1]["error"] == "paper-out"


def test_a_folder_is_a_printer_too(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("x", "utf-8")
    folder = tmp_path / "spool"
    folder.mkdir()
    assert hall("print", f"file://{folder}", str(file))[0] == 0
    assert len(list(folder.glob("*.pdf"))) == 1
    assert hall("print", f"file://{tmp_path / 'nowhere' / 'else'}", str(file))[0] in {2, 3}


# Displays, lamps, sounds


def test_a_line_is_shown_on_bars_of_every_make(bus: SimulatedBus) -> None:
    with SimulatedBxTcp(SimulatedCard()) as onbon:
        assert hall("show", onbon.url(), "请A001")[0] == 0
        assert onbon.card().text == "请A001"
    with SimulatedBxLine([SimulatedCard(address=2)]) as line:
        code, answer = hall("probe", line.url(2), "--kind", "display")
        assert (code, answer["model"], answer["state"]) == (0, "bx", "ready")
        assert hall("show", line.url(2), "B002")[0] == 0
    assert hall("show", bus.url(3), "C003")[0] == 0
    assert bus.bar(3).text == "C003"


def test_a_bar_of_a_foreign_make_is_described_in_the_hall_file(tmp_path: Path) -> None:
    frame = "55 AA {addr:u8} 10 {style:u8} {seq:u8} {len:u8} {text:gb18030} {crc16-modbus:le}"
    with SimulatedForeignLine([TalkingBar(address=7)]) as line:
        file = tmp_path / "hall.yaml"
        entry = {"id": "bar7", "kind": "window_display", "model": "template", "url": line.url(7), "frame": frame}
        file.write_text(json.dumps({"devices": [entry]}), "utf-8")
        code, answer = hall("show", "bar7", "D004", "--hall", str(file))
        assert (code, answer["shown"]) == (0, "D004")
        line.bars[7].wait_for(lambda text: text == "D004")  # nobody says when it is shown: it was not asked to
    assert hall("show", "bar8", "D004", "--hall", str(file))[0] == 2


def test_an_output_is_switched_and_goes_back_to_what_is_safe(bus: SimulatedBus) -> None:
    url = f"{bus.url(40)}&outputs=card-lamp=2&safe=card-lamp=off"
    code, answer = hall("set", url, "card-lamp", "on", "--seconds", "0.3")
    assert (code, answer["states"]) == (0, {"card-lamp": True})
    assert bus.box(40).switched == [(2, True), (2, False)]
    assert hall("read", "indicators", url)[1]["indicators"].keys() == {"card-lamp"}
    assert hall("set", url, "no-such-lamp", "on", "--seconds", "0")[0] == 2
    assert CliRunner().invoke(app, ["set", url, "card-lamp", "dance"]).exit_code == 2
    assert hall("set", f"{bus.url(41)}&outputs=card-lamp=2", "card-lamp", "on", "--seconds", "0")[0] == 4


def test_a_sound_is_played_into_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "gong.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    (tmp_path / "said").mkdir()
    assert hall("say", f"file://{tmp_path / 'said'}", str(file))[0] == 0
    assert len(list((tmp_path / "said").glob("*.wav"))) == 1
    (tmp_path / "noise.wav").write_bytes(b"no sound")
    assert hall("say", f"file://{tmp_path / 'said'}", str(tmp_path / "noise.wav"))[0] == 5
    assert hall("say", "alsa://NoSuchCard24", str(file))[0] == 3


# Keys, ratings, contacts


def test_keys_and_ratings_are_read_from_both_kinds_of_nodes(bus: SimulatedBus, wait_until: Any) -> None:
    for url, keypad in ((bus.url(8), bus.keypad(8)), (bus.frame_url(5), bus.frames[5])):
        keypad.press("recall")
        assert hall("read", "keypad", url)[1]["key"] == "recall"
    for url, rater in ((bus.url(18), bus.rater(18)), (bus.frame_url(6), bus.frames[6])):
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(hall, "read", "rating", url)
            wait_until(lambda rater=rater: rater.invited)
            rater.press("satisfied")
            assert reading.result(timeout=60)[1]["level"] == "satisfied"
        assert not rater.invited


def test_sensors_are_read(bus: SimulatedBus) -> None:
    bus.box(40).contacts[1] = True
    url = f"{bus.url(40)}&inputs=door=0+cabinet=1"
    code, answer = hall("read", "sensors", url)
    assert (code, answer["sensors"]) == (0, {"door": "inactive", "cabinet": "active"})
    assert [c["code"] for c in hall("probe", url, "--kind", "sensors")[1]["conditions"]] == ["cabinet.open"]
    with running(SimulatedUpsd()) as ups:
        code, answer = hall("read", "sensors", ups.url, "--model", "nut")
        assert (code, answer["sensors"]["on-battery"]) == (0, "inactive")


# Recordings, and what must not be seen


def test_a_card_is_recorded_without_its_person_and_played_back(simulated_reader: Any, tmp_path: Path) -> None:
    simulated_reader.lay(TwinCard.synthetic().with_number(OTHER))
    file = tmp_path / "reader.jsonl"
    code, answer = hall("read", "id-card", simulated_reader.url, "--record", str(file))
    assert (code, answer["number"]) == (0, OTHER)
    assert (answer["recording"]["file"], answer["recording"]["turns"] > 5) == (str(file), True)
    assert answer["recording"]["about"]
    kept = bytes.fromhex("".join(json.loads(line).get("hex", "") for line in file.read_text("utf-8").splitlines()))
    assert OTHER.encode("utf-16-le") not in kept
    code, played = hall("read", "id-card", f"replay://{file}")
    assert (code, played["kind"]) == (0, "resident")
    assert played["number"] != OTHER


@pytest.mark.parametrize("command", ["print", "show", "probe"])
def test_every_command_records(bus: SimulatedBus, tmp_path: Path, command: str) -> None:
    file, note = tmp_path / "talk.jsonl", tmp_path / "note.txt"
    note.write_text("x", "utf-8")
    with SimulatedPrinter() as printer:
        words = {"print": [printer.url, str(note)], "show": [bus.url(3), "x"], "probe": [bus.url(8)]}[command]
        code, answer = hall(command, *words, "--record", str(file))
    assert (code, answer["recording"]["turns"] > 0) == (0, True)
    assert json.loads(file.read_text("utf-8").splitlines()[0])["recording"] == 1


def test_a_recording_goes_nowhere_but_into_a_recording(simulated_reader: Any, tmp_path: Path) -> None:
    other = tmp_path / "diary.txt"
    other.write_text("dear diary", "utf-8")
    for place in (other, tmp_path / "nowhere" / "file.jsonl"):
        assert hall("probe", simulated_reader.url, "--record", str(place))[0] == 2
    assert other.read_text("utf-8") == "dear diary"


def test_only_reading_says_who_somebody_is(simulated_reader: Any) -> None:
    simulated_reader.lay(TwinCard.synthetic())
    said = CliRunner().invoke(app, ["probe", simulated_reader.url]).output
    simulated_reader.lay(TwinCard.synthetic().with_flag("Q"))
    said += CliRunner().invoke(app, ["read", "id-card", simulated_reader.url]).output
    simulated_reader.lay(TwinCard.synthetic().with_number("110105199001020033"))
    failed = CliRunner().invoke(app, ["read", "id-card", simulated_reader.url])
    assert failed.exit_code == 5
    assert failed.stdout == ""
    said += failed.output
    for word in (NUMBER, NAME, "110105199001020033", "1990"):
        assert word not in said
    assert NUMBER not in CliRunner().invoke(app, ["list", "--json"]).output
