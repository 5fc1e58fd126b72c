"""Answers on A4 where a definition wants it and there is a printer for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from obedient_devices import PERSONAL, FakePagePrinter

import assets
from drivers.device import Action, Condition, DeviceState, Fault, Status
from kiosk.errors import Reason
from kiosk.transactions import DefinitionError, read_definitions


@pytest.fixture
def pages() -> FakePagePrinter:
    return FakePagePrinter()


@pytest.fixture
def rig(make_rig: Callable[..., Any], pages: FakePagePrinter) -> Any:
    made = make_rig(more={"document_printer": pages})
    made.refresher.round()
    return made


def to_the_answer(rig: Any) -> Any:
    rig.start("self_service")
    rig.until("Services")
    rig.tap(service="guide-print")
    options = rig.until("Choose").data["options"]
    rig.tap(choice=options[0]["id"])
    return rig.until("Answer")


def test_an_answer_comes_out_on_a4(rig: Any, pages: FakePagePrinter) -> None:
    assert to_the_answer(rig).data["paper"] == "a4"
    rig.wait(lambda: rig.visit.view.data["printing"] == "printed")
    (document,) = pages.documents
    assert document.content.reveal().startswith(b"%PDF-")
    assert not rig.printer.slips
    assert not [word for word in PERSONAL if word in document.job]


def test_what_did_not_come_out_is_the_same_job_when_it_is_asked_for_again(rig: Any, pages: FakePagePrinter) -> None:
    pages.fault, pages.uncertain = Fault.PAPER_OUT, True
    to_the_answer(rig)
    rig.wait(lambda: rig.visit.view.data["printing"] == "failed")
    assert rig.visit.view.data["fault"] == "printer-paper-out"
    pages.fault = None
    rig.tap(print=True)
    rig.wait(lambda: rig.visit.view.data["printing"] == "printed")
    assert len({document.job for document in pages.documents}) == 1
    rig.tap(print=True)
    rig.wait(lambda: len(pages.documents) == 3)
    assert len({document.job for document in pages.documents}) == 2, "a second page that is asked for is a new job"


def test_without_an_a4_printer_that_works_the_answer_comes_on_a_slip(rig: Any, pages: FakePagePrinter) -> None:
    broken = Status(DeviceState.FAULT, (Condition("toner.empty", Action.STAFF, blocking=True),))
    bay = rig.bench.bay("document_printer")
    pages.status = broken
    bay.stop()
    bay._look()
    assert rig.desk.offers().documents is False
    assert to_the_answer(rig).data["paper"] == "slip"
    rig.wait(lambda: rig.visit.view.data["printing"] == "printed")
    assert len(rig.printer.slips) == 1
    assert not pages.documents


def test_a_transaction_that_needs_paper_is_offered_while_either_printer_works(rig: Any) -> None:
    one = rig.desk.transactions.get("guide-print")
    needs = one.print.__class__(title=one.print.title, paper="a4", required=True)
    offers = dataclasses.replace(rig.desk.offers(), paper=None)
    definition = one.__class__(**{**{name: getattr(one, name) for name in one.__struct_fields__}, "print": needs})
    hindrance = rig.desk.transactions.hindrance
    assert hindrance(definition, offers) is None
    away = dataclasses.replace(offers, paper=Reason.PRINTER_ABSENT)
    assert hindrance(definition, away) is None
    assert hindrance(definition, dataclasses.replace(away, documents=False)) is Reason.PRINTER_ABSENT


def test_when_the_visit_ends_the_printer_takes_back_what_still_waits(rig: Any, pages: FakePagePrinter) -> None:
    to_the_answer(rig)
    assert pages.forgotten == 1, "once at the start: what an earlier run left"
    rig.visit.cancel()
    rig.until("Home")
    rig.wait(lambda: pages.forgotten == 2)


def test_a_paper_that_nobody_knows_is_refused_with_what_is_known(tmp_path: Path) -> None:
    text = (assets.TRANSACTIONS / "guide-print.yaml").read_text("utf-8")
    (tmp_path / "wrong.yaml").write_text(text.replace("paper: a4", "paper: letter"), "utf-8")
    with pytest.raises(DefinitionError) as error:
        read_definitions([tmp_path])
    assert "slip, a4" in str(error.value)
