"""Where `$ref` leads, inside of one document."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.model import JsonValue, tokens_of
from oktsec_lint.core.percent import unquoted
from oktsec_lint.core.values import NamedTuple


class Place(NamedTuple):
    """A schema in its document."""

    schema: JsonValue
    home: JsonValue
    """The schema that `#` means there: the document, or what an `$id` on the way makes a document of its own."""


class Document:
    """One schema as a whole."""

    def __init__(self, root: JsonValue) -> None:
        self.root = root
        self._id = root.get("$id") if isinstance(root, dict) else None
        self._anchors: dict[int, dict[str, Place]] = {}

    def target(self, reference: JsonValue, home: JsonValue) -> Place | None:
        """What a reference means in a schema of `home`; None for what is not in the document."""
        if not isinstance(reference, str):
            return None
        whole, _, fragment = reference.partition("#")
        if whole:
            if whole != self._id:
                return None
            home = self.root
        fragment = unquoted(fragment)
        if not fragment:
            return Place(home, home)
        return _followed(home, fragment) if fragment.startswith("/") else self._named(home).get(fragment)

    def _named(self, home: JsonValue) -> dict[str, Place]:
        """Every `$anchor` of a home."""
        if id(home) not in self._anchors:
            self._anchors[id(home)] = dict(_anchored(home))
        return self._anchors[id(home)]


def home_of(schema: JsonValue, home: JsonValue) -> JsonValue:
    """What `#` means inside of a schema that stands in `home`."""
    own = schema.get("$id") if isinstance(schema, dict) else None
    return schema if isinstance(own, str) and not own.startswith("#") else home


def _followed(home: JsonValue, pointer: str) -> Place | None:
    at = home
    for token in tokens_of(pointer):
        if isinstance(at, dict) and token in at:
            at = at[token]
        elif isinstance(at, list) and token.isascii() and token.isdigit() and int(token[:9]) < len(at):
            at = at[int(token[:9])]
        else:
            return None
        home = home_of(at, home)
    return Place(at, home)


def _anchored(root: JsonValue) -> Iterator[tuple[str, Place]]:
    stack = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if home_of(item, root) is not root:
                continue
            names = (item.get("$anchor"), item.get("$dynamicAnchor"), item.get("$id"))
            yield from ((name.lstrip("#"), Place(item, root)) for name in names if isinstance(name, str))
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
