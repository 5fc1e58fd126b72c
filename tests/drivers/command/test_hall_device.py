"""``hall device`` as an installer uses it: against simulated devices, by exit code and by JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from drivers.id_card_reader.port import CardKind
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus, SimulatedKeypad, SimulatedRater
from drivers.ticket_printer.twin import SimulatedPrinter
from hall24.device import app

ROOT = Path(__file__).resolve().parents[3]


def hall(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Runs ``hall device … --json`` in this process; there is exactly one line of JSON on standard output."""
    result = CliRunner().invoke(app, [*arguments, "--json"])
    lines = result.stdout.splitlines()
    assert len(lines) == 1, result.output
    answer: dict[str, Any] = json.loads(lines[0])
    return result.exit_code, answer


def test_the_command_reads_a_card_and_prints_only_json(simulated_reader: SimulatedReader) -> None:
    simulated_reader.lay(TwinCard.synthetic())
    command = [sys.executable, "-m", "hall24", "device", "read", "id-card", simulated_reader.url, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer.pop("elapsedMs") < 1000
    assert answer == {
        "kind": "resident",
        "name": "张演示",
        "sex": "male",
        "ethnicity": "汉",
        "ethnicityCode": "01",
        "birthDate": "1990-01-02",
        "address": "北京市朝阳区演示路1号样例小区2号楼3单元401室",
        "number": "110105199001020032",
        "authority": "演示市公安局样例分局",
        "validFrom": "2015-01-02",
        "validTo": "2035-01-02",
        "photo": {"format": "wlt", "bytes": 1024},
    }


def test_a_missing_device_is_exit_code_3() -> None:
    command = [sys.executable, "-m", "hall24", "device", "read", "id-card", "serial:///dev/no-such-line"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (CardKind.HMT_RESIDENCE, {"passNumber": "H12345678", "issueCount": "01"}),
        (CardKind.FOREIGN_2017, {"englishName": "DEMO, SAMPLE PERSON", "nationality": "USA"}),
        (CardKind.FOREIGN_2023, {"englishName": "DEMONSTRATION, MARIA ALEXANDRA SAMPLE", "nationality": "USA"}),
    ],
)
def test_every_kind_of_card_has_fields_of_its_own(
    simulated_reader: SimulatedReader, kind: CardKind, fields: dict[str, str]
) -> None:
    simulated_reader.lay(TwinCard.synthetic(kind))
    code, answer = hall("read", "id-card", simulated_reader.url)
    assert (code, answer["kind"]) == (0, kind.value)
    assert fields.items() <= answer.items()


def test_a_card_for_ever_says_long_term(simulated_reader: SimulatedReader) -> None:
    text = TwinCard.synthetic().text
    simulated_reader.lay(TwinCard(text[:204] + "长期      ".encode("utf-16-le") + text[220:], b""))
    code, answer = hall("read", "id-card", simulated_reader.url)
    assert (code, answer["validTo"], answer["photo"]) == (0, "long-term", None)


@pytest.mark.parametrize(
    ("prepare", "code", "error", "seconds"),
    [
        (lambda _: None, 4, "no-card", "0.3"),
        (lambda reader: reader.lay(TwinCard.not_an_id_card()), 5, "wrong-card", "20"),
        (lambda reader: reader.lay(TwinCard.synthetic().with_flag("Q")), 5, "unknown-card", "20"),
        (lambda reader: reader.lay(TwinCard.synthetic().with_number("110105199001020033")), 5, "bad-data", "20"),
        (lambda reader: setattr(reader, "unauthorised", True), 5, "not-authorised", "20"),
        (lambda reader: setattr(reader, "wrong_checksum", True), 5, "checksum", "20"),
        (lambda reader: setattr(reader, "silent", True), 4, "silent", "0.3"),
        (lambda reader: reader.unplug(), 3, "absent", "20"),
    ],
)
def test_the_exit_code_says_what_went_wrong(
    simulated_reader: SimulatedReader, prepare: Callable[[SimulatedReader], None], code: int, error: str, seconds: str
) -> None:
    prepare(simulated_reader)
    exit_code, answer = hall("read", "id-card", simulated_reader.url, "--timeout", seconds)
    assert (exit_code, answer["error"]) == (code, error)


