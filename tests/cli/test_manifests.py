"""`scan` of clients' own files as a user runs it: named, found, compared, judged by a configuration."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.command import oktsec_lint

PLAIN = Path(__file__).parents[2] / "bench" / "servers" / "plain.py"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="asks at a terminal")


def entry(*args: str, **more: object) -> dict[str, object]:
    return {"command": sys.executable, "args": [str(PLAIN), "1", *args], **more}


def write(folder: Path, name: str, servers: dict[str, object], key: str = "mcpServers") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({key: servers}, indent=2))
    return path


def answered(folder: Path, answer: str, *args: str) -> tuple[int, str]:
    """Run the command at a terminal of its own and give one answer: exit code, and everything that was shown."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(HOME=str(folder), NO_COLOR="1", TERM="dumb")
        os.execv(sys.executable, [sys.executable, "-m", "oktsec_lint", *args])
    shown = b""
    asked = False
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            chunk = b""
        if not chunk:
            break
        shown += chunk
        if not asked and b"[n]o:" in shown:
            asked = True
            os.write(terminal, answer.encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_the_servers_of_a_named_file_are_listed(tmp_path: Path) -> None:
    write(tmp_path, ".roo/mcp.json", {"plain": entry(), "off": entry(disabled=True)})
    ran = oktsec_lint("scan", ".roo/mcp.json", "--format", "json", cwd=tmp_path)
    (server,) = json.loads(ran.out)["servers"]
    assert (server["name"], server["status"], ran.code) == ("plain", "complete", 0)
    assert [tool["name"] for tool in server["tools"]] == ["list_invoices"]


def test_a_variable_of_the_client_is_expanded(tmp_path: Path) -> None:
    servers = {"plain": {"command": "${env:PYTHON}", "args": [str(PLAIN), "1"]}}
    write(tmp_path, ".cursor/mcp.json", servers)
    assert oktsec_lint("scan", ".cursor/mcp.json", cwd=tmp_path, env={"PYTHON": sys.executable}).code == 0
    unset = oktsec_lint("scan", ".cursor/mcp.json", cwd=tmp_path)
    assert unset.code == 4
    assert "variable `PYTHON` not set" in unset.out


def test_what_was_only_found_starts_nothing_where_nobody_can_be_asked(tmp_path: Path) -> None:
    witness = tmp_path / "started"
    write(tmp_path, ".mcp.json", {"w": {"command": "touch", "args": [str(witness)]}})
    ran = oktsec_lint("scan", cwd=tmp_path)
    assert ran.code == 4
    assert "name the files to have them listed" in ran.err
    assert not witness.exists()


def test_what_was_only_found_is_started_by_who_agrees(tmp_path: Path) -> None:
    secret = "ghp_0123456789abcdefghijABCDEFGHIJ456789"
    write(tmp_path, ".mcp.json", {"plain": entry("0", "--api-key", secret, env={"A_TOKEN": "hunter2"})})
    refused, shown = answered(tmp_path, "n", "scan", "--fail-on", "never")
    assert refused == 4
    assert f"{sys.executable} {PLAIN} 1 0 --api-key '***'" in shown.replace("\r\n", "")
    assert "(with A_TOKEN)" in shown
    assert secret not in shown
    assert "hunter2" not in shown
    agreed, shown = answered(tmp_path, "y", "scan", "--fail-on", "never")
    assert agreed == 0, shown
    assert "1 tool" in shown


@pytest.mark.parametrize(
    "script",
    [
        "echo " + "a" * 2100 + "; touch OWNED",
        "TOKEN=x; touch OWNED",
        "echo bearer ;touch${IFS}OWNED",
        "https://a.example/?token=x;touch${IFS}OWNED",
    ],
)
def test_nobody_is_asked_about_a_command_that_is_not_shown_whole(script: str, tmp_path: Path) -> None:
    write(tmp_path, ".mcp.json", {"plain": entry(), "odd": {"command": "sh", "args": ["-c", script]}})
    code, shown = answered(tmp_path, "y", "scan", "--fail-on", "never")
    assert code == 4
    assert "the whole command of `odd` cannot be shown" in shown
    assert "start them?" not in shown
    assert not (tmp_path / "OWNED").exists()


def test_who_is_asked_sees_variables_that_decide_what_is_run(tmp_path: Path) -> None:
    env = {"NODE_OPTIONS": "--require ./x.js", "PIP_INDEX_URL": "https://u:hunter2@a.example", "PLACE": "here"}
    write(tmp_path, ".mcp.json", {"plain": entry(env=env)})
    _, shown = answered(tmp_path, "n", "scan", "--fail-on", "never")
    assert "(with NODE_OPTIONS=--require ./x.js, PIP_INDEX_URL, PLACE)" in shown
    assert "hunter2" not in shown


def test_nothing_is_asked_for_a_run_that_starts_nothing(tmp_path: Path) -> None:
    write(tmp_path, ".vscode/mcp.json", {"plain": entry()}, "servers")
    ran = oktsec_lint("scan", "--offline", cwd=tmp_path)
    assert (ran.code, ran.err) == (4, "")


def test_settings_without_servers_are_not_found(tmp_path: Path) -> None:
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").write_text('{"editor.fontSize": 12}')
    ran = oktsec_lint("scan", cwd=tmp_path)
    assert ran.code == 3
    assert "no configuration found" in ran.err


def test_an_oktsec_yaml_comes_first(tmp_path: Path) -> None:
    write(tmp_path, ".mcp.json", {"plain": entry()})
    (tmp_path / "oktsec.yaml").write_text("agents: {}\n")
    assert oktsec_lint("scan", cwd=tmp_path).code == 3


def test_one_name_for_two_servers_in_two_files(tmp_path: Path) -> None:
    write(tmp_path, ".mcp.json", {"notes": {"command": "notes-server"}, "same": {"command": "x"}})
    write(tmp_path, ".cursor/mcp.json", {"notes": {"command": "./notes.sh"}, "same": {"command": "x"}})
    found = oktsec_lint("scan", "--offline", "-f", "concise", ".mcp.json", ".cursor/mcp.json", cwd=tmp_path).out
    (line,) = [line for line in found.splitlines() if "LCH-008" in line]
    assert line.startswith(".cursor/mcp.json:3:5: low LCH-008")
    assert "than in `.mcp.json`" in line


def test_a_configuration_judges_a_clients_file(tmp_path: Path) -> None:
    write(tmp_path, ".mcp.json", {"plain": entry(trust=True)})
    (tmp_path / "oktsec.yaml").write_text(
        "agents:\n  reader:\n    allowed_tools: [list_invoices, no_such_tool]\nrules: [{id: CFG-017, action: ignore}]\n"
    )
    ran = oktsec_lint("scan", "--config", "oktsec.yaml", ".mcp.json", "--format", "json", cwd=tmp_path)
    document = json.loads(ran.out)
    (server,) = document["servers"]
    assert server["tools"][0]["agents"] == ["reader"]
    assert [item["rule"] for item in document["findings"]] == ["COV-002"]


def test_a_format_can_be_named(tmp_path: Path) -> None:
    write(tmp_path, "some.json", {"plain": {"command": "${env:PYTHON}", "args": [str(PLAIN), "1"]}})
    assert oktsec_lint("scan", "--as", "cursor", "some.json", cwd=tmp_path, env={"PYTHON": sys.executable}).code == 0
    wrong = oktsec_lint("scan", "--as", "curser", "some.json", cwd=tmp_path)
    assert wrong.code == 2
    assert "one of claude-code, claude-desktop, cline" in wrong.err
    assert oktsec_lint("scan", "--as", "cursor", cwd=tmp_path).code == 2


def test_standard_input(tmp_path: Path) -> None:
    text = "[mcp_servers.plain]\n" + f'command = "{sys.executable}"\nargs = ["{PLAIN}", "1"]\n'
    assert oktsec_lint("scan", "--as", "codex", "-", cwd=tmp_path, stdin=text).code == 0


def test_a_clients_file_has_a_lock_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, ".mcp.json", {"plain": entry()})
    assert oktsec_lint("lock", ".mcp.json", cwd=tmp_path).code == 0
    assert (tmp_path / ".mcp.json.oktsec.lock").exists()
    assert not (tmp_path / "oktsec.lock").exists()
    assert oktsec_lint("scan", "--offline", "--locked", ".mcp.json", cwd=tmp_path).code == 0
    assert oktsec_lint("scan", "--offline", ".mcp.json.oktsec.lock", cwd=tmp_path).code == 0
    write(tmp_path, ".mcp.json", {"plain": entry("0")})
    changed = oktsec_lint("scan", "--offline", "--locked", ".mcp.json", cwd=tmp_path)
    assert changed.code == 1
    assert "LCK-005" in changed.out


