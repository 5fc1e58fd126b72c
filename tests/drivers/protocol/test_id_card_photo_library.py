"""Vendors' photo libraries, stood for by a small one that is compiled here: the shapes of the field, and its faults."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.device import DeviceError, Fault
from drivers.id_card_reader import photo_process
from drivers.id_card_reader.photo import make_photo_decoder
from drivers.id_card_reader.photo_library import HEIGHT, WIDTH, LibraryPhoto, bitmap

BLOCK = b"WLf~" + bytes(range(256)) * 3 + bytes(252)
SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[4096];

/* The block to a BMP in a buffer; what it "decodes" is the first byte of the block in each dot. */
static int to_bmp(const unsigned char *wlt, unsigned char *out) {
    unsigned size = 54 + 126 * 308;
    memset(out, wlt[0], size);
    memcpy(out, "BM", 2);
    memcpy(out + 2, &size, 4);
    return (int)size;
}
int Wlt2Bmp(const unsigned char *wlt, unsigned char *out) { return to_bmp(wlt, out) > 0 ? 1 : 0; }
int Wlt2BmpLength(const unsigned char *wlt, int given, unsigned char *out, int *length) {
    if (given != 1024 || *length < 38862) return -1;
    *length = to_bmp(wlt, out);
    return 0x90;
}
int Pixels(const unsigned char *wlt, unsigned char *out) { memset(out, wlt[0], 102 * 126 * 3); return 1; }
/* From file to file, beside the input: GetBmp("x.wlt", 2) writes x.bmp. */
int GetBmp(const char *path, int interface) {
    unsigned char wlt[1024], out[40000];
    char other[4200];
    FILE *file = fopen(path, "rb");
    if (interface != 2 || !file || fread(wlt, 1, 1024, file) != 1024) return -1;
    fclose(file);
    strcpy(other, path);
    strcpy(other + strlen(other) - 3, "bmp");
    file = fopen(other, "wb");
    fwrite(out, 1, to_bmp(wlt, out), file);
    fclose(file);
    return 1;
}
int Wlt2File(const unsigned char *wlt, const char *path) {
    unsigned char out[40000];
    FILE *file = fopen(path, "wb");
    fwrite(out, 1, to_bmp(wlt, out), file);
    return fclose(file) == 0;
}
/* With a start and a licence: writes zp.bmp into the folder of the start. */
int wltInit(const char *where) { strcpy(folder, where); return 1; }
int wltGetBMP(const unsigned char *wlt, const unsigned char *licence) {
    char path[4200];
    if (!folder[0] || memcmp(licence, "LICENCE", 7)) return -2;
    sprintf(path, "%s/zp.bmp", folder);
    return Wlt2File(wlt, path);
}
/* What vendors' libraries also do. */
int Hangs(void) { for (;;) sleep(1); }
int Crashes(void) { *(volatile int *)0 = 1; return 1; }
int Exits(void) { exit(0); }
int Fails(void) { return -1; }
int Nothing(const unsigned char *wlt, unsigned char *out) { return 1; }
int Rubbish(const unsigned char *wlt, unsigned char *out) { memset(out, 0xA5, 38862); return 1; }
int Chatty(const unsigned char *wlt, unsigned char *out) {
    FILE *file = fopen("left-over.tmp", "wb");
    fwrite(wlt, 1, 1024, file);
    fclose(file);
    for (int i = 0; i < 20000; i++) printf("P decoding a photo\n");
    fflush(stdout);
    write(1, "rubbish", 7);
    return Wlt2Bmp(wlt, out);
}
int TooMuch(const unsigned char *wlt, unsigned char *out) { memset(out + 38862, 7, 2000); return Wlt2Bmp(wlt, out); }
int Endless(void) {
    static char much[1 << 20];
    FILE *file = fopen("photo.bmp", "wb");
    while (fwrite(much, 1, sizeof much, file) == sizeof much) {}
    return 1;
}
int Forks(void) { if (fork() == 0) for (;;) sleep(1); for (;;) sleep(1); }
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in, compiled."""
    folder = tmp_path_factory.mktemp("vendor")
    source, path = folder / "vendor.c", folder / "libvendor.so"
    source.write_text(SOURCE, "utf-8")
    subprocess.run(["gcc", "-shared", "-fPIC", "-w", "-o", str(path), str(source)], check=True, timeout=60)
    return path


@pytest.fixture(scope="session")
def decoder(library: Path) -> Callable[..., LibraryPhoto]:
    def make(query: str, timeout: int = 30) -> LibraryPhoto:
        made = make_photo_decoder(f"library:{library}?{query}&timeout={timeout}")
        assert isinstance(made, LibraryPhoto)
        return made

    return make


Decoder = Callable[..., LibraryPhoto]


@pytest.mark.parametrize(
    "query",
    [
        "function=Wlt2Bmp",
        "function=Wlt2Bmp&args=wlt,out&ok=1",
        "function=Wlt2BmpLength&args=wlt,wlt-length,out,out-length&ok=144",
        "function=GetBmp&args=input-file,2&ok=1&output=photo.bmp",
        "function=GetBmp&args=input-file,2&input=x.wlt&output=x.bmp",
        "function=Wlt2File&args=wlt,output-file&output=face.bmp",
        "function=Chatty",
        "function=TooMuch",
    ],
)
def test_the_shapes_of_the_field_give_a_picture(decoder: Decoder, query: str) -> None:
    picture = decoder(query).decode(BLOCK)
    assert picture is not None
    assert (picture[:2], len(picture), picture[54]) == (b"BM", 38862, ord("W"))


