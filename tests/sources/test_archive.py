"""Bundles as archives: the manifest inside is read, and no archive can hurt who looks at it."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.errors import SourceError
from oktsec_lint.sources import open_source
from oktsec_lint.sources.packages import archive
from oktsec_lint.sources.results import Snapshot

MANIFEST = json.dumps(
    {
        "manifest_version": "0.3",
        "name": "notes",
        "server": {"type": "node", "entry_point": "index.js", "mcp_config": {"command": "node", "args": ["index.js"]}},
        "tools": [{"name": "add_note", "description": "Adds a note."}],
    },
    indent=1,
)
LINK = 0o120777 << 16


def packed(*entries: tuple[str | zipfile.ZipInfo, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as bundle, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, data in entries:
            bundle.writestr(name, data)
    return file.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, LINK
    return info


def read(data: bytes, path: str = "notes.mcpb") -> Snapshot:
    found = open_source(path, data)
    assert isinstance(found, Snapshot)
    return found


ORDINARY = packed(("manifest.json", MANIFEST), ("server/index.js", "//"), ("node_modules/a/..b/c.js", "//"))


def test_the_manifest_inside_is_read_with_its_lines() -> None:
    found = read(ORDINARY)
    assert found.document.path == "notes.mcpb/manifest.json"
    (server,) = found.servers
    (tool,) = server.definitions
    assert tool.place is not None
    assert found.document.locate(tool.place.child("/description").pointer).line == 17
    assert found.hits == ()


def test_a_signature_behind_the_archive_is_no_part_of_it() -> None:
    signed = ORDINARY + b"MCPB_SIG_V1" + struct.pack("<I", 4) + b"\x30\x00\x00\x00" + b"MCPB_SIG_END"
    assert [server.name for server in read(signed).servers] == ["notes"]


def test_a_byte_order_mark_is_no_column() -> None:
    assert read(packed(("manifest.json", "\ufeff" + MANIFEST))).servers[0].name == "notes"


TREACHEROUS = {
    "up": [("../../.bashrc", "x")],
    "up in the middle": [("server/../../x", "x")],
    "backslashes": [("..\\x", "x")],
    "absolute": [("/etc/cron.d/x", "x")],
    "drive": [("C:/Windows/x", "x")],
    "link": [(link("server"), "/home"), ("server/x", "x")],
    "twice": [("server/x", "1"), ("server/x", "2")],
    "two manifests": [("manifest.json", MANIFEST)],
}


@pytest.mark.parametrize("entries", TREACHEROUS.values(), ids=TREACHEROUS)
def test_treacherous_entries_are_findings(entries: list[tuple[str | zipfile.ZipInfo, str]]) -> None:
    found = read(packed(("manifest.json", MANIFEST), *entries))
    assert [hit.rule for hit in found.hits] == ["PKG-006"]


def test_of_two_manifests_the_last_is_read_as_unpackers_do() -> None:
    second = MANIFEST.replace("Adds a note.", "The other one.")
    found = read(packed(("manifest.json", MANIFEST), ("manifest.json", second)))
    assert "The other one." in found.document.text


def test_a_bomb_is_refused_before_it_bursts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MANIFEST", 1 << 20)
    with pytest.raises(SourceError, match="larger than 1,048,576 bytes"):
        read(packed(("manifest.json", b"0" * (1 << 26))))


def test_a_size_that_lies_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MANIFEST", 1 << 10)
    data = bytearray(packed(("manifest.json", b"0" * (1 << 16))))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 7)
    with pytest.raises(SourceError):
        read(bytes(data))


def test_too_many_entries_are_refused_before_they_are_read() -> None:
    with pytest.raises(SourceError, match="more than 65,535 entries"):
        read(ORDINARY + b"PK\x01\x02" * 70_000)


REFUSED = {
    "no manifest": (packed(("server/manifest.json", MANIFEST)), "no manifest.json"),
    "another case": (packed(("Manifest.json", MANIFEST)), "no manifest.json"),
    "another method": (packed(("manifest.json", MANIFEST), method=zipfile.ZIP_BZIP2), "no client unpacks"),
    "no bundle": (packed(("manifest.json", '{"name": "x"}')), "no manifest of a bundle"),
    "no JSON": (packed(("manifest.json", "{")), "not valid JSON"),
    "not UTF-8": (packed(("manifest.json", b"\xff{}")), "not valid UTF-8"),
    "cut": (ORDINARY[:-40], "damaged"),
    "hollow": (b"PK\x03\x04" + bytes(100), "damaged"),
}


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_one_clear_error(data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        read(data)
    assert caught.value.path.startswith("notes.mcpb")


def test_a_changed_byte_of_the_manifest_is_noticed() -> None:
    stored = bytearray(packed(("manifest.json", MANIFEST), method=zipfile.ZIP_STORED))
    stored[stored.index(b"Adds")] ^= 1
    with pytest.raises(SourceError, match="damaged"):
        read(bytes(stored))


def test_an_encrypted_manifest_is_refused() -> None:
    data = bytearray(ORDINARY)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    with pytest.raises(SourceError, match="encrypted"):
        read(bytes(data))


def message_of(data: bytes) -> str:
    """What the error says; empty where the bundle was read."""
    try:
        open_source("notes.mcpb", data)
    except SourceError as refused:
        return refused.message
    return ""


@given(st.lists(st.tuples(st.integers(4, len(ORDINARY) - 1), st.integers(0, 255)), max_size=8), st.integers(0, 30))
def test_no_archive_is_more_than_an_error(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(ORDINARY)
    for at, value in changes:
        data[at] = value
    changed = bytes(data[: len(data) - cut])
    assert message_of(changed) or read(changed).servers


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_manifest_is_read_or_refused(text: bytes) -> None:
    assert message_of(packed(("manifest.json", text)))
