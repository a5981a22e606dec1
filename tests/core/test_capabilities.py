"""What a tool is taken to be able to do, from what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.capabilities import Capability, capabilities_of, is_dangerous, is_read_only
from oktsec_lint.core.model import Definition, Kind
from oktsec_lint.core.words import words_of

EXECUTION, DELETION, CREDENTIALS, NETWORK, WRITE, READ = Capability


def able(name: str, **body: Any) -> frozenset[Capability]:
    return capabilities_of(Definition(Kind.TOOL, name, {"name": name, **body}))


# fmt: off
NAMES = [
    ("exec_command", {EXECUTION}), ("runShell", {EXECUTION}), ("Bash", {EXECUTION}), ("execute-sql", {EXECUTION}),
    ("delete_file", {DELETION}), ("removeUser", {DELETION}), ("DropTable", {DELETION}), ("kill", {DELETION}),
    ("get_secret", {CREDENTIALS, READ}), ("get-env", {CREDENTIALS, READ}), ("list_api_keys", {CREDENTIALS, READ}),
    ("rotatePassword", {CREDENTIALS}), ("read_ssh_key", {CREDENTIALS, READ}),
    ("http_request", {NETWORK}), ("send_email", {NETWORK}), ("HTTPGet", {NETWORK, READ}), ("fetch", {NETWORK, READ}),
    ("write_file", {WRITE}), ("createIssue", {WRITE}), ("git_commit", {WRITE}), ("upload", {NETWORK}),
    ("git_push", {NETWORK}), ("read_file", {READ}), ("listDirectory", {READ}), ("git_status", {READ}),
    # a name that opens with a reading verb only reads: what follows is what it reads
    ("get_run", {READ}), ("list_commands", {READ}), ("search_deleted", {READ}), ("count_tokens", {READ}),
    ("get_command_history", {READ}), ("show_create_table", {READ}),
    ("read_and_delete", {READ, DELETION}), ("get_or_create_user", {READ, WRITE}),
    # part of a word is not the word
    ("truncation", set()), ("prerun", set()), ("runner", set()), ("secretary", set()), ("", set()),
]
HINTS = [
    ({"destructiveHint": True}, {DELETION}),
    ({"destructiveHint": True, "readOnlyHint": False}, {DELETION, WRITE}),
    ({"destructiveHint": True, "readOnlyHint": True}, {READ}),
    ({"destructiveHint": False}, set()),
    ({"openWorldHint": True}, {NETWORK}),
    ({"openWorldHint": False}, set()),
    ({"readOnlyHint": True}, {READ}),
    ({"readOnlyHint": "true", "destructiveHint": 1}, set()),
    (None, set()), ("x", set()), ([], set()),
]
DESCRIPTIONS = [
    ("Executes a shell command.", {EXECUTION}),
    ("Deletes files", {DELETION}),
    ("Fetches a page", {NETWORK, READ}),
    ("Writes notes", {WRITE}),
    ("This tool runs code", {EXECUTION}),
    ("Shows everything that was deleted", {READ}),
    ("A collection of all the ways to delete", set()),
    ("", set()), (None, set()), (5, set()), (["Deletes"], set()),
]
# fmt: on


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_names(name: str, expected: set[Capability]) -> None:
    assert able(name) == expected


@pytest.mark.parametrize(("annotations", "expected"), HINTS)
def test_hints_count_where_they_are_stated(annotations: Any, expected: set[Capability]) -> None:
    assert able("frobnicate", annotations=annotations) == expected


@pytest.mark.parametrize(("description", "expected"), DESCRIPTIONS)
def test_a_description_speaks_for_a_name_that_does_not(description: Any, expected: set[Capability]) -> None:
    assert able("frobnicate", description=description) == expected


def test_a_description_does_not_overrule_a_name() -> None:
    assert able("read_file", description="Deletes nothing, runs nothing.") == {READ}


@pytest.mark.parametrize("name", ["exec_command", "delete_file", "send_email", "write_file"])
def test_a_read_only_hint_takes_nothing_back(name: str) -> None:
    claimed = able(name, annotations={"readOnlyHint": True})
    assert is_dangerous(claimed)
    assert not is_read_only(claimed)


def test_a_read_only_hint_does_not_silence_the_description() -> None:
    assert is_dangerous(able("frobnicate", description="Executes code", annotations={"readOnlyHint": True}))


@pytest.mark.parametrize(
    ("parameter", "expected"), [("command", {EXECUTION}), ("cmd", {EXECUTION}), ("url", {NETWORK}), ("path", set())]
)
def test_parameters_that_tell(parameter: str, expected: set[Capability]) -> None:
    assert able("frobnicate", inputSchema={"properties": {parameter: {}}}) == expected


def test_knowing_nothing_is_neither_dangerous_nor_read_only() -> None:
    assert not is_dangerous(able("frobnicate"))
    assert not is_read_only(able("frobnicate"))


FIELDS = st.sampled_from(["description", "annotations", "inputSchema", "properties", "readOnlyHint", "url"])
JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner),
    max_leaves=9,
)


@given(st.text(), JSON)
def test_any_body_is_taken(name: str, body: Any) -> None:
    assert capabilities_of(Definition(Kind.TOOL, name, body)) <= set(Capability)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("readTextFile", "read text file"),
        ("read_text-file.v2", "read text file v2"),
        ("HTTPRequest", "http request"),
        ("parseHTTPRequest", "parse http request"),
        ("getURL", "get url"),
        ("ABC", "abc"),
        ("aB", "a b"),
        ("__x__", "x"),
        ("ЧитатьФайл", "читать файл"),
        ("", ""),
    ],
)
def test_words(name: str, words: str) -> None:
    assert words_of(name) == tuple(words.split())


@given(st.text())
def test_words_keep_every_letter(name: str) -> None:
    assert "".join(words_of(name)) == "".join(char for char in name if char.isalnum()).lower()
