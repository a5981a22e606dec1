"""What a directory is made from, what it leads to, and what it leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from oktsec_lint.core.model import Definition, JsonValue, Kind
from oktsec_lint.core.values import NamedTuple

TWICE = "its server lists it more than once, and nobody can tell which is meant"
_T = TypeVar("_T")


class Offered(NamedTuple):
    """What one agent is shown of one server, already judged and filtered."""

    server: str
    definitions: tuple[Definition, ...]


class Target(NamedTuple):
    """What a public name or address stands for."""

    server: str
    name: str
    """What the server calls it: a name, a resource's `uri`, a template's `uriTemplate`."""
    body: JsonValue
    """As the server sent it."""


class Excluded(NamedTuple):
    """Something that a server offers and that is not listed, or not under the name that the lock gives it."""

    server: str
    kind: Kind
    name: str
    """What the server calls it; hostile text."""
    reason: str
    """What happened and why, and where an operator can do something about it, what; may be shown as it is."""


class Listed(NamedTuple):
    """One entry of a list."""

    body: JsonValue
    """As it is listed."""
    target: Target


_ADDRESSES: Mapping[Kind, str] = {Kind.RESOURCE: "uri", Kind.TEMPLATE: "uriTemplate"}


def address_of(kind: Kind, body: JsonValue) -> str:
    """The `uri` of a resource, the `uriTemplate` of a template; empty for what has none."""
    value = body.get(_ADDRESSES[kind]) if kind in _ADDRESSES and isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def offered(offers: Sequence[Offered], kind: Kind) -> Iterator[tuple[str, Definition]]:
    """Every definition of a kind with its server, in configuration order. A variant is no second definition."""
    for offer in offers:
        for item in offer.definitions:
            if item.kind is kind and not item.variant:
                yield offer.server, item


def repeated(values: Iterable[_T]) -> frozenset[_T]:
    """The values that come more than once."""
    return frozenset(value for value, count in Counter(values).items() if count > 1)
