"""HTTP servers that misbehave, and what becomes of credentials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from oktsec_lint.core.model import Server, Status
from tests.live import http, listening, look, rules, tool_names

COMPLETE, PARTIAL, NOT_SCANNED = Status.COMPLETE, Status.PARTIAL, Status.NOT_SCANNED


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with listening("raw_http.py") as base:
        yield base


@dataclass(frozen=True)
class Case:
    """What one look at one path shows."""

    path: str
    status: Status
    reason: str = ""
    rules: str = ""
    timeout: float = 20.0


CASES = [
    Case("honest", COMPLETE),
    Case("moved", COMPLETE),
    Case("stream", COMPLETE, rules="LST-010"),
    Case("repeated-key", COMPLETE, rules="LST-007"),
    Case("surrogate", COMPLETE, rules="LST-007"),
    Case("cut-stream", PARTIAL, "tools/list: SSE stream ended without a response", "LST-002"),
    Case("broken", PARTIAL, "tools/list: the body of its answer is no answer to the question", "LST-002 LST-008"),
    Case("other-id", PARTIAL, "tools/list: the body of its answer is no answer to the question", "LST-002"),
    Case("html", PARTIAL, "tools/list: HTTP 200 with `text/html`", "LST-002"),
    Case("accepted", PARTIAL, "tools/list: server answered a request with 202 Accepted", "LST-002"),
    Case("compressed", PARTIAL, "tools/list: it answers compressed, although it was asked not to", "LST-002"),
    Case("huge", PARTIAL, "tools/list: the answer is longer than this tool reads", "LST-002"),
    Case("fail-in-listing", PARTIAL, "tools/list: HTTP 503", "LST-002"),
    Case("hang-in-listing", PARTIAL, "tools/list: no answer within 3 seconds", "LST-002", 3.0),
    Case("hang", NOT_SCANNED, "no answer within 1 seconds", "LST-001", 1.0),
    Case("hang-up", NOT_SCANNED, "Server disconnected without sending a response.", "LST-001"),
    Case("other-version", NOT_SCANNED, "error -32022: no", "LST-001"),
    Case("redirect", NOT_SCANNED, "Redirect to http://localhost:9/elsewhere not followed", "LST-001"),
    Case("401", NOT_SCANNED, "HTTP 401, it wants credentials (see `headers`)", "LST-001"),
    Case("403", NOT_SCANNED, "HTTP 403, these credentials do not suffice", "LST-001"),
    Case("404", NOT_SCANNED, "HTTP 404, there is nothing at this URL", "LST-001"),
    Case("405", NOT_SCANNED, "HTTP 405", "LST-001"),
    Case("500", NOT_SCANNED, "HTTP 500", "LST-001"),
]


@pytest.mark.parametrize("case", CASES, ids=[case.path for case in CASES])
def test_http_server(case: Case, url: str) -> None:
    server = look(http(url + case.path), case.timeout)
    assert (server.status, server.reason[: len(case.reason)]) == (case.status, case.reason)
    assert bool(server.reason) == bool(case.reason)
    assert rules(server) == set(case.rules.split())
    assert tool_names(server) == (["read"] if case.status is COMPLETE else [])


def test_both_readings_of_a_repeated_key_are_there(url: str) -> None:
    bodies = [item.body for item in look(http(f"{url}repeated-key")).definitions]
    assert [body["description"] for body in bodies if isinstance(body, dict)] == ["Reads.", "hidden"]


TOKEN = "open-sesame-123"


def test_header_is_expanded_and_never_shown(url: str) -> None:
    let_in = look(http(f"{url}secret", Authorization="Bearer ${TOKEN}"), TOKEN=TOKEN)
    assert (let_in.status, TOKEN in repr(let_in)) == (COMPLETE, False)
    kept_out = look(http(f"{url}secret", Authorization="Bearer ${TOKEN}x"), TOKEN=TOKEN)
    assert kept_out.reason == "HTTP 401, it wants credentials (see `headers`)"
    assert TOKEN not in repr(kept_out)


def test_header_that_cannot_be_sent_is_named_without_its_value(url: str) -> None:
    server = look(http(f"{url}honest", **{"X-Key": "${TOKEN}\n"}), TOKEN=TOKEN)
    assert server.reason == "the value of header `X-Key` holds a line break or another unprintable character"
    assert TOKEN not in repr(server)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:9/mcp", "no connection: Connection refused"),
        ("localhost/mcp", "its `url` cannot be used: "),
        ("http://[::1", "its `url` has no usable host"),
        ("ftp://127.0.0.1/mcp", "its `url` cannot be used: "),
        ("", "its `url` cannot be used: "),
    ],
)
def test_address_that_leads_nowhere(address: str, reason: str) -> None:
    server = look(http(address))
    assert (server.status, server.reason[: len(reason)]) == (NOT_SCANNED, reason)


def test_plain_server_behind_an_https_address(url: str) -> None:
    server: Server = look(http(url.replace("http:", "https:") + "honest"))
    assert server.reason.startswith("no connection: TLS failed, ")
