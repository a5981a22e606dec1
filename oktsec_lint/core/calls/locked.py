"""The arguments of a call against the input schema that was reviewed with its tool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oktsec_lint.core.lock.model import LockedServer
from oktsec_lint.core.model import JsonValue, Kind

from .model import Denial

if TYPE_CHECKING:
    from .schema import Schema


class LockedSchemas:
    """The input schemas of one server in a lock, each compiled when its tool is called first."""

    def __init__(self, server: LockedServer | None) -> None:
        self._server = server
        self._compiled: dict[str, tuple[Schema, ...]] = {}

    def objection(self, tool: str, arguments: JsonValue) -> Denial | None:
        """Why no schema under which the tool was locked allows these arguments. None or missing ones are an empty
        object, as servers take them; a tool that the lock does not have is not this one's business."""
        schemas = self._compiled.get(tool)
        if schemas is None:
            schemas = self._schemas(tool)
        if not schemas:
            return None
        if not isinstance(arguments, dict | None):
            return Denial("schema", "the arguments are no JSON object", "/arguments")
        found = [schema.violation(arguments or {}) for schema in schemas]
        first = found[0]
        if first is None or None in found:
            return None
        return Denial("schema", f"{first.said}, by the `inputSchema` in the lock", f"/arguments{first.pointer}")

    def _schemas(self, tool: str) -> tuple[Schema, ...]:
        from .schema import Schema  # a run without a lock never needs it

        written = list(self._written(tool))
        if written:
            self._compiled[tool] = tuple(map(Schema, written))
        return self._compiled.get(tool, ())

    def _written(self, tool: str) -> Iterator[JsonValue]:
        """Of every variant of the tool, the main one first. What has no schema allows everything."""
        definitions = self._server.definitions if self._server is not None else ()
        variants = [item for item in definitions if item.key == (Kind.TOOL, tool)]
        for item in sorted(variants, key=lambda item: item.variant):
            yield item.body.get("inputSchema", True) if isinstance(item.body, dict) else True
