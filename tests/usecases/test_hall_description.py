"""A hall's description with errors: all of them at once, each with its line."""

from __future__ import annotations

import pytest

import assets
from queue_server.usecases.hall_description import HallFileError, parse
from queue_server.usecases.rating_profile import parse_profile

GOOD = assets.DEMO_HALL.read_text(encoding="utf-8")


def problems(text: str) -> list[str]:
    with pytest.raises(HallFileError) as found:
        parse(text)
    return str(found.value).splitlines()


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_the_demo_hall_is_read_whole() -> None:
    hall = parse(GOOD)
    assert (len(hall.queues), len(hall.windows), len(hall.kiosks), len(hall.items)) == (5, 8, 2, 23)
    assert hall.demo
    assert hall.devices[0].options == {"columns": 16}
    assert hall.rules.recall_spacing_seconds == 10
    assert parse(GOOD).version == hall.version != parse(GOOD + "\n# a remark").version


def test_all_errors_are_said_at_once_in_the_order_of_their_lines() -> None:
    text = (
        GOOD.replace("Asia/Shanghai", "Asia/Atlantis")
        .replace('to: "24:00"', 'to: "24:30"')
        .replace("prefix: B", "prefix: A")
        .replace("digits: 3", "digit: 3")
        .replace("recall_limit: 3", "recall_limit: many")
        .replace("zone: Z2, queues: [B], pad: true", "zone: Z7, queues: [B, Q], pad: maybe")
        .replace('{ id: officer2, number: "002"', '{ id: officer1, number: "002"')
    )
    said = problems(text)
    numbers = [int(line.split(":")[0].removeprefix("line ")) for line in said]
    assert numbers == sorted(numbers)
    expected = {
        "there is no time zone 'Asia/Atlantis'": "Asia/Atlantis",
        "to must be a time from 00:00 to 24:00": "24:30",
        "prefix A is that of queue A already": "社保医保, en: Social and",
        "numbering: there is no key 'digit', did you mean digits?": "digit: 3",
        "recall_limit must be a whole number": "recall_limit: many",
        "there is no zone 'Z7'": "Z7",
        "there is no queue 'Q'": "Z7",
        "pad must be true or false": "Z7",
        "person officer1 is there twice": "李强",
    }
    for words, place in expected.items():
        if words.endswith("did you mean digits?"):
            words = "numbering: there is no key 'digit'"
        assert any(words in line and line.startswith(f"line {line_of(text, place)}:") for line in said), words
    assert len(said) == len(expected)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  name: { zh: 云山区政务服务中心, en: Yunshan District Government Service Hall }\n", "", "name is missing"),
        ("  id: demo", "  id: [demo]", "id must be a text"),
        ("  id: demo", "  id: de mo", "only letters, digits"),
        ("  id: demo", "  id: demo\n  id: twice", "there twice"),
        ("zones:\n", "zones: none\nzonez:\n", "must be a list"),
        ("queues: [A, C]", "queues: []", "at least one queue"),
        ("queues: [A, C]", "queues: [A, A]", "in the list twice"),
        ("queues: [A, C]", "queues: A", "list of queues"),
        ("expected_service_minutes: 8", "expected_service_minutes: 0", "must be from 1 to 480"),
        ("open_every_day: true", "open_every_day: true\n  weekdays: [mon]", "leaves no room"),
        ("  open_every_day: true\n", "", "neither open_every_day"),
        ("open_every_day: true", "weekdays: [monday]", "there is no weekday 'monday'"),
        ("open_every_day: true", "open_every_day: true\n  closed: [2026-13-01]", "a date is written"),
        ("open_every_day: true", "open_every_day: true\n  extra: soon", "list of dates"),
        ('{ from: "00:00", to: "24:00" }', '{ from: "12:00", to: "08:00" }', "ends before it begins"),
        (
            '{ from: "00:00", to: "24:00" }',
            '{ from: "08:00", to: "12:00" }\n    - { from: "11:00", to: "13:00" }',
            "before the one above ends",
        ),
        ('business_day_starts: "00:00"', 'business_day_starts: "24:00"', "before 24:00"),
        ("lease_to: 999", "lease_to: 600", "lease_to is smaller"),
        ("model: modbus_bar", "model: modbus bar", "only letters"),
        ('url: "modbus+serial://${BUS}?baud=19200&unit=3"', "url: bus three", "device URL"),
        ('modbus_bar, window: "3"', 'modbus_bar, window: "30"', "no window '30'"),
        ('modbus_bar, window: "3", ', "modbus_bar, ", "device bar3: a window_display belongs to a window"),
        ("unit=8", "unit=3", "device keypad8: address 3 of //${BUS} is that of bar3 already"),
        ("{ id: K2,", "{ id: S1,", "terminal S1 is there twice"),
        ("  - { id: K2, zone: Z24 }", "  - K2", "must hold keys"),
        ("{ id: E-STUCK, queue: E,", "{ id: E-COLLECT, queue: E,", "item E-COLLECT is there twice"),
        ("name: 王敏", 'name: " "', "name is empty"),
        ('windows: ["1"] }', 'windows: ["1"], reception: true }', "reception staff have no windows"),
        ('windows: ["1"] }', "reception: perhaps }", "reception must be true or false"),
        ("  demo: true", "  demo: 1", "true or false"),
        ("columns: 16", "columns: [16]", "must be one value"),
    ],
)  # fmt: skip
def test_each_kind_of_error_is_said(old: str, new: str, says: str) -> None:
    assert old in GOOD
    assert any(says in line for line in problems(GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(("text", "says"), [("hall: [", "not YAML"), ("- 1", "must hold keys"), ("", "must hold keys")])
def test_what_is_no_description_at_all(text: str, says: str) -> None:
    assert says in problems(text)[0]


def test_a_rating_dictionary_that_lacks_a_level_is_refused() -> None:
    text = (assets.RATING / "national-2020.yaml").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="lacks a level"):
        parse_profile(text.replace('code: "510"', 'code: "511"'))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("prefix: E,", "prefix: YA,", "prefix YA is that of queue A already"),
        ("prefix: E,", "prefix: WB,", "prefix WB is that of queue B already"),
        ("prefix: A,", "prefix: YB,", "prefix YB is that of queue A already"),
        ("without_ticket_prefix: W", "without_ticket_prefix: Y", "the same number would come twice"),
    ],
)
def test_no_two_queues_may_ever_write_the_same_number(old: str, new: str, said: str) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new))
    assert len(found) == 1
    assert said in found[0]


