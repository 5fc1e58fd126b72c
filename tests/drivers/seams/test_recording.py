"""Record a device once, get a test: what is written, what is never written, and what plays back."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl
from drivers.seams.line import line_of
from drivers.seams.memory import DialogueError, MemoryPort, Say
from drivers.seams.recording import RecordingPort, ReplayPort, Turn, read_recording


def soon() -> float:
    return time.monotonic() + 0.2


def ask(port: RecordingPort | ReplayPort, words: bytes) -> bytes:
    port.write(words, soon())
    heard = b""
    while chunk := port.read_some(soon()):
        heard += chunk
    return heard


def starred(turns: Sequence[Turn]) -> Sequence[Turn]:
    return [Turn(turn.at, turn.side, turn.data.replace(b"secret", b"******")) for turn in turns]


def recorded(path: Path, *says: Say) -> None:
    port = RecordingPort(MemoryPort(says), path, "toy", 9600, starred)
    port.open()
    for say in says:
        ask(port, say.expect)
    port.close()


def test_a_recording_plays_back_what_was_said(tmp_path: Path) -> None:
    file = tmp_path / "toy.jsonl"
    recorded(file, Say(b"who", (b"a to", b"y")), Say(b"what", (b"secret word",)))
    replay = ReplayPort(file)
    replay.open()
    assert ask(replay, b"who") == b"a toy"
    assert ask(replay, b"what") == b"****** word"
    replay.finish()


def test_a_replay_opens_again_from_the_beginning(tmp_path: Path) -> None:
    file = tmp_path / "toy.jsonl"
    recorded(file, Say(b"who", (b"a toy",)))
    replay = ReplayPort(file)
    for _ in range(2):
        replay.open()
        assert ask(replay, b"who") == b"a toy"
        replay.close()


def test_whoever_says_something_else_than_then_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "toy.jsonl"
    recorded(file, Say(b"who", (b"a toy",)))
    replay = ReplayPort(file)
    replay.open()
    with pytest.raises(DialogueError):
        replay.write(b"where", soon())


def test_nothing_is_written_before_it_is_redacted_nor_what_cannot_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "toy.jsonl"

    def refuses(turns: Sequence[Turn]) -> Sequence[Turn]:
        raise ValueError

    port = RecordingPort(MemoryPort([Say(b"what", (b"secret",))]), file, "toy", 0, refuses)
    port.open()
    ask(port, b"what")
    assert not file.exists()
    port.close()
    assert not file.exists()
    assert "could not be redacted" in caplog.text
    assert "secret" not in caplog.text


def test_the_file_says_what_it_is_and_grows_by_conversations(tmp_path: Path) -> None:
    file = tmp_path / "toy.jsonl"
    recorded(file, Say(b"who", (b"a toy",)))
    recorded(file, Say(b"what", (b"word",)))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[0] == {"recording": 1, "device": "toy", "baud": 9600}
    assert [line["from"] for line in lines[1:]] == ["host", "device", "host", "device"]
    assert [turn.data for turn in read_recording(file)] == [b"who", b"a toy", b"what", b"word"]


def test_a_file_that_was_made_beforehand_and_is_empty_becomes_a_recording(tmp_path: Path) -> None:
    file = tmp_path / "toy.jsonl"
    file.touch()
    recorded(file, Say(b"who", (b"a toy",)))
    assert [turn.data for turn in read_recording(file)] == [b"who", b"a toy"]


@pytest.mark.parametrize(
    "text", ["", "no json", "{}", '{"recording": 2}', '{"recording": 1}\n{"at": 0, "from": "moon", "hex": "00"}', "[]"]
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text(text)
    with pytest.raises(DeviceError) as refused:
        ReplayPort(file).open()
    assert refused.value.fault is Fault.BAD_DATA


def test_a_recording_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as refused:
        ReplayPort(tmp_path / "nothing").open()
    assert refused.value.fault is Fault.ABSENT


def test_a_disk_that_takes_nothing_does_not_break_the_device(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        recorded(tmp_path / "no" / "such" / "folder.jsonl", Say(b"who", (b"a toy",)))
    assert "FileNotFoundError" in caplog.text


def test_a_url_names_its_line_and_what_is_no_line_is_refused(tmp_path: Path) -> None:
    line = line_of(DeviceUrl.parse("serial:///dev/nowhere?baud=9600"), {}, "toy")
    assert (line.baud, line.set_baud is not None) == (9600, True)
    assert line_of(DeviceUrl.parse("serial:///dev/nowhere?baud=9600"), {"baud": "19200"}, "toy").baud == 19200
    assert line_of(DeviceUrl.parse("tcp://10.0.0.9"), {}, "toy", tcp_port=9100).set_baud is None
    for wrong in ("tcp://10.0.0.9", "http://10.0.0.9", "serial:///dev/x?baud=fast"):
        with pytest.raises(DeviceError) as refused:
            line_of(DeviceUrl.parse(wrong), {}, "toy")
        assert refused.value.fault is Fault.CONFIGURATION
