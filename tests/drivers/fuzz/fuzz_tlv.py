"""The records of a chip card: tag, length, value."""

from __future__ import annotations

from drivers.card_reader.social_security import LENGTHS, fields_of, values_of
from drivers.device import DeviceError


def fuzz(data: bytes) -> None:
    """Fields that lie in the record, one after the other, or a refusal."""
    try:
        fields = fields_of(data)
    except DeviceError:
        return
    end = 0
    for field in fields:
        if field.start != end + 2 or data[field.start : field.start + len(field.value)] != field.value:
            raise AssertionError("a field that does not stand there")
        end = field.start + len(field.value)
    if len(set(data[end:])) > 1:
        raise AssertionError("something was passed over")
    try:
        values = values_of([data])
    except DeviceError:
        return
    if any(len(value) != LENGTHS[tag] for tag, value in values.items()):
        raise AssertionError("a known field of another length")
