"""Suggestions: the ones a person would make, and none where a person would make none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.nearest import LONGEST, Spelling

TOOLS = [
    *("read_file", "read_text_file", "read_media_file", "write_file", "edit_file", "move_file", "create_directory"),
    *("list_directory", "search_files", "search_nodes", "get_file_info", "git_status", "git_commit", "git_log"),
    *("get_current_time", "convert_time", "fetch", "echo", "create_entities", "sequentialthinking"),
]


# fmt: off
MEANT = [
    ("raed_file", "read_file"), ("read_fle", "read_file"), ("readFile", "read_file"), ("READ-FILE", "read_file"),
    ("write_flie", "write_file"), ("list_dir", "list_directory"), ("create_dir", "create_directory"),
    ("gitstatus", "git_status"), ("git_comit", "git_commit"), ("get_time", "get_current_time"), ("echoo", "echo"),
    ("create_entity", "create_entities"), ("sequential_thinking", "sequentialthinking"), ("fs_read_file", "read_file"),
    ("fetch_url", "fetch"), ("serch_nodes", "search_nodes"),
]
# fmt: on
SHORT = ["read", "write", "search", "run", "IAP-012", "move"]
SWAPPED = [
    *(("raed", "read"), ("erad", "read"), ("reda", "read"), ("wirte", "write"), ("WIRTE", "write")),
    *(("serach", "search"), ("se-rach", "search"), ("mvoe", "move")),
]
UNLIKE = [
    "delete_file",
    "rename_file",
    "exec_command",
    "http_request",
    "git_push",
    "x",
    "",
    "_",
    "query_db",
    "get_user",
]


@pytest.mark.parametrize(("word", "best"), MEANT)
def test_what_was_meant(word: str, best: str) -> None:
    assert Spelling(TOOLS).nearest(word) == (best,)


@pytest.mark.parametrize("word", UNLIKE)
def test_what_is_something_else(word: str) -> None:
    assert Spelling(TOOLS).nearest(word) == ()


@pytest.mark.parametrize(("word", "best"), SWAPPED)
def test_swapped_neighbours_are_one_slip_even_in_a_short_word(word: str, best: str) -> None:
    assert Spelling(SHORT).nearest(word) == (best,)


@pytest.mark.parametrize("word", ["rnu", "dear", "aerd", "IAP-021", "veom"])
def test_what_no_single_swap_of_letters_makes(word: str) -> None:
    assert Spelling(SHORT).nearest(word) == ()


def test_a_swap_is_likelier_than_another_slip_and_no_likelier_than_the_word_itself() -> None:
    assert Spelling(["raed_files", "read_file"]).nearest("raed_file", 2) == ("read_file", "raed_files")
    assert Spelling(["trial", "trail"]).nearest("Trail", 2) == ("trail", "trial")


@given(st.lists(st.sampled_from("abcdefghij"), min_size=4, max_size=20, unique=True), st.data())
def test_every_swap_is_found_among_many(letters: list[str], data: st.DataObject) -> None:
    word = "".join(letters)
    at = data.draw(st.integers(0, len(word) - 2))
    slip = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    crowd = [f"{word[:2]}{number}{word[-2:]}" for number in range(50)]
    assert Spelling([*crowd, word]).nearest(slip) == (word,)


def test_several_are_ranked_and_limited() -> None:
    assert Spelling(TOOLS).nearest("search", 3) == ("search_files", "search_nodes")
    assert Spelling(TOOLS).nearest("search", 1) == ("search_files",)


def test_nothing_is_known() -> None:
    assert Spelling([]).nearest("read_file") == ()


def test_absurdly_long_words_are_neither_known_nor_asked() -> None:
    long = "a" * (LONGEST + 1)
    assert Spelling([long]).nearest(long[:-1]) == ()
    assert Spelling([long[:-1]]).nearest(long) == ()


def test_an_index_stops_answering_before_it_costs_too_much() -> None:
    spelling = Spelling(TOOLS)
    answers = [spelling.nearest("raed_file") for _ in range(1000)]
    assert answers[0]
    assert not answers[-1]


@given(st.lists(st.text(max_size=8)), st.text(max_size=8))
def test_only_known_words_are_suggested(words: list[str], word: str) -> None:
    assert set(Spelling(words).nearest(word, 3)) <= set(words)


@given(st.lists(st.text("abcdefgh_", min_size=4, max_size=9), min_size=1), st.data())
def test_a_known_word_is_its_own_nearest(words: list[str], data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(words))
    (found,) = Spelling(words).nearest(word) or (word,)
    assert found.replace("_", "") == word.replace("_", "")