def test_prefixes_that_only_look_alike_are_no_fault() -> None:
    hall = parse(GOOD.replace("prefix: E,", "prefix: AY,").replace('priority_prefix: ""', "priority_prefix: L"))
    assert hall.queue_by_id["E"].prefix == "AY"


def wired_too(device: str) -> str:
    return GOOD.replace("  - { id: bar5,", f"  - {device}\n  - {{ id: bar5,", 1)


@pytest.mark.parametrize(
    ("device", "says"),
    [
        (
            '{ id: bar6, kind: window_display, model: bx, window: "6", url: "tcp://${BAR5}" }',
            "device bar5: //${BAR5} is that of bar6 already",
        ),
        (
            '{ id: voice1, kind: speaker, model: alsa, zone: Z1, url: "alsa://default" }',
            "device voice1: screen S1 speaks in zone Z1 already",
        ),
        ('{ id: voice1, kind: speaker, model: alsa, url: "alsa://default" }', "screen S2 speaks in zone Z2 already"),
    ],
)
def test_what_gets_in_the_way_of_something_else_is_said(device: str, says: str) -> None:
    assert any(says in line for line in problems(wired_too(device)))


@pytest.mark.parametrize(
    "device",
    [
        '{ id: voice1, kind: speaker, model: alsa, zone: Z24, url: "alsa://default" }',
        '{ id: voice1, kind: speaker, model: none, zone: Z1, url: "none:voice" }',
        '{ id: bar6, kind: window_display, model: none, window: "6", url: "tcp://${BAR5}" }',
        '{ id: bar6, kind: window_display, model: bx, window: "6", url: "tcp://${BAR6}" }',
    ],
)
def test_a_device_with_a_place_of_its_own_is_taken(device: str) -> None:
    assert len(parse(wired_too(device)).devices) == 5