def test_a_library_with_a_start_and_a_licence(decoder: Decoder, tmp_path: Path) -> None:
    licence = tmp_path / "licence.dat"
    query = f"init=wltInit&init_args=folder&function=wltGetBMP&args=wlt,licence&ok=1&output=zp.bmp&licence={licence}"
    with pytest.raises(DeviceError, match="licence is missing") as refused:
        decoder(query).decode(BLOCK)
    assert refused.value.fault is Fault.CONFIGURATION
    licence.write_bytes(b"another one")
    assert decoder(query).decode(BLOCK) is None
    licence.write_bytes(b"LICENCE for this reader")
    picture = decoder(query).decode(BLOCK)
    assert picture is not None
    assert len(picture) == 38862


def test_bare_pixels_become_a_picture(decoder: Decoder) -> None:
    picture = decoder("function=Pixels&pixels=bgr&out_bytes=38556").decode(BLOCK)
    assert picture is not None
    assert (picture[:2], len(picture)) == (b"BM", 54 + HEIGHT * (3 * WIDTH + 2))
    assert decoder("function=Nothing&pixels=bgr").decode(BLOCK) is None, "an untouched buffer is no black picture"


@pytest.mark.parametrize("order", ["bgr", "rgb"])
def test_a_bitmap_shows_the_dots_where_they_were(order: str) -> None:
    import io

    from PIL import Image

    pixels = bytearray(WIDTH * HEIGHT * 3)
    pixels[0:3] = (10, 20, 30)  # the dot at the top left
    bmp = bitmap(bytes(pixels), order)
    assert bmp is not None
    with Image.open(io.BytesIO(bmp)) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        assert picture.getpixel((0, 0)) == ((30, 20, 10) if order == "bgr" else (10, 20, 30))
    assert bitmap(bytes(100), order) is None


@pytest.mark.parametrize("function", ["Crashes", "Exits", "Fails", "Nothing", "Rubbish"])
def test_a_library_that_crashes_fails_or_gives_rubbish_costs_one_photo(decoder: Decoder, function: str) -> None:
    assert decoder(f"function={function}&ok=1").decode(BLOCK) is None
    assert decoder("function=Wlt2Bmp").decode(BLOCK) is not None


@pytest.mark.parametrize("function", ["Hangs", "Forks"])
def test_a_library_that_hangs_is_killed_with_all_that_it_started(
    decoder: Decoder, library: Path, function: str, wait_until: Callable[..., None]
) -> None:
    begin = time.monotonic()
    assert decoder(f"function={function}", timeout=1).decode(BLOCK) is None
    assert time.monotonic() - begin < 20

    def nothing_of_it_runs() -> bool:
        return not any(str(library) in _maps(process) for process in Path("/proc").glob("[0-9]*"))

    wait_until(nothing_of_it_runs)


def _maps(process: Path) -> str:
    try:
        return (process / "maps").read_text("utf-8", "replace")
    except OSError:
        return ""


def test_a_file_without_end_is_stopped(decoder: Decoder) -> None:
    assert decoder("function=Endless&output=photo.bmp").decode(BLOCK) is None


def test_nothing_of_a_photo_is_left_on_the_disk(
    decoder: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_process.tempfile, "tempdir", str(tmp_path))
    for function in ("Chatty", "Crashes", "GetBmp"):
        decoder(f"function={function}&args=wlt,out").decode(BLOCK)
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_the_library_is_said(decoder: Decoder, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="NoSuch") as refused:
        decoder("function=NoSuch").decode(BLOCK)
    assert refused.value.fault is Fault.CONFIGURATION
    broken = tmp_path / "lib.so"
    broken.write_bytes(b"\x7fELF\x01 built for another machine")
    with pytest.raises(DeviceError) as refused:
        make_photo_decoder(f"library:{broken}?function=x").decode(BLOCK)
    assert refused.value.fault is Fault.CONFIGURATION
    with pytest.raises(DeviceError) as refused:
        make_photo_decoder(f"library:{tmp_path}/none.so?function=x").decode(BLOCK)
    assert refused.value.fault is Fault.CONFIGURATION
    with pytest.raises(DeviceError) as refused:
        decoder("function=Wlt2Bmp&interpreter=/nowhere/python").decode(BLOCK)
    assert refused.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize(
    "text",
    [
        "library:",
        "library:/lib.so",
        "library:lib.so?function=f",
        "library:/lib.so?function=f&args=wlt,outt",
        "library:/lib.so?function=f&args=wlt",
        "library:/lib.so?function=f&output=/etc/passwd",
        "library:/lib.so?function=f&output=../x",
        "library:/lib.so?function=f&ok=yes",
        "library:/lib.so?function=f&out_bytes=0",
        "library:/lib.so?function=f&pixels=grey",
        "library:/lib.so?function=f&colour=blue",
        "library:/lib.so?function=f&timeout=never",
    ],
)
def test_settings_that_make_no_sense_are_refused_before_any_photo(text: str) -> None:
    with pytest.raises(DeviceError) as refused:
        make_photo_decoder(text)
    assert refused.value.fault is Fault.CONFIGURATION


def test_whose_photos_a_decoder_reads_is_said_honestly(decoder: Decoder) -> None:
    assert not make_photo_decoder("none").capabilities.real_cards
    synthetic = make_photo_decoder("synthetic").capabilities
    assert (synthetic.real_cards, synthetic.simulated_cards) == (False, True)
    assert make_photo_decoder("helper:/x").capabilities.real_cards
    assert decoder("function=Wlt2Bmp").capabilities.real_cards
