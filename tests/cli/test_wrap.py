"""`discover`, `wrap` and `unwrap` as a user runs them, over a home of every client."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from oktsec_lint.core.wrapping import wrapped_in
from tests.homes import FILES, LOCAL, MARK, SECRET, Home

CLIENTS = [client for client, _ in FILES]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def servers(home: Home) -> list[dict[str, Any]]:
    """Every server that `discover` shows."""
    report = json.loads(home.run("discover", "--format", "json").out)
    return [server for file in report["files"] for server in file["servers"]]


def backup(file: Path) -> Path:
    return file.with_name(f"{file.name}.oktsec-backup")


@pytest.fixture
def full(home: Home) -> Home:
    """A home in which every client is used."""
    for client in CLIENTS:
        home.give(client, 0o640)
    return home


def test_wrapping_and_unwrapping_leaves_every_client_as_it_was(full: Home) -> None:
    before = full.everything()
    done = full.run("wrap", "--all")
    assert (done.code, done.err.count("error")) == (0, 0), done
    report = json.loads(full.run("discover", "--format", "json").out)
    wrapped = {
        file["client"]: tuple(server["name"] for server in file["servers"] if server["wrapped"])
        for file in report["files"]
    }
    assert wrapped == {client: LOCAL.get(client, ("notes",)) for client in CLIENTS}
    assert full.run("unwrap", "--all").code == 0
    assert full.everything() == before


def test_wrapping_twice_is_wrapping_once(full: Home) -> None:
    full.run("wrap", "--all", "--enforce")
    once = full.everything()
    again = full.run("wrap", "--all", "--enforce")
    assert full.everything() == once
    assert again.out.count("already wrapped, enforcing") == again.out.count("wrapped") > len(CLIENTS)


def test_an_edit_between_wrapping_and_unwrapping_survives(full: Home) -> None:
    files = [full.folder / path for _, path in FILES]
    edited = [file.read_bytes().replace(MARK.encode(), b"anotherWord") for file in files]
    assert full.run("wrap", "--all").code == 0
    for file in files:
        file.write_bytes(file.read_bytes().replace(MARK.encode(), b"anotherWord"))
    done = full.run("unwrap", "--all")
    assert [file.read_bytes() for file in files] == edited
    assert done.err.count("so the copy from then is still there") == len(files)
    assert all(backup(file).exists() for file in files)


def test_only_launch_lines_change(full: Home) -> None:
    files = [(client, full.folder / path) for client, path in FILES]
    before = {client: file.read_bytes().splitlines() for client, file in files}
    full.run("wrap", "--all")
    names = (b"command", b'"path"', b'"-y"', b'"args"', b"uvx", b"npx")
    for client, file in files:
        gone = [line for line in before[client] if line not in file.read_bytes().splitlines()]
        assert all(any(name in line for name in names) for line in gone)
        assert 0 < len(gone) <= 2 * len(LOCAL.get(client, ("notes",)))


def test_the_wrapped_line_starts_this_program_wherever_it_is_run(home: Home) -> None:
    file = home.give("claude-desktop")
    home.run("wrap", "claude-desktop", "--enforce")
    entry = json.loads(file.read_text())["mcpServers"]["notes"]
    line = wrapped_in([entry["command"], *entry["args"]])
    assert line is not None
    assert Path(entry["command"]).is_absolute()
    assert line.wrapping.config == str(home.project / "oktsec.yaml")
    assert (line.wrapping.server, line.wrapping.enforce) == ("notes", True)
    assert entry["args"][-1] == "/usr/local/bin/notes"


def test_enforcing_can_be_added_and_is_not_lost(home: Home) -> None:
    home.give("cursor")
    assert "observing" in home.run("wrap", "cursor").out
    assert "wrapped, enforcing" in home.run("wrap", "cursor", "--enforce").out
    assert "already wrapped, enforcing" in home.run("wrap", "cursor").out
    assert {server["enforce"] for server in servers(home) if server["wrapped"]} == {True}
    home.run("unwrap", "cursor")
    assert not any(server["wrapped"] for server in servers(home))


def test_words_that_somebody_added_to_ours_stay(home: Home) -> None:
    file = home.give("windsurf")
    home.run("wrap", "windsurf")
    file.write_text(file.read_text().replace('"--agent"', '"--journal", "/tmp/j.db", "--agent"', 1))
    home.run("wrap", "windsurf", "--enforce")
    assert '"--journal", "/tmp/j.db"' in file.read_text()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_copies_are_no_easier_to_read_than_the_file(mode: int, home: Home) -> None:
    file = home.give("claude-desktop", mode)
    before = file.read_bytes()
    home.run("wrap", "claude-desktop")
    beside = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert set(beside.values()) == {mode}
    assert len(beside) == 3
    assert backup(file).read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_are_not_taken_away_from_their_user(home: Home) -> None:
    file = home.give("vscode")
    os.chown(file, 4321, 4321)
    home.run("wrap", "vscode")
    assert {path.stat().st_uid for path in file.parent.iterdir()} == {4321}
    home.run("unwrap", "vscode")
    assert file.stat().st_gid == 4321


def test_the_copy_is_of_the_first_time(home: Home) -> None:
    file = home.give("cursor")
    first = file.read_bytes()
    home.run("wrap", "cursor")
    file.write_bytes(file.read_bytes().replace(MARK.encode(), b"x"))
    home.run("wrap", "cursor", "--enforce")
    assert backup(file).read_bytes() == first


def test_a_link_stays_a_link(home: Home) -> None:
    file = home.give("cursor")
    target = home.folder / "dotfiles" / "cursor.json"
    target.parent.mkdir()
    file.rename(target)
    file.symlink_to("../dotfiles/cursor.json")
    before = target.read_bytes()
    home.run("wrap", "cursor")
    assert file.is_symlink()
    assert target.read_bytes() != before
    home.run("unwrap", "cursor")
    assert (file.is_symlink(), target.read_bytes()) == (True, before)


def test_a_file_that_cannot_be_parsed_is_refused_at_its_place_and_the_others_are_done(home: Home) -> None:
    broken = home.write(".cursor/mcp.json", '{"mcpServers": {\n  "a": {"command": "npx" "args": []}\n}}')
    home.give("windsurf")
    done = home.run("wrap", "--all")
    assert done.code == 2
    assert f"{broken}:2:26: not valid JSON" in done.err
    assert "npx" in broken.read_text()
    assert sum(server["wrapped"] for server in servers(home)) == 2


def test_an_entry_that_makes_no_sense_is_left_and_the_others_are_done(home: Home) -> None:
    text = '{"mcpServers": {\n"odd": {"command": "npx", "args": "-y"},\n"none": {},\n"fine": {"command": "npx"}}}'
    home.write(".cursor/mcp.json", text)
    done = home.run("wrap", "cursor")
    assert done.code == 4
    assert [line.split(None, 1) for line in done.out.splitlines()[1:]] == [
        ["odd", "left as it is: line 2: this launch line is not made of texts"],
        ["none", "left as it is: it has no command"],
        ["fine", "wrapped for agent cursor, observing"],
    ]


def test_a_dry_run_writes_nothing_and_shows_no_secret(full: Home) -> None:
    before = full.everything()
    done = full.run("wrap", "--all", "--dry-run", "--enforce")
    assert full.everything() == before
    assert done.out.count("\n--- ") + 1 == len(CLIENTS)
    assert '+\t\t\t"command": "' in done.out
    assert "wrapped" in done.err
    assert SECRET not in done.out


def test_upstreams_gate_is_not_put_behind_ours(home: Home) -> None:
    home.write(".cursor/mcp.json", '{"mcpServers": {"a": {"command": "oktsec", "args": ["proxy", "--", "npx"]}}}')
    done = home.run("wrap", "cursor")
    assert (done.code, "take it out with `oktsec unwrap` first" in done.out) == (4, True)


ROUTED = """\
gateway: {enabled: true, port: 9191, endpoint_path: /in}
mcp_servers:
  remote: {transport: http, url: "https://mcp.example.com/mcp"}
