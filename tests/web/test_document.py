"""The API against its own document: schemathesis makes up requests and looks at every answer."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
import schemathesis.specs.openapi.checks as keeps
from hypothesis import HealthCheck, Phase, given, settings

from queue_server.contract.codec import plain
from queue_server.contract.messages import Role
from queue_server.web.endpoints import ENDPOINTS, Media
from queue_server.web.schema import openapi

FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    keeps.status_code_conformance,
    keeps.content_type_conformance,
    keeps.response_headers_conformance,
    keeps.response_schema_conformance,
]
WITHOUT_STREAMS = [e for e in ENDPOINTS if e.media is not Media.EVENTS]


@pytest.mark.parametrize("endpoint", WITHOUT_STREAMS, ids=lambda e: f"{e.method} {e.template}")
def test_no_request_that_the_document_allows_breaks_the_server(shared: Any, endpoint: Any) -> None:
    schema = schemathesis.openapi.from_dict(plain(openapi("test")))
    operation = schema["/api/v1" + endpoint.template][endpoint.method]
    who = "integrator" if Role.INTEGRATOR in endpoint.roles else "admin"
    headers = {} if not endpoint.roles else shared.headers(who)
    if endpoint.name == "logout":
        headers = {}

    @given(case=operation.as_strategy())
    @FEW
    def try_out(case: Any) -> None:
        answer = case.call(base_url=shared.url, headers=headers, timeout=30)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert set(answer.json()) == {"code", "message", "retryable", "detail"}

    try_out()
