"""A clean server says the same through a gate as without one: every line, in every revision, observing or enforcing.

What differs between two direct sessions (times, numbers of processes) may differ through the gate as well; nothing else
may, not by a byte. Only a tool that no list shows cannot be called where the gate enforces.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.live import SERVERS
from tests.recording import MODERN, Client, Recording, connected, differences
from tests.reference import npm

WHOLE = [sys.executable, str(SERVERS / "whole.py")]
LEGACY = "2025-11-25"
REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", LEGACY, MODERN)
LISTS = {"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources"}
TEMPLATES = {"resources/templates/list": "resourceTemplates"}
UNLISTED = ('["tools/call", 9007199254740991, "absent"]', '["tools/call", "7", "absent"]')
"""What an enforcing gate refuses by itself: calls of a tool that no list shows."""
Calls = Mapping[str, dict[str, Any]]
Play = Callable[[Client], None]


def ways(server: list[str], folder: Path) -> dict[str, list[str]]:
    (folder / "oktsec.yaml").write_text("agents:\n  coder: {}\n")
    gate = [sys.executable, "-m", "oktsec_lint", "run", "--agent", "coder", "--journal", "journal.db"]
    gate += ["--config", str(folder / "oktsec.yaml")]
    return {"observing": [*gate, "--", *server], "enforcing": [*gate, "--enforce", "--", *server]}


def check(server: list[str], revision: str, folder: Path, play: Play, *gates: str) -> Recording:
    """Plays a session direct, direct again and through each gate; the first direct recording."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OKTSEC", "PYTEST"))}

    def recorded(command: list[str]) -> Recording:
        with connected(command, revision, folder, environ) as client:
            play(client)
            return client.leave()

    direct = recorded(server), recorded(server)
    for name, command in ways(server, folder).items():
        if not gates or name in gates:
            found = differences(direct, recorded(command))
            assert [item for item in found if name == "observing" or not item.startswith(UNLISTED)] == [], name
    return direct[0]


def look_around(client: Client) -> dict[str, list[Any]]:
    """Opens the connection and asks for everything that can be listed."""
    client.open()
    return {method: client.listed(method, member) for method, member in {**LISTS, **TEMPLATES}.items()}


def ask_oddly(client: Client) -> None:
    """What every server answers in its own way: what it does not know, ids of all kinds, late cancellations."""
    client.ask("ping")
    client.ask("logging/setLevel", level="error")
    client.ask("no/such", number="é\u2028", anything={"at": ["all", 1.5, None, True]})
    client.ask("tools/call", number=9007199254740991, name="absent", arguments={})
    client.ask("tools/call", name="absent", arguments={"deep": {"er": [{}]}}, number="7")
    client.ask("prompts/get", name="absent")
    client.ask("resources/read", uri="absent://nothing")
    client.tell("cancelled", requestId="7", reason="too late")
    client.tell("roots/list_changed")
    client.ask("ping", number="8")


def read_everything(client: Client, calls: Calls) -> None:
    offered = look_around(client)
    known = {tool["name"] for tool in offered["tools/list"] if (tool.get("annotations") or {}).get("readOnlyHint")}
    assert known <= calls.keys()
    for name, arguments in calls.items():
        client.ask("tools/call", name=name, arguments=arguments)
    for prompt in offered["prompts/list"]:
        given = {argument["name"]: "Text" for argument in prompt.get("arguments", ())}
        client.ask("prompts/get", name=prompt["name"], arguments=given)
        for name in given:
            argument = {"name": name, "value": "T"}
            client.ask("completion/complete", ref={"type": "ref/prompt", "name": prompt["name"]}, argument=argument)
    for resource in offered["resources/list"]:
        client.ask("resources/read", uri=resource["uri"])
    ask_oddly(client)


WHOLE_CALLS: Calls = {
    "test_sampling": {"prompt": "What is the capital of France?"},
    "test_elicitation": {"message": "Who are you?"},
    "json_schema_2020_12_tool": {"email": "a@example.com"},
    "echo": {"text": 'Grüße \u2028 "quoted" \\ \U0001f600'},
}


