"""What servers offer, without the credentials in it: what may be written down.

Asterisks, as many as characters, so that offsets stay right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .evidence import Secrets
from .model import Inventory, JsonValue, Server


def redacted(inventory: Inventory, secrets: Mapping[str, Secrets]) -> Inventory:
    """The inventory with every text's secret spans covered; `secrets` maps texts to them."""
    covered = {text: _covered(text, spans) for text, spans in secrets.items() if spans}
    if not covered:
        return inventory
    return Inventory(tuple(_of_server(server, covered) for server in inventory.servers))


def _covered(text: str, spans: Secrets) -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = "*" * (min(end, len(chars)) - start)
    return "".join(chars)


def _of_server(server: Server, covered: Mapping[str, str]) -> Server:
    def cover(text: str) -> str:
        return covered.get(text, text)

    info = rewritten(dict(server.info), cover)
    return server._replace(
        info=info if isinstance(info, dict) else {},
        instructions=cover(server.instructions),
        definitions=tuple(
            item._replace(name=cover(item.name), body=rewritten(item.body, cover), digest="")
            for item in server.definitions
        ),
    )


def rewritten(root: JsonValue, rewrite: Callable[[str], str]) -> JsonValue:
    """A copy of a value with every text and key rewritten. Iterative: it may nest as deep as it likes."""
    top: list[JsonValue] = [root]
    todo: list[list[JsonValue] | dict[str, JsonValue]] = [top]

    def copied(value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return rewrite(value)
        if not isinstance(value, dict | list):
            return value
        copy = dict(value) if isinstance(value, dict) else list(value)
        todo.append(copy)
        return copy

    while todo:
        holder = todo.pop()
        if isinstance(holder, list):
            holder[:] = map(copied, holder)
        else:
            members = {rewrite(key): copied(item) for key, item in holder.items()}
            holder.clear()
            holder.update(members)
    return top[0]
