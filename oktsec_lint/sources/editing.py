"""Corrections in a YAML text: what is not corrected stays as it was, byte for byte.

A correction changes the characters of one scalar, or takes one entry out of a list, and is done only when the result
then reads as what was meant. A comment, an anchor or another place that shares the value makes it impossible; nothing
is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.findings import Edit
from oktsec_lint.core.model import JsonValue, tokens_of
from oktsec_lint.core.values import NamedTuple

from .document import Document, Span, Step
from .scalars import resolve
from .yaml_nodes import MappingNode, ScalarNode, SequenceNode
from .yaml_reader import read_yaml

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+=-]*(?:@[A-Za-z0-9_./+=-]+)?")
"""What needs no quotes in any place, as long as it reads as text."""
_BETWEEN = re.compile(r"\s*,\s*")
_REST = re.compile(r"[ \t]*(?:#.*)?")


class Edited(NamedTuple):
    """A text after its corrections."""

    document: Document
    done: tuple[Edit, ...]
    left: tuple[Edit, ...]
    """Those that cannot be done by changing a few characters."""


def edited(document: Document, edits: Iterable[Edit]) -> Edited:
    """The document with everything corrected that can be. Several corrections of one place are one: the first."""
    wanted = {(edit.place.pointer, edit.place.at_key): edit for edit in reversed(tuple(edits))}
    done: list[Edit] = []
    left: list[Edit] = []
    for edit in sorted(wanted.values(), key=lambda edit: document.span(edit.place.pointer), reverse=True):
        changed = _corrected(document, edit)
        if changed is None:
            left.append(edit)
        else:
            document = changed
            done.append(edit)
    return Edited(document, tuple(reversed(done)), tuple(reversed(left)))


def _corrected(document: Document, edit: Edit) -> Document | None:
    """The document after one correction; None when that cannot be had, or would not be what was meant."""
    *path, last = tokens_of(edit.place.pointer) or [""]
    parent = _at(document, path)
    step = parent.child(last) if parent is not None else None
    if step is None or parent is None:
        return None
    edit = _as_it_stands(edit, parent, last)
    text = _changed(document.text, edit, parent, step, last)
    meant = _meant(document.value(), path, last, edit)
    if text is None:
        return None
    try:
        changed = read_yaml(document.path, text)
    except SourceError:
        return None
    return changed if changed.value() == meant else None


def _as_it_stands(edit: Edit, parent: MappingNode | SequenceNode, last: str) -> Edit:
    """What is left of a correction beside the entries that are there: a list that would be emptied keeps the word that
    says so, and one that holds the new entry already loses the old one."""
    if not isinstance(parent, SequenceNode):
        return edit
    items = enumerate(parent.items)
    others = {item.raw for index, item in items if isinstance(item, ScalarNode) and str(index) != last}
    if edit.new is not None and edit.new in others:
        return edit._replace(new=None)
    if edit.new is None and len(parent.items) == 1 and edit.last:
        return edit._replace(new=edit.last)
    return edit


def _at(document: Document, path: Sequence[str]) -> MappingNode | SequenceNode | None:
    node = document.root
    for token in path:
        step = node.child(token)
        if step is None:
            return None
        node = step.value
    return node if isinstance(node, MappingNode | SequenceNode) else None


def _meant(value: JsonValue, path: Sequence[str], last: str, edit: Edit) -> JsonValue:
    """The plain value as it should read afterwards. `value` is ours alone."""
    holder = value
    for token in path:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token] if isinstance(holder, dict) else None
    if isinstance(holder, list):
        if edit.new is None:
            del holder[int(last)]
        else:
            holder[int(last)] = edit.new
    elif isinstance(holder, dict) and edit.new is not None:
        if edit.place.at_key:
            holder[edit.new] = holder.pop(last)
        else:
            holder[last] = edit.new
    return value


def _changed(text: str, edit: Edit, parent: MappingNode | SequenceNode, step: Step, last: str) -> str | None:
    if edit.new is None:
        span = _removed(text, parent, int(last)) if isinstance(parent, SequenceNode) else None
        return text[: span.start] + text[span.end :] if span is not None else None
    if edit.place.at_key and (step.key is None or parent.child(edit.new) is not None):
        return None
    if not edit.place.at_key and not isinstance(step.value, ScalarNode):
        return None
    span = step.key if edit.place.at_key and step.key is not None else step.value.span
    written = _written(text[span.start : span.end], edit)
    return None if written is None else text[: span.start] + written + text[span.end :]


def _written(old: str, edit: Edit) -> str | None:
    """The new text in the quotes of the old one; None when that is not written as itself."""
    new = edit.new or ""
    if old[:1] == '"':
        return json.dumps(new, ensure_ascii=False)
    if old[:1] == "'":
        return "'" + new.replace("'", "''") + "'"
    if old != edit.old:
        return None
    return scalar_text(new)


def scalar_text(text: str) -> str:
    """A text as a YAML scalar that reads as text in any place, in quotes where it needs them."""
    is_plain = _PLAIN.fullmatch(text) is not None and isinstance(resolve(text), str)
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _removed(text: str, parent: SequenceNode, index: int) -> Span | None:
    """What has to go with an entry of a list; None when something else would go with it."""
    if len(parent.items) == 1:
        return None
    if text[parent.span.start : parent.span.start + 1] == "[":
        return _out_of_flow(text, parent, index)
    item = parent.items[index].span
    start = text.rfind("\n", 0, item.start) + 1
    end = text.find("\n", item.end)
    line_end = len(text) if end < 0 else end
    alone = re.fullmatch(r"[ \t]*-[ \t]+", text[start : item.start]) and "\n" not in text[item.start : item.end]
    if not alone or not _REST.fullmatch(text[item.end : line_end].removesuffix("\r")):
        return None
    return Span(start, line_end + 1) if end >= 0 else Span(max(start - 1, 0), line_end)


def _out_of_flow(text: str, parent: SequenceNode, index: int) -> Span | None:
    """With the comma behind it, or before it where it is the last."""
    if index + 1 < len(parent.items):
        here, following = parent.items[index].span, parent.items[index + 1].span
        gap, span = text[here.end : following.start], Span(here.start, following.start)
    else:
        before, here = parent.items[index - 1].span, parent.items[index].span
        gap, span = text[before.end : here.start], Span(before.end, here.end)
    return span if _BETWEEN.fullmatch(gap) else None
