"""The public reference servers, unmodified, over their real transports."""

from __future__ import annotations

from pathlib import Path

import pytest

from oktsec_lint.core.model import Kind, Server, Status
from oktsec_lint.core.surfaces import of_server
from tests.live import http, listening, look, rules, tool_names
from tests.reference import everything_over, npm_spec, python_spec


def counts(server: Server) -> tuple[int, int, int, int]:
    kinds = (Kind.TOOL, Kind.PROMPT, Kind.RESOURCE, Kind.TEMPLATE)
    tools, prompts, resources, templates = (sum(1 for _ in server.of_kind(kind)) for kind in kinds)
    return tools, prompts, resources, templates


def test_filesystem(tmp_path: Path) -> None:
    server = look(npm_spec("filesystem", str(tmp_path)))
    assert (server.status, server.protocol, server.faults) == (Status.COMPLETE, "2025-11-25", ())
    assert counts(server) == (14, 0, 0, 0)
    assert {"read_text_file", "write_file", "list_directory"} < set(tool_names(server))
    assert server.info["name"] == "secure-filesystem-server"


def test_everything_offers_more_to_an_able_client() -> None:
    server = look(npm_spec("everything"))
    assert (server.status, server.protocol, rules(server)) == (Status.COMPLETE, "2025-11-25", {"LST-004"})
    assert {"echo", "get-sum", "trigger-sampling-request", "trigger-elicitation-request"} < set(tool_names(server))
    assert counts(server)[1:] == (4, 7, 2)
    assert server.instructions


@pytest.mark.parametrize(("name", "tools"), [("memory", 9), ("sequential-thinking", 1)])
def test_small_npm_server(name: str, tools: int) -> None:
    server = look(npm_spec(name))
    assert (server.status, server.faults, counts(server)[0]) == (Status.COMPLETE, (), tools)


@pytest.mark.parametrize(("name", "tools"), [("time", 2), ("fetch", 1), ("git", 12)])
def test_python_server_speaks_the_modern_era(name: str, tools: int) -> None:
    server = look(python_spec(name))
    assert (server.status, server.protocol, server.faults) == (Status.COMPLETE, "2026-07-28", ())
    assert counts(server)[0] == tools
    assert server.info["name"]


@pytest.mark.parametrize("mode", ["streamable", "json"])
def test_streamable_http_of_the_modern_era(mode: str) -> None:
    with listening("over_http.py", mode) as url:
        server = look(http(f"{url}mcp"))
    assert (server.status, server.protocol, server.faults) == (Status.COMPLETE, "2026-07-28", ())
    assert tool_names(server) == ["first", "second", "third", "poison"]
    assert server.instructions == "Use the first tool first."
    assert server.info["name"] == "paged"


def test_http_with_sse_of_the_sdk() -> None:
    with listening("over_http.py", "sse") as url:
        server = look(http(f"{url}sse"))
    assert (server.status, server.faults, tool_names(server)) == (Status.COMPLETE, (), ["add"])
    assert counts(server)[1] == 1
    assert server.instructions == "Over two streams."


@pytest.mark.parametrize(("transport", "path"), [("streamableHttp", "mcp"), ("sse", "sse")])
def test_legacy_era_over_http_is_the_same_as_over_a_pipe(transport: str, path: str) -> None:
    piped = look(npm_spec("everything"))
    with everything_over(transport) as url:
        server = look(http(url + path))
    assert (server.status, server.protocol) == (Status.COMPLETE, "2025-11-25")
    assert {surface.text for surface in of_server(server)} == {surface.text for surface in of_server(piped)}