"""


@pytest.mark.parametrize(("client", "key"), [("cursor", "url"), ("gemini", "httpUrl"), ("opencode", "url")])
def test_urls_go_through_a_gateway_when_asked_and_back(client: str, key: str, home: Home) -> None:
    home.configure(ROUTED)
    file = home.give(client)
    before = home.everything()
    home.run("wrap", client)
    assert home.everything() == before
    assert "routed through http://127.0.0.1:9191/in" in home.run("wrap", client, "--gateway").out
    assert any(server["launch"] == "http://127.0.0.1:9191/in" for server in servers(home))
    assert key in file.read_text()
    once = home.everything()
    home.run("wrap", client, "--gateway")
    assert home.everything() == once
    home.run("unwrap", client)
    assert home.everything() == before


def test_what_the_gateway_does_not_know_or_speak_is_left(home: Home) -> None:
    home.configure(ROUTED)
    home.give("codex")
    assert "remote        left as it is: its `Authorization` is for" in home.run("wrap", "codex", "--gateway").out
    home.give("gemini")
    done = home.run("wrap", "gemini", "--gateway")
    assert "sse    left as it is: no `mcp_servers` entry of oktsec.yaml has its URL" in done.out
    home.configure(ROUTED + '  sse: {transport: http, url: "https://mcp.example.com/sse"}\n')
    done = home.run("wrap", "gemini", "--gateway")
    assert "sse    left as it is: it is reached by the older SSE transport" in done.out


def test_a_token_of_the_gateway_does_not_go_to_the_server(home: Home) -> None:
    home.configure(ROUTED)
    file = home.give("cursor")
    before = file.read_bytes()
    home.run("wrap", "cursor", "--gateway")
    headers = f'"headers": {{"Authorization": "Bearer {SECRET}"}}, '
    file.write_text(file.read_text().replace('"auth":', headers + '"auth":'))
    done = home.run("unwrap", "cursor")
    assert (done.code, "http://127.0.0.1:9191/in" in file.read_text()) == (4, True)
    assert "remote  left as it is: its `Authorization` is for the gateway" in done.out
    file.write_text(file.read_text().replace(headers, ""))
    assert (home.run("unwrap", "cursor").code, file.read_bytes()) == (0, before)


TWO = """\
mcpServers:
  - {name: first, type: streamable-http, url: "https://one.example.com/mcp"}
  - {name: remote, type: streamable-http, url: "https://mcp.example.com/mcp"}
