"""自助办理: one flow that walks every definition file.

services → identify → consent → face or code → form → choose → answer; a definition without a card, a form or a list
leaves those steps out. The question is put to the provider by the last step before the answer, so that a wrong code
or a provider that is away is said on the page where something can be done about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.device import Secret
from drivers.face_verifier.port import FaceOutcome, Hint
from kiosk.desk import Desk
from kiosk.errors import KioskError, Reason
from kiosk.flows.flow import Answers, Flow, Next, Page, Step, merged
from kiosk.flows.identify import identify, show_ways
from kiosk.identity import Person
from kiosk.printing import AnswerSlip, PrintState, SlipRow
from kiosk.transactions import Definition, Proof, checked
from queue_server.contract.codec import plain
from queue_server.contract.messages import Answer, Text

TRIES = 3
ROOM_FOR_MATCH = "matched"
JOB = "job"

STATES: dict[FaceOutcome, str] = {
    FaceOutcome.MATCH: "match",
    FaceOutcome.UNSURE: "unsure",
    FaceOutcome.NO_MATCH: "no-match",
    FaceOutcome.REJECTED_SPOOF: "no-match",
    FaceOutcome.UNAVAILABLE: "unavailable",
}
"""What the screen says; a rejected spoof looks like any other no, so that nobody learns from it."""


# --- the way through a definition ---


def route(answers: Answers) -> list[str]:
    """The steps of this visit, as far as its answers tell."""
    definition: Definition | None = answers.get("definition")
    names = ["services"]
    if definition is None:
        return [*names, "answer"]
    if definition.identify:
        names.append("identify")
        names += _proof_steps(definition, answers)
    if definition.fields:
        names.append("form")
    if definition.choose:
        names.append("choose")
    return [*names, "answer"]


def _proof_steps(definition: Definition, answers: Answers) -> list[str]:
    """Consent and face when there is a camera; the code when somebody prefers it or there is none."""
    if "face" not in definition.proof or not answers.get("face", True):
        return ["code"]
    consent = answers.get("consent")
    if consent is None:
        return ["consent", "face"]
    if not consent["agreed"]:
        return ["consent", "code"]
    return ["consent", "face", *(["code"] if answers.get("proof") == "code" else [])]


def after(name: str) -> Next:
    """Whatever comes after a step on the way of these answers."""

    def following(answers: Answers) -> str | None:
        names = route(answers)
        place = names.index(name) + 1 if name in names else len(names)
        return names[place] if place < len(names) else None

    return following


def go_on(desk: Desk, answers: Answers, name: str, kept: Answers) -> Answers:
    """What a step keeps, with the list or the answer that the next page shows."""
    known = merged(answers, kept)
    following = after(name)(known)
    definition: Definition = known["definition"]
    if following == "choose" and definition.choose is not None:
        options = desk.transactions.ask(definition.choose.provider, {})
        return {**kept, "options": options.rows}
    if following == "answer":
        return {**kept, "answer": desk.transactions.ask(definition.provider, _inputs(known), _proof(known))}
    return kept


def _inputs(answers: Answers) -> dict[str, str]:
    definition: Definition = answers["definition"]
    form: Secret[dict[str, str]] | None = answers.get("form")
    inputs = dict(form.reveal()) if form else {}
    if definition.choose is not None:
        inputs[definition.choose.as_] = str(answers.get("choice") or "")
    return inputs


def _proof(answers: Answers) -> Proof | None:
    person: Person | None = answers.get("person")
    if person is None:
        return None
    code: Secret[str] | None = answers.get("code")
    return Proof("code" if code else "face", person.number, person.name, code or Secret(""))


# --- the steps ---


def show_services(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    """Every definition of this kiosk; what cannot be begun now says why."""
    del answers
    offers = desk.offers()
    shown = []
    for one in desk.transactions.definitions:
        reason = desk.transactions.hindrance(one, offers)
        shown.append(
            {
                "id": one.id,
                "name": plain(one.name),
                "line": plain(one.line),
                "icon": one.icon,
                "available": reason is None,
                "reason": reason.value if reason else None,
            }
        )
    return {"services": shown}


def choose_service(desk: Desk, answers: Answers) -> Answers | None:
    definition = desk.transactions.get(str(answers["service"]))
    reason = desk.transactions.hindrance(definition, desk.offers())
    if reason is not None:
        raise KioskError(reason)
    return go_on(desk, answers, "services", {"definition": definition})


def show_card(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del answers
    return show_ways(desk)


def show_consent(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del desk
    consent = answers["definition"].consent
    return {"version": consent.version, "purpose": plain(consent.purpose)}


def consent(desk: Desk, answers: Answers) -> Answers | None:
    """Keeps what was agreed to and when; no is as good an answer as yes."""
    definition: Definition = answers["definition"]
    version = definition.consent.version if definition.consent else ""
    agreed = answers.get("agree") is True
    return {"consent": {"version": version, "agreed": agreed, "at": desk.now().isoformat()}}


def show_face(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del desk, answers
    return {"state": "looking", "hint": Hint.LOOK_HERE.value, "tries": 0}


def check_face(desk: Desk, answers: Answers) -> Answers | None:
    """Looks, unless another way was chosen. Anything but a match leaves the page, with the other way open."""
    if answers.get("otherWay"):
        return {"proof": "code"}
    notes, stage = desk.stage.notes, desk.stage
    if not notes.get(ROOM_FOR_MATCH):
        tries = notes.get("tries", 0)
        if tries >= TRIES:
            raise KioskError(Reason.FACE_NO_MATCH, "tries")
        notes["tries"] = tries + 1
        stage.show(state="looking", hint=Hint.LOOK_HERE.value, tries=tries, lively=True)
        check = desk.identity.check_face(
            answers["person"], stage.cancel, lambda hint: stage.show(hint=hint.value, lively=True), stage.preview
        )
        stage.show(state=STATES[check.outcome], hint=None, tries=tries + 1, lively=True)
        if check.outcome is not FaceOutcome.MATCH:
            return None
        notes[ROOM_FOR_MATCH] = True
    return go_on(desk, answers, "face", {"proof": "face"})


def show_code(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    return {"label": plain(answers["definition"].code.label), "scanner": desk.offers().scanner, "scanned": ""}


def take_code(desk: Desk, answers: Answers) -> Answers | None:
    """What was typed, or what is held before the scanner meanwhile; a code that is no query code leaves the page."""
    if answers.get("scan"):
        show = desk.stage.show
        code = desk.scanning.query_code(desk.stage.cancel, lambda: show(scanned="unreadable", lively=True))
        if code is None:
            return None
    else:
        code = answers["code"]
    if not code.reveal().strip():
        raise KioskError(Reason.CODE_WRONG)
    return go_on(desk, answers, "code", {"code": code, "proof": "code"})


def show_form(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del desk
    definition: Definition = answers["definition"]
    return {"fields": [plain(field) for field in definition.fields]}


def take_form(desk: Desk, answers: Answers) -> Answers | None:
    definition: Definition = answers["definition"]
    values = {field.id: checked(field, answers.get(field.id)) for field in definition.fields}
    return go_on(desk, answers, "form", {"form": Secret(values)})


def show_options(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del desk
    definition: Definition = answers["definition"]
    rows: tuple[dict[str, str], ...] = answers.get("options", ())
    return {
        "label": plain(definition.choose.label) if definition.choose else {},
        "options": [
            {
                "id": row.get("id", ""),
                "name": _both(row.get("value", ""), row.get("valueEn", "")),
                "line": _both(row.get("lineZh", ""), row.get("lineEn", "")),
            }
            for row in rows
            if row.get("kind") == "option"
        ],
    }


def choose_option(desk: Desk, answers: Answers) -> Answers | None:
    choice = str(answers["choice"])
    if choice not in {row.get("id") for row in answers.get("options", ())}:
        raise KioskError(Reason.FIELD_INVALID, "choice")
    return go_on(desk, answers, "choose", {"choice": choice})


def show_answer(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    definition: Definition = answers["definition"]
    answer: Answer = answers["answer"]
    return {
        "title": plain(definition.name),
        "rows": [
            {
                "kind": row.get("kind", "row"),
                "label": _both(row.get("labelZh", ""), row.get("labelEn", "")),
                "value": _both(row.get("value", ""), row.get("valueEn", "")),
            }
            for row in answer.rows
        ],
        "reference": answer.reference,
        "demo": answer.demo,
        "printing": "no",
        "paper": "a4" if definition.on_a4(desk.offers()) else "slip",
        "fault": None,
    }


def print_answer(desk: Desk, answers: Answers) -> Answers | None:
    """Prints the slip when it is asked for, or by itself when the definition says so; ``done`` ends the visit."""
    if answers.get("done"):
        return {}
    definition: Definition = answers["definition"]
    if not answers.get("print") and not definition.print.auto:
        return None
    answer: Answer = answers["answer"]
    desk.stage.show(printing=PrintState.PRINTING.value, fault=None, lively=True)
    job = desk.stage.notes.setdefault(JOB, desk.new_id())  # the same until it came out, so that no paper comes twice
    put_out = desk.printing.page if definition.on_a4(desk.offers()) else desk.printing.answer
    outcome = put_out(job, _slip(desk, definition, answer), desk.stage.cancel)
    if outcome.state is PrintState.PRINTED:
        del desk.stage.notes[JOB]
    fault = outcome.fault.value if outcome.fault else None
    desk.stage.show(printing=outcome.state.value, fault=fault, lively=True)
    return None


def _slip(desk: Desk, definition: Definition, answer: Answer) -> AnswerSlip:
    catalogue = desk.catalogue.current
    return AnswerSlip(
        hall=catalogue.name if catalogue else definition.name,
        title=definition.print.title,
        rows=tuple(
            SlipRow(
                row.get("kind", "row"),
                Text(zh=row.get("value", ""), en=row.get("valueEn", "")),
                Text(zh=row.get("labelZh", ""), en=row.get("labelEn", "")),
            )
            for row in answer.rows
        ),
        asked_at=desk.now(),
        reference=answer.reference,
        kiosk=desk.name,
        demo=answer.demo,
        personal=definition.identify,
        english=desk.stage.language.startswith("en"),
        time_zone=catalogue.time_zone if catalogue else "Asia/Shanghai",
    )


def _both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en or zh}


def printed(data: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do but to take the paper."""
    return data.get("printing") == PrintState.PRINTED.value


SELF_SERVICE = Flow(
    name="self_service",
    steps=(
        Step("services", Page.SERVICES, after("services"), choose_service, show_services),
        Step("identify", Page.IDENTIFY, after("identify"), identify, show_card, auto={"way": "card"}, waits=True),
        Step("consent", Page.CONSENT, after("consent"), consent, show_consent),
        Step("face", Page.FACE, after("face"), check_face, show_face, auto={"look": True}, waits=True),
        Step(
            "code",
            Page.CODE,
            after("code"),
            take_code,
            show_code,
            secret=frozenset({"code"}),
            auto={"scan": True},
            waits=lambda given: bool(given.get("scan")),
        ),
        Step("form", Page.FORM, after("form"), take_form, show_form),
        Step("choose", Page.CHOOSE, after("choose"), choose_option, show_options),
        Step(
            "answer",
            Page.ANSWER,
            None,
            print_answer,
            show_answer,
            auto={"arrived": True},
            waits=True,
            final=True,
            result=printed,
        ),
    ),
    hindrance=lambda desk: desk.offers().self_service,
)
