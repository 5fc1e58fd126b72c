"""PC/SC smart-card readers, as far as an installer needs them: which ones are there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CardReaders:
    """``service`` is False when no PC/SC service (pcscd) answers; then nothing is known about readers."""

    service: bool
    names: tuple[str, ...] = ()


def card_readers() -> CardReaders:
    """The PC/SC readers of this machine. Never raises: without pcscd or its library ``service`` is False.

    pyscard raises the same error for a missing library, a missing service and a service that just died.
    """
    try:
        from smartcard.pcsc.PCSCExceptions import BaseSCardException
        from smartcard.System import readers
    except ImportError:
        return CardReaders(service=False)
    try:
        return CardReaders(service=True, names=tuple(str(reader) for reader in readers()))
    except (BaseSCardException, OSError):
        return CardReaders(service=False)