"""


def test_a_server_that_has_moved_does_not_get_the_url_of_another(home: Home) -> None:
    home.configure(ROUTED + '  first: {transport: http, url: "https://one.example.com/mcp"}\n')
    file = home.write(".continue/config.yaml", TWO)
    assert home.run("wrap", "continue", "--gateway").out.count("routed") == 2
    lines = file.read_text().splitlines(keepends=True)
    file.write_text(lines[0] + lines[2])
    done = home.run("unwrap", "continue")
    assert (done.code, "remote  left as it is: it was renamed or moved since" in done.out) == (4, True), done
    assert "one.example.com" not in file.read_text()
    file.write_text("".join(lines))
    assert (home.run("unwrap", "continue").code, file.read_text()) == (0, TWO)


BESIDE = """\
{"mcpServers": {
  "shell": {"command": "sh", "args": ["-c", "true", "oktsec-lint", "run", "--enforce", "--", "python3", "server.py"]},
  "args": {"command": "python3", "args": ["server.py", "-m", "oktsec_lint", "run", "--", "x"]},
  "other": {"command": "/tmp/oktsec-lint", "args": ["run", "--enforce", "--", "python3", "server.py"]}
}}
"""


def test_a_name_on_a_line_is_no_gate(home: Home) -> None:
    file = home.write(".cursor/mcp.json", BESIDE)
    assert home.run("discover").out.splitlines()[1:] == [
        "  shell  unguarded                     sh -c true oktsec-lint run --enforce -- python3 server.py",
        "  args   unguarded                     python3 server.py -m oktsec_lint run -- x",
        "  other  enforced by /tmp/oktsec-lint  python3 server.py",
    ]
    file.write_text(BESIDE.replace("/tmp/oktsec-lint", "other"))
    before = file.read_bytes()
    assert home.run("wrap", "cursor").out.count("  wrapped") == 3
    home.run("unwrap", "cursor")
    assert file.read_bytes() == before


KNOWN = """\
mcp_servers:
  memos: {transport: stdio, command: npx, args: ["-y", "@example/notes@1.2.3", "${NOTES_DIR}"]}
  off: {transport: stdio, command: uvx, args: [another]}
