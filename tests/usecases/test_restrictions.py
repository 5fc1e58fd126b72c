"""Who may not take numbers, who may say so, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract.codec import encode
from queue_server.contract.messages import (
    CallNext,
    CancelTicket,
    FinishService,
    LiftRestriction,
    OpenWindow,
    PersonRef,
    RestrictionReason,
    RestrictionScope,
    RestrictPerson,
    Role,
    TakeTicket,
    TransferTicket,
)
from queue_server.contract.refusals import Code
from queue_server.usecases.ports import Actor

ZHANG = PersonRef(token="Z" * 32, masked_name="张*三")
ABUSE, OTHER = RestrictionReason.ABUSE, RestrictionReason.OTHER


async def test_a_restricted_person_takes_no_number_until_the_time_is_over(watched: Any) -> None:
    until = watched.clock.now() + timedelta(days=1)
    made = await watched.does(RestrictPerson(reason=ABUSE, person=ZHANG, until=until), watched.admin())
    refusal = await watched.refused(TakeTicket(queue="A", person=ZHANG))
    assert (refusal.code, refusal.detail) == (Code.RESTRICTED, {"reason": "abuse", "until": until.isoformat()})
    assert (await watched.takes("A", person=PersonRef(token="L" * 32))).number == "A001"
    await watched.time_passes(days=1)
    assert (await watched.takes("A", person=ZHANG)).number == "A001"
    assert [row.id for row in await watched.office.restrictions("demo")] == [made.id]


async def test_it_is_lifted_once_by_an_admin(watched: Any) -> None:
    taken = await watched.takes("A", person=ZHANG)
    await watched.does(CancelTicket(ticket=taken.id))
    made = await watched.does(RestrictPerson(reason=ABUSE, ticket=taken.id), watched.admin())
    assert (await watched.refused(TakeTicket(queue="A", person=ZHANG))).detail["until"] is None
    lift = LiftRestriction(restriction=made.id, text="误判")
    assert (await watched.refused(lift, watched.officer(1))).code is Code.FORBIDDEN
    assert (await watched.does(lift, watched.admin())).lifted_at == watched.clock.now()
    assert (await watched.refused(lift, watched.admin())).code is Code.WRONG_STATE
    assert (await watched.refused(LiftRestriction(restriction="x"), watched.admin())).code is Code.NOT_FOUND
    await watched.takes("A", person=ZHANG)
    rows = [(row.act, row.about, row.reason, row.text) for row in await watched.office.audit("demo")]
    assert rows == [("lift-restriction", made.id, "abuse", "误判"), ("restrict-person", taken.id, "abuse", "")]


async def test_one_that_is_only_about_booking_does_not_keep_anybody_out(watched: Any) -> None:
    restrict = RestrictPerson(reason=ABUSE, scope=RestrictionScope.BOOKING, person=ZHANG)
    await watched.does(restrict, watched.admin())
    await watched.takes("A", person=ZHANG)


async def test_nothing_that_is_said_or_told_names_the_person(watched: Any) -> None:
    made = await watched.does(RestrictPerson(reason=OTHER, person=ZHANG, text="扰乱秩序"), watched.admin())
    event = (await watched.events())[-1]
    assert event.type == "person.restricted"
    assert event.data == {"restriction": made.id, "reason": "other", "scope": "all", "until": None}
    assert ZHANG.token.encode() not in encode(made)
    await watched.does(LiftRestriction(restriction=made.id), watched.admin())
    assert (await watched.events())[-1].data == event.data


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({}, Code.BAD_REQUEST),
        ({"person": ZHANG, "ticket": "x"}, Code.BAD_REQUEST),
        ({"ticket": "x", "appointment": "y"}, Code.BAD_REQUEST),
        ({"ticket": "x"}, Code.NOT_FOUND),
        ({"appointment": "x"}, Code.NOT_FOUND),
        ({"person": ZHANG, "reason": OTHER, "text": " "}, Code.REASON_REQUIRED),
    ],
)
async def test_a_restriction_says_of_whom_and_why(watched: Any, other: dict[str, Any], code: Code) -> None:
    command = RestrictPerson(**{"reason": ABUSE, **other})
    assert (await watched.refused(command, watched.admin())).code is code


async def test_nobody_is_restricted_into_the_past_or_without_being_known(watched: Any) -> None:
    past = RestrictPerson(reason=ABUSE, person=ZHANG, until=watched.clock.now())
    assert (await watched.refused(past, watched.admin())).code is Code.BAD_REQUEST
    stranger = await watched.takes("A")
    nobody = RestrictPerson(reason=ABUSE, ticket=stranger.id)
    assert (await watched.refused(nobody, watched.admin())).code is Code.NOT_FOUND


async def test_an_officer_restricts_only_whom_he_had_in_front_today(watched: Any) -> None:
    officer = watched.officer(1)
    await watched.does(OpenWindow(window="1"), officer)
    await watched.opens("2")
    mine, other = await watched.takes("A", person=ZHANG), await watched.takes("A", person=PersonRef(token="L" * 32))
    restrict = RestrictPerson(reason=ABUSE, ticket=mine.id)
    assert (await watched.refused(restrict, officer)).code is Code.FORBIDDEN
    await watched.does(CallNext(window="1"), officer)
    await watched.does(CallNext(window="2"))
    assert (await watched.refused(RestrictPerson(reason=ABUSE, ticket=other.id), officer)).code is Code.FORBIDDEN
    assert (await watched.refused(RestrictPerson(reason=ABUSE, person=ZHANG), officer)).code is Code.FORBIDDEN
    assert (await watched.refused(RestrictPerson(reason=ABUSE, appointment="x"), officer)).code is Code.FORBIDDEN
    assert (await watched.does(restrict, officer)).made_by == "officer1"
    await watched.does(FinishService(window="1"), officer)
    await watched.does(restrict, officer)
    watched.clock.forward(days=1)
    assert (await watched.refused(restrict, officer)).code is Code.TOO_LATE


async def test_somebody_who_was_sent_on_was_in_front_too(watched: Any) -> None:
    officer = watched.officer(1)
    await watched.does(OpenWindow(window="1"), officer)
    taken = await watched.takes("A", person=ZHANG)
    await watched.does(CallNext(window="1"), officer)
    await watched.does(TransferTicket(window="1", queue="B"), officer)
    await watched.does(RestrictPerson(reason=ABUSE, ticket=taken.id), officer)


@pytest.mark.parametrize("role", [Role.KIOSK, Role.WINDOW, Role.SCREEN, Role.PAD, Role.INTEGRATOR])
async def test_machines_restrict_nobody(watched: Any, role: Role) -> None:
    actor = Actor("demo", role, "x", window="1")
    assert (await watched.refused(RestrictPerson(reason=ABUSE, person=ZHANG), actor)).code is Code.FORBIDDEN
