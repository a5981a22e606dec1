"""The schema that editors complete by: it is what ships, it is valid, and it agrees with what a scan says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from oktsec_lint.sources import load_config
from oktsec_lint.sources.yaml_reader import read_yaml
from tests.command import oktsec_lint

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "docs" / "oktsec.schema.json"
VALIDATOR = jsonschema.Draft7Validator(json.loads(SHIPPED.read_bytes()))
ABOUT_SHAPE = {"CFG-001", "CFG-003", "CFG-004", "CFG-005"}


def complaints(text: str) -> list[str]:
    """Where the schema objects, as JSON pointers."""
    value: Any = read_yaml("oktsec.yaml", text).root.plain()
    return ["/" + "/".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(value)]


def test_the_command_prints_what_ships(tmp_path: Path) -> None:
    ran = oktsec_lint("schema", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == SHIPPED.read_text("utf-8"), "run `python -m oktsec_lint schema > docs/oktsec.schema.json`"


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize(
    "file",
    [
        *(ROOT / "tests/fixtures/configs").glob("[eu]*.yaml"),
        ROOT / "examples/oktsec.yaml",
        ROOT / "examples/poisoned.yaml",
    ],
)
def test_good_configurations_pass(file: Path) -> None:
    assert complaints(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("agnets: {}", "/"),
        ("default_policy: denny", "/default_policy"),
        ("agents: {coder: {allowed_tool: [read]}}", "/agents/coder"),
        ("gateway: {port: 70000}", "/gateway/port"),
        ("gateway: {port: many}", "/gateway/port"),
        ("rules: [{id: IAP-001, action: drop}]", "/rules/0/action"),
        ("rules: [{id: IAP-001}]", "/rules/0"),
        ("agents: [coder]", "/agents"),
        ("alerting: {cooldown: soon}", "/alerting/cooldown"),
    ],
)
def test_a_mistake_is_marked_where_a_scan_reports_it(text: str, at: str) -> None:
    assert complaints(text) == [at]
    assert {hit.rule for hit in load_config("oktsec.yaml", text).hits} & {*ABOUT_SHAPE, "CFG-002", "CFG-006", "CFG-020"}


@pytest.mark.parametrize(
    "text", ["agents: {coder: {suspended: on}}", "version: 1", "agents:", "x-anchors: {a: &a [b]}"]
)
def test_what_a_scan_accepts_is_not_marked(text: str) -> None:
    assert not {hit.rule for hit in load_config("oktsec.yaml", text).hits} & ABOUT_SHAPE
    assert complaints(text) == []
