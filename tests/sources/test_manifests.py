"""Clients' own files: each fixture says in its comments what is found, how bad it is and at which text.

`//~ RULE severity "text"`, or `@"key"` for a finding at a key; in TOML behind `#~`.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint import rulebook
from oktsec_lint.core.config import Transport
from oktsec_lint.core.errors import SourceError, UsageError
from oktsec_lint.sources import LoadedConfig, open_source
from oktsec_lint.sources.registry import FORMATS, by_path

HOME = Path(__file__).parents[1] / "fixtures" / "manifests"
FILES = sorted(path for path in HOME.rglob("*") if path.is_file())
RULES = {rule.id: rule for rule in rulebook.builtin()}
_MARKER = re.compile(r"[/#]+~ (?P<all>.*)$")
_EXPECTED = re.compile(r"(?P<rule>[A-Z]+-\d+) (?P<severity>\w+) @?(?P<text>.+)")


class Expected(NamedTuple):
    line: int
    column: int
    rule: str
    severity: str


def shown(path: Path) -> str:
    return path.relative_to(HOME).as_posix().partition("/")[2]


def opened(name: str, data: bytes, kind: str = "") -> LoadedConfig:
    result = open_source(name, data, known_rules=RULES, known_categories=(), kind=kind)
    assert isinstance(result, LoadedConfig)
    return result


def expected(text: str) -> list[Expected]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        marker = _MARKER.search(line)
        for part in marker["all"].split(" ; ") if marker else ():
            match = _EXPECTED.fullmatch(part)
            assert match, part
            found.append(Expected(number, line.index(match["text"]) + 1, match["rule"], match["severity"]))
    return sorted(found)


def found(config: LoadedConfig) -> list[Expected]:
    result = []
    for hit in config.hits:
        assert hit.place is not None
        where = config.document.locate(hit.place.pointer, at_key=hit.place.at_key)
        severity = RULES[hit.rule].severity if hit.severity is None else hit.severity
        result.append(Expected(where.line, where.column, hit.rule, severity.label))
    return sorted(result)


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(HOME).as_posix() for path in FILES])
def test_every_fixture_has_what_its_comments_say(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    config = opened(shown(path), text.encode())
    assert found(config) == expected(text)
    assert config.config.format


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(HOME).as_posix() for path in FILES])
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    config = opened(shown(path), b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert found(config) == expected(text)


def test_there_is_a_fixture_for_every_client() -> None:
    clients = {item.name for item in FORMATS if item.module.startswith("clients.")}
    seen = {known.name for path in FILES if (known := by_path(shown(path))) is not None}
    assert seen == clients - {"generic"}


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(HOME).as_posix() for path in FILES])
def test_no_line_that_is_shown_holds_a_credential(path: Path) -> None:
    config = opened(shown(path), path.read_bytes())
    for secret in ("8f3b1c77d2e94a60", "hunter2", "n0t-a-real", "ghp_0123", "Zm9vYmFy", "abcdef0123456789"):
        lines = (line.partition("~")[0] for line in config.document.shown_lines())
        assert not [line for line in lines if secret in line]
        assert all(secret not in hit.message + hit.help for hit in config.hits)


KINDS = [item.name for item in FORMATS if item.module.startswith("clients.")]
KEYS = st.sampled_from(
    """mcpServers servers context_servers mcp_servers mcp projects inputs agent customizations vscode command args env
    environment url httpUrl headers disabled enabled trust autoApprove alwaysAllow headersHelper tools oauth path
    env_vars http_headers bearer_token_env_var powers type cwd x""".split()
)
WORDS = st.sampled_from(
    """docker run -v /:/host --mount type=bind,src=/ bash -c npx -y pkg@1 uvx --privileged --cap-add ALL command
    curl|sh http://a.example/ ${env:A} {env:B} $C Bearer\\tx ghp_0123456789abcdefghijABCDEFGHIJ456789 " ' é \U0001f600
    """.split()
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS
TEXTS = WORDS | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXTS, inner, max_size=4),
    max_leaves=20,
)
ENTRIES = st.dictionaries(KEYS | TEXTS, VALUES, max_size=5)
MANIFESTS = st.dictionaries(KEYS, st.dictionaries(TEXTS, ENTRIES, max_size=3) | VALUES, max_size=4)


def assert_sound(config: LoadedConfig) -> None:
    lines = config.document.text.count("\n") + config.document.text.count("\r") + 1
    for hit in config.hits:
        assert hit.place is not None
        where = config.document.locate(hit.place.pointer, at_key=hit.place.at_key)
        assert 1 <= where.line <= where.end_line <= lines
        assert where.column >= 1
        assert hit.rule in RULES
    names = [spec.name for spec in config.config.servers]
    assert len(names) == len(set(names))


@given(MANIFESTS, st.sampled_from([kind for kind in KINDS if kind != "codex"]), st.sampled_from([None, 1]))
def test_any_value_is_a_manifest_of_any_client(value: dict[str, object], kind: str, indent: int | None) -> None:
    assert_sound(opened("f", json.dumps(value, indent=indent, ensure_ascii=indent is None).encode(), kind))


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode), st.sampled_from(KINDS))
def test_any_bytes_end_in_a_manifest_or_an_error(data: bytes, kind: str) -> None:
    with suppress(SourceError):
        assert_sound(opened("f", data, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_deep_nesting_is_refused_where_it_is_looked_at(kind: str) -> None:
    inner = "[" * 5000 + "]" * 5000
    if kind == "codex":
        text = f'[mcp_servers.a]\ncommand = "x"\nargs = {inner}'
    else:
        text = f'{{"{WRAPPERS.get(kind, "mcpServers")}": {{"a": {{"command": "x", "args": {inner}}}}}}}'
    with pytest.raises(SourceError, match="nested"):
        opened("f", text.encode(), kind)


def test_deep_nesting_elsewhere_hurts_nobody() -> None:
    text = '{"mcpServers": {"a": {"command": "x"}}, "state": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}"
    assert len(opened("f", text.encode()).config.servers) == 1


def test_a_format_can_be_named() -> None:
    data = b'{"mcpServers": {"a": {"command": "x", "env": {"A": "${env:B}"}}}}'
    assert opened("f.json", data).config.format == "a client"
    assert opened("f.json", data, "cursor").config.servers[0].env == {"A": "${B}"}
    with pytest.raises(UsageError, match="no such format") as caught:
        opened("f.json", data, "curser")
    assert "cursor" in caught.value.hint


SHAPES = [
    ('{"servers": {"a": {"url": "https://a.example"}}}', "VS Code"),
    ('{"context_servers": {"a": {"command": "x"}}}', "Zed"),
    ('{"mcp": {"a": {"command": ["x"]}}}', "opencode"),
    ('{"mcp": {"servers": {"a": {"command": "x"}}}}', "VS Code"),
    ('{"mcpServers": {}}', "a client"),
    ('// c\n{"mcpServers": {"a": {"command": "x"},},}', "a client"),
    ("mcpServers:\n  a:\n    command: x\n", "a client"),
]


@pytest.mark.parametrize(("text", "client"), SHAPES)
def test_a_file_of_any_name_is_known_by_its_shape(text: str, client: str) -> None:
    assert opened("f", text.encode()).config.format == client


def test_a_listing_that_names_servers_is_no_manifest() -> None:
    listing = b'{"servers": {"a": {"tools": [{"name": "x"}]}}}'
    assert not isinstance(open_source("f", listing), LoadedConfig)


LINES = [
    ("cursor", '{"command": "${env:RUNNER}", "args": ["${userHome}/x", "a${/}b"]}', ("${RUNNER}", "${HOME}/x", "a/b")),
    ("vscode", '{"command": "x", "args": ["${input:api-key}"]}', ("x", "${INPUT_API_KEY}")),
    ("gemini", '{"command": "x", "args": ["$A", "${B}"]}', ("x", "${A}", "${B}")),
    ("opencode", '{"command": ["x", "{env:A}", "b"]}', ("x", "${A}", "b")),
    ("cursor", '{"command": "x", "args": "-y z"}', ("x", "-y z")),
    ("cursor", '{"command": "x", "args": [1, true, null, 2.5]}', ("x", "1", "true", "", "2.5")),
    ("zed", '{"command": {"path": "x", "args": ["y"]}}', ("x", "y")),
    ("claude-code", '{"command": "${CLAUDE_PLUGIN_ROOT}/x"}', ("here/x",)),
]
WRAPPERS = {"vscode": "servers", "opencode": "mcp", "zed": "context_servers"}


@pytest.mark.parametrize(("kind", "entry", "line"), LINES)
def test_a_launch_line_is_what_the_client_would_start(kind: str, entry: str, line: tuple[str, ...]) -> None:
    config = opened("here/f", f'{{"{WRAPPERS.get(kind, "mcpServers")}": {{"a": {entry}}}}}'.encode(), kind).config
    (spec,) = config.servers
    assert (spec.command, *spec.args) == line
    assert spec.transport is Transport.STDIO


def test_codex_takes_variables_by_name() -> None:
    path = HOME / "codex" / ".codex" / "config.toml"
    specs = {spec.name: spec for spec in opened(".codex/config.toml", path.read_bytes()).config.servers}
    assert specs["notes"].env["NOTES_TOKEN"] == "${NOTES_TOKEN}"
    assert specs["far away"].headers["Authorization"] == "Bearer ${FAR_TOKEN}"
    assert specs["far away"].headers["X-Session"] == "${FAR_SESSION}"
    assert "off" not in specs


def test_one_name_in_two_projects_is_listed_twice_when_it_is_two_servers() -> None:
    path = HOME / "claude-code" / "home" / ".claude.json"
    config = opened(".claude.json", path.read_bytes()).config
    assert [spec.name for spec in config.servers] == ["notes", "notes (/srv/site)", "images"]


def test_keys_written_twice_are_told_where_they_are_ours() -> None:
    text = b'{"theme": 1, "theme": 2, "mcpServers": {"a": {"command": "x", "command": "y"}, "a": {"command": "z"}}}'
    assert [hit.pointer for hit in opened("f", text, "generic").hits] == ["/mcpServers/a", "/mcpServers/a/command"]


SHOWN = sorted(path for path in (HOME.parent / "documented").rglob("*") if path.is_file())


@pytest.mark.parametrize("path", SHOWN, ids=[path.name for path in SHOWN])
def test_nothing_that_the_clients_own_pages_show_fails_a_run(path: Path) -> None:
    """Entries of the shapes that the documentation of each client has."""
    name = path.relative_to(HOME.parent / "documented").as_posix().partition("/")[2]
    config = opened(name, path.read_bytes())
    assert len(config.config.servers) > 1
    assert not [item for item in found(config) if item.severity not in ("low", "info")]


def test_every_client_has_pages() -> None:
    names = [path.relative_to(HOME.parent / "documented").as_posix().partition("/")[2] for path in SHOWN]
    assert {known.name for name in names if (known := by_path(name))} == set(KINDS) - {"generic"}


def test_what_a_server_is_called_hides_nothing_of_its_entry() -> None:
    text = b'{"mcpServers": {"token-server": {"command": "npx", "args": ["-y", "x"], "env": {"A_TOKEN": "hunter2-x"}}}}'
    (line,) = opened("f", text).document.shown_lines()
    assert '"command": "npx", "args": ["-y", "x"]' in line
    assert "hunter2" not in line


def test_what_is_no_part_of_the_manifest_is_not_shown() -> None:
    text = b'{"history": ["my diary"], "mcpServers": {"a": {"command": "x"}}, "key": "secret words"}'
    (line,) = opened("f", text).document.shown_lines()
    assert line == '{"history": ************, "mcpServers": {"a": {"command": "x"}}, "key": **************}'


def test_a_command_for_headers_is_shown_to_who_reviews_it() -> None:
    text = b'{"mcpServers": {"a": {"url": "https://a.example", "headersHelper": "./make.sh", "envFile": "./.env"}}}'
    (line,) = opened("f", text).document.shown_lines()
    assert line == text.decode()


def test_an_entry_with_both_starts_its_command_and_hides_neither() -> None:
    secret = "8f3b1c77d2e94a60"
    text = (
        f'{{"mcpServers": {{"a": {{"command": "x", "url": "https://a.example/?api_key={secret}", "type": "http"}}}}}}'
    )
    config = opened("f", text.encode())
    (spec,) = config.config.servers
    assert (spec.transport, spec.command, spec.url) == (Transport.STDIO, "x", "")
    assert [hit.rule for hit in config.hits] == ["CFG-021", "CFG-017"]


def test_an_entry_that_is_none_is_said() -> None:
    text = b'{"mcpServers": {"a": "npx server", "b": null, "c": {"command": "x"}}}'
    config = opened("f", text)
    assert [(hit.rule, hit.pointer) for hit in config.hits] == [("CFG-009", "/mcpServers/a")]
    assert [spec.name for spec in config.config.servers] == ["a", "c"]


def test_two_urls_are_both_judged() -> None:
    text = (
        b'{"mcpServers": {"a": {"url": "https://a.example", "serverUrl": "http://b.example/?token=8f3b1c77d2e94a60"}}}'
    )
    hits = opened("windsurf/mcp_config.json", text).hits
    assert [hit.rule for hit in hits] == ["CFG-021", "CFG-019", "CFG-017"]
    assert {hit.pointer for hit in hits} == {"/mcpServers/a/serverUrl"}


def test_a_url_beside_a_command_is_judged_too() -> None:
    text = b'{"mcpServers": {"a": {"type": "http", "command": "x", "url": "http://a.example"}}}'
    assert [hit.rule for hit in opened(".mcp.json", text).hits] == ["CFG-021", "CFG-019"]


@pytest.mark.parametrize("beside", ['"$schema": "https://a.example"', '"b": {}', '"hooks": [1]'])
def test_nothing_beside_a_bare_entry_hides_it(beside: str) -> None:
    text = f'{{"a": {{"command": "x"}}, {beside}}}'
    assert [spec.name for spec in opened(".mcp.json", text.encode()).config.servers] == ["a"]


@pytest.mark.parametrize("name", [".mcp.json", ".vscode/settings.json", ".zed/settings.json"])
def test_a_second_empty_map_of_servers_is_told(name: str) -> None:
    inner = '{"a": {"command": "x"}}'
    key = {".mcp.json": "mcpServers", ".zed/settings.json": "context_servers"}.get(name, "mcp")
    first = f'{{"servers": {inner}}}' if key == "mcp" else inner
    hits = opened(name, f'{{"{key}": {first}, "{key}": {{}}}}'.encode()).hits
    assert [(hit.rule, hit.pointer) for hit in hits] == [("CFG-002", f"/{key}")]


@pytest.mark.parametrize("end", ["\r", "\u2028", "\u2029"])
def test_a_comment_that_readers_end_differently_is_refused(end: str) -> None:
    text = f'{{"mcpServers": {{ // {end} /*\n"a": {{"command": "x"}} // {end} */\n}}}}'
    with pytest.raises(SourceError, match="readers end") as refused:
        opened(".gemini/settings.json", text.encode())
    assert refused.value.line == 1


def test_a_comment_may_end_as_windows_ends_lines() -> None:
    text = '{"mcpServers": {// one\r\n"a": {"command": "x\u2028"}\r/* \u2028 */}}'
    assert len(opened(".gemini/settings.json", text.encode()).config.servers) == 1


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "9" * 5000, "9" * 30])
def test_a_number_that_toml_has_no_room_for_is_refused(number: str) -> None:
    with pytest.raises(SourceError, match="64 bits"):
        opened("config.toml", f"[mcp_servers.a]\ncommand = 'x'\nargs = [{number}]\n".encode())


@pytest.mark.parametrize(
    "beside",
    [
        '"name": "a.b/c", "remotes": [{"url": "https://a.example"}]',
        '"manifest_version": "0.3", "server": {}',
        '"servers": {"b": {"command": "y"}}',
    ],
)
def test_no_other_shape_beside_them_hides_servers(beside: str) -> None:
    text = f'{{{beside}, "mcpServers": {{"a": {{"command": "x"}}}}}}'
    with pytest.raises(SourceError, match="could be"):
        open_source("mcp.json", text.encode())
    assert [spec.name for spec in opened("mcp.json", text.encode(), "generic").config.servers] == ["a"]


def test_an_empty_map_of_another_shape_hides_no_servers() -> None:
    text = b'{"servers": {}, "mcpServers": {"a": {"command": "x"}}}'
    assert [spec.name for spec in opened("mcp.json", text).config.servers] == ["a"]
