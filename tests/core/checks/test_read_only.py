"""DEF-016: a tool that calls itself read-only and offers to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.checks.read_only import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.model import Inventory

Offer = Callable[..., Inventory]
CLAIM = "A read-only viewer for the ledger."


def hits(offer: Offer, description: Any, schema: Any = None) -> list[Any]:
    body = {"name": "view", "description": description, "inputSchema": schema}
    return list(check(offer(s=[body]), Config()))


def taking(name: str, kind: str = "boolean") -> dict[str, Any]:
    return {"type": "object", "properties": {"page": {"type": "string"}, name: {"type": kind}}}


@pytest.mark.parametrize("name", ["allow_write", "writeMode", "enable-deletion", "exec_enabled", "force_overwrite"])
def test_a_parameter_denies_the_claim(offer: Offer, name: str) -> None:
    (hit,) = hits(offer, CLAIM, taking(name))
    assert name in hit.message
    assert (hit.pointer, hit.evidence[0].text) == ("/description", "read-only")


@pytest.mark.parametrize(
    "told", ["write_mode (boolean)", "turbo: enables writing to the table", "allow-delete drops it"]
)
def test_the_description_denies_itself(offer: Offer, told: str) -> None:
    assert hits(offer, f"{CLAIM} Parameters: {told}")
    assert not hits(offer, f"A viewer for the ledger. Parameters: {told}")


@pytest.mark.parametrize(
    "said", ["Read-only by default.", "Opens in read-only mode.", "Read-only unless told otherwise."]
)
def test_a_condition_is_no_claim(offer: Offer, said: str) -> None:
    assert not hits(offer, said, taking("allow_write"))


@pytest.mark.parametrize(
    "schema",
    [taking("access_mode"), taking("written_after"), taking("write_mode", "string"), None, [], {"properties": 1}],
)
def test_nothing_denies_the_claim(offer: Offer, schema: Any) -> None:
    assert not hits(offer, CLAIM, schema)


@pytest.mark.parametrize("description", [None, 3, ["read-only"], ""])
def test_nothing_is_claimed(offer: Offer, description: Any) -> None:
    assert not hits(offer, description, taking("allow_write"))
