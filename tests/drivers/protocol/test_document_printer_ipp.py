"""The Internet Printing Protocol byte by byte: the examples of RFC 8010, and what is no message at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Action, DeviceError, DeviceState, Fault, Secret
from drivers.document_printer import codec, operations, twin_ipp
from drivers.document_printer.codec import Attribute, Group, Message, Tag, Value, attribute
from drivers.document_printer.operations import Requests
from drivers.document_printer.port import Document, JobState, Sides
from drivers.document_printer.reasons import IDLE, PROCESSING, STOPPED, finding

PINETREE = "ipp://printer.example.com/ipp/print/pinetree"


def field(kind: int, name: str, *values: bytes) -> bytes:
    """One attribute as RFC 8010, 3.1.4 and 3.1.5 draw it."""
    parts = []
    for index, value in enumerate(values):
        label = b"" if index else name.encode()
        parts.append(bytes([kind]) + len(label).to_bytes(2) + label + len(value).to_bytes(2) + value)
    return b"".join(parts)


HEAD = b"\x01" + field(0x47, "attributes-charset", b"utf-8") + field(0x48, "attributes-natural-language", b"en-us")

PRINT_JOB = (  # A.1
    bytes.fromhex("0101 0002 00000001")
    + HEAD
    + field(0x45, "printer-uri", PINETREE.encode())
    + field(0x42, "job-name", b"foobar")
    + field(0x22, "ipp-attribute-fidelity", b"\x01")
    + b"\x02"
    + field(0x21, "copies", bytes.fromhex("00000014"))
    + field(0x44, "sides", b"two-sided-long-edge")
    + b"\x03"
)
REFUSED = (  # A.3
    bytes.fromhex("0101 040B 00000001")
    + HEAD
    + field(0x41, "status-message", b"client-error-attributes-or-values-not-supported")
    + b"\x05"
    + field(0x21, "copies", bytes.fromhex("00000014"))
    + field(0x10, "sides", b"")
    + b"\x03"
)
WITH_COLLECTION = (  # A.7
    bytes.fromhex("0101 0005 00000001")
    + HEAD
    + field(0x45, "printer-uri", PINETREE.encode())
    + b"\x02"
    + bytes.fromhex("34 0009") + b"media-col" + bytes.fromhex("0000")
    + bytes.fromhex("4A 0000 000A") + b"media-size"
    + bytes.fromhex("34 0000 0000")
    + bytes.fromhex("4A 0000 000B") + b"x-dimension" + bytes.fromhex("21 0000 0004 00005208")
    + bytes.fromhex("4A 0000 000B") + b"y-dimension" + bytes.fromhex("21 0000 0004 00007404")
    + bytes.fromhex("37 0000 0000")
    + bytes.fromhex("4A 0000 000A") + b"media-type" + bytes.fromhex("44 0000 0005") + b"plain"
    + bytes.fromhex("37 0000 0000")
    + b"\x03"
)  # fmt: skip
JOBS = (  # A.9: nothing is said of the second job
    bytes.fromhex("0101 0000 00000123")
    + HEAD
    + field(0x41, "status-message", b"successful-ok")
    + b"\x02"
    + field(0x21, "job-id", bytes.fromhex("00000093"))
    + field(0x36, "job-name", bytes.fromhex("0005") + b"fr-ca" + bytes.fromhex("0003") + b"fou")
    + b"\x02"
    + b"\x02"
    + field(0x21, "job-id", bytes.fromhex("00000094"))
    + field(0x36, "job-name", bytes.fromhex("0005") + b"de-CH" + bytes.fromhex("0009") + b"isch guet")
    + b"\x03"
)
VECTORS = (PRINT_JOB, REFUSED, WITH_COLLECTION, JOBS)


def refused(data: bytes) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        codec.decode(data)
    return failed.value


@pytest.mark.parametrize("vector", VECTORS, ids=["print-job", "refused", "collection", "jobs"])
def test_the_examples_of_the_rfc_are_read_and_written_byte_for_byte(vector: bytes) -> None:
    message, rest = codec.decode(vector + b"%!PDF")
    assert rest == b"%!PDF"
    assert codec.encode(message) == vector


def test_print_job_says_what_the_rfc_says() -> None:
    message, _ = codec.decode(PRINT_JOB)
    assert (message.version, message.code, message.request) == ((1, 1), 0x0002, 1)
    assert message.group(Tag.OPERATION).text("printer-uri") == PINETREE
    assert message.group(Tag.OPERATION).flag("ipp-attribute-fidelity") is True
    assert message.group(Tag.JOB).number("copies") == 20
    assert message.group(Tag.JOB).text("sides") == "two-sided-long-edge"


def test_a_refusal_is_one() -> None:
    message, _ = codec.decode(REFUSED)
    assert not operations.succeeded(message)
    assert operations.refusal(message).fault is Fault.UNSUPPORTED
    assert message.group(Tag.UNSUPPORTED).contents("sides") == (None,)


def test_collections_nest() -> None:
    (media,) = codec.decode(WITH_COLLECTION)[0].group(Tag.JOB).attributes
    assert isinstance(media.values[0].content, tuple)
    size, kind = media.values[0].content
    assert isinstance(size, Attribute)
    assert kind == attribute("media-type", Tag.KEYWORD, "plain")
    assert size.values[0].content == (
        attribute("x-dimension", Tag.INTEGER, 21000),
        attribute("y-dimension", Tag.INTEGER, 29700),
    )


def test_jobs_are_read_and_one_that_says_nothing_is_left_out() -> None:
    jobs = operations.jobs_of(codec.decode(JOBS)[0])
    assert [(job.number, job.name, job.state) for job in jobs] == [
        (147, "fou", JobState.UNKNOWN),
        (148, "isch guet", JobState.UNKNOWN),
    ]


@pytest.mark.parametrize("vector", VECTORS)
def test_a_message_that_was_cut_anywhere_is_none(vector: bytes) -> None:
    for length in range(len(vector)):
        assert refused(vector[:length]).fault is Fault.BAD_DATA


@pytest.mark.parametrize(
    "body",
    [
        b"\x21\x00\x01a\x00\x04\x00\x00\x00\x01",  # a value outside of a group
        b"\x01\x21\x00\x00\x00\x04\x00\x00\x00\x01",  # another value of nothing
        b"\x01\x21\x00\x01a\x00\x03\x00\x00\x01",  # an integer of three bytes
        b"\x01\x22\x00\x01a\x00\x02\x01\x01",  # a boolean of two
        b"\x01\x33\x00\x01a\x00\x04\x00\x00\x00\x01",  # half a range
        b"\x01\x36\x00\x01a\x00\x05\x00\x04de\x00",  # a language that is longer than the value
        b"\x01\x34\x00\x01a\x00\x00\x03",  # a collection that does not end
        b"\x01\x34\x00\x01a\x00\x00\x21\x00\x00\x00\x04\x00\x00\x00\x01",  # a value that belongs to no member
        b"\x01\x37\x00\x01a\x00\x00",  # an end without a beginning
        b"\x01" + b"\x34\x00\x01a\x00\x00" + b"\x4a\x00\x00\x00\x01m\x34\x00\x00\x00\x00" * 50,  # deeper and deeper
    ],
)
def test_what_the_grammar_does_not_know_is_refused(body: bytes) -> None:
    assert refused(bytes.fromhex("0101 0000 00000001") + body + b"\x03").fault is Fault.BAD_DATA


def test_another_protocol_is_refused_without_saying_what_it_said() -> None:
    failed = refused(b"HTTP/1.1 200 OK\r\n\r\nsecret")
    assert failed.fault is Fault.BAD_DATA
    assert "secret" not in str(failed)


def test_text_in_the_code_page_of_a_country_is_read_as_far_as_it_goes() -> None:
    data = bytes.fromhex("0101 0000 00000001 04") + field(0x41, "printer-location", b"\xb4\xf3\xcc\xfc 1F") + b"\x03"
    assert codec.decode(data)[0].group(Tag.PRINTER).text("printer-location").endswith(" 1F")


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
VALUES = st.one_of(
    st.builds(Value, st.just(Tag.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.builds(Value, st.just(Tag.BOOLEAN), st.booleans()),
    st.builds(Value, st.just(Tag.KEYWORD), st.text(max_size=40)),
    st.builds(Value, st.just(Tag.RANGE), st.tuples(st.integers(0, 9), st.integers(0, 9))),
    st.builds(Value, st.just(Tag.NAME_WITH_LANGUAGE), st.text(max_size=9), st.text(max_size=9)),
    st.builds(Value, st.just(Tag.NO_VALUE), st.none()),
)
ATTRIBUTES = st.builds(Attribute, WORDS, st.lists(VALUES, min_size=1, max_size=3).map(tuple))
GROUPS = st.builds(
    Group, st.sampled_from([Tag.OPERATION, Tag.JOB, Tag.PRINTER]), st.lists(ATTRIBUTES, max_size=3).map(tuple)
)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.lists(GROUPS, max_size=4).map(tuple), st.binary())
def test_what_is_written_is_read_again(code: int, request: int, groups: tuple[Group, ...], document: bytes) -> None:
    message = Message(code, request, groups)
    assert codec.decode(codec.encode(message) + document) == (message, document)


@given(st.sampled_from(["get", "list", "create", "send", "cancel"]), st.integers(1, 9), st.integers(1, 99))
def test_two_codecs_that_do_not_know_each_other_agree(what: str, number: int, copies: int) -> None:
    requests = Requests(PINETREE, "kiosk-1")
    document = Document("job-1", Secret(b"%PDF-"), copies=copies, sides=Sides.SHORT_EDGE)
    message = {
        "get": requests.get_job(number, 7),
        "list": requests.get_jobs(number, "all"),
        "create": requests.create_job(number, document),
        "send": requests.send_document(number, 7, document),
        "cancel": requests.cancel_job(number, 7, purge=True),
    }[what]
    heard = twin_ipp.heard(codec.encode(message) + b"%PDF-")
    assert (heard.operation, heard.number, heard.document) == (message.code, number, b"%PDF-")
    assert list(heard.said)[:3] == ["attributes-charset", "attributes-natural-language", "printer-uri"]
    assert heard.word("requesting-user-name") == "kiosk-1"
    assert heard.whole("copies") in (0, copies)


def test_the_twins_answers_are_read() -> None:
    rows: tuple[twin_ipp.Row, ...] = (
        ("job-id", twin_ipp.INTEGER, (-5,)),
        ("job-state-reasons", twin_ipp.KEYWORD, ("none", "job-printing")),
        ("time-at-processing", twin_ipp.NO_VALUE, (None,)),
        ("copies-supported", twin_ipp.RANGE, ((1, 99),)),
    )
    message, _ = codec.decode(twin_ipp.told(0, 7, (twin_ipp.JOB, rows)))
    group = message.group(Tag.JOB)
    assert (message.request, group.number("job-id"), group.upper("copies-supported")) == (7, -5, 99)
    assert group.texts("job-state-reasons") == ("none", "job-printing")


# What a printer says keeps it from printing.


def test_a_keyword_without_an_end_is_an_error_a_report_is_nothing() -> None:
    assert finding(IDLE, ["media-empty"]).fault is Fault.PAPER_OUT
    assert finding(IDLE, ["media-empty-warning"]).fault is None
    assert finding(IDLE, ["media-empty-report", "none", "com.example-hello"]).conditions == ()
    unknown = finding(IDLE, ["com.example.fan-error"])
    assert [(c.code, c.action) for c in unknown.conditions] == [("printer.broken", Action.ENGINEER)]


def test_one_tray_of_two_that_is_empty_is_shown_once_and_stops_nothing() -> None:
    found = finding(PROCESSING, ["media-empty-warning", "media-needed-warning"])
    assert [(c.code, c.blocking) for c in found.conditions] == [("paper.out", False)]
    assert found.device_state is DeviceState.BUSY


def test_a_spooler_that_repeats_what_the_printer_said_last_does_not_keep_the_next_job_back() -> None:
    assert finding(IDLE, ["media-empty-error"], remembers=True).fault is None
    assert finding(PROCESSING, ["media-empty-error"], remembers=True).fault is Fault.PAPER_OUT
    assert finding(STOPPED, ["media-empty-error"], remembers=True).fault is Fault.PAPER_OUT


def test_a_printer_that_is_stopped_and_does_not_say_why_is_paused() -> None:
    found = finding(STOPPED, ["none"])
    assert found.fault is Fault.BUSY
    assert [c.code for c in found.conditions] == ["printer.paused"]
