"""The reference back end as a program: it says when it is ready, keeps its data, and lets only signed requests in."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import requests

from queue_server.contract.codec import encode
from queue_server.integrations.http_line import HttpLine
from queue_server.integrations.ports import CasesFound, NoReason, ProviderRefusalError
from queue_server.integrations.reference_backend import RunningBackend
from queue_server.integrations.signing import TOLERANCE_SECONDS, signed_headers

ROOT = Path(__file__).resolve().parents[2]
PATH = "/v1/cases/by-person"
QUESTION = {"idNumber": "110105199001020032", "method": "face"}
KEY = "demo-key"


@contextmanager
def program(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "queue_server.integrations.reference_backend", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        ready = running.stdout.readline().strip()
        assert ready.startswith("ready http://127.0.0.1:")
        yield ready.removeprefix("ready ")
        running.terminate()
        assert running.communicate(timeout=60)[1] == ""


def test_the_program_says_when_it_is_ready_and_keeps_what_it_knows(tmp_path: Path) -> None:
    db = str(tmp_path / "government.db")
    with program("--db", db) as url:
        first = HttpLine(url, KEY).ask(PATH, QUESTION, CasesFound)
    with program("--db", db) as url:
        second = HttpLine(url, KEY).ask(PATH, QUESTION, CasesFound)
    assert first.cases == second.cases
    assert second.reference > first.reference


def test_a_day_later_the_wrong_codes_are_still_counted_by_the_same_file(tmp_path: Path) -> None:
    db = tmp_path / "government.db"
    for _ in range(2):
        with RunningBackend(db) as backend:
            for _ in range(3):
                with pytest.raises(ProviderRefusalError) as refused:
                    HttpLine(backend.url, KEY).ask(PATH, QUESTION | {"method": "code", "code": "0"}, CasesFound)
    assert refused.value.reason is NoReason.TOO_MANY_TRIES


def test_faults_are_set_and_cleared_over_http(backend: RunningBackend) -> None:
    assert requests.post(f"{backend.url}/faults", json={"route": "/v1", "status": 503}, timeout=30).status_code == 204
    assert requests.get(f"{backend.url}/v1/cases/health", timeout=30).status_code == 503
    assert requests.delete(f"{backend.url}/faults", timeout=30).status_code == 204
    assert requests.get(f"{backend.url}/v1/cases/health", timeout=30).json() == {"status": "ok"}
    assert requests.post(f"{backend.url}/faults", json={"rout": "/v1"}, timeout=30).status_code == 400


def send(backend: RunningBackend, headers: dict[str, str], body: bytes) -> int:
    return requests.post(backend.url + PATH, data=body, headers=headers, timeout=30).status_code


def test_only_a_fresh_request_with_the_right_signature_is_answered(backend: RunningBackend) -> None:
    body, now = encode(QUESTION), int(time.time())
    good = signed_headers(KEY, "POST", PATH, body, now, "nonce-1")
    assert send(backend, good, body) == 200
    assert send(backend, good, body) == 401  # seen before
    assert send(backend, {}, body) == 401
    assert send(backend, signed_headers("other", "POST", PATH, body, now, "nonce-2"), body) == 401
    assert send(backend, signed_headers(KEY, "POST", PATH, body, now, "nonce-3"), body + b" ") == 401
    old = now - TOLERANCE_SECONDS - 5
    assert send(backend, signed_headers(KEY, "POST", PATH, body, old, "nonce-4"), body) == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"idNumber": 1}', b'{"idNumber":"1","method":"face","extra":1}', b"\xff"]
)
def test_a_question_of_another_shape_is_refused(backend: RunningBackend, body: bytes) -> None:
    headers = signed_headers(KEY, "POST", PATH, body, int(time.time()), "nonce")
    assert send(backend, headers, body) == 400


def test_people_are_never_in_an_address(backend: RunningBackend) -> None:
    reply = requests.get(f"{backend.url}{PATH}?idNumber=110105199001020032", timeout=30)
    assert reply.status_code == 405
    assert msgspec.json.decode(encode(QUESTION))["idNumber"] not in reply.text
