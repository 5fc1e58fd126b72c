"""The second journey: definition files, consent, face or another way, the answer on screen and paper."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.device import DeviceError, Fault
from drivers.face_verifier.port import FaceOutcome
from kiosk import identity

RESULT = "Answer"


def to_consent(rig: Any, people: Any) -> None:
    rig.reader.card = people.card()
    rig.start("self_service")
    rig.until("Services")
    rig.tap(service="case-progress")
    rig.until("Consent")


def test_a_face_that_matches_brings_the_answer_to_screen_and_paper(rig: Any, hall: Any, people: Any) -> None:
    to_consent(rig, people)
    assert rig.visit.data["version"] == "face-2026-1"
    assert rig.camera.starts == 0
    rig.verifier.outcomes = [FaceOutcome.MATCH]
    rig.tap(agree=True)
    view = rig.until(RESULT)
    assert view.data["reference"] == "Q1"
    assert view.data["rows"][1] == {
        "kind": "row",
        "label": {"zh": "当前状态", "en": "Status"},
        "value": {"zh": "审核中", "en": "审核中"},
    }
    (asked,) = hall.asked
    assert asked["identity"] == {"method": "face", "idNumber": people.number, "name": people.name, "code": ""}
    assert (rig.camera.starts, rig.camera.running) == (1, False)
    rig.wait(lambda: rig.visit.data["printing"] == "printed")
    (slip,) = rig.printer.slips
    assert any("审核中" in line for line in slip.lines)
    assert any("演示" in line for line in slip.lines)
    rig.tap(print=True)
    rig.wait(lambda: len(rig.printer.slips) == 2)
    rig.wait(lambda: rig.visit.data["printing"] == "printed")
    rig.tap(done=True)
    rig.until("Home")


def test_who_does_not_agree_uses_a_code_and_the_camera_stays_shut(rig: Any, hall: Any, people: Any) -> None:
    to_consent(rig, people)
    rig.tap(agree=False)
    assert "6位查询码" in rig.until("Code").data["label"]["zh"]
    hall.refusal = (409, "provider_refused", {"reason": "code-wrong"})
    rig.tap(code="000000")
    assert rig.until_error("code-wrong").page == "Code"
    hall.refusal = None
    rig.tap(code=people.code)
    rig.until(RESULT)
    assert hall.asked[0]["identity"]["method"] == "code"
    assert hall.asked[0]["identity"]["code"] == people.code
    assert rig.camera.starts == 0


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (FaceOutcome.UNSURE, "unsure"),
        (FaceOutcome.NO_MATCH, "no-match"),
        (FaceOutcome.REJECTED_SPOOF, "no-match"),
        (FaceOutcome.UNAVAILABLE, "unavailable"),
    ],
)
def test_any_other_outcome_stays_with_the_other_way_open(
    rig: Any, people: Any, outcome: FaceOutcome, state: str
) -> None:
    to_consent(rig, people)
    rig.verifier.outcomes = [outcome]
    rig.tap(agree=True)
    rig.wait(lambda: rig.visit.data.get("state") == state)
    assert rig.visit.page == "Face"
    rig.tap(otherWay=True)
    rig.until("Code")
    rig.tap(code=people.code)
    rig.until(RESULT)


def test_a_photo_decoder_that_is_not_set_up_leaves_the_other_way(rig: Any, people: Any) -> None:
    decoder: Any = rig.desk.identity._decoder
    decoder.fault = Fault.CONFIGURATION
    to_consent(rig, people)
    rig.tap(agree=True)
    rig.wait(lambda: rig.visit.data.get("state") == "unavailable")
    assert rig.camera.starts == 0, "without a photo there is nothing to compare, so nobody is filmed"
    rig.tap(otherWay=True)
    rig.until("Code")


def test_three_tries_then_only_the_other_way(rig: Any, people: Any) -> None:
    to_consent(rig, people)
    rig.verifier.outcomes = [FaceOutcome.NO_MATCH] * 3
    rig.tap(agree=True)
    for tries in (1, 2, 3):
        rig.wait(lambda tries=tries: rig.visit.data.get("tries") == tries and rig.visit.data["state"] == "no-match")
        rig.tap(again=True)
    rig.until_error("face-no-match")
    assert rig.verifier.checks == 3
    rig.tap(otherWay=True)
    rig.until("Code")


def test_somebody_who_changes_their_mind_before_the_camera_is_let_off_at_once(rig: Any, people: Any) -> None:
    to_consent(rig, people)
    rig.tap(agree=True)
    rig.wait(lambda: rig.visit.data.get("hint") == "come-closer")
    rig.tap(otherWay=True)
    rig.until("Code")
    rig.wait(lambda: not rig.camera.running)


def test_without_a_camera_nobody_is_asked_for_consent_the_code_does(rig: Any, people: Any) -> None:
    rig.camera.absent = True
    rig.bench.bay("camera").run(lambda camera: camera.probe())
    rig.wait(lambda: not rig.bench.bay("camera").report.works)
    rig.reader.card = people.card()
    rig.start("self_service")
    rig.until("Services")
    rig.tap(service="case-progress")
    rig.until("Code")


def test_a_camera_that_fails_during_the_check_is_unavailable(rig: Any, people: Any) -> None:
    to_consent(rig, people)
    rig.camera.absent = True
    rig.bench.bay("camera").run(lambda camera: camera.probe())
    rig.wait(lambda: not rig.bench.bay("camera").report.works)
    rig.tap(agree=True)
    rig.wait(lambda: rig.visit.data.get("state") == "unavailable")


def test_a_camera_whose_driver_says_a_moment_late_that_it_is_silent_is_heard_out(
    rig: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    def start(_timeout: float) -> None:
        time.sleep(1.5)
        raise DeviceError(Fault.SILENT)

    monkeypatch.setattr(identity, "CAMERA_SECONDS", 0.1)
    rig.camera.start, rig.camera.close = start, lambda: closed.append("closed")
    to_consent(rig, people)
    rig.tap(agree=True)
    rig.wait(lambda: rig.visit.data.get("state") == "unavailable")
    assert closed == [], "it was closed over its driver's head, and staff would read that it is well"


def test_a_guide_is_chosen_from_the_providers_list_without_any_card(rig: Any, hall: Any) -> None:
    rig.start("self_service")
    rig.until("Services")
    rig.tap(service="guide-print")
    view = rig.until("Choose")
    assert view.data["options"] == [
        {"id": "A-1", "name": {"zh": "居住证办理", "en": "Permit"}, "line": {"zh": "公安局", "en": "公安局"}}
    ]
    rig.tap(choice="Z-9")
    rig.until_error("field-invalid")
    rig.tap(choice="A-1")
    rig.until(RESULT)
    assert hall.asked[-1]["inputs"] == {"item": "A-1"}
    assert hall.asked[-1]["identity"] is None


def test_a_provider_that_is_away_makes_the_tile_say_so_before_anything_is_begun(rig: Any, hall: Any) -> None:
    hall.catalogue["providers"][0]["available"] = False
    rig.refresher.round()
    rig.start("self_service")
    services = {one["id"]: one for one in rig.until("Services").data["services"]}
    assert (services["case-progress"]["available"], services["case-progress"]["reason"]) == (
        False,
        "provider-unavailable",
    )
    assert services["guide-print"]["available"] is True
    rig.tap(service="case-progress")
    rig.until_error("provider-unavailable")
    assert rig.reader.reads == 0


def test_a_provider_that_fails_in_the_middle_keeps_the_page_and_the_match(rig: Any, hall: Any, people: Any) -> None:
    to_consent(rig, people)
    hall.refusal = (503, "provider_unavailable", {})
    rig.verifier.outcomes = [FaceOutcome.MATCH]
    rig.tap(agree=True)
    assert rig.until_error("provider-unavailable").page == "Face"
    assert rig.link.away is None
    hall.refusal = None
    rig.tap(again=True)
    rig.until(RESULT)
    assert rig.verifier.checks == 1


def test_without_a_reader_the_tile_that_needs_a_card_says_so(rig: Any) -> None:
    rig.reader.absent = True
    rig.bench.bay("id_card_reader").run(lambda reader: reader.probe())
    rig.wait(lambda: not rig.bench.bay("id_card_reader").report.works)
    rig.start("self_service")
    services = {one["id"]: one for one in rig.until("Services").data["services"]}
    assert services["case-progress"]["reason"] == "no-reader"
    assert services["guide-print"]["available"] is True


def test_without_the_server_self_service_is_not_begun(rig: Any, hall: Any) -> None:
    hall.mode = "down"
    with pytest.raises(Exception, match="server-unreachable"):
        rig.refresher.round()
    rig.start("self_service")
    assert rig.until_error("server-unreachable").page == "Home"


def test_a_third_transaction_of_the_same_kind_is_one_more_file(
    make_rig: Callable[..., Any], hall: Any, tmp_path: Path
) -> None:
    (tmp_path / "permit-status.yaml").write_text(
        """
