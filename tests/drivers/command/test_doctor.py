"""The doctor on machines that are laid out in a folder, and on simulated devices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers.code_scanner.twin import SimulatedScanner
from drivers.device import DeviceError, DeviceState, Fault, Status
from drivers.id_card_reader.twin import SimulatedReader
from drivers.seams.line_doctor import Diagnosis, Suspicion
from drivers.seams.modbus_twin import SimulatedBus
from drivers.seams.twin_nodes import SimulatedBar, SimulatedKeypad
from hall24.device_places import Place
from hall24.doctor import app
from hall24.doctor_devices import at_speed, devices, usb_names, wanted_groups
from hall24.doctor_finding import Finding
from hall24.doctor_machine import (
    greedy_programs,
    holders,
    needed_groups,
    office_printing,
    smart_cards,
    twins,
    udev_rules,
    user_groups,
)

SAM_V, CH340, FTDI = "0400:c35a", "1a86:7523", "0403:6001"
RULES = Path(__file__).resolve().parents[3] / "packaging/udev/60-hall-devices.rules"


def only(findings: object) -> Finding:
    (finding,) = list(findings)  # type: ignore[call-overload]  # because the looks are generators
    return finding


# Who may open what


def test_a_kiosk_in_all_groups_is_well(machine) -> None:
    assert only(user_groups("kiosk", root=machine.root)).state == "ok"


def test_a_group_is_missing_where_its_device_is_plugged_in_and_only_worth_a_word_elsewhere(machine) -> None:
    machine.groups("dialout", "plugdev", "lp", others=("input", "video", "audio"))
    machine.camera("video0", "cam")
    found = {f.remedy.split()[2]: f for f in user_groups("kiosk", needed_groups(machine.root), machine.root)}
    assert {name: f.state for name, f in found.items()} == {"input": "warning", "video": "problem", "audio": "warning"}
    assert found["video"].remedy.startswith("usermod -aG video kiosk")


def test_a_group_that_the_machine_does_not_know_is_made_first(machine) -> None:
    machine.groups("dialout", "lp", "input", "video", "audio")
    assert only(user_groups("kiosk", {"plugdev"}, machine.root)).remedy.startswith("groupadd --system plugdev; usermod")


def test_a_user_who_does_not_exist_is_a_problem_and_root_needs_no_groups(machine) -> None:
    assert only(user_groups("nobody24", root=machine.root)).state == "problem"
    machine.groups()
    assert only(user_groups("root", root=machine.root)).state == "ok"


def test_the_devices_of_the_settings_need_their_groups_also_while_they_are_unplugged() -> None:
    places = {
        "id_card_reader": Place("id_card_reader", "sam_v", "usb://0400:c35a"),
        "ticket_printer": Place("ticket_printer", "escpos", "usb://0416:5011"),
        "bar3": Place("window_display", "modbus_bar", "modbus+serial:///dev/ttyUSB0?unit=3"),
    }
    assert wanted_groups(places) == {"plugdev", "lp", "dialout"}


# udev, polkit, services


def test_udev_rules_are_missing_old_or_right(machine) -> None:
    missing = only(udev_rules(RULES, machine.root))
    assert (missing.state, "install -m 644" in missing.remedy) == ("warning", True)
    machine.write("etc/udev/rules.d/60-hall-devices.rules", 'SUBSYSTEM=="usb", GROUP="plugdev"\n')
    assert "another version" in only(udev_rules(RULES, machine.root)).what
    machine.write("etc/udev/rules.d/60-hall-devices.rules", "# a note\n" + RULES.read_text("utf-8"))
    assert only(udev_rules(RULES, machine.root)).state == "ok"


def test_a_dead_pcscd_is_a_problem_only_where_cards_are_read(machine) -> None:
    assert only(smart_cards(root=machine.root)).state == "warning"
    assert only(smart_cards(wanted=True, root=machine.root)).state == "problem"
    machine.write("run/pcscd/pcscd.comm", "left behind by a crash")
    assert only(smart_cards(root=machine.root)).state == "warning"


def test_a_virtual_reader_that_opens_the_service_to_the_network_is_named(machine, tmp_path: Path) -> None:
    machine.write("etc/reader.conf.d/vpcd", "FRIENDLYNAME")
    with machine.socket("run/pcscd/pcscd.comm"):
        found = list(smart_cards(False, lambda: "pcsc-lite version 1.9.9.", tmp_path, machine.root))
    assert [finding.state for finding in found] == ["ok", "warning"]
    assert "rm /etc/reader.conf.d/vpcd" in found[1].remedy


@pytest.mark.parametrize(
    ("version", "looks"), [("pcsc-lite version 1.9.9.", 1), ("pcsc-lite version 2.3.0.", 2), ("", 1)]
)
def test_a_new_pcscd_asks_polkit(machine, tmp_path: Path, version: str, looks: int) -> None:
    rule = tmp_path / "50-hall-pcscd.rules"
    rule.write_text("polkit.addRule(function () {});")
    with machine.socket("run/pcscd/pcscd.comm"):
        found = list(smart_cards(True, lambda: version, tmp_path, machine.root))
        assert len(found) == looks
        if looks == 2:
            assert (found[1].look, found[1].state) == ("polkit", "problem")
            assert rule.name in found[1].remedy
            machine.write(f"etc/polkit-1/rules.d/{rule.name}", rule.read_text())
            assert [f.state for f in smart_cards(True, lambda: version, tmp_path, machine.root)] == ["ok", "ok"]


def test_cups_must_run_and_keep_nothing(machine) -> None:
    assert list(office_printing(root=machine.root)) == []
    assert only(office_printing(wanted=True, root=machine.root)).remedy == "apt-get install cups"
    machine.write("etc/cups/cupsd.conf", "Listen localhost:631\n")
    assert [f.state for f in office_printing(wanted=True, root=machine.root)] == ["problem", "warning"]
    with machine.socket("run/cups/cups.sock"):
        assert "PreserveJobFiles No" in only(office_printing(root=machine.root)).remedy
        machine.write("etc/cups/cupsd.conf", "PreserveJobFiles Yes\n")
        assert only(office_printing(root=machine.root)).state == "warning"
        machine.write("etc/cups/cupsd.conf", "  preservejobfiles no\n")
        assert only(office_printing(root=machine.root)).state == "ok"


def test_brltty_steals_a_ch340_and_only_a_ch340(machine) -> None:
    machine.write("usr/lib/udev/rules.d/85-brltty.rules", "")
    machine.line("ttyUSB0", machine.usb("1-1", FTDI, serial="1"))
    assert only(greedy_programs(machine.root)).state == "warning"
    machine.usb("1-2", CH340)
    stolen = only(greedy_programs(machine.root))
    assert (stolen.look, stolen.state) == ("brltty", "problem")
    machine.write("etc/udev/rules.d/85-brltty.rules", "")
    assert only(greedy_programs(machine.root)).state == "ok"
    machine.runs("brltty", 77)
    assert only(greedy_programs(machine.root)).state == "problem"


def test_modem_manager_is_kept_away_by_the_rules(machine) -> None:
    machine.runs("ModemManager", 78)
    machine.line("ttyUSB0", machine.usb("1-1", FTDI, serial="1"))
    assert only(greedy_programs(machine.root, RULES)).state == "problem"
    machine.write(f"etc/udev/rules.d/{RULES.name}", RULES.read_text("utf-8"))
    assert only(greedy_programs(machine.root, RULES)).state == "ok"


def test_devices_that_only_their_socket_tells_apart_are_named(machine) -> None:
    machine.usb("1-1", SAM_V)
    assert list(twins(machine.root)) == []
    machine.usb("1-2", SAM_V)
    machine.usb("1-3", "046d:c52b")
    machine.usb("1-4", "046d:c52b")
    same = only(twins(machine.root))
    assert (same.state, "1-1, 1-2" in same.what) == ("warning", True)


def test_two_adapters_without_a_serial_number_are_named(machine) -> None:
    for number in (1, 2):
        machine.line(f"ttyUSB{number}", machine.usb(f"1-{number}", CH340), by_path=f"pci-{number}")
    assert "no serial number" in only(twins(machine.root)).what


def test_who_holds_a_device_is_said_by_name(machine) -> None:
    machine.line("ttyUSB0")
    machine.runs("minicom", 4711, opens=str(machine.root / "dev/ttyUSB0"))
    assert holders(str(machine.root / "dev/ttyUSB0"), machine.root) == ["minicom (4711)"]


# The command


def test_the_command_tries_the_devices_of_a_file_and_ends_with_1_when_one_is_missing(tmp_path: Path) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text('[devices.code_scanner]\nmodel = "serial"\nurl = "serial:///dev/no-such-line"\n', "utf-8")
    done = CliRunner().invoke(app, ["--config", str(settings), "--user", "root", "--json"])
    found = {finding["look"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert (done.exit_code, found["code_scanner"]["state"]) == (1, "problem")
    assert {"udev", "PC/SC", "disk", "clock"} <= found.keys()
    assert CliRunner().invoke(app, ["--config", str(tmp_path / "none.toml")]).exit_code == 2


# The devices of the settings

READER = Place("id_card_reader", "sam_v", "serial:///dev/serial/by-id/x?baud=115200")


def saying(status: Status | DeviceError):  # because the type is what devices() takes
    def ask(place: Place) -> tuple[Status, dict[str, object]]:
        if isinstance(status, DeviceError):
            raise status
        return status, {}

    return ask


def test_a_device_that_is_well_is_said_to_be(simulated_reader: SimulatedReader) -> None:
    places = {"id_card_reader": Place("id_card_reader", "sam_v", simulated_reader.url)}
    assert only(devices(places)).state == "ok"


def test_a_reader_whose_self_test_fails_is_a_problem_for_the_engineer(simulated_reader: SimulatedReader) -> None:
    simulated_reader.self_test_failed = True
    found = only(devices({"reader": Place("id_card_reader", "sam_v", simulated_reader.url)}))
    assert (found.state, bool(found.remedy)) == ("problem", True)


def test_a_device_that_is_gone_is_looked_for_under_other_names(machine) -> None:
    machine.line("ttyUSB0", machine.usb("1-1", FTDI, serial="2"), by_id="usb-other-if00")
    found = only(devices({"reader": READER}, saying(Status(DeviceState.ABSENT)), machine.root))
    assert (found.state, "serial:///dev/serial/by-id/usb-other-if00" in found.remedy) == ("problem", True)
    machine.usb("2-1", SAM_V)
    place = Place("id_card_reader", "sam_v", "usb://0400:c35a?serial=1")
    assert "usb://0400:c35a" in only(devices({"r": place}, saying(Status(DeviceState.ABSENT)), machine.root)).remedy


def test_a_wrong_speed_is_found_and_the_right_url_is_given() -> None:
    def ask(place: Place) -> tuple[Status, dict[str, object]]:
        return Status(DeviceState.READY if "baud=9600" in place.url else DeviceState.UNKNOWN), {}

    found = only(devices({"reader": READER}, ask))
    assert found.state == "problem"
    assert "serial:///dev/serial/by-id/x?baud=9600" in found.remedy


def test_a_silent_bus_is_told_once_and_not_for_every_node() -> None:
    nodes = {
        f"bar{n}": Place("window_display", "modbus_bar", f"modbus+serial:///dev/ttyUSB0?baud=19200&unit={n}")
        for n in range(1, 6)
    }
    silence = Diagnosis(Suspicion.SILENCE, 0, ())
    found = only(devices(nodes, saying(Status(DeviceState.UNKNOWN)), examine=lambda _: silence))
    assert (found.look, "A and B" in found.remedy) == ("bar1, bar2, bar3, bar4, bar5", True)


@pytest.mark.parametrize("suspicion", list(Suspicion))
def test_every_suspicion_comes_with_what_to_do(suspicion: Suspicion) -> None:
    place = Place("keypad", "crc_frame", "serial:///dev/ttyUSB0?unit=8")
    diagnosis = Diagnosis(suspicion, 9600, ())
    found = only(devices({"keypad8": place}, saying(Status(DeviceState.UNKNOWN)), examine=lambda _: diagnosis))
    assert (found.state, bool(found.remedy)) == ("problem", True)
    assert "{" not in found.what + found.remedy


def on(bus: SimulatedBus) -> dict[str, Place]:
    return {
        "bar3": Place("window_display", "modbus_bar", bus.url(3)),
        "keypad8": Place("keypad", "modbus_keypad", bus.url(8)),
    }


def test_swapped_wires_of_a_real_bus_are_suspected() -> None:
    with SimulatedBus({3: SimulatedBar(), 8: SimulatedKeypad()}) as bus:
        assert [f.state for f in devices(on(bus))] == ["ok", "ok"]
        bus.swapped = True
        found = only(devices(on(bus)))
    assert (found.look, found.state) == ("bar3, keypad8", "problem")
    assert "swap A and B" in found.remedy


def test_a_bus_at_another_speed_is_found() -> None:
    with SimulatedBus({3: SimulatedBar(), 8: SimulatedKeypad()}, baud=9600) as bus:
        bus.minds_speed = True
        places = {name: at_speed(place, 19200) for name, place in on(bus).items()}
        found = only(devices(places))
    assert (found.state, "baud=9600" in found.remedy) == ("problem", True)


def test_one_dead_node_among_others_is_that_node_alone() -> None:
    with SimulatedBus({3: SimulatedBar()}) as bus:
        found = {f.look: f for f in devices(on(bus))}
    assert (found["bar3"].state, found["keypad8"].state) == ("ok", "problem")
    assert "others answer" in found["keypad8"].what


def test_a_scanner_that_says_nothing_is_no_problem() -> None:
    with SimulatedScanner() as scanner:
        assert only(devices({"scanner": Place("code_scanner", "serial", scanner.url)})).state == "ok"


def test_a_device_held_by_another_program_says_which(machine) -> None:
    machine.line("ttyUSB0")
    device = str(machine.root / "dev/ttyUSB0")
    machine.runs("minicom", 4711, opens=device)
    busy = saying(DeviceError(Fault.BUSY, "held by another program"))
    found = only(devices({"reader": Place("id_card_reader", "sam_v", f"serial://{device}")}, busy, machine.root))
    assert "minicom (4711)" in found.what


def test_a_device_that_this_user_may_not_open_names_the_group() -> None:
    refused = saying(DeviceError(Fault.CONFIGURATION, "no permission to open the device"))
    assert "dialout" in only(devices({"reader": READER}, refused)).remedy


def test_a_variable_that_is_not_set_is_worth_a_word() -> None:
    place = Place("window_display", "modbus_bar", "modbus+serial://${NOBODY_SET_THIS}?unit=3")
    assert only(devices({"bar": place})).state == "warning"


def test_an_address_that_fits_two_devices_is_a_problem(machine) -> None:
    place = Place("id_card_reader", "sam_v", "usb://0400:c35a")
    machine.usb("1-1", SAM_V)
    assert list(usb_names({"reader": place}, machine.root)) == []
    machine.usb("1-2", SAM_V)
    assert "usb://0400:c35a?path=1-1 or usb://0400:c35a?path=1-2" in only(usb_names({"r": place}, machine.root)).remedy


def test_another_speed_changes_nothing_else_of_a_url() -> None:
    place = Place(
        "keypad", "modbus_keypad", "modbus+serial:///dev/ttyUSB0?baud=19200&unit=8", {"baud": "4800", "a": "b"}
    )
    assert at_speed(place, 9600) == Place(
        "keypad", "modbus_keypad", "modbus+serial:///dev/ttyUSB0?baud=9600&unit=8", {"a": "b"}
    )