def converse(client: Client) -> None:
    """Everything that the protocol has, in the form of the client's revision."""
    offered = look_around(client)
    for tool in offered["tools/list"]:
        name = tool["name"]
        token = {"progressToken": f"about {name}", "io.modelcontextprotocol/logLevel": "info"}
        client.ask("tools/call", name=name, arguments=WHOLE_CALLS.get(name, {}), _meta=token)
    for prompt in offered["prompts/list"]:
        given = {argument["name"]: "test://a" for argument in prompt["arguments"]}
        client.ask("prompts/get", name=prompt["name"], arguments=given)
    for uri in (*(item["uri"] for item in offered["resources/list"]), "test://template/7/data"):
        client.ask("resources/subscribe", uri=uri)
        client.ask("resources/read", uri=uri)
        client.ask("resources/unsubscribe", uri=uri)
    argument = {"name": "arg1", "value": "par"}
    ref = {"type": "ref/prompt", "name": "test_prompt_with_arguments"}
    client.ask("completion/complete", ref=ref, argument=argument)
    answer_in_rounds(client)
    run_tasks(client)
    ask_at_once(client)
    if client.revision == MODERN:
        listen(client)
    ask_oddly(client)


def answer_in_rounds(client: Client) -> None:
    """Multi-round-trip requests; older revisions answer them as they can."""
    tool = "test_input_required_result_multi_round"
    first = client.ask("tools/call", name=tool, arguments={})["result"]
    answers = {"step1": {"action": "accept", "content": {"name": "Ann"}}}
    state = first.get("requestState")
    second = client.ask("tools/call", name=tool, arguments={}, inputResponses=answers, requestState=state)["result"]
    answers = {"step2": {"action": "accept", "content": {"ok": True}}}
    state = second.get("requestState")
    client.ask("tools/call", name=tool, arguments={}, inputResponses=answers, requestState=state)


def run_tasks(client: Client) -> None:
    extension = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
    meta = {"io.modelcontextprotocol/clientCapabilities": extension}
    begun = client.ask("tools/call", name="slow_report", arguments={}, task={"ttl": 60_000}, _meta=meta)["result"]
    task = begun.get("taskId") or begun["task"]["taskId"]
    for method in ("tasks/get", "tasks/result", "tasks/update", "tasks/cancel", "tasks/get"):
        client.ask(method, taskId=task, inputResponses={})
    client.ask("tasks/list")


def ask_at_once(client: Client) -> None:
    """Requests that do not wait for one another; together they are shorter than a pipe's buffer."""
    echoes = [client.request("tools/call", name="echo", arguments={"text": "x" * 50 * size}) for size in range(30)]
    for request in echoes:
        client.send(request)
    for request in echoes:
        client.until(f"at once {request['id']}", request["id"])


def listen(client: Client) -> None:
    """A subscription, what it brings, and its end."""
    listening = client.request("subscriptions/listen", number="sub", notifications={"toolsListChanged": True})
    client.send(listening)
    client.ask("tools/call", name="test_trigger_tool_change", arguments={})
    client.ask("tools/call", name="test_trigger_prompt_change", arguments={})
    client.tell("cancelled", requestId="sub")
    client.ask("tools/call", name="test_trigger_tool_change", arguments={})


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_server_that_has_everything(revision: str, tmp_path: Path) -> None:
    seen = check(WHOLE, revision, tmp_path, converse)
    assert len(seen.answers) > 60
    assert len(seen.asked) == (0 if revision == MODERN else 5)
    assert seen.told


def batched(client: Client) -> None:
    client.open()
    tools = client.listed("tools/list", "tools")
    asked = [client.request("tools/call", name=tool["name"], arguments={}) for tool in tools[:3]]
    told = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 0}}
    client.send([*asked, told, client.request("no/such")])
    client.until("batch", None)
    client.send([told])
    client.ask("ping")


def test_batches_stay_batches_where_they_were_agreed(tmp_path: Path) -> None:
    seen = check(WHOLE, "2025-03-26", tmp_path, batched)
    (line,) = seen.answers["batch"]
    assert len(json.loads(line)) == 4


def ask_in_unclear_words(client: Client) -> None:
    client.open()
    for line in (
        b'{"jsonrpc":"2.0","id":70,"method":"ping","params":{"a":1,"a":2}}',
        b' {"jsonrpc":"2.0", "id":71,"method":"ping","Method":"x"} \r',
        b'[{"jsonrpc":"2.0","id":72,"method":"ping"}]',
        b'{"jsonrpc":"2.0","id":73,"method":"ping","params":{"a":1e999}}',
    ):
        client.send(line)
        client.until(line.decode(), json.loads(line.strip(b" \r"))["id"] if b"[" not in line else 72)


def test_an_observing_gate_passes_on_even_what_it_would_refuse(tmp_path: Path) -> None:
    check(WHOLE, LEGACY, tmp_path, ask_in_unclear_words, "observing")


FILESYSTEM = ("read_file", "read_text_file", "read_media_file", "list_directory", "list_directory_with_sizes")


