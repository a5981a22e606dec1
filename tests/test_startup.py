"""What a command must not import: start-up is most of what a short run costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SDK = {"mcp", "mcp_types", "pydantic", "httpx2", "starlette", "uvicorn"}
LOOP = {"anyio", "asyncio"}
LOOKS = {"rich", "sarif_om"}
WEB = {"http", "ssl", "socket", "email", "urllib3"}

SERVER = Path(__file__).parent.parent / "bench" / "servers" / "plain.py"


def imported(*args: str, cwd: Path) -> set[str]:
    """Top-level modules that a command imports, as the interpreter itself reports them."""
    command = [sys.executable, "-X", "importtime", "-m", "oktsec_lint", *args]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert lines, done.stderr
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def config(folder: Path) -> str:
    text = f'mcp_servers:\n  plain:\n    transport: stdio\n    command: "{sys.executable}"\n    args: ["{SERVER}"]\n'
    (folder / "oktsec.yaml").write_text(text)
    return "oktsec.yaml"


def test_version_imports_nothing_of_ours_or_others(tmp_path: Path) -> None:
    assert not imported("--version", cwd=tmp_path) & (SDK | LOOP | LOOKS | {"typer", "yaml", "re2"})


COMMANDS = ("rules", "scan --offline", "scan", "tools", "tokens list", "discover", "wrap --all")


@pytest.mark.parametrize("args", [tuple(command.split()) for command in COMMANDS], ids=COMMANDS)
def test_commands_without_an_http_server_never_import_the_sdk(args: tuple[str, ...], tmp_path: Path) -> None:
    config(tmp_path)
    assert not imported(*args, cwd=tmp_path) & (SDK | LOOP | LOOKS)


def test_a_plain_scan_of_a_snapshot_imports_nothing_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text('{"tools": [{"name": "x", "description": "Reads a file."}]}')
    needless = {"typer", "yaml", "dataclasses", "inspect", "difflib", "traceback", "html", "hashlib", "subprocess"}
    assert not imported("scan", "--offline", "tools.json", cwd=tmp_path) & (SDK | LOOP | LOOKS | needless)


def test_only_sarif_pays_for_sarif(tmp_path: Path) -> None:
    config(tmp_path)
    assert "sarif_om" in imported("scan", "--offline", "--format", "sarif", cwd=tmp_path)


def test_the_gate_imports_neither_sdk_nor_typer_nor_an_event_loop(tmp_path: Path) -> None:
    used = imported("run", "--journal", "j.db", "--", sys.executable, "-c", "pass", cwd=tmp_path)
    assert not used & (SDK | LOOP | LOOKS | WEB | {"typer", "cryptography"})


def test_a_gate_with_a_webhook_and_nothing_to_tell_imports_no_http(tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text("webhooks: [{name: team, url: 'https://team.example/hook'}]\n")
    used = imported("run", "--journal", "j.db", "--", sys.executable, "-c", "pass", cwd=tmp_path)
    assert not used & (SDK | LOOP | LOOKS | WEB | {"typer"})