id: permit-status
version: 1
level: query
name: { zh: 许可证状态查询, en: Permit status }
line: { zh: 凭许可证编号查询, en: By permit number }
icon: document
provider: permits
fields:
  - { id: permit, kind: digits, pattern: "[0-9]{6}", label: { zh: 许可证编号, en: Permit number } }
  - { id: kind, kind: choice, label: { zh: 种类, en: Kind },
      options: [ { id: food, name: { zh: 食品, en: Food } }, { id: trade, name: { zh: 商业, en: Trade } } ] }
print:
  title: { zh: 许可证状态, en: Permit status }
""",
        encoding="utf-8",
    )
    hall.catalogue["providers"].append({"provider": "permits", "available": True})
    rig = make_rig(folders=(tmp_path,))
    rig.refresher.round()
    rig.start("self_service")
    assert "permit-status" in [one["id"] for one in rig.until("Services").data["services"]]
    rig.tap(service="permit-status")
    fields = rig.until("Form").data["fields"]
    assert [(field["id"], field["kind"]) for field in fields] == [("permit", "digits"), ("kind", "choice")]
    rig.tap(permit="12", kind="food")
    rig.until_error("field-invalid")
    rig.tap(permit="123456", kind="food")
    assert rig.until(RESULT).data["title"]["zh"] == "许可证状态查询"
    assert hall.asked[-1]["provider"] == "permits"
    assert hall.asked[-1]["inputs"] == {"permit": "123456", "kind": "food"}
    assert rig.printer.slips == []
