"""The photo block: simulated cards, no decoder, and a vendor's decoder as a program of its own."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.id_card_reader.photo import HelperPhoto, NoPhoto, SyntheticPhoto, make_photo_decoder, synthetic_block


@given(st.binary(min_size=1, max_size=1012))
def test_a_simulated_block_gives_its_picture_back(picture: bytes) -> None:
    block = synthetic_block(picture)
    assert len(block) == 1024
    assert SyntheticPhoto().decode(block) == picture


def test_a_picture_that_is_too_large_for_a_card_is_refused() -> None:
    with pytest.raises(ValueError, match="1012"):
        synthetic_block(b"x" * 1013)


@pytest.mark.parametrize("block", [b"", bytes(1024), b"WLf~" + bytes(1020), synthetic_block(b"x")[:12]])
def test_blocks_of_real_cards_stay_unread(block: bytes) -> None:
    assert SyntheticPhoto().decode(block) is None
    assert NoPhoto().decode(block) is None


def script(folder: Path, text: str) -> str:
    program = folder / "decoder"
    program.write_text("#!/bin/sh\n" + text, "utf-8")
    program.chmod(0o700)
    return str(program)


def test_a_vendors_program_gets_the_block_and_gives_a_picture(tmp_path: Path) -> None:
    program = script(tmp_path, "printf BM; cat; echo rubbish > left-over; echo noise >&2\n")
    assert make_photo_decoder(f"helper:{program}").decode(b"block") == b"BMblock"
    assert [entry.name for entry in tmp_path.iterdir()] == ["decoder"]


@pytest.mark.parametrize(
    "text", ["exit 3\n", "true\n", "exec sleep 60\n", "sleep 60 | cat\n", "exec >&-\nexec sleep 60\n"]
)
def test_a_program_that_fails_hangs_or_is_silent_means_no_photo(tmp_path: Path, text: str) -> None:
    assert HelperPhoto(script(tmp_path, text), timeout=0.3).decode(b"block") is None


def test_a_program_that_talks_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert HelperPhoto(script(tmp_path, "exec cat /dev/zero\n"), timeout=2).decode(b"block") is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def test_a_missing_program_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as refused:
        make_photo_decoder(f"helper:{tmp_path}/none").decode(b"block")
    assert refused.value.fault is Fault.CONFIGURATION


def test_an_unknown_decoder_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(DeviceError):
        make_photo_decoder("wlt")
    assert isinstance(make_photo_decoder("none"), NoPhoto)
