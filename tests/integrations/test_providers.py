"""The contract with the acceptance platform and the guides, against the running reference back end."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog

from queue_server.contract.codec import encode
from queue_server.contract.messages import Answer, AskProvider, Identity
from queue_server.contract.refusals import Code, Refusal
from queue_server.integrations.http_line import HttpLine
from queue_server.integrations.providers import Providers, Systems, make_providers
from queue_server.integrations.reference_backend import RunningBackend

Until = Callable[[Callable[[], bool]], Awaitable[None]]

NUMBER = "110105199001020032"
PERSON = Identity(method="face", id_number=NUMBER, name="张演示")
PROGRESS = AskProvider(provider="case-progress", identity=PERSON)
LIST = AskProvider(provider="guide-list")


def with_code(code: str, number: str = NUMBER) -> AskProvider:
    return AskProvider(provider="case-progress", identity=Identity(method="code", id_number=number, code=code))


async def refusal(providers: Providers, ask: AskProvider) -> tuple[Code, str]:
    with pytest.raises(Refusal) as refused:
        await providers.ask(ask)
    return refused.value.code, str(refused.value.detail.get("reason", ""))


def available(providers: Providers) -> dict[str, bool]:
    return {state.provider: state.available for state in providers.states()}


def values(answer: Answer, label: str) -> list[str]:
    return [row["value"] for row in answer.rows if row["labelZh"] == label]


async def test_a_persons_cases_come_masked_newest_first_and_marked_as_a_demonstration(providers: Providers) -> None:
    answer = await providers.ask(PROGRESS)
    assert answer.demo
    assert answer.reference.startswith("YSCX")
    headings = [row["value"] for row in answer.rows if row["kind"] == "heading"]
    assert headings == ["1/3 居住证办理", "2/3 社会保障卡申领", "3/3 个体工商户登记"]
    assert values(answer, "申请人") == ["张*示"] * 3
    assert values(answer, "当前状态") == ["审查中", "已办结,待领取", "已办结"]
    said = encode(answer).decode()
    assert "张演示" not in said
    assert NUMBER not in said


async def test_every_row_has_its_words_in_both_languages(providers: Providers) -> None:
    answers = [
        await providers.ask(PROGRESS),
        await providers.ask(LIST),
        await providers.ask(AskProvider(provider="guides", inputs={"item": "C-TRANSFER"})),
    ]
    for row in (row for answer in answers for row in answer.rows):
        assert row["kind"] in {"row", "heading", "option", "notice"}
        assert row["value"]
        assert bool(row["labelZh"]) == bool(row["labelEn"]) == (row["kind"] in {"row", "option"})
        assert row.get("valueEn") != row["value"]
        assert "{" not in "".join(row.values())


async def test_the_right_code_is_as_good_as_a_face(providers: Providers) -> None:
    assert len(values(await providers.ask(with_code("246810")), "办件编号")) == 3


async def test_a_case_is_found_by_number_and_code_without_a_card(providers: Providers) -> None:
    number = values(await providers.ask(PROGRESS), "办件编号")[0]
    ask = AskProvider(provider="case-progress", inputs={"caseNumber": number, "code": "246810"})
    assert values(await providers.ask(ask), "办件编号") == [number]
    wrong = AskProvider(provider="case-progress", inputs={"caseNumber": number, "code": "000000"})
    assert await refusal(providers, wrong) == (Code.PROVIDER_REFUSED, "code-wrong")


async def test_a_wrong_code_is_refused_and_five_are_enough(providers: Providers) -> None:
    for _ in range(5):
        assert await refusal(providers, with_code("000000")) == (Code.PROVIDER_REFUSED, "code-wrong")
    assert await refusal(providers, with_code("246810")) == (Code.TOO_MANY_TRIES, "too-many-tries")
    assert values(await providers.ask(with_code("135790", "110105195108150023")), "办件编号")


async def test_a_person_without_cases_and_one_with_a_wrong_code_cannot_be_told_apart(providers: Providers) -> None:
    assert await refusal(providers, with_code("1", "110105194912310021")) == await refusal(providers, with_code("1"))


async def test_nothing_found_is_said_in_words(providers: Providers) -> None:
    nobody = Identity(method="face", id_number="911840198808080020")
    answer = await providers.ask(AskProvider(provider="case-progress", identity=nobody))
    assert [row["kind"] for row in answer.rows] == ["notice"]
    assert "没有查到" in answer.rows[0]["value"]


async def test_a_small_x_finds_the_same_cases(providers: Providers) -> None:
    person = Identity(method="face", id_number="11010520010228004x")
    assert len(values(await providers.ask(AskProvider(provider="case-progress", identity=person)), "办件编号")) == 2


async def test_a_guide_says_what_to_bring_how_long_it_takes_and_of_what_date_it_is(providers: Providers) -> None:
    answer = await providers.ask(AskProvider(provider="guides", inputs={"item": "C-TRANSFER"}))
    assert values(answer, "所需材料")[0].splitlines() == [
        "1. 居民身份证(原件1份,复印件1份)",
        "2. 不动产权证书(原件1份)",
        "3. 买卖合同(原件1份,复印件1份)",
        "4. 完税凭证(原件1份,复印件1份)",
    ]
    assert values(answer, "承诺时限") == ["3个工作日"]
    assert values(answer, "收费") == ["住宅80元;非住宅550元"]
    assert values(answer, "版本日期") == ["2026年03月15日"]
    assert answer.rows[-1]["kind"] == "notice"


async def test_guides_are_listed_and_searched(providers: Providers) -> None:
    everything = await providers.ask(LIST)
    assert len(everything.rows) >= 10
    assert {row["kind"] for row in everything.rows} == {"option"}
    found = await providers.ask(AskProvider(provider="guide-list", inputs={"query": "社会保障卡"}))
    assert [row["id"] for row in found.rows] == ["B-SSCARD"]
    department = await providers.ask(AskProvider(provider="guide-list", inputs={"department": "民政局"}))
    assert [row["id"] for row in department.rows] == ["A-MARRIAGE", "A-ELDERCARD"]
    for row in everything.rows:
        assert (await providers.ask(AskProvider(provider="guides", inputs={"item": row["id"]}))).rows


async def test_an_unknown_guide_is_refused(providers: Providers) -> None:
    ask = AskProvider(provider="guides", inputs={"item": "Z-NOTHING"})
    assert await refusal(providers, ask) == (Code.PROVIDER_REFUSED, "not-found")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (AskProvider(provider="weather"), Code.NOT_FOUND),
        (AskProvider(provider="guides"), Code.BAD_REQUEST),
        (AskProvider(provider="case-progress"), Code.BAD_REQUEST),
        (AskProvider(provider="case-progress", inputs={"caseNumber": "1"}), Code.BAD_REQUEST),
        (AskProvider(provider="case-progress", identity=Identity(method="voice", id_number="1")), Code.BAD_REQUEST),
        (AskProvider(provider="case-progress", identity=Identity(method="code", id_number="1")), Code.BAD_REQUEST),
        (AskProvider(provider="case-progress", identity=Identity(method="face", id_number=" ")), Code.BAD_REQUEST),
        (AskProvider(provider="guides", inputs={"item": "x" * 201}), Code.BAD_REQUEST),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_before_it_is_sent(
    providers: Providers, ask: AskProvider, code: Code
) -> None:
    assert (await refusal(providers, ask))[0] is code


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503},
        {"status": 404},
        {"status": 302},
        {"nonsense": "html"},
        {"nonsense": "schema"},
        {"nonsense": "truncated"},
        {"drop": True},
        {"drop_after": True},
    ],
)
async def test_every_fault_of_a_question_is_unavailable_and_worth_another_try(
    backend: RunningBackend, providers: Providers, fault: dict[str, Any]
) -> None:
    backend.fault("/v1/cases/by-person", **fault, times=1)
    with pytest.raises(Refusal) as refused:
        await providers.ask(PROGRESS)
    assert (refused.value.code, refused.value.retryable) == (Code.PROVIDER_UNAVAILABLE, True)
    assert (await providers.ask(PROGRESS)).rows


async def test_a_slow_answer_is_given_up_before_the_kiosk_gives_up(
    backend: RunningBackend, providers: Providers
) -> None:
    backend.fault("/v1/cases/by-person", latency_seconds=30)
    begin = time.monotonic()
    assert (await refusal(providers, PROGRESS))[0] is Code.PROVIDER_UNAVAILABLE
    assert time.monotonic() - begin < 15, "the answer would take half a minute"
    assert (await providers.ask(LIST)).rows


@pytest.mark.parametrize("fault", [{"status": 500}, {"nonsense": "html"}, {"drop": True}, {"latency_seconds": 30}])
async def test_a_system_that_fails_is_unavailable_before_anybody_asks_and_comes_back(
    backend: RunningBackend, providers: Providers, until: Until, fault: dict[str, Any]
) -> None:
    changes: list[dict[str, bool]] = []
    providers.on_change(lambda: changes.append(available(providers)))
    backend.fault("/v1/cases", **fault)
    await until(lambda: not available(providers)["case-progress"])
    assert available(providers) == {"case-progress": False, "guides": True, "guide-list": True}
    begin = time.monotonic()
    assert (await refusal(providers, PROGRESS))[0] is Code.PROVIDER_UNAVAILABLE
    assert time.monotonic() - begin < 4, "nobody waits for a system that is known to be down"
    backend.clear_faults()
    await until(lambda: available(providers)["case-progress"])
    assert (await providers.ask(PROGRESS)).rows
    assert [change["case-progress"] for change in changes] == [False, True]


async def test_a_system_that_is_gone_is_unavailable_and_found_again(
    backend: RunningBackend, providers: Providers, until: Until
) -> None:
    since = {state.provider: state.since for state in providers.states()}
    backend.stop()
    await until(lambda: not any(available(providers).values()))
    assert all(state.since != since[state.provider] for state in providers.states())
    backend.start()
    await until(lambda: all(available(providers).values()))
    assert (await providers.ask(PROGRESS)).rows


async def test_one_hiccup_closes_no_tile(
    backend: RunningBackend, providers: Providers, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    probe = HttpLine.probe

    def watched(self: HttpLine, path: str) -> None:
        try:
            probe(self, path)
        finally:
            looks.append(path)

    monkeypatch.setattr(HttpLine, "probe", watched)
    backend.fault("/v1/cases/health", status=500, times=1)
    changes: list[bool] = []
    providers.on_change(lambda: changes.append(True))
    await until(lambda: looks.count("/v1/cases/health") >= 4)  # of which one failed
    assert changes == []


async def test_many_questions_at_once_are_all_answered(providers: Providers) -> None:
    answers = await asyncio.gather(*(providers.ask(PROGRESS) for _ in range(40)))
    assert len({answer.reference for answer in answers}) == 40


class Lively:
    """A system that says that it is alive, while ``held`` only when the test lets it."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.held = threading.Event()

    def alive(self) -> None:
        if not self.free.is_set():
            self.held.set()
            assert self.free.wait(30)