def files(folder: Path) -> Calls:
    """Arguments for the read-only tools of the filesystem server."""
    file, here = {"path": str(folder / "a.txt")}, {"path": str(folder)}
    alone = {name: file if name.startswith("read") else here for name in (*FILESYSTEM, "directory_tree")}
    more = {"read_multiple_files": {"paths": [str(folder / "a.txt"), "/outside"]}, "list_allowed_directories": {}}
    return {**alone, **more, "search_files": {**here, "pattern": "*.txt"}, "get_file_info": file}


def repository(folder: Path) -> Calls:
    """Arguments for the read-only tools of the git server, and a repository for them."""
    git = ["git", "-C", str(folder), "-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    for args in (["init", "-q", "-b", "main"], ["add", "a.txt"], ["commit", "-q", "-m", "Add a text"]):
        subprocess.run([*git, *args], check=True)
    (folder / "a.txt").write_text("hello again\n")
    where = {"repo_path": str(folder)}
    plain = ("git_status", "git_diff_unstaged", "git_diff_staged", "git_log")
    named = {"git_diff": {"target": "main"}, "git_show": {"revision": "HEAD"}, "git_branch": {"branch_type": "local"}}
    return {**dict.fromkeys(plain, where), **{name: {**where, **more} for name, more in named.items()}}


EVERYTHING: Calls = {
    "echo": {"message": "héllo"},
    "get-annotated-message": {"messageType": "error", "includeImage": True},
    "get-env": {},
    "get-resource-links": {"count": 3},
    "get-resource-reference": {"resourceType": "Text", "resourceId": 1},
    "get-roots-list": {},
    "get-structured-content": {"location": "New York"},
    "get-sum": {"a": 1, "b": 2.5},
    "get-tiny-image": {},
    "trigger-elicitation-request": {},
    "trigger-long-running-operation": {"duration": 0.2, "steps": 2},
    "trigger-sampling-request": {"prompt": "What is the capital of France?", "maxTokens": 50},
}
CLOCK: Calls = {
    "get_current_time": {"timezone": "Europe/Madrid"},
    "convert_time": {"source_timezone": "UTC", "time": "16:30", "target_timezone": "Asia/Tokyo"},
}
THOUGHT = {"thought": "One.", "nextThoughtNeeded": False, "thoughtNumber": 1, "totalThoughts": 1}
GRAPH: Calls = {"read_graph": {}, "search_nodes": {"query": "a"}, "open_nodes": {"names": ["a"]}}
NPM: dict[str, Callable[[Path], tuple[list[str], Calls]]] = {
    "filesystem": lambda folder: ([npm("filesystem"), str(folder)], files(folder)),
    "everything": lambda _: ([npm("everything")], EVERYTHING),
    "memory": lambda _: ([npm("memory")], GRAPH),
    "sequential-thinking": lambda _: ([npm("sequential-thinking")], {"sequentialthinking": THOUGHT}),
}
PYPI: dict[str, Callable[[Path], Calls]] = {
    "git": repository,
    "time": lambda _: CLOCK,
    "fetch": lambda _: {"fetch": {"url": "http://127.0.0.1:9/"}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("hello\n")
    return tmp_path / "data"


@pytest.mark.parametrize(
    "name", [name if name == "filesystem" else pytest.param(name, marks=pytest.mark.slow) for name in NPM]
)
def test_reference_servers_of_the_handshake_era(name: str, tmp_path: Path, folder: Path) -> None:
    server, calls = NPM[name](folder)
    check(server, LEGACY, tmp_path, lambda client: read_everything(client, calls))


def change_its_mind(client: Client) -> None:
    client.open()
    client.listed("tools/list", "tools")
    slow, arguments = "trigger-long-running-operation", {"duration": 0.8, "steps": 1}
    client.ask("tools/call", name=slow, arguments=arguments)  # the server asks for roots meanwhile
    begun = client.request("tools/call", name=slow, arguments=arguments)
    client.send(begun)
    client.tell("cancelled", requestId=begun["id"], reason="enough")
    client.ask("ping")


@pytest.mark.slow
def test_a_call_that_is_cancelled_while_it_runs_is_not_answered(tmp_path: Path) -> None:
    seen = check([npm("everything")], LEGACY, tmp_path, change_its_mind)
    assert "unasked" not in seen.answers


@pytest.mark.slow
@pytest.mark.parametrize("revision", [LEGACY, MODERN])
@pytest.mark.parametrize("name", PYPI)
def test_reference_servers_of_both_eras(name: str, revision: str, tmp_path: Path, folder: Path) -> None:
    calls = PYPI[name](folder)
    server = [sys.executable, "-m", f"mcp_server_{name}"]
    check(server, revision, tmp_path, lambda client: read_everything(client, calls))
