"""Launch lines in clients' files, put behind the gate and taken out again, by the bytes of `command` and `args` alone.

What is added goes before the first argument; the command moves behind the `--` as it is written, quotes and escapes
included. So the wrapped line holds the plain one, and whatever else somebody edits meanwhile stays. The one thing that
it does not tell is whether there was an `args` at all: who wraps keeps that. Nothing is done that could not be undone
to the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue, pointer_to, tokens_of
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.wrapping import wrapped_in

from .document import Document, Node, Span, Step, error_at
from .syntaxes import Syntax, reread, syntax_of

_ARGS = "args"
_DASH = re.compile(r"[ \t]*-[ \t]+")
_COMMA = re.compile(r"\s*,")
_GAP = re.compile(r"\s*(?:,|-[ \t])\s*")
_ADDED = re.compile(r"""[\s,]*(?:[^\r\n{}\[\]#=:]*\.[ \t]*)?["']?args["']?\s*[:=]\s*""")
_COLON = re.compile(r"[ \t]*[:=][ \t]*")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Rewritten(NamedTuple):
    """A file after its launch lines were changed."""

    document: Document
    added: tuple[str, ...] = ()
    """Pointers of the `args` that were not there."""


class _Change(NamedTuple):
    span: Span
    text: str


class _Line(NamedTuple):
    """A launch line as it stands: a command beside its `args`, or one list of both."""

    words: tuple[str, ...]
    command: Step
    items: tuple[Span, ...]
    """Those of the list, which holds the command too where `in_list`."""
    list_span: Span | None
    """None where there is no `args`."""
    list_pointer: str
    in_list: bool

    def place(self, word: int) -> int:
        """Where in the list a word of the line is."""
        return word if self.in_list else word - 1


def wrapped(document: Document, lines: Mapping[str, Sequence[str]]) -> Rewritten:
    """The document with launch lines behind the gate: the pointer of each command, and the words that come before it,
    up to the `--`. Raises SourceError for a line that is not to be had back to the byte."""
    syntax = syntax_of(document)
    changes: list[_Change] = []
    added: list[str] = []
    meant = deepcopy(document.value())
    for pointer, words in lines.items():
        line = _line(document, pointer)
        changes += _wrapping(document, line, words, syntax)
        added += [line.list_pointer] if line.list_span is None else []
        _put(meant, line, pointer, (*words, *line.words))
    changed = _changed(document, changes, meant)
    if unwrapped(changed, lines, added).text != document.text:
        raise SourceError("its launch lines cannot be changed and changed back", path=document.path)
    return Rewritten(changed, tuple(added))


def unwrapped(document: Document, commands: Iterable[str], added: Collection[str] = ()) -> Document:
    """The document with the servers' own launch lines again; `added` names the `args` to take away when they are empty.
    A line that is not wrapped stays. Raises SourceError where something else would have to change."""
    changes: list[_Change] = []
    meant = deepcopy(document.value())
    for pointer in commands:
        line = _line(document, pointer)
        found = wrapped_in(line.words)
        if found is None:
            continue
        plain = line.words[found.inner :]
        gone = _added_member(document.text, line, added) if len(plain) == 1 else None
        changes += _unwrapping(document.text, line, line.place(found.inner), gone)
        _put(meant, line._replace(list_span=None if gone else line.list_span), pointer, plain)
    return _changed(document, changes, meant)


def respelled(document: Document, tokens: Mapping[str, str]) -> Document:
    """The document with other spellings of scalar values, by pointer. Raises SourceError where that changes another."""
    meant = deepcopy(document.value())
    changes = [_Change(document.span(pointer), token) for pointer, token in tokens.items()]
    for pointer, token in tokens.items():
        *path, last = tokens_of(pointer)
        holder = _holder(meant, path)
        value: JsonValue = _plain(document, token)
        if isinstance(holder, dict):
            holder[last] = value
    return _changed(document, changes, meant)


def words_at(document: Document, pointer: str) -> tuple[str, ...]:
    """The launch line whose command stands at a pointer. Raises SourceError, at the place, for one that is not made of
    texts."""
    return _line(document, pointer).words


def spelled(word: str) -> str:
    """A text as every syntax here reads it."""
    return json.dumps(word, ensure_ascii=False)


def _plain(document: Document, token: str) -> JsonValue:
    """What a scalar means in the document's syntax."""
    text = {Syntax.JSON: f"[{token}]", Syntax.TOML: f"it = [{token}]", Syntax.YAML: f"[{token}]"}
    value = reread(document, text[syntax_of(document)]).value()
    held = value["it"] if isinstance(value, dict) else value
    return held[0] if isinstance(held, list) else None


def _line(document: Document, pointer: str) -> _Line:
    """Raises SourceError, at the place, for a line that is not made of texts."""
    *path, last = tokens_of(pointer)
    parent = document.root
    for token in path:
        parent = _step(document, parent, token, pointer).value
    command, holder = _step(document, parent, last, pointer), parent.plain()
    if isinstance(holder, list):
        words = _texts(document, holder, pointer_to(*path))
        spans = tuple(_step(document, parent, str(index), pointer).value.span for index in range(len(holder)))
        return _Line(words, command, spans, parent.span, pointer_to(*path), in_list=True)
    at = pointer_to(*path, _ARGS)
    step = parent.child(_ARGS)
    first = _texts(document, [command.value.plain()], pointer)
    if step is None:
        return _Line(first, command, (), None, at, in_list=False)
    args = _texts(document, step.value.plain(), at)
    spans = tuple(_step(document, step.value, str(index), at).value.span for index in range(len(args)))
    return _Line((*first, *args), command, spans, step.value.span, at, in_list=False)


def _step(document: Document, node: Node, token: str, pointer: str) -> Step:
    step = node.child(token)
    if step is None:
        raise SourceError(f"there is no {pointer}", path=document.path)
    return step


def _texts(document: Document, value: JsonValue, pointer: str) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(item for item in value if isinstance(item, str))
    where = document.span(pointer).start
    raise error_at(document.path, document.text, where, "this launch line is not made of texts")


def _wrapping(document: Document, line: _Line, words: Sequence[str], syntax: Syntax) -> Iterator[_Change]:
    tokens = [spelled(word) for word in words]
    if not line.in_list:
        span = line.command.value.span
        yield _Change(span, tokens[0])
        tokens = [*tokens[1:], document.text[slice(*span)]]
    if line.list_span is None:
        yield _new_list(document.text, line.command, tokens, syntax)
    else:
        yield _before_the_rest(document, line.list_span, line.items, tokens)


def _before_the_rest(document: Document, whole: Span, items: Sequence[Span], tokens: Sequence[str]) -> _Change:
    """On a line of its own where the first item has one."""
    text = document.text
    if not items:
        return _Change(Span(whole.start + 1, whole.start + 1), ", ".join(tokens))
    at = items[0].start
    start = _line_start(text, at)
    lead, end = text[start:at], _line_end(text, start)
    if text[whole.start] != "[":
        if not _DASH.fullmatch(lead):
            raise error_at(document.path, text, at, "this list cannot be added to")
        return _Change(Span(at, at), "".join(f"{token}{end}{lead}" for token in tokens))
    gap = ", " if lead.strip(" \t") else f",{end}{lead}"
    return _Change(Span(at, at), ", ".join(tokens) + gap)


def _new_list(text: str, command: Step, tokens: Sequence[str], syntax: Syntax) -> _Change:
    """An `args` behind the command, written as that is."""
    key, value = command.key or command.value.span, command.value.span
    start = _line_start(text, key.start)
    lead, colon = text[start : key.start], _COLON.fullmatch(text, key.end, value.start)
    name = spelled(_ARGS) if syntax is Syntax.JSON else _ARGS
    between = colon.group() if colon else " = " if syntax is Syntax.TOML else ": "
    comma = "," if syntax is Syntax.JSON else ""
    indent = lead.replace("-", " ") if syntax is Syntax.YAML else lead
    on_its_own = not re.search(r"[{\[,]", lead) if syntax is Syntax.TOML else not indent.strip()
    before = f"{comma}{_line_end(text, start)}{indent}" if on_its_own else ", "
    return _Change(Span(value.end, value.end), f"{before}{name}{between}[{', '.join(tokens)}]")


def _unwrapping(text: str, line: _Line, inner: int, gone: Span | None) -> Iterator[_Change]:
    if not line.in_list:
        yield _Change(line.command.value.span, text[slice(*line.items[inner])])
    if gone is not None:
        yield _Change(gone, "")
        return
    rest = inner if line.in_list else inner + 1
    start = line.items[0].start
    if rest < len(line.items):
        yield _Change(Span(start, _after(text, line, rest)), "")
    elif line.list_span is not None and text[line.list_span.start] != "[":
        yield _Change(line.list_span, "[]")
    else:
        comma = _COMMA.match(text, line.items[inner].end)
        yield _Change(Span(start, comma.end() if comma else line.items[inner].end), "")


def _after(text: str, line: _Line, rest: int) -> int:
    """Where the words begin that stay: a comment that somebody put before them stays too."""
    before, start = line.items[rest - 1].end, line.items[rest].start
    comma = _COMMA.match(text, before)
    return start if _GAP.fullmatch(text[before:start]) or comma is None else comma.end()


def _added_member(text: str, line: _Line, added: Collection[str]) -> Span | None:
    """An `args` that was added, from the command to its own end; None for one that has moved since."""
    if line.list_span is None or line.list_pointer not in added:
        return None
    end = line.command.value.span.end
    is_there = line.list_span.start >= end and _ADDED.fullmatch(text[end : line.list_span.start])
    return Span(end, line.list_span.end) if is_there else None


def _put(value: JsonValue, line: _Line, pointer: str, words: Sequence[str]) -> None:
    """The launch line as it is to be read afterwards."""
    *path, last = tokens_of(pointer)
    holder = _holder(value, path)
    if isinstance(holder, list):
        holder[:] = words
    elif isinstance(holder, dict):
        holder[last] = words[0]
        if line.list_span is not None or words[1:]:
            holder[_ARGS] = list(words[1:])
        else:
            holder.pop(_ARGS, None)


def _holder(value: JsonValue, path: Sequence[str]) -> JsonValue:
    for token in path:
        value = value[int(token)] if isinstance(value, list) else value[token] if isinstance(value, dict) else None
    return value


def _changed(document: Document, changes: Iterable[_Change], meant: JsonValue) -> Document:
    """The document after all changes. Raises SourceError when it does not read as it should then."""
    parts, at = [], 0
    for change in sorted(changes):
        parts += [document.text[at : change.span.start], change.text]
        at = change.span.end
    text = "".join(parts) + document.text[at:]
    if text == document.text:
        return document
    changed = reread(document, text)
    if changed.value() != meant:
        raise SourceError("its launch lines cannot be changed without changing something else", path=document.path)
    return changed


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _line_end(text: str, start: int) -> str:
    """The line end before a line, or else the first there is."""
    before = text[max(start - 2, 0) : start]
    if before:
        return before if before == "\r\n" else before[-1]
    found = _LINE_END.search(text)
    return found.group() if found else "\n"