async def test_stopping_ends_also_when_a_sign_of_life_comes_at_that_very_moment() -> None:
    system = Lively()
    providers = Providers(Systems(system, system), probe_every=0.01)  # type: ignore[arg-type]  # because nobody asks it anything
    await providers.start()
    system.free.clear()
    assert await asyncio.to_thread(system.held.wait, 30)
    system.free.set()
    time.sleep(0.3)  # noqa: ASYNC251  # because the answer shall be there before the loop sees it
    async with asyncio.timeout(20):
        await providers.stop()


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1"])
async def test_without_a_back_end_everything_is_unavailable(url: str) -> None:
    providers = make_providers(url)
    assert not any(available(providers).values())
    await providers.start()
    assert not any(available(providers).values())
    assert (await refusal(providers, LIST))[0] is Code.PROVIDER_UNAVAILABLE
    await providers.stop()


async def test_a_hall_with_another_key_is_not_let_in(backend: RunningBackend) -> None:
    providers = make_providers(backend.url, "another-key", probe_every=0.2)
    await providers.start()
    assert (await refusal(providers, LIST))[0] is Code.PROVIDER_UNAVAILABLE
    await providers.stop()


async def test_nothing_personal_is_logged_anywhere(
    backend: RunningBackend, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    with structlog.testing.capture_logs() as lines:
        await providers.ask(PROGRESS)
        await refusal(providers, with_code("987654"))
        backend.fault("/v1/cases/by-person", drop=True, times=1)
        with pytest.raises(Refusal) as refused:
            await providers.ask(PROGRESS)
    said = (
        caplog.text + json.dumps(lines, default=str) + repr(refused.value) + repr(refused.value.detail) + repr(PROGRESS)
    )
    for secret in (NUMBER, "张演示", "987654"):
        assert secret not in said
    assert logging.getLogger("urllib3").name in {record.name.split(".")[0] for record in caplog.records}
    assert lines