@pytest.mark.parametrize(
    "arguments",
    [
        ["read", "teapot", "serial:///dev/ttyS0"],
        ["read", "id-card", "nonsense"],
        ["read", "keypad", "usb://0400:c35a"],
        ["probe", "gopher://printer"],
        ["probe", "nobody"],
        ["probe", "serial:///dev/ttyS0", "--model", "acme_hall.printer"],
        ["probe", "file:///tmp"],
        ["show", "file:///tmp", "x"],
        ["say", "tcp://127.0.0.1:9", "pyproject.toml"],
        ["probe", "serial:///dev/ttyS0", "--kind", "teapot"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    code, answer = hall(*arguments)
    assert (code, answer["error"]) == (2, "configuration")


def test_missing_arguments_are_exit_code_2() -> None:
    assert CliRunner().invoke(app, ["read", "id-card"]).exit_code == 2


def test_what_is_there_is_listed() -> None:
    code, answer = hall("list")
    assert code == 0
    assert answer["drivers"]["id_card_reader"] == ["sam_v"]
    assert isinstance(answer["pcsc"]["service"], bool)
    assert CliRunner().invoke(app, ["list"]).exit_code == 0


def test_a_reader_is_probed_by_its_url_alone(simulated_reader: SimulatedReader) -> None:
    code, answer = hall("probe", simulated_reader.url)
    assert (code, answer["kind"], answer["state"]) == (0, "id_card_reader", "ready")
    assert answer["detail"].startswith("05.01-")
    simulated_reader.self_test_failed = True
    code, answer = hall("probe", simulated_reader.url, "--kind", "id-card")
    assert (code, answer["state"]) == (5, "fault")
    assert answer["conditions"] == [{"code": "sam.self-test", "action": "engineer", "blocking": True}]


def test_a_device_is_probed_by_its_name_in_a_file(simulated_reader: SimulatedReader, tmp_path: Path) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text(f'[devices.id_card_reader]\nmodel = "sam_v"\nurl = "{simulated_reader.url}"\n', "utf-8")
    code, answer = hall("probe", "id_card_reader", "--config", str(settings))
    assert (code, answer["state"]) == (0, "ready")


def test_a_wired_device_is_probed_by_its_name_in_the_hall_description(monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatedBus({3: SimulatedBar()}) as bus:
        monkeypatch.setenv("BUS", bus.path)
        code, answer = hall("probe", "bar3", "--hall", str(ROOT / "assets/samples/demo_hall.yaml"))
        assert (code, answer["kind"], answer["state"]) == (0, "window_display", "ready")


def test_the_kind_of_a_node_on_the_bus_is_found_out() -> None:
    with SimulatedBus({8: SimulatedKeypad(), 18: SimulatedRater()}) as bus:
        assert hall("probe", bus.url(8))[1]["kind"] == "keypad"
        assert hall("probe", bus.url(18))[1]["kind"] == "rating_device"


def test_a_line_is_shown_on_a_bar() -> None:
    with SimulatedBus({3: SimulatedBar()}) as bus:
        code, answer = hall("show", bus.url(3), "请A001")
        assert (code, answer["shown"]) == (0, "请A001")
        assert bus.bar(3).text == "请A001"
        assert hall("show", bus.url(3), "")[0] == 0
        assert bus.bar(3).text == ""


def test_a_bar_that_is_not_there_is_exit_code_3_and_a_dead_one_4() -> None:
    assert hall("show", "modbus+serial:///dev/no-such-line?unit=3", "x")[0] == 3
    with SimulatedBus({}) as bus:
        assert hall("show", bus.url(3), "x")[0] == 4


def test_a_key_and_a_rating_are_read(wait_until: Callable[..., None]) -> None:
    with SimulatedBus({8: SimulatedKeypad(), 18: SimulatedRater()}) as bus, ThreadPoolExecutor(1) as pool:
        bus.keypad(8).press("call-next")
        assert hall("read", "keypad", bus.url(8))[1]["key"] == "call-next"
        reading = pool.submit(hall, "read", "rating", bus.url(18))
        wait_until(lambda: bus.rater(18).invited)
        bus.rater(18).press("satisfied")
        assert reading.result(timeout=60)[1]["level"] == "satisfied"
        assert not bus.rater(18).invited
        assert hall("read", "keypad", bus.url(8), "--timeout", "0.2")[0] == 4


def test_a_picture_is_printed_as_it_is(tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    page = Image.new("1", (576, 200), 1)
    page.paste(0, (100, 50, 300, 150))
    page.save(picture)
    with SimulatedPrinter() as printer:
        code, answer = hall("print", printer.url, str(picture))
        assert (code, answer["proof"], answer["widthDots"], answer["rows"]) == (0, "proven", 576, 200)
        slip = printer.wait_for_slip(20)
        assert printer.complaints == []
    black = slip.image.convert("1").point(lambda value: 255 - value).getbbox()
    assert black is not None
    assert (black[2] - black[0], black[3] - black[1]) == (200, 100)


@pytest.mark.parametrize("name", ["note.txt", "note.pbm", "wide.png"])
def test_texts_and_other_pictures_are_printed(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name.endswith("txt"):
        file.write_text("打印测试 0123456789 " * 6 + "\nlast line\n", "utf-8")
    else:
        Image.new("L", (1200 if name.startswith("wide") else 100, 300), 0).convert("1").save(file)
    with SimulatedPrinter() as printer:
        assert hall("print", printer.url, str(file))[0] == 0
        assert printer.wait_for_slip(20).image.convert("L").getextrema()[0] == 0


def test_a_file_that_is_neither_is_bad_data(tmp_path: Path) -> None:
    file = tmp_path / "noise.bin"
    file.write_bytes(bytes(range(256)))
    with SimulatedPrinter() as printer:
        assert hall("print", printer.url, str(file))[0] == 5
        assert printer.received < 100


def test_paper_out_is_exit_code_4_and_no_printer_3(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("x", "utf-8")
    with SimulatedPrinter() as printer:
        printer.paper_out = True
        code, answer = hall("print", printer.url, str(file), "--timeout", "3")
        assert (code, answer["error"]) == (4, "paper-out")
        url = printer.url
    assert hall("print", url, str(file))[0] == 3


def test_people_read_sentences_in_their_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "hall24", "device", "read", "id-card", "serial:///dev/no-such-line"]
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert "设备未连接" in done.stderr
