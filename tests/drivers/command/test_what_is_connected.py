"""The overview: every device under the URL that goes into the settings, also when two look the same."""

from __future__ import annotations

from pathlib import Path

from drivers.loading import KINDS, DeviceUrl
from hall24.device_overview import overview, told
from hall24.device_places import ONLY_WHEN_NAMED, USUAL, candidates

FTDI, CH340, SAM_V, PRINTER = "0403:6001", "1a86:7523", "0400:c35a", "0416:5011"


def urls(found: list[dict[str, str]]) -> list[str]:
    return [entry["url"] for entry in found]


def test_a_serial_line_has_the_name_that_survives_a_replug(machine) -> None:
    machine.line(
        "ttyUSB0",
        machine.usb("1-1", FTDI, serial="A10X", name="FT232R"),
        by_id="usb-FTDI_A10X-if00",
        by_path="pci-usb-0:1",
    )
    (line,) = overview(machine.root)["serial"]
    assert line["url"] == "serial:///dev/serial/by-id/usb-FTDI_A10X-if00"
    assert line["description"] == "FT232R (0403:6001)"
    assert line["note"] == ""


def test_two_adapters_without_a_serial_number_are_named_by_their_sockets(machine) -> None:
    for number in (1, 2):
        usb = machine.usb(f"1-{number}", CH340, name="USB Serial")
        machine.line(f"ttyUSB{number}", usb, by_id="usb-1a86_USB_Serial-if00", by_path=f"pci-usb-0:{number}")
    lines = overview(machine.root)["serial"]
    assert urls(lines) == ["serial:///dev/serial/by-path/pci-usb-0:1", "serial:///dev/serial/by-path/pci-usb-0:2"]
    assert all("socket" in line["note"] for line in lines)


def test_a_line_of_the_board_is_listed_only_when_there_is_a_chip_behind_it(machine) -> None:
    machine.line("ttyS0")
    machine.line("ttyS1", uart="0")
    assert urls(overview(machine.root)["serial"]) == ["serial:///dev/ttyS0"]


def test_usb_devices_that_a_driver_speaks_to_come_with_that_driver(machine) -> None:
    machine.usb("1-1", SAM_V, name="ID reader")
    machine.usb("1-2", PRINTER, serial="P 7", classes="07:01")
    machine.usb("1-3", "046d:c52b", classes="03:01")
    found = overview(machine.root)["usb"]
    assert [(one["url"], one["kind"], one["model"]) for one in found] == [
        ("usb://0400:c35a", "id_card_reader", "sam_v"),
        ("usb://0416:5011?serial=P%207", "ticket_printer", "escpos"),
    ]
    assert DeviceUrl.parse(found[1]["url"]).options == {"serial": "P 7"}


def test_two_readers_of_the_same_make_are_told_apart_by_serial_number_or_else_by_socket(machine) -> None:
    machine.usb("1-1", SAM_V, serial="11")
    machine.usb("1-2.3", SAM_V, serial="12")
    assert urls(overview(machine.root)["usb"]) == ["usb://0400:c35a?serial=11", "usb://0400:c35a?serial=12"]
    machine.usb("2-1", SAM_V, serial="12")
    assert urls(overview(machine.root)["usb"]) == [
        "usb://0400:c35a?serial=11",
        "usb://0400:c35a?path=1-2.3",
        "usb://0400:c35a?path=2-1",
    ]


def test_cameras_keyboards_and_sound_cards_are_listed(machine) -> None:
    machine.camera("video0", "HD Webcam", by_id="usb-HD_Webcam-video-index0")
    machine.camera("video1", "HD Webcam", index=1)
    machine.keyboard("event5", "Scanner", by_id="usb-Scanner-event-kbd")
    machine.write("sys/class/sound/card1/id", "Speaker\n")
    found = overview(machine.root)
    assert urls(found["cameras"]) == ["camera:///dev/v4l/by-id/usb-HD_Webcam-video-index0"]
    assert urls(found["input"]) == ["input:///dev/input/by-id/usb-Scanner-event-kbd"]
    assert urls(found["sound"]) == ["alsa://Speaker"]
    assert any("HD Webcam" in line for line in told(found))


def test_the_queues_of_cups_are_listed_and_its_absence_is_said(machine) -> None:
    with machine.socket("run/cups/cups.sock"):
        found = overview(machine.root, lambda: ("office", "back_office"))
        (machine.root / "run/cups/cups.sock").unlink()
    assert found["cups"]["service"] is True
    assert urls(found["cups"]["queues"]) == ["cups://office", "cups://back_office"]
    assert any("cups://office" in line for line in told(found))
    assert overview(machine.root, lambda: ("office",))["cups"] == {"service": False, "queues": []}


def test_an_empty_machine_has_only_drivers(machine) -> None:
    found = overview(machine.root)
    assert found["serial"] == found["usb"] == found["cameras"] == found["input"] == found["sound"] == []
    assert set(found["drivers"]) == set(KINDS)


def test_every_url_of_the_overview_finds_its_driver_again(machine) -> None:
    machine.line("ttyUSB0", machine.usb("1-1", FTDI, serial="1"), by_id="usb-x-if00")
    machine.usb("1-2", SAM_V)
    machine.usb("1-3", PRINTER, classes="07:01")
    machine.camera("video0", "cam")
    machine.keyboard("event5", "Scanner", by_id="usb-Scanner-event-kbd")
    machine.write("sys/class/sound/card1/id", "Speaker\n")
    found = overview(machine.root)
    for heading in ("serial", "usb", "cameras", "input", "sound"):
        for entry in found[heading]:
            places = list(candidates(entry["url"], entry["kind"]))
            assert not entry["model"] or entry["model"] in {place.model for place in places}, entry


def test_every_driver_that_comes_along_is_found_by_some_url() -> None:
    reachable = {pair for pairs in USUAL.values() for pair in pairs}
    there = {(kind, model) for kind, models in overview(Path("/nowhere"))["drivers"].items() for model in models}
    assert there - reachable == {("face_verifier", "opencv"), ("speaker", "none")}, "no line of their own"
    assert reachable <= there
    assert reachable >= ONLY_WHEN_NAMED


def test_a_guess_never_says_to_a_printer_what_is_meant_for_a_bar() -> None:
    for url in ("serial:///dev/ttyUSB0", "tcp://192.168.1.9:4001", "tcp://192.168.1.9:9100"):
        assert "window_display" not in {place.kind for place in candidates(url)}
    assert [place.model for place in candidates("tcp://192.168.1.9:9100")] == ["escpos"]
    assert [place.model for place in candidates("tcp://192.168.1.70:5005")] == ["bx"]
    assert [place.model for place in candidates("tcp://127.0.0.1:3493?ups=hall")] == ["nut"]
    assert next(candidates("serial:///dev/ttyUSB0", "display")).model == "bx"
