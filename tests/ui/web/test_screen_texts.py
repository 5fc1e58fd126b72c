"""Every text of the pages exists in both languages, and none lies about unused."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path

import pytest

from queue_server import usecases
from queue_server.contract.refusals import Code
from queue_server.contract.words import (
    AlertLevel,
    AlertRule,
    AppointmentState,
    Behind,
    CallReason,
    Caution,
    ClosedReason,
    ForceReason,
    Outcome,
    PassReason,
    PauseReason,
    Position,
    Priority,
    RestrictionReason,
    RestrictionScope,
    Standing,
    TicketState,
    Why,
    WindowMode,
)
from queue_server.domain.lease import ParkedReason
from ui import I18N, WEB

AREAS = {
    "web": ("screen", "window", "rating", "door", "wait", "list", "closed"),
    "office": ("office",),
    "desk": ("desk",),
    "phone": ("my",),
    "rate": ("rate",),
}
"""The first words of the keys of each file that this test holds to account."""

FROM_THE_HALL = ("office.parked.", "office.act.", "office.settled.", "office.condition.", "office.device.")
"""Begun in the code, ended by what the hall says: nobody knows all of them."""

USED_KEY = re.compile(r"""["'`]([a-z][\w-]*(?:\.[\w-]+)+)["'`]""")


def texts(language: str, area: str = "web") -> dict[str, str]:
    read: dict[str, str] = json.loads((I18N / language / f"{area}.json").read_text("utf-8"))
    return read


def sources() -> str:
    files = chain.from_iterable(sorted(WEB.rglob(kind)) for kind in ("*.js", "*.html"))
    return "\n".join(path.read_text("utf-8") for path in files)


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_texts_with_the_same_places(area: str) -> None:
    zh, en = texts("zh_CN", area), texts("en", area)
    assert list(zh) == list(en)
    places = re.compile(r"\{\w+\}")
    assert [
        key for key in zh if set(places.findall(zh[key])) != set(places.findall(en[key])) and key != "language"
    ] == []
    assert [key for key in zh if not zh[key].strip() or not en[key].strip()] == []


def test_every_word_of_the_hall_can_be_said() -> None:
    wanted = {
        *(f"refusal.{code}" for code in Code),
        *(f"closed.{reason}" for reason in ClosedReason),
        *(f"warning.{caution}" for caution in Caution),
        *(f"window.mode.{mode}" for mode in WindowMode),
        *(f"rating.mode.{mode}" for mode in WindowMode),
        *(f"window.pass.{reason}" for reason in PassReason),
        *(f"window.pause.{reason}" for reason in PauseReason),
        *(f"window.outcome.{outcome}" for outcome in Outcome),
        *(f"window.position.{position}" for position in Position),
        *(f"priority.{priority}" for priority in Priority if priority != Priority.NONE),
        *(f"why.{why}" for why in Why),
        *(f"behind.{behind}" for behind in Behind),
        *(f"standing.{standing}" for standing in Standing),
        *(f"call-reason.{reason}" for reason in CallReason),
        *(f"restriction-reason.{reason}" for reason in RestrictionReason),
        *(f"restriction-scope.{scope}" for scope in RestrictionScope),
        *(f"appointment-state.{state}" for state in AppointmentState),
        *(f"alert.{rule}" for rule in AlertRule),
        *(f"level.{level}" for level in AlertLevel),
    }
    assert wanted - texts("en").keys() == set()


def test_every_word_of_the_back_office_and_the_phone_can_be_said() -> None:
    office = {
        *(f"office.parked.{reason}" for reason in ParkedReason),
        *(f"office.alert.{rule}" for rule in AlertRule),
        *(f"office.ticket.{state}" for state in TicketState),
        *(f"office.pause.{reason}" for reason in PauseReason),
        *(f"office.force.{reason}" for reason in ForceReason),
    }
    assert office - texts("en", "office").keys() == set()
    assert {f"my.{state}" for state in TicketState} - texts("en", "phone").keys() == set()


def test_the_page_of_calls_out_of_order_knows_every_reason_and_every_position() -> None:
    source = (WEB / "window/choices.js").read_text("utf-8")
    for words in (CallReason, Position, PassReason, PauseReason, Outcome):
        assert [word for word in words if f'"{word}"' not in source] == []


def test_the_back_office_knows_every_reason_to_close_a_window_by_force() -> None:
    source = (WEB / "admin/closing.js").read_text("utf-8")
    assert [word for word in ForceReason if f'"{word}"' not in source] == []


def test_every_act_on_record_has_its_words() -> None:
    noted = re.compile(r'note(?:_staff)?\(\s*work,(?:\s*actor,)?\s*"([a-z-]+)"')
    files = (Path(usecases.__file__).parent).glob("*.py")
    acts = {act for file in files for act in noted.findall(file.read_text("utf-8"))}
    assert len(acts) > 7
    assert {f"office.act.{act}" for act in acts} - texts("en", "office").keys() == set()


def test_own_words_of_a_page_for_a_refusal_are_those_of_a_code_that_exists() -> None:
    codes = {*Code, "no_answer", "time_over"}
    for area in ("web", "office", "phone", "rate", "desk"):
        own = [key.split(".refused.")[1].split(".")[0] for key in texts("en", area) if ".refused." in key]
        assert [code for code in own if code not in codes] == []


def test_the_back_office_knows_every_reason_for_a_restriction() -> None:
    source = (WEB / "admin/restrictions.js").read_text("utf-8")
    for words in (RestrictionReason, RestrictionScope):
        assert [word for word in words if f'"{word}"' not in source] == []


@pytest.mark.parametrize(("file", "area"), [(file, area) for file, areas in AREAS.items() for area in areas])
def test_no_text_is_missing_and_none_is_left_over(file: str, area: str) -> None:
    source = sources()
    known = {key for key in texts("en", file) if key.startswith(f"{area}.")}
    named = {key for key in USED_KEY.findall(source) if key.startswith(f"{area}.")}
    begun = (*re.findall(r"`([\w.-]+\.)\$\{", source), f"{area}.refused.", *FROM_THE_HALL)
    files = {f"{area}.css", f"{area}.js", f"{area}.html"}
    assert named - known - files - {begin.rstrip(".") for begin in begun} == set()
    assert {key for key in known - named if not key.startswith(begun)} == set()
