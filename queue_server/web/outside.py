"""Outside systems asked through the hall's server, and a call as sound."""

from __future__ import annotations

import asyncio

from queue_server.contract.codec import convert, decode
from queue_server.contract.messages import AskProvider, CallView
from queue_server.contract.refusals import Code, Refusal
from queue_server.contract.words import Language
from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.ports import Clock, Providers, Voice
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import Providers as ProviderStates

_LONGEST_NUMBER = 16


def handlers(office: Office, providers: Providers, voice: Voice, clock: Clock) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def provider_states(asked: Asked) -> Answered:
        del asked
        return ok(ProviderStates(providers=providers.states()))

    async def ask(asked: Asked) -> Answered:
        if not isinstance(asked.command, AskProvider):
            raise Refusal(Code.BAD_REQUEST, "a question is needed")
        return ok(await providers.ask(asked.command))

    async def speech(asked: Asked) -> Answered:
        call = await _call(office, asked.who.hall, asked.path["seq"])
        if clock.now() > call.valid_until:
            raise Refusal(Code.TOO_LATE, "this call may be shown but no longer spoken")
        try:
            language = Language(asked.words.get("language", Language.ZH))
        except ValueError:
            raise Refusal(Code.BAD_REQUEST, "language is zh or en", field="language") from None
        sound = await asyncio.to_thread(voice.call, call.number, call.window_name.said_in(language), language.value)
        return Answered(200, sound, media=b"audio/wav")

    return {"providers": provider_states, "ask": ask, "speech": speech}


async def _call(office: Office, hall: str, seq: str) -> CallView:
    """The call that an event made."""
    if seq.isascii() and seq.isdigit() and len(seq) <= _LONGEST_NUMBER:
        row = await office.event(hall, int(seq))
        if row is not None and "call" in (data := decode(row.data_json, dict)):
            call = convert(data["call"], CallView)
            if not call.withdrawn:
                return call
    raise Refusal(Code.NOT_FOUND, "there is no such call")
