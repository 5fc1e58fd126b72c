"""Every parser of what devices say, fed with what no device says: the kept corpus and, each time, new variations of it.

A target is a file ``fuzz_<name>.py`` beside this one with ``fuzz(data: bytes) -> None``; it lets through only what the
parser promises to raise. Its corpus is ``corpus/<name>/``. ``long.py`` looks for new inputs for as long as one likes.
"""

from __future__ import annotations

import importlib.util
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TARGETS = sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.py"))
VARIATIONS = 3_000


def target(name: str) -> Callable[[bytes], None]:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", HERE / f"fuzz_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[bytes], None] = module.fuzz
    return found


def corpus(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((HERE / "corpus" / name).glob("*"))]


def varied(seed: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A neighbour of an input: some bytes changed, cut, doubled, or joined with another input."""
    data = bytearray(seed)
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(data) + 1)
        deed = chance.randrange(5)
        if deed == 0 and data:
            data[place % len(data)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif deed == 1:
            del data[place : place + chance.randrange(1, 9)]
        elif deed == 2:
            data[place:place] = chance.randbytes(chance.randrange(1, 9))
        elif deed == 3:
            data[place:place] = data[: chance.randrange(1, 33)]
        elif others:
            other = chance.choice(others)
            data[place:] = other[chance.randrange(len(other) + 1) :]
    return bytes(data[:8192])


@pytest.mark.parametrize("name", TARGETS)
def test_the_kept_corpus_and_its_neighbours(name: str) -> None:
    fuzz, seeds = target(name), corpus(name)
    assert seeds, "a target has a corpus"
    for seed in seeds:
        fuzz(seed)
    chance = random.Random(zlib.crc32(name.encode()))
    for _ in range(VARIATIONS):
        fuzz(varied(chance.choice(seeds), seeds, chance))
