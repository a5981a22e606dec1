"""What an agent may not use, asked for by every road that leads to a running gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.gateway.gateways import Gateway, Reply, Session, configured, running, stdio

AGENTS = "  coder: {}\n  reader: {allowed_tools: [pid]}"
SERVERS = {"unruly": stdio("unruly.py"), "whole": stdio("whole.py")}
OPENING = frozenset(
    "initialize notifications/initialized subscriptions/listen notifications/subscriptions/acknowledged "
    "server/discover tools/list prompts/list resources/list resources/templates/list".split()
)
Ask = Callable[[Gateway, Session, str], Reply]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("names"), configured(SERVERS, AGENTS)) as started:
        session = started.opened()
        assert {TOOL, "unruly_echo"} <= set(session.tools())
        begun = session.ask("tools/call", name="whole_slow_report", arguments={}, task={"ttl": 60_000})
        assert begun.message["result"]["task"]["taskId"] == "task-1"
        yield started


@pytest.fixture(scope="module")
def reader(gateway: Gateway) -> Session:
    return gateway.opened("reader")


def batch(gateway: Gateway, _: Session, name: str) -> Reply:
    session = gateway.opened("reader", "2025-03-26")
    reply = session.post([session.message("tools/call", name=name, arguments={})])
    return reply._replace(body=json.dumps(json.loads(reply.body)[0]).encode())


def of_modern(method: str, key: str) -> Ask:
    return lambda gateway, _, name: gateway.modern(method, "reader", **{key: name})


def of_legacy(method: str, key: str, **more: Any) -> Ask:
    return lambda _, reader, name: reader.ask(method, **{key: name}, **more)


def completion(kind: str, key: str) -> Ask:
    argument = {"name": "arg1", "value": "p"}
    return lambda _, reader, name: reader.ask("completion/complete", ref={"type": kind, key: name}, argument=argument)


TOOL, PROMPT, URI = "whole_echo", "whole_test_simple_prompt", "test://static-text"
ROADS: dict[str, tuple[Ask, str, str]] = {
    "call": (of_legacy("tools/call", "name", arguments={}), TOOL, "whole_ech0"),
    "call-of-a-task": (of_legacy("tools/call", "name", arguments={}, task={"ttl": 1000}), TOOL, "whole_ech0"),
    "call-of-the-other-era": (of_modern("tools/call", "name"), TOOL, "whole_ech0"),
    "call-in-a-batch": (batch, TOOL, "whole_ech0"),
    "bare-name": (of_legacy("tools/call", "name", arguments={}), "echo", "ech0"),
    "same-server": (of_legacy("tools/call", "name", arguments={}), "unruly_echo", "unruly_ech0"),
    "bare-name-of-the-other-era": (of_modern("tools/call", "name"), "echo", "ech0"),
    "prompt": (of_legacy("prompts/get", "name"), PROMPT, PROMPT.upper()),
    "prompt-of-the-other-era": (of_modern("prompts/get", "name"), PROMPT, PROMPT.upper()),
    "resource": (of_legacy("resources/read", "uri"), URI, "test://static-tex7"),
    "resource-of-the-other-era": (of_modern("resources/read", "uri"), URI, "test://static-tex7"),
    "template": (of_legacy("resources/read", "uri"), "test://template/1/data", "test://tempIate/1/data"),
    "subscription": (of_legacy("resources/subscribe", "uri"), URI, "test://static-tex7"),
    "completion-of-a-prompt": (completion("ref/prompt", "name"), PROMPT, PROMPT.upper()),
    "completion-of-a-resource": (completion("ref/resource", "uri"), "test://template/{id}/data", "test://{id}"),
    "task": (of_legacy("tasks/get", "taskId"), "task-1", "task-0"),
    "task-result": (of_legacy("tasks/result", "taskId"), "task-1", "task-0"),
    "task-cancelled": (of_legacy("tasks/cancel", "taskId"), "task-1", "task-0"),
    "task-of-the-other-era": (of_modern("tasks/get", "taskId"), "task-1", "task-0"),
}


def said(reply: Reply, name: str) -> tuple[int, str]:
    """A reply without what only this request has."""
    return reply.status, json.dumps({**reply.message, "id": 0}).replace(name, "NAME")


@pytest.mark.parametrize("road", ROADS)
def test_what_is_hidden_looks_like_what_does_not_exist(gateway: Gateway, reader: Session, road: str) -> None:
    ask, hidden, missing = ROADS[road]
    before = len(gateway.records("position"))
    first, second = ask(gateway, reader, hidden), ask(gateway, reader, missing)
    assert "error" in first.message
    assert said(first, hidden) == said(second, missing)
    rows = gateway.records("agent", "server", "method", "decision")[before:]
    assert len([row for row in rows if (row[0], row[3]) == ("reader", "blocked")]) == 2, rows
    assert {row[2] for row in rows if row[1] == "whole"} <= OPENING


def test_an_agent_sees_what_it_may_use_and_nothing_else(gateway: Gateway, reader: Session) -> None:
    assert reader.tools() == ["unruly_pid"]
    for method, member in (("prompts/list", "prompts"), ("resources/list", "resources"), ("tasks/list", "tasks")):
        assert reader.ask(method).message["result"][member] == []
    listed = gateway.modern("tools/list", "reader").message["result"]
    assert [item["name"] for item in listed["tools"]] == ["unruly_pid"]
    assert listed["cacheScope"] == "private"
    assert reader.call("unruly_pid").text.isdigit()


LOOKALIKES = (
    "UNRULY_PID",
    "unruly_pid ",
    " unruly_pid",
    "unruly_pid\n",
    "unruly_pid\0",
    "unruly_p\u0456d",
    "\uff55nruly_pid",
    "unruly_pi\u200bd",
    "\u202eunruly_pid",
    "unruly_pid/../unruly_echo",
    "unruly-pid",
    "unruly.pid",
    "unruly__pid",
    "unruly",
    "",
)


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_name_that_only_looks_like_one_is_none(reader: Session, name: str) -> None:
    assert reader.call(name).code in {-32602, -32600}
    assert reader.post({**reader.message("tools/call"), "params": {"name": [name]}}).code in {-32602, -32600}


def test_servers_whose_names_run_into_each_other_lose_nothing_to_each_other(tmp_path: Path) -> None:
    """`a` with `b_pid` and `a_b` with `pid`: whichever is configured first, neither is called for the other."""
    state = tmp_path / "state.json"
    fake = {"name": "b_pid", "description": "Tells a number.", "inputSchema": {"type": "object"}}
    twice = {**fake, "name": "twice"}
    state.write_text(json.dumps({"tools": [fake, twice, {**twice, "description": "Tells another number."}]}))
    servers = {"a": stdio("changing.py", str(state)), "a_b": stdio("unruly.py")}
    with running(tmp_path, configured(servers)) as gateway:
        session = gateway.opened()
        names = session.tools()
        assert len(names) == len(set(names))
        assert "a_twice" not in names
        before = session.call("a_b_pid").message.keys()
        gateway.reconfigure(configured(dict(reversed(servers.items()))))
        gateway.hears("was reloaded")
        assert gateway.opened().call("a_b_pid").message.keys() == before


def test_a_subscription_to_what_is_hidden_hears_nothing(gateway: Gateway) -> None:
    line = gateway.connect()
    params = {"notifications": {"resourceSubscriptions": ["test://watched-resource"], "toolsListChanged": True}}
    message = gateway.enveloped("subscriptions/listen", **params)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    named = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "subscriptions/listen", "X-Oktsec-Agent": "reader"}
    line.say(gateway.request("POST", "/mcp", {**headers, **named}, json.dumps(message).encode()))
    assert b"200" in line.file.readline()
    while not (told := line.file.readline()).startswith(b"data: "):
        pass
    line.close()
    assert b"acknowledged" in told
    assert ("reader", "resources/subscribe", "forwarded") not in gateway.records("agent", "method", "decision")
