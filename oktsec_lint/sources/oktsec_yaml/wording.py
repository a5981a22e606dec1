"""How a mistake against the grammar is put: what was expected, what is there, what to type instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from oktsec_lint.core.display import visible
from oktsec_lint.core.fields import Address
from oktsec_lint.sources.grammar import ROOT, Key, Shape, Type
from oktsec_lint.sources.yaml_nodes import MappingNode, ScalarNode, SequenceNode, YamlNode

_MOST_PLACES = 2
_LONGEST_WORD = 64
_ALIKE = 0.7


def described(shape: Shape) -> str:
    """What a shape accepts, as part of a sentence."""
    if shape.type is Type.LIST and shape.items is not None:
        return "a list of strings" if shape.items.type is Type.TEXT else "a list of mappings"
    return "a mapping" if shape.type is Type.SECTION else shape.type.value


def kind_of(node: YamlNode) -> str:
    """What is written, as part of a sentence. Never the value itself, which may be a secret."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node.value, bool):
        return "true or false"
    return "a number" if isinstance(node.value, int | float) else "a string"


def retyped(node: YamlNode, shape: Shape, name: str) -> str:
    """What to type instead of a value of the wrong type."""
    key = visible(name, 60)
    if shape.type is Type.LIST:
        return f"Write a list: `{key}: [...]`, or one `- entry` on each line below `{key}:`."
    if shape.type in (Type.MAP, Type.SECTION):
        return f"Write `{key}:` and its keys indented below it."
    if isinstance(node, ScalarNode) and not node.plain_style:
        return "Write it without quotes."
    return f"Write {shape.type.value}."


def alike(word: str, known: Sequence[str]) -> str:
    """The known word that was probably meant; empty when none is alike. For short lists: two swapped letters count."""
    from difflib import get_close_matches

    plain = {_plain(name): name for name in known}
    asked = _plain(word[:_LONGEST_WORD])
    close = get_close_matches(asked, plain, n=1, cutoff=_ALIKE)
    swapped = [name for name in plain if len(name) == len(asked) and sorted(name) == sorted(asked)]
    return plain[(close or swapped)[0]] if close or swapped else ""


def meant_key(name: str, shape: Shape) -> Key | None:
    """The key of a section that an unknown one was probably meant to be: by another tool's name for it, or misspelt."""
    word = _plain(name[:_LONGEST_WORD])
    for key in shape.keys:
        if word in map(_plain, key.other_names):
            return key
    return shape.key(alike(name, [key.name for key in shape.keys]))


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def belongs(name: str, at: Address) -> str:
    """Where else in the grammar a key exists; empty when nowhere near.

    From the top level it may belong into any section, from inside a section only elsewhere in the same one: `timeout`
    of a server has nothing to do with that of `llm`.
    """
    section = at.pointer.split("/")[1] if at.pointer else ""
    places = [place for place in _places().get(name, ()) if not section or place.split(".")[0] == section]
    if not places:
        return ""
    shown = " or ".join(f"`{place}`" for place in places[:_MOST_PLACES])
    return f"`{name}` belongs under {shown}."


@cache
def _places() -> Mapping[str, tuple[str, ...]]:
    """Every key of the grammar below the top level, to the sections that know it."""
    places: dict[str, tuple[str, ...]] = {}
    for section, name in _walk(ROOT, ""):
        if section:
            places[name] = (*places.get(name, ()), section)
    return places


def _walk(shape: Shape, path: str) -> Iterator[tuple[str, str]]:
    if shape.items is not None:
        yield from _walk(shape.items, f"{path}[]" if shape.type is Type.LIST else f"{path}.<name>")
    for key in shape.keys:
        yield path, key.name
        yield from _walk(key.shape, f"{path}.{key.name}" if path else key.name)
