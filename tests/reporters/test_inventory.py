"""The CycloneDX inventory, held to the schema its library brings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from oktsec_lint.core.model import Status
from oktsec_lint.core.report import Report, ServerRow
from oktsec_lint.reporters import render
from tests.reporters.cases import CASES, CLEAN, INJECTED, passing
from tests.reporters.test_hostile import decoded, reports

pytest.importorskip("cyclonedx")


def complaint(text: str) -> object:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


def of_package(package: str, version: str = "") -> dict[str, Any]:
    """The component of a server that runs `package`; empty when there is none."""
    row = ServerRow("s", Status.COMPLETE, package=package, version=version)
    text = render("cyclonedx", CLEAN._replace(servers=(row,)))
    assert complaint(text) is None
    component: dict[str, Any] = json.loads(text).get("components", [{}])[0]
    return component


@pytest.mark.parametrize("case", CASES)
def test_every_report_is_valid(case: str) -> None:
    assert complaint(render("cyclonedx", CASES[case][0])) is None


def test_the_validator_can_complain() -> None:
    document = json.loads(render("cyclonedx", CLEAN))
    document["services"][0]["name"] = 1
    assert complaint(json.dumps(document)) is not None


@given(reports())
def test_any_report_is_valid(report: Report) -> None:
    text = render("cyclonedx", report)
    decoded(text)
    assert complaint(text) is None


def test_a_server_is_a_service_with_its_tools() -> None:
    (service,) = json.loads(render("cyclonedx", INJECTED))["services"]
    assert service["name"] == "notes"
    assert {item["name"]: item["value"] for item in service["properties"]} == {
        "oktsec-lint:listed": "complete",
        "oktsec-lint:protocol": "2025-11-25",
        "oktsec-lint:prompts": "1",
        "oktsec-lint:tool:list_notes": "clean",
        "oktsec-lint:tool:tag_note": "quarantine",
        "oktsec-lint:tool:save_note": "block",
    }


@pytest.mark.parametrize(
    ("package", "version", "purl"),
    [
        ("npm:@scope/name", "1.2.3", "pkg:npm/%40scope/name@1.2.3"),
        ("npm:name", "", "pkg:npm/name"),
        ("pypi:MCP_Server.git", "2026.1", "pkg:pypi/mcp-server.git@2026.1"),
        ("oci:ghcr.io/a/b", "v1", "pkg:oci/b?repository_url=ghcr.io/a/b&tag=v1"),
        ("oci:b", "sha256:" + "a" * 64, f"pkg:oci/b@sha256:{'a' * 64}?repository_url=docker.io/library/b"),
    ],
)
def test_packages(package: str, version: str, purl: str) -> None:
    assert of_package(package, version)["purl"] == purl


@pytest.mark.parametrize(
    "package",
    [
        "",
        "npm:git+https://user:token@example.com/x.git",
        "npm:./here",
        "npm:user/repository",
        "pypi:",
        "npm:a b",
        "cargo:x",
    ],
)
def test_what_no_index_holds_is_no_component(package: str) -> None:
    assert of_package(package) == {}


def test_a_server_depends_on_its_package() -> None:
    rows = [ServerRow(name, Status.COMPLETE, package="npm:x", version="1.0.0") for name in ("a", "b")]
    document = json.loads(render("cyclonedx", CLEAN._replace(servers=tuple(rows))))
    edges = {item["ref"]: item.get("dependsOn") for item in document["dependencies"]}
    assert edges == {"server-0": ["package-0"], "server-1": ["package-1"], "package-0": None, "package-1": None}


def test_a_server_with_too_many_tools_says_so() -> None:
    row = ServerRow("s", Status.COMPLETE, tools=passing(*(f"t{number}" for number in range(1_500))))
    text = render("cyclonedx", CLEAN._replace(servers=(row,)))
    assert '"oktsec-lint:left-out", "value": "500 tools"' in text


def test_without_the_library_it_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text("mcp_servers: {a: {transport: stdio, command: touch, args: [started]}}\n")
    program = "import sys; sys.modules['cyclonedx'] = None; from oktsec_lint.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "scan", "--report", "cyclonedx=x.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the format cyclonedx needs a library that is not installed" in done.stderr
    assert "pip install 'oktsec-lint[cyclonedx]'" in done.stderr
    assert not (tmp_path / "started").exists()
