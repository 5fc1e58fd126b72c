"""What an outside system said, as masked rows to show and to print. Pure; all words come from translations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from queue_server.contract.messages import Text
from queue_server.domain import masks
from queue_server.integrations.ports import Case, Guide, GuideDocument, GuideItem

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of both languages by key (``ui/i18n/*/providers.json``)."""

    zh: Mapping[str, str]
    en: Mapping[str, str]

    def text(self, key: str, **values: Text | str | int) -> Text:
        """The words for a key; a value that is a text itself is put in by its own language."""
        name = f"provider.{key}"
        zh = {key: value.zh if isinstance(value, Text) else value for key, value in values.items()}
        en = {key: value.en or value.zh if isinstance(value, Text) else value for key, value in values.items()}
        return Text(zh=self.zh[name].format(**zh), en=self.en[name].format(**en))

    def or_raw(self, key: str, raw: str) -> Text:
        """The words for a code of the outside system, or the code itself when it is a new one."""
        return self.text(key) if f"provider.{key}" in self.zh else Text(zh=raw, en=raw)


def case_rows(cases: Sequence[Case], labels: Labels) -> tuple[Row, ...]:
    """All cases, newest first, each as a block."""
    if not cases:
        return (_notice(labels.text("case.none")),)
    ordered = sorted(cases, key=lambda case: (case.accepted_on, case.case_number), reverse=True)
    blocks: list[Row] = []
    for place, case in enumerate(ordered, start=1):
        title = labels.text("case.heading", place=place, count=len(ordered), item=case.item_name)
        blocks.append(_heading(title))
        blocks += _case_block(case, labels)
    return (*blocks, _notice(labels.text("case.caveat")))


def _case_block(case: Case, labels: Labels) -> Iterable[Row]:
    yield _row(labels.text("case.number"), _plain(case.case_number))
    yield _row(labels.text("case.item"), case.item_name)
    yield _row(labels.text("case.applicant"), _plain(masks.name(case.applicant)))
    yield _row(labels.text("case.department"), case.department)
    yield _row(labels.text("case.accepted"), _day(case.accepted_on, labels))
    yield _row(labels.text("case.state"), labels.or_raw(f"case.state.{case.state}", case.state))
    yield _row(labels.text("case.stage"), case.stage)
    if case.steps:
        steps = [labels.text("case.step", on=_day(step.on, labels), name=step.name) for step in case.steps]
        yield _row(labels.text("case.steps"), _lines(steps))
    if case.closed_on is not None:
        yield _row(labels.text("case.closed"), _day(case.closed_on, labels))
    elif case.due_on is not None:
        yield _row(labels.text("case.due"), _day(case.due_on, labels))
    if case.result is not None:
        yield _row(labels.text("case.result"), case.result)
    if case.advice is not None:
        yield _row(labels.text("case.advice"), case.advice)
    if case.collect is not None:
        yield _row(labels.text("case.collect"), case.collect)


def option_rows(items: Sequence[GuideItem], labels: Labels) -> tuple[Row, ...]:
    """Items to choose from."""
    if not items:
        return (_notice(labels.text("guide.none")),)
    return tuple(_option(item, labels) for item in items)


def guide_rows(guide: Guide, labels: Labels) -> tuple[Row, ...]:
    """One guide, with what to bring one per line."""
    rows = [
        _row(labels.text("guide.name"), guide.name),
        _row(labels.text("guide.department"), guide.department),
        _row(labels.text("guide.conditions"), _lines(guide.conditions)),
        _row(
            labels.text("guide.documents"), _lines([_document(d, n, labels) for n, d in enumerate(guide.documents, 1)])
        ),
        _row(labels.text("guide.steps"), _lines([_numbered(step, n) for n, step in enumerate(guide.steps, 1)])),
        _row(labels.text("guide.promised"), _days(guide.promised_days, labels)),
        _row(labels.text("guide.statutory"), _days(guide.statutory_days, labels)),
        _row(labels.text("guide.fee"), guide.fee),
        _row(labels.text("guide.place"), guide.place),
        _row(labels.text("guide.hours"), guide.hours),
        _row(labels.text("guide.phone"), _plain(guide.phone)),
        _row(labels.text("guide.basis"), guide.basis),
        _row(labels.text("guide.version"), _day(guide.version, labels)),
        _notice(labels.text("guide.caveat")),
    ]
    return tuple(rows)


def _document(document: GuideDocument, number: int, labels: Labels) -> Text:
    parts = []
    if document.original:
        parts.append(labels.text("guide.original", count=document.original))
    if document.copies:
        parts.append(labels.text("guide.copies", count=document.copies))
    if not document.required:
        parts.append(labels.text("guide.optional"))
    comma = labels.text("guide.comma")
    how = Text(zh=comma.zh.join(part.zh for part in parts), en=comma.en.join(part.en for part in parts))
    return labels.text("guide.document", number=number, name=document.name, how=how)


def _numbered(text: Text, number: int) -> Text:
    return Text(zh=f"{number}. {text.zh}", en=f"{number}. {text.en or text.zh}")


def _days(count: int, labels: Labels) -> Text:
    if count == 0:
        return labels.text("guide.at-once")
    return labels.text("guide.day") if count == 1 else labels.text("guide.days", count=count)


def _day(day: date, labels: Labels) -> Text:
    return labels.text("date", year=day.year, month=f"{day.month:02d}", day=f"{day.day:02d}")


def _lines(texts: Sequence[Text]) -> Text:
    return Text(zh="\n".join(text.zh for text in texts), en="\n".join(text.en or text.zh for text in texts))


def _plain(value: str) -> Text:
    return Text(zh=value, en=value)


def _with_english(row: Row, value: Text) -> Row:
    return row | {"valueEn": value.en} if value.en and value.en != value.zh else row


def _row(label: Text, value: Text) -> Row:
    return _with_english({"kind": "row", "labelZh": label.zh, "labelEn": label.en, "value": value.zh}, value)


def _heading(value: Text) -> Row:
    return _with_english({"kind": "heading", "labelZh": "", "labelEn": "", "value": value.zh}, value)


def _notice(value: Text) -> Row:
    return _with_english({"kind": "notice", "labelZh": "", "labelEn": "", "value": value.zh}, value)


def _option(item: GuideItem, labels: Labels) -> Row:
    days = _days(item.promised_days, labels)
    row = {
        "kind": "option",
        "id": item.id,
        "labelZh": item.name.zh,
        "labelEn": item.name.en or item.name.zh,
        "value": item.name.zh,
        "lineZh": f"{item.department.zh} · {days.zh}",
        "lineEn": f"{item.department.en or item.department.zh} · {days.en}",
    }
    return _with_english(row, item.name)
