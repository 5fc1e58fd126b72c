"""Self-service transactions (自助办件) as definition files, and asking the outside systems behind them.

A file in ``assets/transactions`` (or in the hall's own folder) says what is asked of the citizen, which provider
answers and what is printed. The flow ``self_service`` walks every one; another of the usual steps needs no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, dataclass_transform

import msgspec
import yaml

from drivers.device import Secret
from kiosk.devices.health import Offers
from kiosk.errors import KioskError, Reason
from kiosk.sync.link import Link
from queue_server.contract.messages import Answer, AskProvider, Identity, Text

KINDS = ("digits", "text", "choice", "date", "id", "phone")
PROOFS = ("face", "code")
LEVELS = ("query",)
PAPERS = ("slip", "a4")


class DefinitionError(Exception):
    """Definition files that cannot be used; the text names every fault of every file."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a definition file; a word that is not known is a fault."""


class Option(Part):
    id: str
    name: Text


class FieldOfForm(Part):
    """One question to the citizen. ``pattern`` is a regular expression for the whole value."""

    id: str
    label: Text
    kind: str = "text"
    required: bool = True
    pattern: str = ""
    options: tuple[Option, ...] = ()


class ConsentTo(Part):
    """Which wording is agreed to before the camera opens."""

    version: str
    purpose: Text


class CodeAsked(Part):
    label: Text


class ChoiceFrom(Part):
    """A list that a provider gives, from which one is chosen; it goes on as the input ``as``."""

    provider: str
    as_: str = msgspec.field(name="as")
    label: Text


class PrintOf(Part):
    """What the paper is called. ``required``: without paper the transaction is not offered at all.

    ``paper``: ``slip``, or ``a4`` where this kiosk has a printer for it (else a slip).
    """

    title: Text
    paper: str = "slip"
    auto: bool = False
    required: bool = False


class Definition(Part):
    """One self-service transaction as its file says it."""

    id: str
    version: int
    level: str
    name: Text
    line: Text
    icon: str
    provider: str
    print: PrintOf
    identify: bool = False
    proof: tuple[str, ...] = ()
    consent: ConsentTo | None = None
    code: CodeAsked | None = None
    fields: tuple[FieldOfForm, ...] = ()
    choose: ChoiceFrom | None = None

    def on_a4(self, offers: Offers) -> bool:
        """Whether its answer comes out on A4 here and now; otherwise on a slip."""
        return self.print.paper == "a4" and offers.documents

    def faults(self) -> list[str]:
        """What is wrong with it, in words for whoever wrote the file."""
        found = []
        if self.level not in LEVELS:
            found.append(f"level {self.level!r} is not one of {', '.join(LEVELS)}")
        if self.identify and "code" not in self.proof:
            found.append("proof must offer 'code': a face check is never the only way")
        found += [f"proof {one!r} is not known" for one in self.proof if one not in PROOFS]
        if "face" in self.proof and self.consent is None:
            found.append("a face check needs a consent")
        if "code" in self.proof and self.code is None:
            found.append("proof 'code' needs the label of the code")
        if self.print.paper not in PAPERS:
            found.append(f"print: paper {self.print.paper!r} is not one of {', '.join(PAPERS)}")
        for field in self.fields:
            if field.kind not in KINDS:
                found.append(f"field {field.id!r}: kind {field.kind!r} is not one of {', '.join(KINDS)}")
            if (field.kind == "choice") != bool(field.options):
                found.append(f"field {field.id!r}: options belong to kind 'choice' and only there")
        return found


@dataclass(frozen=True, slots=True)
class Proof:
    """How it was made sure who asks."""

    method: str
    number: Secret[str]
    name: Secret[str]
    code: Secret[str]


class Transactions:
    """The definitions of this kiosk and the line to the providers behind them."""

    def __init__(self, definitions: Iterable[Definition], link: Link, *, ask_seconds: float = 8.0) -> None:
        self._definitions = {one.id: one for one in definitions}
        self._link = link
        self._ask_seconds = ask_seconds

    @property
    def definitions(self) -> tuple[Definition, ...]:
        return tuple(self._definitions.values())

    def get(self, id_: str) -> Definition:
        """Raises ``KioskError`` for one that is not there."""
        found = self._definitions.get(id_)
        if found is None:
            raise KioskError(Reason.UNEXPECTED, "no such transaction")
        return found

    def hindrance(self, one: Definition, offers: Offers) -> Reason | None:
        """Why a transaction cannot be begun now; None when it can."""
        needed = {one.provider} | ({one.choose.provider} if one.choose else set())
        if not needed <= offers.providers:
            return offers.self_service or Reason.PROVIDER_UNAVAILABLE
        if one.identify and offers.card is not None:
            return offers.card
        return offers.paper if one.print.required and not one.on_a4(offers) else None

    def ask(self, provider: str, inputs: Mapping[str, str], proof: Proof | None = None) -> Answer:
        """One question, through the hall's server. Raises ``KioskError``."""
        identity = None
        if proof is not None:
            identity = Identity(
                method=proof.method,
                id_number=proof.number.reveal(),
                name=proof.name.reveal(),
                code=proof.code.reveal(),
            )
        question = AskProvider(provider=provider, identity=identity, inputs=dict(inputs))
        try:
            return self._link.post("/ask", question, Answer, read_seconds=self._ask_seconds)
        except KioskError as error:
            if error.reason is Reason.SERVER_SLOW:
                raise KioskError(Reason.PROVIDER_UNAVAILABLE, "slow") from None
            raise


def checked(field: FieldOfForm, value: Any) -> str:
    """A form's value as it goes on. Raises ``KioskError(FIELD_INVALID)``."""
    words = str(value or "").strip()
    if not words:
        if field.required:
            raise KioskError(Reason.FIELD_INVALID, field.id)
        return ""
    options = {option.id for option in field.options}
    if options and words not in options:
        raise KioskError(Reason.FIELD_INVALID, field.id)
    if len(words) > 200 or (field.pattern and not re.fullmatch(field.pattern, words)):
        raise KioskError(Reason.FIELD_INVALID, field.id)
    return words


def read_definitions(folders: Iterable[Path]) -> tuple[Definition, ...]:
    """All definition files (``*.yaml``) of these folders, by name; a later folder replaces by id.

    Raises ``DefinitionError`` with every fault of every file.
    """
    found: dict[str, Definition] = {}
    faults: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            try:
                one = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Definition)
            except (yaml.YAMLError, msgspec.ValidationError, OSError) as error:
                faults.append(f"{path.name}: {error}")
                continue
            faults += [f"{path.name}: {fault}" for fault in one.faults()]
            found[one.id] = one
    if faults:
        raise DefinitionError("\n".join(faults))
    return tuple(found.values())
