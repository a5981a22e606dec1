"""New entries in a YAML text: what was there stays as it was, byte for byte.

An entry goes behind the last one of its list or mapping, in the style (block or flow) and with the indentation of its
neighbours; what is missing on the way to it is made. As with corrections (`editing`), the result counts only when it
then reads as what was meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import TypeAlias

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .document import Document, Span
from .editing import scalar_text
from .yaml_nodes import MappingNode, ScalarNode, SequenceNode, YamlNode
from .yaml_reader import read_yaml

Part: TypeAlias = str | int
"""A key, or the index of an item. An index that is not there yet (`NEW`) means a new item."""
Entry: TypeAlias = "str | Mapping[str, str]"
"""What is added: a text, or a mapping of texts."""
NEW = -1
_INDENT = 2
_FLOW = ("[", "{")
_NOTHING = re.compile(r"(?:~|null|Null|NULL|''|\"\")?")
_REMARK = re.compile(r"\n(?P<margin> *)#[^\n]*")
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?\Z")


class _Site(NamedTuple):
    """Where something new goes: the deepest node that is there, and what has to be made below it."""

    node: YamlNode
    missing: tuple[Part, ...]


def added(document: Document, path: Sequence[Part], entry: Entry) -> Document | None:
    """The document with a new entry at `path`; None when that cannot be had without changing something else."""
    site = _site(document, path)
    text = _text_with(document.text, site, entry) if site is not None else None
    if text is None:
        return None
    try:
        changed = read_yaml(document.path, text)
    except SourceError:
        return None
    return changed if changed.value() == _meant(document.value(), path, entry) else None


def _site(document: Document, path: Sequence[Part]) -> _Site | None:
    node = document.root
    if not isinstance(node, MappingNode):
        return None
    here: YamlNode = node
    for number, part in enumerate(path):
        step = None if part == NEW else here.child(str(part))
        if step is None:
            is_new = part == NEW or isinstance(part, str)
            return _Site(here, tuple(path[number:])) if is_new else None
        value = step.value
        if not isinstance(value, ScalarNode | SequenceNode | MappingNode):
            return None
        here = value
    return _Site(here, ())


def _text_with(text: str, site: _Site, entry: Entry) -> str | None:
    """The text with the entry in it; not yet known to read as it should."""
    node, written = site.node, text[slice(*site.node.span)]
    if isinstance(node, ScalarNode):
        return _in_place_of_nothing(text, node.span, site, entry) if _NOTHING.fullmatch(written) else None
    if not site.missing:
        return None
    if written[:1] in _FLOW:
        return _into_flow(text, node, _json_of(site, entry))
    return _into_block(text, node, site, entry)


def _into_flow(text: str, node: SequenceNode | MappingNode, new: str) -> str | None:
    """Before the closing bracket, or behind the last member: a comment may stand between the two."""
    values = node.items if isinstance(node, SequenceNode) else [member.value for member in node.entries.values()]
    inside = [value.span.end for value in values if node.span.start < value.span.end <= node.span.end]
    at = max(inside, default=node.span.start + 1)
    return text[:at] + (", " if inside else "") + new + text[at:]


def _json_of(site: _Site, entry: Entry) -> str:
    first, *rest = site.missing
    value = json.dumps(_wrapped(rest, entry), ensure_ascii=False)
    return value if isinstance(first, int) else f"{json.dumps(first, ensure_ascii=False)}: {value}"


def _into_block(text: str, node: SequenceNode | MappingNode, site: _Site, entry: Entry) -> str | None:
    start = node.span.start
    if isinstance(node, MappingNode):
        keys = (member.key.span.start for member in node.entries.values())
        start = min((key for key in keys if node.span.start <= key < node.span.end), default=-1)
    elif text[start : start + 1] != "-":
        return None
    if start < 0:
        return None
    column = start - _line_start(text, start)
    end = _line_end(text, node.span.end)
    if not _REST.fullmatch(text[node.span.end : end].rstrip("\r")):
        return None
    end = _behind_remarks(text, end, column)
    apart = [""] if column == 0 and len(site.missing) > 1 else []
    return _with_lines(text, end, [*apart, *_block(_wrapped(site.missing, entry), column)])


def _behind_remarks(text: str, end: int, column: int) -> int:
    """The end of the last line of comments that follow and, being indented further, belong to what is before them."""
    while (found := _REMARK.match(text, end)) and len(found["margin"]) > column:
        end = found.end()
    return end


def _in_place_of_nothing(text: str, span: Span, site: _Site, entry: Entry) -> str | None:
    """Behind a key that has no value yet: a text beside it, anything else below it."""
    if not site.missing and isinstance(entry, str):
        gap = "" if text[span.start - 1 : span.start].isspace() else " "
        return text[: span.start] + gap + scalar_text(entry) + text[span.end :]
    line = _line_start(text, span.start)
    column = len(text[line:]) - len(text[line:].lstrip(" "))
    if text[line + column : line + column + 1] == "-" or not site.missing:
        return None
    end = _line_end(text, span.end)
    emptied = text[: span.start].rstrip(" ") + text[span.end :]
    return _with_lines(
        emptied, end - (len(text) - len(emptied)), _block(_wrapped(site.missing, entry), column + _INDENT)
    )


def _with_lines(text: str, at: int, lines: Iterable[str]) -> str:
    """New lines behind the one that ends at an offset."""
    end = "\r\n" if "\r\n" in text else "\n"
    at -= text[at - 1 : at] == "\r"
    return text[:at] + "".join(f"{end}{line}" for line in lines) + text[at:]


def _block(value: JsonValue, column: int) -> list[str]:
    """A value in block style, each line with its indentation."""
    margin = " " * column
    lines: list[str] = []
    if isinstance(value, list):
        for item in value:
            first, *rest = _block(item, column + _INDENT)
            lines += [f"{margin}- {first.lstrip()}", *rest]
    elif isinstance(value, dict):
        for name, item in value.items():
            key = f"{margin}{scalar_text(name)}:"
            lines += (
                [key, *_block(item, column + _INDENT)] if isinstance(item, list | dict) else [f"{key} {_text(item)}"]
            )
    else:
        lines.append(margin + _text(value))
    return lines


def _text(value: JsonValue) -> str:
    return scalar_text(str(value))


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def _wrapped(path: Sequence[Part], entry: Entry) -> JsonValue:
    """The entry inside of everything that has to be made around it."""
    value: JsonValue = entry if isinstance(entry, str) else dict(entry)
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    return value


def _meant(value: JsonValue, path: Sequence[Part], entry: Entry) -> JsonValue:
    """The plain value as it should read afterwards."""
    meant = deepcopy(value)
    holder = meant
    for number, part in enumerate(path):
        rest = path[number + 1 :]
        if isinstance(holder, list) and isinstance(part, int):
            if part == NEW:
                holder.append(_wrapped(rest, entry))
                break
            holder = holder[part]
        elif isinstance(holder, dict) and isinstance(part, str):
            if holder.get(part) is None or holder[part] == "":
                holder[part] = _wrapped(rest, entry)
                break
            holder = holder[part]
    return meant
