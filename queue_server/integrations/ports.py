"""What the hall asks of outside systems, in the hall's own words; adapters translate.

Everything here blocks and is called on a thread of its own. An adapter raises ``ProviderDownError`` when the
other side cannot be relied on now (unreachable, slow, broken, nonsense) and ``ProviderRefusalError`` when it
understood and refuses. What leaves an adapter as rows is masked already.

Rows of an ``Answer``
---------------------
``kind`` is ``row`` (label and value), ``heading`` (begins a block, the value is its title), ``option``
(something to choose: ``id`` goes into the next question, ``lineZh``/``lineEn`` describe it) or ``notice`` (a
line of its own). ``labelZh``, ``labelEn`` and ``value`` are always there; ``valueEn`` only where English
differs. A value may hold line feeds. Nothing found is one ``notice``, never no rows.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Protocol

from queue_server.contract.messages import Identity, Message, Text


class DownReason(StrEnum):
    """Why an outside system cannot be asked now; for logs and the back office."""

    NOT_CONFIGURED = "not-configured"
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    BROKEN = "broken"
    NONSENSE = "nonsense"
    NOT_AUTHORISED = "not-authorised"


class NoReason(StrEnum):
    """Why an outside system refused; travels as ``detail.reason`` of the refusal."""

    CODE_WRONG = "code-wrong"
    TOO_MANY_TRIES = "too-many-tries"
    NOT_FOUND = "not-found"
    BAD_INPUT = "bad-input"


class ProviderDownError(Exception):
    """The outside system gave no usable answer."""

    def __init__(self, reason: DownReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ProviderRefusalError(Exception):
    """The outside system understood the question and refused it."""

    def __init__(self, reason: NoReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class CaseStep(Message):
    """One step that a case has taken."""

    name: Text
    on: date


class Case(Message):
    """办件: one case as the acceptance system sees it. ``applicant`` is not masked yet."""

    case_number: str
    item_name: Text
    applicant: str
    department: Text
    accepted_on: date
    state: str
    stage: Text
    due_on: date | None = None
    closed_on: date | None = None
    result: Text | None = None
    advice: Text | None = None
    collect: Text | None = None
    steps: tuple[CaseStep, ...] = ()

    def __repr__(self) -> str:
        return "Case(…)"


class CasesFound(Message):
    """The answer to one question; ``reference`` is the outside system's number for it."""

    reference: str
    cases: tuple[Case, ...]
    demo: bool = False


class GuideItem(Message):
    """A service item that has a guide."""

    id: str
    name: Text
    department: Text
    promised_days: int


class GuideList(Message):
    reference: str
    items: tuple[GuideItem, ...]
    demo: bool = False


class GuideDocument(Message):
    """One paper that has to be brought: how many originals and copies, and whether always."""

    name: Text
    original: int
    copies: int
    required: bool


class Guide(Message):
    """办事指南 of one item. Days are working days; 0 means at once."""

    id: str
    name: Text
    department: Text
    conditions: tuple[Text, ...]
    documents: tuple[GuideDocument, ...]
    steps: tuple[Text, ...]
    promised_days: int
    statutory_days: int
    fee: Text
    place: Text
    hours: Text
    phone: str
    basis: Text
    version: date


class GuideFound(Message):
    reference: str
    guide: Guide
    demo: bool = False


class CaseProvider(Protocol):
    """办件进度查询."""

    def alive(self) -> None:
        """Asks whether cases can be looked up now. Raises ``ProviderDownError``."""
        ...

    def query_by_person(self, identity: Identity) -> CasesFound:
        """The cases of a person who was made sure of by face, or who says a code that the cases know."""
        ...

    def query_by_number(self, number: str, code: str) -> CasesFound:
        """One case by its number and its code, without a card."""
        ...


class GuideProvider(Protocol):
    """办事指南."""

    def alive(self) -> None:
        """Asks whether guides can be looked up now. Raises ``ProviderDownError``."""
        ...

    def list_items(self, query: str = "", department: str = "") -> GuideList: ...

    def get_item(self, item: str) -> GuideFound: ...