@pytest.mark.parametrize("kind", ["opencode", "zed", "vscode", "codex"])
def test_no_lock_holds_a_credential(kind: str, tmp_path: Path) -> None:
    secret = "8f3b1c77d2e94a60"
    line = [sys.executable, str(PLAIN), "1", "0", "--api-key", secret]
    texts = {
        "opencode": json.dumps({"mcp": {"a": {"command": line, "environment": {"A_TOKEN": secret}}}}),
        "zed": json.dumps({"context_servers": {"a": {"command": {"path": line[0], "args": line[1:]}}}}),
        "vscode": json.dumps({"servers": {secret[:4]: {"command": line[0], "args": line[1:]}}}),
        "codex": f"[mcp_servers.a]\ncommand = {line[0]!r}\nargs = {line[1:]!r}\n",
    }
    name = {"codex": "config.toml"}.get(kind, "f.json")
    (tmp_path / name).write_text(texts[kind])
    assert oktsec_lint("lock", name, cwd=tmp_path).code == 0
    locked = (tmp_path / f"{name}.oktsec.lock").read_text()
    assert str(PLAIN) in locked
    assert "***#" in locked
    assert secret not in locked


def test_without_a_lock_it_says_how_to_write_one(tmp_path: Path) -> None:
    write(tmp_path, ".mcp.json", {"plain": entry()})
    ran = oktsec_lint("scan", "--offline", ".mcp.json", cwd=tmp_path)
    assert "there is no .mcp.json.oktsec.lock: write it with `oktsec-lint lock .mcp.json`" in " ".join(ran.out.split())


@pytest.mark.parametrize("name", [".mcp.json", "oktsec.yaml"])
def test_a_static_scan_imports_nothing_slow(name: str, tmp_path: Path) -> None:
    from tests.test_startup import LOOKS, LOOP, SDK, WEB, imported

    (tmp_path / name).write_text('{"mcpServers": {"a": {"command": "x"}}}' if name[0] == "." else "agents: {}\n")
    assert not imported("scan", "--offline", name, cwd=tmp_path) & (SDK | LOOP | LOOKS | WEB | {"typer", "tomllib"})
