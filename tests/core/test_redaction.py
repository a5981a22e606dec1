"""Credentials out of what is written down."""

from __future__ import annotations

from oktsec_lint.core.model import Definition, Inventory, Kind, Server, Status
from oktsec_lint.core.redaction import redacted

TEXT = "The key is SECRET."
SPANS = {TEXT: ((11, 17),)}


def test_every_text_loses_its_secret_and_nothing_else_changes() -> None:
    body = {"name": "a", "description": TEXT, "inputSchema": {"enum": [TEXT, 1, None], TEXT: {"x": TEXT}}}
    server = Server("s", Status.COMPLETE, info={"title": TEXT}, instructions=TEXT, definitions=(
        Definition(Kind.TOOL, "a", body),
    ))  # fmt: skip
    (found,) = redacted(Inventory((server,)), SPANS).servers
    masked = "The key is ******."
    assert (found.info, found.instructions) == ({"title": masked}, masked)
    assert found.definitions[0].body == {
        "name": "a",
        "description": masked,
        "inputSchema": {"enum": [masked, 1, None], masked: {"x": masked}},
    }
    assert body["description"] == TEXT, "what came from the server is left as it is"


def test_without_secrets_nothing_is_copied() -> None:
    inventory = Inventory((Server("s", Status.COMPLETE),))
    assert redacted(inventory, {}) is inventory
