"""What a file is: configuration, snapshot, or an error that names both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.errors import SourceError
from oktsec_lint.sources import LoadedConfig, Snapshot, load_config, open_source

FIXTURES = Path(__file__).parents[1] / "fixtures"

KINDS: list[tuple[bytes, type]] = [
    (b"agents: {}", LoadedConfig),
    (b"server: {port: 8080}", LoadedConfig),
    (b"\xef\xbb\xbfmcp_servers:\r\n  a: {}\r\n", LoadedConfig),
    (b"{agents: {a: {}}}", LoadedConfig),
    (b'{"mcp_servers": {"a": {"command": "x"}}, "version": "1"}', LoadedConfig),
    (b'{"mcpServers": {"a": {"command": "x"}}, "tools": {"core": ["x"]}}', LoadedConfig),
    (b'// mine\n{"mcpServers": {"a": {"command": "x",},},}', LoadedConfig),
    (b"mcpServers:\n  a: {command: x}", LoadedConfig),
    (b'{"tools": []}', Snapshot),
    (b"[]", Snapshot),
    (b'\xef\xbb\xbf {"tools": []}', Snapshot),
    (b'{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}\n{"jsonrpc":"2.0","id":2,"result":{"prompts":[]}}', Snapshot),
    (b'{"manifest_version": "0.3", "version": "1.0.0", "tools": []}', Snapshot),
]


@pytest.mark.parametrize(("data", "kind"), KINDS, ids=range(len(KINDS)))
def test_kinds(data: bytes, kind: type) -> None:
    assert isinstance(open_source("f", data), kind)


ERRORS = [
    (b"", "empty"),
    (b"hello", "no mapping"),
    (b"foo: 1\nbar: 2", "neither"),
    (b"- a\n- b", "no mapping"),
    (b'{"foo": 1}', "neither"),
    (b'{"tools": [], "agents": {}}', "could be"),
    (b'{"tools": [}', "not valid JSON"),
    (b"{agents: {a: ]}", "not valid JSON"),
    (b'{"mcpServers": {"a": {"command": "x"}}, "tools": [{"name": "x"}]}', "could be"),
    (b'{"mcpServers": {"a": {"command": "x"}}, "agents": {}}', "could be"),
    (b"agents: {a: {description: \xff}}", "UTF-8"),
    ("agents: {}".encode("utf-16"), "UTF-16"),
    (b"PK\x03\x04rest", "archive"),
    (b"agents: {}\n---\nagents: {}", "second"),
]


@pytest.mark.parametrize(("data", "words"), ERRORS, ids=range(len(ERRORS)))
def test_errors(data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        open_source("some/file", data)
    assert caught.value.path == "some/file"


def test_invalid_utf8_is_placed() -> None:
    with pytest.raises(SourceError) as caught:
        open_source("f", "# é\nagents: {a: {}}\nü: ".encode() + b"\xff")
    assert (caught.value.line, caught.value.column) == (3, 4)


def test_the_rulebook_reaches_the_configuration() -> None:
    opened = open_source("f", b"rules: [{id: X-1, action: block}]", known_rules={"Y-1"}, known_categories=())
    assert isinstance(opened, LoadedConfig)
    assert [hit.rule for hit in opened.hits] == ["CFG-005"]


def test_both_doors_read_a_configuration_alike() -> None:
    text = (FIXTURES / "configs" / "mistakes.yaml").read_text()
    opened = open_source("f", text.encode(), known_rules={"A"}, known_categories={"b"})
    loaded = load_config("f", text, known_rules={"A"}, known_categories={"b"})
    assert isinstance(opened, LoadedConfig)
    assert (opened.hits, opened.config) == (loaded.hits, loaded.config)


def test_json_reads_like_yaml() -> None:
    data = {
        "mcp_servers": {"s": {"transport": "stdio", "command": "x", "args": ['é"\\\n', "1"], "env": {"A": "no"}}},
        "agents": {"a": {"allowed_tools": ["read_file"], "suspended": True, "max_concurrent_calls": -1}},
    }
    opened = open_source("f", json.dumps(data, indent=2, ensure_ascii=False).encode())
    assert isinstance(opened, LoadedConfig)
    assert (opened.config.settings, opened.hits) == (data, ())


@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_source_or_an_error(data: bytes) -> None:
    try:
        opened = open_source("f", data)
    except SourceError as error:
        refused = error
    else:
        assert isinstance(opened, LoadedConfig | Snapshot)
        return
    assert refused.path == "f"


IMPORTS = """
import sys
from oktsec_lint.sources import open_source
open_source("f", sys.argv[1].encode())
print(*(name for name in sys.modules if name in sys.argv[2].split()))
"""


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("agents: {}", "mcp asyncio anyio rich sarif_om oktsec_lint.sources.tools_list"),
        ('{"tools": []}', "mcp asyncio anyio rich sarif_om yaml oktsec_lint.sources.oktsec_yaml"),
    ],
    ids=["configuration", "snapshot"],
)
def test_only_what_a_file_needs_is_imported(text: str, unwanted: str) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS, text, unwanted], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
