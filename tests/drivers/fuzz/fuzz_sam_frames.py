"""What arrives from an ID-card module: frames among rubbish, in chunks of any size."""

from __future__ import annotations

from functools import reduce
from operator import xor

from drivers.id_card_reader import codec, session


def fuzz(data: bytes) -> None:
    """The same replies whatever the chunks; each was really there; damage never grows the memory."""
    whole = codec.ReplyParser()
    replies = whole.feed(data)
    found = [(reply.status, reply.card_status, bytes(reply.data)) for reply in replies]
    pieces, chunks = [], codec.ReplyParser()
    size = 1 + (data[0] % 64 if data else 0)
    for at in range(0, len(data), size):
        pieces += [(one.status, one.card_status, bytes(one.data)) for one in chunks.feed(data[at : at + size])]
    if pieces != found or (chunks.damaged, chunks.unfinished) != (whole.damaged, whole.unfinished):
        raise AssertionError("the chunks changed what was heard")
    if whole.unfinished > codec.LONGEST + codec.HEAD_LENGTH:
        raise AssertionError("more is kept than a frame can have")
    for status, card_status, inner in found:
        body = card_status.to_bytes(2, "big") + bytes([status]) + inner
        frame = codec.frame(body)
        if frame not in data or reduce(xor, frame[len(codec.PREAMBLE) :]):
            raise AssertionError("a reply that nobody sent")
    for reply in replies:
        for answers in (session.answers_find, session.answers_read, session.answers_address, session.answers_sam_id):
            answers(reply)
        if str(len(reply.data)) not in repr(reply):
            raise AssertionError("a reply says more or less than its length")
        reply.wipe()
        if any(reply.data):
            raise AssertionError("not wiped")