agents:
  %s: {allowed_tools: [read]}
"""


def test_a_server_is_known_by_how_it_is_started(home: Home) -> None:
    home.configure(KNOWN % "cursor")
    home.give("cursor")
    home.run("wrap", "cursor")
    assert [(item["name"], item["server"], item["agent"]) for item in servers(home) if item["wrapped"]] == [
        ("notes", "memos", "cursor"),
        ("off", "off", "cursor"),
    ]


def test_an_agent_is_called_as_the_client_or_the_server(home: Home) -> None:
    home.give("cursor")
    home.configure(KNOWN % "memos")
    done = home.run("wrap", "cursor")
    assert "notes   wrapped for agent memos" in done.out
    assert "off     left as it is: oktsec.yaml has no agent called cursor or off: add one, or name one" in done.out
    assert home.run("wrap", "cursor", "--agent", "nobody").err.count("no agent named nobody") == 1
    assert "off     wrapped for agent memos" in home.run("wrap", "cursor", "--agent", "memos").out


def test_a_server_that_the_configuration_does_not_have_is_left(home: Home) -> None:
    home.configure("mcp_servers: {other: {transport: stdio, command: other}}\n")
    file = home.give("cursor")
    before = file.read_bytes()
    done = home.run("wrap", "cursor")
    assert (done.code, file.read_bytes()) == (4, before)
    assert "oktsec.yaml has no such server: add it under `mcp_servers`" in done.out


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("wrap",), 2, "name clients, or pass --all (found: cursor)"),
        (("wrap", "cursor", "--all"), 2, "--all goes without names"),
        (("wrap", "curser"), 2, "no client named curser (did you mean cursor?)"),
        (("unwrap", "zed"), 3, "no file of such a client found"),
        (("wrap", "--all", "--config", "nowhere.yaml"), 2, "nowhere.yaml: no such file"),
    ],
)
def test_mistakes(args: tuple[str, ...], code: int, said: str, home: Home) -> None:
    home.give("cursor")
    done = home.run(*args)
    assert (done.code, said in done.err) == (code, True), done


def test_without_a_configuration_nothing_is_wrapped(home: Home) -> None:
    home.give("cursor")
    (home.project / "oktsec.yaml").unlink()
    done = home.run("wrap", "--all")
    assert (done.code, "no configuration found" in done.err) == (3, True)


def test_discover_says_what_there_is(home: Home) -> None:
    assert home.run("discover").code == 3
    home.give("cursor")
    home.write("project/.mcp.json", '{"mcpServers": {}}')
    home.write(".gemini/settings.json", "{")
    done = home.run("discover")
    assert done.code == 2
    assert done.out.splitlines() == [
        "claude-code  ~/project/.mcp.json",
        "  no servers",
        "cursor  ~/.cursor/mcp.json",
        "  notes   unguarded            npx -y @example/notes@1.2.3 '${NOTES_DIR}'",
        "  remote  unguarded            https://mcp.example.com/mcp",
        "  off     unguarded, disabled  uvx x==1.0",
        "gemini  ~/.gemini/settings.json",
    ]
    assert f"{home.folder}/.gemini/settings.json:1:2: not valid JSON" in done.err
    lines = [server["line"] for server in servers(home)]
    assert lines == [4, 10, 11]


def test_a_state_that_somebody_else_wrote_is_refused(home: Home) -> None:
    file = home.give("vscode")
    home.run("wrap", "vscode")
    wrapped = file.read_bytes()
    file.with_name(f"{file.name}.oktsec-state").write_text("[]")
    done = home.run("unwrap", "vscode")
    assert (done.code, "this is not what `wrap` has written" in done.err) == (2, True)
    assert file.read_bytes() == wrapped
