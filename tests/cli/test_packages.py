"""Packages' manifests on the command line: judged without being started, and what was not looked at is said."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.command import oktsec_lint

PACKAGES = Path(__file__).parents[1] / "fixtures" / "packages"


def scanned(*args: str, cwd: Path) -> tuple[int, list[tuple[str, int, int]], list[dict[str, Any]]]:
    ran = oktsec_lint("scan", "--no-progress", "--format", "json", *args, cwd=cwd)
    report = json.loads(ran.out)
    found = [(item["rule"], item["location"]["line"], item["location"]["column"]) for item in report["findings"]]
    return ran.code, found, report["servers"]


def test_a_server_json_is_incomplete_and_says_why(tmp_path: Path) -> None:
    shutil.copy(PACKAGES / "server.json", tmp_path)
    code, found, (server,) = scanned("--fail-on", "high", "server.json", cwd=tmp_path)
    assert code == 4
    assert ("CFG-019", 50, 28) in found
    assert server["status"] == "not scanned"
    text = oktsec_lint("scan", "--no-progress", "server.json", cwd=tmp_path).out
    assert "Not looked at: io.github.example/notes" in text
    assert "--start has it listed" in text


def test_a_package_can_be_excused_from_being_looked_at(tmp_path: Path) -> None:
    shutil.copy(PACKAGES / "docker" / "server.yaml", tmp_path)
    assert oktsec_lint("scan", "--no-progress", "--allow-unreachable", "server.yaml", cwd=tmp_path).code == 0


def bundle_in(folder: Path) -> Path:
    bundle = folder / "notes.mcpb"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.write(PACKAGES / "bundle" / "manifest.json", "manifest.json")
    return bundle


def test_a_poisoned_bundle_is_found_inside_its_archive(tmp_path: Path) -> None:
    bundle_in(tmp_path)
    code, found, (server,) = scanned("notes.mcpb", cwd=tmp_path)
    assert code == 1
    assert ("IAP-007", 22, 43) in found
    assert [tool["verdict"] for tool in server["tools"]] == ["clean", "block"]


def test_a_bundle_comes_through_standard_input(tmp_path: Path) -> None:
    data = bundle_in(tmp_path).read_bytes()
    ran = oktsec_lint("scan", "--no-progress", "--format", "json", "-", cwd=tmp_path, stdin=data)
    assert {item["location"]["path"] for item in json.loads(ran.out)["findings"]} == {"-"}


def test_nothing_of_a_package_is_started(tmp_path: Path) -> None:
    (tmp_path / "started.py").write_text("open('proof', 'w')")
    bundle = {
        "manifest_version": "0.3",
        "name": "x",
        "server": {"type": "python", "entry_point": "x", "mcp_config": {"command": "python3", "args": ["started.py"]}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(bundle))
    assert oktsec_lint("scan", "--no-progress", "manifest.json", cwd=tmp_path).code == 4
    assert not (tmp_path / "proof").exists()


def test_a_package_is_judged_by_a_configuration(tmp_path: Path) -> None:
    shutil.copy(PACKAGES / "bundle" / "manifest.json", tmp_path)
    (tmp_path / "oktsec.yaml").write_text("rules: [{id: PKG-001, action: ignore}]\n")
    _, found, _ = scanned("--config", "oktsec.yaml", "manifest.json", cwd=tmp_path)
    assert "PKG-001" not in {rule for rule, _, _ in found}
    assert "PKG-008" in {rule for rule, _, _ in found}


def test_several_packages_are_one_run(tmp_path: Path) -> None:
    names = ["server.json", "catalog.yaml", "smithery.yaml"]
    for name in names:
        shutil.copy(PACKAGES / name, tmp_path)
    _, _, servers = scanned(*names, cwd=tmp_path)
    assert [server["name"] for server in servers][:2] == ["io.github.example/notes", "notes"]
    assert len(servers) == len(names) + 2


SERVER = """\
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    answers = {
        "initialize": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "n"}},
        "tools/list": {"tools": [{"name": "read", "description": "Reads.", "inputSchema": {"type": "object"}}]},
    }
    if "id" in message:
        result = answers.get(message["method"], {})
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""


def package_in(folder: Path) -> None:
    (folder / "served.py").write_text(SERVER)
    package = {"registryType": "pypi", "runtimeHint": sys.executable, "identifier": "served.py"}
    package["environmentVariables"] = [{"name": "NOTES_TOKEN", "isSecret": True}]
    manifest = {"name": "com.example/notes", "description": "d", "version": "1", "packages": [package]}
    (folder / "server.json").write_text(json.dumps(manifest))


def test_a_package_is_started_only_on_request(tmp_path: Path) -> None:
    package_in(tmp_path)
    scan = ("scan", "--no-progress", "--format", "json", "server.json")
    assert oktsec_lint(*scan, cwd=tmp_path).code == 4
    ran = oktsec_lint(*scan, "--start", cwd=tmp_path, env={"NOTES_TOKEN": "t"})
    (server,) = json.loads(ran.out)["servers"]
    assert (ran.code, server["status"], [tool["name"] for tool in server["tools"]]) == (0, "complete", ["read"])


def test_what_the_user_has_to_give_is_asked_for_by_name(tmp_path: Path) -> None:
    package_in(tmp_path)
    ran = oktsec_lint("scan", "--no-progress", "--start", "server.json", cwd=tmp_path)
    assert ran.code == 4
    assert "`NOTES_TOKEN` not set" in ran.out


def test_starting_and_staying_offline_contradict_each_other(tmp_path: Path) -> None:
    package_in(tmp_path)
    ran = oktsec_lint("scan", "--start", "--offline", "server.json", cwd=tmp_path)
    assert (ran.code, ran.err) == (2, "oktsec-lint: error: --start does not go with --offline\n")
