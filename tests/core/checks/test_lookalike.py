"""IAP-012: slips and disguises are found, ordinary names are left in peace."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.checks.lookalike import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.known_names import KNOWN
from oktsec_lint.core.model import Inventory, Kind

Offer = Callable[..., Inventory]


def told(inventory: Inventory) -> list[tuple[str, str, str]]:
    """Server, tool and message of every hit."""
    return [(hit.subject.server, hit.subject.name, hit.message) for hit in check(inventory, Config())]


IMITATIONS = [
    ("wr1te_f1le", "write_file", "letters that look the same"),
    ("read_flle", "read_file", "letters that look the same"),
    ("exec_c0mmand", "exec_command", "letters that look the same"),
    ("1ist_d1rectory", "list_directory", "letters that look the same"),
    ("de1ete_fi1e", "delete_file", "letters that look the same"),
    ("ReadFlle", "read_file", "letters that look the same"),
    ("se\u0430rch_files", "search_files", "letters that look the same"),
    ("ｗrite_file", "write_file", "letters that look the same"),
    ("read\u200b_file", "read_file", "letters that look the same"),
    ("git_cornmit", "git_commit", "letters that look the same"),
    ("list_directroy", "list_directory", "two letters swapped"),
    ("serch_code", "search_code", "a letter left out"),
    ("exeecute_sql", "execute_sql", "a letter doubled"),
]


@pytest.mark.parametrize(("name", "imitated", "how"), IMITATIONS)
def test_imitations_of_well_known_names(offer: Offer, name: str, imitated: str, how: str) -> None:
    ((_, tool, message),) = told(offer(files=[name]))
    assert tool == name
    assert f"`{imitated}`" in message
    assert how in message


ORDINARY = """read_files search_file search get_file list_file create_issues creat readFile read-file ReadFile READ_FILE
fetch_urls sendmessage list_directories delete_filex write_files2 git_statuses run_querys get_weathers read_file_v1
s3_list base64_decode log10 a - _ 日本 élan colour labelled""".split()


@pytest.mark.parametrize("name", [*ORDINARY, *sorted(KNOWN)])
def test_ordinary_names(offer: Offer, name: str) -> None:
    assert told(offer(files=[name])) == []


def test_well_known_names_do_not_imitate_each_other(offer: Offer) -> None:
    assert told(offer(**{f"s{number}": [name] for number, name in enumerate(sorted(KNOWN))})) == []


def test_a_tool_of_another_server_is_imitated(offer: Offer) -> None:
    inventory = offer(bank=["transfer_money"], games=["transfer_rnoney"], other=["trasnfer_money", "transferr_money"])
    assert [(server, tool) for server, tool, _ in told(inventory)] == [
        ("bank", "transfer_money"),
        ("games", "transfer_rnoney"),
        ("other", "trasnfer_money"),
        ("other", "transferr_money"),
    ]
    assert "`transfer_money` of the server `bank`" in told(inventory)[1][2]


BESIDE_EACH_OTHER = [
    ("get_stats", "get_status"),
    ("list_chats", "list_charts"),
    ("read_note", "read_notes"),
    ("get_user", "set_user"),
    ("labelled_items", "labeled_items"),
    ("set_colour", "set_color"),
    ("same_name", "same_name"),
    ("form_new", "from_new"),
]


@pytest.mark.parametrize(("one", "other"), BESIDE_EACH_OTHER)
def test_ordinary_neighbours_on_two_servers(offer: Offer, one: str, other: str) -> None:
    assert told(offer(a=[one], b=[other])) == []


def test_tools_of_one_server_never_imitate_each_other(offer: Offer) -> None:
    assert told(offer(bank=["transfer_money", "trasnfer_money", "transfer_rnoney", "transferr_money"])) == []


def test_one_hit_for_a_name_listed_twice(offer: Offer) -> None:
    (hit,) = check(offer(files=["wr1te_f1le", "wr1te_f1le"]), Config())
    assert (hit.rule, hit.subject.kind, hit.pointer) == ("IAP-012", Kind.TOOL, "/name")
    assert [(item.start, item.end, item.text) for item in hit.evidence] == [(0, 10, "wr1te_f1le")]


def test_a_disguise_of_another_script_is_spelled_out(offer: Offer) -> None:
    (hit,) = check(offer(files=["se\u0430rch_files"]), Config())
    assert hit.evidence[0].note == "reads as search_files"


NAMES = st.text(st.sampled_from("ab_1lioO0rnm-A\u0430\u200b"), max_size=12)


@given(first=st.lists(NAMES, max_size=4), second=st.lists(NAMES, max_size=4))
def test_any_names_can_be_compared(offer: Offer, first: list[str], second: list[str]) -> None:
    for _, tool, message in told(offer(a=first, b=second)):
        assert tool in (*first, *second)
        assert message.startswith("the tool name `")


def test_many_names_of_one_shape_stay_affordable(offer: Offer) -> None:
    """A flood of names in one group is compared with a bounded number of others."""
    letters = "".join(map(chr, range(ord("b"), ord("j"))))
    names = [f"a{one}{letters}{other}z" for one, other in combinations(letters, 2)] * 40
    assert told(offer(a=names, b=[f"{name}s" for name in names])) == []
