"""Bad input: one clear error, with the line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint import lockfile
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.lock import Lock, taken
from tests.core.lock.offers import PATH, POLICY, RULEBOOK, server, tool

GOOD = lockfile.render(
    Lock(RULEBOOK, POLICY, (taken(server(tool(), tool("write", inputSchema={"a": [1, {}]}), instructions="Hi.")),))
)


def refusal(text: str | bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        lockfile.read(PATH, text.encode() if isinstance(text, str) else text)
    return caught.value


def test_a_lock_that_is_read_and_written_is_the_same() -> None:
    lock, _ = lockfile.read(PATH, GOOD.encode())
    assert lockfile.render(lock) == GOOD


def test_line_ends_make_no_difference() -> None:
    assert lockfile.read(PATH, GOOD.replace("\n", "\r\n").encode())[0] == lockfile.read(PATH, GOOD.encode())[0]


@given(st.integers(0, len(GOOD) - 3))
def test_a_truncated_lock_is_refused(length: int) -> None:
    error = refusal(GOOD[:length])
    assert error.path == PATH
    assert error.hint


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3))
def test_any_bytes_end_in_a_lock_or_a_clear_error(at: int, put: bytes) -> None:
    data = GOOD.encode()
    try:
        lockfile.read(PATH, data[:at] + put + data[at + len(put) :])
    except SourceError as error:
        assert error.path == PATH  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("edit", "line", "says"),
    [
        (lambda text: text.replace("Reads one file", "Sends one file", 1), "/description", "not those of the digest"),
        (lambda text: text.replace('"version": 1', '"version": 2'), '"version"', "newer than this oktsec-lint"),
        (lambda text: text.replace('"version": 1', '"version": 0'), '"version"', "not a lock of version 1"),
        (lambda text: text.replace('"version": 1', '"version": true'), '"version"', "not a lock of version 1"),
        (lambda text: text.replace('"rulebook"', '"rulebok"'), "rulebok", "means nothing here"),
        (lambda text: text.replace(f'"policy": "{POLICY}"', '"policy": 7'), '"policy"', "not a text"),
        (lambda text: text.replace('"tools": [', '"tools": [['), "}", "not a whole lock"),
        (lambda text: text.replace('"/name": "read"', '"/name": "read",\n "/name": "x"'), '"x"', "duplicate key"),
        (lambda text: text.replace('"/name": "read"', '"/name/x": 1,\n "/name": "read"'), "/name", "contradicts"),
        (lambda text: text.replace('  "servers"', '<<<<<<< HEAD\n  "servers"'), "<<<<<<<", "merge conflict"),
        (lambda text: text.replace('  "policy"', "=======\n", 1), "=======", "merge conflict"),
    ],
)
def test_an_edited_lock_is_refused_at_its_line(edit: Callable[[str], str], line: str, says: str) -> None:
    text = edit(GOOD)
    error = refusal(text)
    assert says in str(error)
    assert line in text.splitlines()[error.line - 1]


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"version": 1}', "mcp_servers: {}\n"])
def test_another_file_is_refused(text: str) -> None:
    refusal(text)


def test_a_repeated_key_is_refused_however_many_oddities_there_are() -> None:
    odd = tool(_meta={"e": ["\ud800"] * 150})
    text = lockfile.render(Lock(RULEBOOK, POLICY, (taken(server(odd)),)))
    error = refusal(text.replace('"/name": "read"', '"/name": "harmless",\n "/name": "read"'))
    assert "duplicate key" in str(error)


def test_what_is_there_twice_is_refused() -> None:
    document = json.loads(GOOD)
    tools = document["servers"]["files"]["tools"]
    tools.append(tools[0])
    assert "twice" in str(refusal(json.dumps(document)))


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        (["tool gone"], "`tool gone` is no tool and no prompt of this server"),
        (["prompt read"], "`prompt read` is no tool and no prompt"),
        (["read"], "`read` is no tool and no prompt"),
        (["tool read", "tool read"], "`tool read` is there twice"),
        ([7], "not a text"),
        ({"tool": "read"}, "not a list"),
    ],
)
def test_what_cannot_be_prefixed_is_refused_at_its_line(entries: object, says: str) -> None:
    document = json.loads(GOOD)
    document["servers"]["files"]["prefixed"] = entries
    text = json.dumps(document, indent=2)
    error = refusal(text)
    assert says in str(error)
    assert text[: text.index('"prefixed"')].count("\n") < error.line <= len(text.splitlines())


@pytest.mark.parametrize("fact", ["/x~y", "/" + "a/" * 1_500, "", "x"])
def test_what_is_no_pointer_is_refused(fact: str) -> None:
    refusal(GOOD.replace('"/name": "read"', f'"{fact}": 1,\n "/name": "read"'))


def test_bytes_that_are_no_text_are_refused() -> None:
    assert "UTF-8" in str(refusal(b"\xff\xfe{}"))


def test_what_nobody_sees_is_an_escape() -> None:
    hidden = "a\u200bb\u202ec\U000e0041d\ufe0fe\u3000f\ud800"
    text = lockfile.render(Lock(RULEBOOK, POLICY, (taken(server(tool(description=hidden + "é中🙂"))),)))
    assert re.search(r'"a\\u200bb\\u202ec\\udb40\\udc41d\\ufe0fe\\u3000f\\ud800é中🙂"', text)
    body = lockfile.read(PATH, text.encode())[0].servers[0].definitions[0].body
    assert isinstance(body, dict)
    assert body["description"] == hidden + "é中🙂"


def test_the_digest_is_of_the_whole_text() -> None:
    one, other = (lockfile.read(PATH, text.encode())[0].digest for text in (GOOD, GOOD + " "))
    assert one != other
    assert one.startswith("sha256:")


def test_a_diff_of_a_changed_sentence_is_its_line() -> None:
    before = "Reads one file of the workspace. The path is relative. It returns the text."
    after = before.replace("relative", "absolute")
    old, new = (
        lockfile.render(Lock(RULEBOOK, POLICY, (taken(server(tool(description=text))),))).splitlines()
        for text in (before, after)
    )
    changed = [line for line in new if line not in old]
    assert [json.loads(line.strip().rstrip(",")) for line in changed if "path" in line] == ["The path is absolute. "]
    assert len(changed) == 3, "the sentence, the digest of the field, the digest of the tool"
