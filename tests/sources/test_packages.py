"""Packages' manifests: how each format's servers are started, what it lists, and everything wrong at its own line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import Status, tokens_of
from oktsec_lint.sources import open_source
from oktsec_lint.sources.document import Document
from oktsec_lint.sources.results import Snapshot

PACKAGES = Path(__file__).parents[1] / "fixtures" / "packages"


TOKEN = "ghp_Zk29aaPq81LmXv73QwTb64RnYc05JdHs8eWu"


def read(name: str) -> Snapshot:
    return opened(f"packages/{name}", (PACKAGES / name).read_bytes())


def opened(path: str, data: bytes) -> Snapshot:
    found = open_source(path, data)
    assert isinstance(found, Snapshot)
    return found


def specs(name: str) -> dict[str, ServerSpec]:
    manifest = read(name).manifest
    assert manifest is not None
    return {entry.name: entry.spec for entry in manifest.entries}


def line(spec: ServerSpec) -> str:
    return " ".join((spec.url or spec.command, *spec.args))


LINES = {
    "server.json": {
        "io.github.example/notes": (
            "npx --registry https://registry.npmjs.org @example/notes@1.4.0 --format text ${FOLDER}"
        ),
        "io.github.example/notes (pypi)": "uvx example-notes@1.4.0",
        "io.github.example/notes (oci)": (
            "podman run -i --rm -e NOTES_TOKEN=${TOKEN} -e LOG_LEVEL ghcr.io/example/notes:1.4.0"
        ),
        "io.github.example/notes (nuget)": "dnx Example.Notes@1.4.0 --yes -- serve",
        "io.github.example/notes (remote)": "https://{region}.notes.example/mcp",
        "io.github.example/notes (remote 2)": "http://notes.example/sse",
    },
    "older.json": {
        "io.github.example/clock": "uvx clock@~0.9",
        "io.github.example/weather": "https://weather.example/mcp",
    },
    "bundle/manifest.json": {
        "notes-bundle": "node ${DIRNAME}/server/index.js --key=${KEY} ${FOLDER}",
        "notes-bundle (win32)": "npx -y @example/notes",
        "notes-bundle (darwin)": "node ${DIRNAME}/server/index.js --key=${KEY} ${FOLDER}",
    },
    "docker/server.yaml": {
        "notes": (
            "docker run --rm -i --init --security-opt no-new-privileges --network none -e NOTES_TOKEN "
            "-e NOTES_PASSWORD -e LOG_LEVEL -v ${NOTES_FOLDER}:/notes -v ${NOTES_FOLDERS} -v cache:/root/.cache "
            "-u ${NOTES_USER} mcp/notes --transport=stdio"
        ),
    },
    "poci/server.yaml": {
        "engine": (
            "docker run --rm -i --init --security-opt no-new-privileges "
            "-v /var/run/docker.sock:/var/run/docker.sock docker:cli ${ARGS}"
        ),
    },
    "catalog.yaml": {
        "notes": (
            "docker run --rm -i --init --security-opt no-new-privileges -e NOTES_TOKEN -e REGION "
            "-v ${NOTES_FOLDER}:/notes "
            "mcp/notes@sha256:68eb20db6109f5c312a695fc5ec3386ad15d93ffb765a0b4eb1baf4328dec14f"
        ),
        "loose": "docker run --rm -i --init --security-opt no-new-privileges example/loose:latest",
        "far": "http://far.example/mcp",
    },
    "smithery.yaml": {"packages": "npx -y @example/notes --api-key ${APIKEY} ${FOLDER}"},
    "smithery-container.yaml": {},
}


@pytest.mark.parametrize("name", LINES)
def test_a_launch_line_is_what_the_client_starts(name: str) -> None:
    assert {title: line(spec) for title, spec in specs(name).items()} == LINES[name]


def test_what_the_user_is_asked_for_is_a_reference() -> None:
    notes = specs("server.json")["io.github.example/notes"]
    assert notes.env == {
        "LOG_LEVEL": "info",
        "NOTES_TOKEN": "${NOTES_TOKEN}",
        "NOTES_PASSWORD": "${NOTES_PASSWORD}",
    }
    remote = specs("server.json")["io.github.example/notes (remote)"]
    assert (remote.transport, remote.headers) == (Transport.HTTP, {"Authorization": "Bearer ${KEY}"})
    assert specs("bundle/manifest.json")["notes-bundle (darwin)"].env == {"NOTES_HOME": "${HOME}"}


def test_a_whole_docker_run_is_not_written_twice() -> None:
    flag = {"type": "named", "name": "--rm", "value": "true", "format": "boolean"}
    package = {
        "registryType": "oci",
        "identifier": "ghcr.io/example/notes:1.4.0",
        "runtimeArguments": [{"type": "positional", "value": "run"}, flag],
    }
    found = opened("server.json", json.dumps({"name": "a.b/c", "version": "1", "packages": [package]}).encode())
    assert found.manifest is not None
    assert [line(entry.spec) for entry in found.manifest.entries] == ["docker run --rm ghcr.io/example/notes:1.4.0"]


SERVERS = {
    "server.json": [("io.github.example/notes", Status.NOT_SCANNED, [])],
    "older.json": [
        ("io.github.example/clock", Status.NOT_SCANNED, []),
        (
            "io.github.example/weather",
            Status.COMPLETE,
            ["/servers/1/server/_meta/io.modelcontextprotocol.registry~1publisher-provided/tools/0"],
        ),
    ],
    "bundle/manifest.json": [("notes-bundle", Status.COMPLETE, ["/tools/0", "/tools/1", "/prompts/0"])],
    "docker/server.yaml": [("notes", Status.NOT_SCANNED, [])],
    "poci/server.yaml": [("engine", Status.COMPLETE, ["/tools/0"])],
    "catalog.yaml": [
        ("notes", Status.COMPLETE, ["/registry/notes/tools/0", "/registry/notes/tools/1"]),
        ("loose", Status.NOT_SCANNED, []),
        ("far", Status.NOT_SCANNED, []),
    ],
    "smithery.yaml": [("packages", Status.NOT_SCANNED, [])],
    "smithery-container.yaml": [("packages", Status.NOT_SCANNED, [])],
}


@pytest.mark.parametrize("name", SERVERS)
def test_what_is_listed_is_judged_and_what_is_not_is_said(name: str) -> None:
    servers = read(name).servers
    found = [(item.name, item.status, [d.place.pointer for d in item.definitions if d.place]) for item in servers]
    assert found == SERVERS[name]
    assert all("nothing was started" in item.reason for item in servers if item.status is Status.NOT_SCANNED)


HITS = {
    "server.json": ["CFG-019 50:28", "PKG-001 20:18", "PKG-005 33:34"],
    "older.json": ["PKG-002 11:95", "PKG-003 10:72"],
    "bundle/manifest.json": ["CFG-023 15:52", "PKG-001 27:5", "PKG-005 12:48", "PKG-008 13:31"],
    "docker/server.yaml": ["PKG-001 23:16", "PKG-008 18:9"],
    "poci/server.yaml": ["LCH-003 16:11"],
    "catalog.yaml": ["CFG-019 19:19", "CFG-023 16:12"],
    "smithery.yaml": ["CFG-023 13:20", "PKG-002 11:18", "PKG-005 13:20"],
    "smithery-container.yaml": [],
}


@pytest.mark.parametrize("name", HITS)
def test_everything_wrong_is_at_its_own_line(name: str) -> None:
    assert placed(read(name)) == HITS[name]


def placed(found: Snapshot) -> list[str]:
    hits = ((hit, found.document.locate(hit.place.pointer, at_key=hit.place.at_key)) for hit in found.hits if hit.place)
    return sorted(f"{hit.rule} {at.line}:{at.column}" for hit, at in hits)


def test_containers_that_are_let_out_are_found_where_it_is_written() -> None:
    package = {
        "registryType": "oci",
        "identifier": "ghcr.io/example/notes:1.4.0",
        "runtimeArguments": [
            {"type": "named", "name": "-v", "value": "/:/host"},
            {
                "type": "named",
                "name": "--mount",
                "value": "type=bind,src={folder},dst=/notes",
                "variables": {"folder": {}},
            },
            {"type": "positional", "value": "--privileged"},
        ],
    }
    found = opened("server.json", json.dumps({"name": "a.b/c", "version": "1", "packages": [package]}).encode())
    assert [(hit.rule, hit.pointer) for hit in found.hits] == [
        ("LCH-003", "/packages/0/runtimeArguments/0/value"),
        ("LCH-004", "/packages/0/runtimeArguments/2/value"),
    ]


def test_a_published_credential_is_reported_once_and_never_shown() -> None:
    package = {"registryType": "npm", "identifier": "notes", "version": "1.0.0", "transport": {"type": "stdio"}}
    package["environmentVariables"] = [
        {"name": "FORGE", "value": TOKEN},
        {"name": "DB_PASSWORD", "default": "Xq7#kLm2pR9t"},
    ]
    found = opened("server.json", json.dumps({"name": "a.b/c", "version": "1", "packages": [package]}).encode())
    assert [hit.rule for hit in found.hits] == ["PKG-002", "PKG-001", "PKG-002"]
    shown = "".join(found.document.shown_lines()) + repr(found.hits)
    assert TOKEN not in shown
    assert "Xq7#kLm2pR9t" not in shown


def test_credentials_of_a_launch_line_are_published_with_it() -> None:
    config = {
        "command": "node",
        "args": ["--key", TOKEN],
        "env": {"NOTES_KEY": TOKEN, "NOTES_TOKEN": "8f3b1c77d2e94a60"},
    }
    manifest = {"manifest_version": "0.3", "name": "x", "server": {"mcp_config": config}}
    tile = {"name": "x", "type": "remote", "remote": {"url": "https://x.example", "headers": {"X-Key": TOKEN}}}
    for data, pointers in (
        (manifest, ["/args/1", "/env/NOTES_KEY", "/env/NOTES_TOKEN"]),
        (tile, ["/headers/X-Key"]),
    ):
        found = opened("x.json", json.dumps(data).encode())
        assert [hit.rule for hit in found.hits] == ["PKG-002"] * len(pointers)
        assert all(hit.pointer.endswith(end) for hit, end in zip(found.hits, pointers, strict=True))
        assert TOKEN not in "".join(found.document.shown_lines())


def test_repeated_keys_are_ambiguous() -> None:
    text = '{"name": "a.b/c", "version": "1", "remotes": [{"url": "https://a.example", "url": "https://b.example"}]}'
    (fault,) = opened("server.json", text.encode()).servers[0].faults
    assert (fault.rule, fault.place and fault.place.pointer) == ("LST-007", "/remotes/0/url")


HOLDERS: list[dict[str, object]] = [
    {"name": "a.b/c", "version": "1", "remotes": [{"url": "https://a.example"}]},
    {"manifest_version": "0.3", "name": "x", "server": {}},
    {"name": "x", "type": "server", "image": "x"},
    {"startCommand": {"type": "stdio"}},
]


@pytest.mark.parametrize("holder", HOLDERS, ids=range(len(HOLDERS)))
def test_a_listing_beside_a_package_hides_nothing(holder: dict[str, object]) -> None:
    listing = {"tools": [{"name": "t", "description": "d"}], "prompts": [{"name": "p"}]}
    (server,) = opened("x.json", json.dumps({**holder, **listing}).encode()).servers
    assert sorted(item.name for item in server.definitions) == ["p", "t"]


NOT_PACKAGES = [
    '{"manifest_version": 3, "name": "an extension", "version": "1", "tools": []}',
    '{"name": "read_file", "description": "Reads.", "inputSchema": {"type": "object"}}',
    '{"tools": [{"name": "a", "type": "server", "image": "x", "inputSchema": {"type": "object"}}]}',
    '[{"name": "a", "description": "A tool."}]',
]


@pytest.mark.parametrize("text", NOT_PACKAGES)
def test_what_is_no_package_is_read_as_before(text: str) -> None:
    assert opened("manifest.json", text.encode()).manifest is None


def test_a_package_that_could_be_a_configuration_is_refused() -> None:
    with pytest.raises(SourceError, match="could be"):
        open_source("server.json", b'{"name": "a.b/c", "remotes": [{"url": "https://a"}], "mcp_servers": {}}')


FUNCTIONS = {
    "config => ({command: \"node\", args: [\"a b.js\", `x`, config.key ? 'y' : 'z']})": "node a b.js x ${CONFIG}",
    "(config) => ({ 'command': 'uvx', 'args': ['--from', 'a', \"it\\'s\"], })": "uvx --from a it's",
    "(c) => ({ command: c.program, args: [] })": None,
    "(c) => { const args = ['a']; args.push(c.x); return { command: 'node', args } }": None,
    "(c) => ({ command: 'node' })": "node",
    "(c) => c.x ? {command: 'node'} : {command: 'bun'}": None,
    "not JavaScript": None,
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_read_only_where_it_says_what_it_starts(function: str) -> None:
    text = json.dumps({"startCommand": {"type": "stdio", "commandFunction": function}})
    manifest = opened("x/smithery.yaml", text.encode()).manifest
    assert manifest is not None
    lines = [line(entry.spec) for entry in manifest.entries]
    assert lines == ([] if FUNCTIONS[function] is None else [FUNCTIONS[function]])


KEYS = """name type version description $schema packages remotes registryType registry_type identifier runtimeHint
transport runtimeArguments packageArguments environmentVariables value default valueHint isSecret variables headers url
fileSha256 manifest_version server mcp_config command args env platform_overrides user_config sensitive tools prompts
image run volumes config secrets parameters properties registry remote container startCommand configSchema
commandFunction exampleConfig runtime servers _meta entry_point example""".split()
SCALARS = st.sampled_from(
    ["", "a", "server", "poci", "stdio", "named", "npm", "oci", "mcpb", "latest", "${user_config.x}", "{x}", "{{a.b}}"]
) | st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)
ROOTS = st.sampled_from(
    [
        {"name": "a.b/c", "packages": [{"registryType": "npm"}]},
        {"manifest_version": "0.3", "server": {}},
        {"name": "x", "type": "server", "image": "x"},
        {"registry": {"x": {"image": "x"}}},
        {"startCommand": {"type": "stdio"}},
    ]
)


@given(ROOTS, st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_no_manifest_crashes_and_every_finding_is_in_the_file(root: dict[str, object], more: dict[str, object]) -> None:
    text = json.dumps(
        {**more, **root, **{key: value for key, value in more.items() if isinstance(value, type(root.get(key)))}}
    )
    try:
        found = open_source("x", text.encode())
    except SourceError:
        return
    for hit in found.hits:
        assert hit.place is not None
        assert within(found.document, hit.place.pointer)
        found.document.locate(hit.place.pointer, at_key=hit.place.at_key)


def within(document: Document, pointer: str) -> bool:
    """Whether a pointer leads to a value, or to a key that an existing object lacks."""
    value = document.value()
    tokens = tokens_of(pointer)
    for number, token in enumerate(tokens):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            return number >= len(tokens) - 2
    return True
