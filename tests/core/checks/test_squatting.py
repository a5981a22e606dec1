"""DEF-009 and DEF-010: borrowed names and borrowed descriptions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oktsec_lint.core.checks.squatting import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.known_names import KNOWN
from oktsec_lint.core.model import Inventory

Offer = Callable[..., Inventory]
TEXT = "Finds a book by its title or author and says on which shelf."


def told(inventory: Inventory) -> list[tuple[str, str]]:
    return [(hit.rule, hit.subject.name) for hit in check(inventory, Config())]


@pytest.mark.parametrize(
    "name", ["official_search_files", "SearchFilesPremium", "best_tool_for_maps", "best_get_stock", "secure-send-email"]
)
def test_flattering_names(offer: Offer, name: str) -> None:
    assert told(offer(s=[name])) == [("DEF-009", name)]


@pytest.mark.parametrize(
    "name", ["get_best_price", "premium_calculator", "real_time_data", "pro", "best", *sorted(KNOWN)]
)
def test_other_names(offer: Offer, name: str) -> None:
    assert told(offer(s=[name])) == []


def test_praise_around_the_name_of_another_server(offer: Offer) -> None:
    assert told(offer(library=["shelve_book"], other=["trusted_shelve_book"])) == [("DEF-009", "trusted_shelve_book")]
    assert told(offer(library=["shelve_book", "trusted_shelve_book"])) == []


def test_a_copy_is_found_where_it_is_listed_later(offer: Offer) -> None:
    original, copy = {"name": "find", "description": TEXT}, {"name": "find_v1", "description": f" {TEXT}\n"}
    assert told(offer(a=[original], b=[copy])) == [("DEF-010", "find_v1")]
    assert told(offer(a=[original, copy])) == [], "of one server"
    assert told(offer(a=[original], b=[original])) == [], "a clash of names, which COV-005 tells"


@pytest.mark.parametrize("text", ["Finds a book.", "", None, 7])
def test_short_texts_are_no_copies(offer: Offer, text: object) -> None:
    assert told(offer(a=[{"name": "x", "description": text}], b=[{"name": "y", "description": text}])) == []
