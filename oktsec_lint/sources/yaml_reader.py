"""YAML as a tree with positions, read so that no file can hurt: bounded, nothing constructed, nothing expanded blindly.

The parser's events are walked one by one; every limit is checked before anything is built. Positions come from event
offsets and our own line table. Tags outside the core schema, recursive aliases and second documents are refused;
duplicate keys are kept as anomalies, because two `allowed_tools:` in one agent is an attack shape worth a finding.

libyaml's events are used where PyYAML was built with it: it is what Go's yaml.v3 was ported from, so it accepts what
the runtime accepts, and a hostile megabyte takes it milliseconds instead of seconds. Only events are taken from it;
its own tree builder recurses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from oktsec_lint.core.display import quoted
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import pointer_to
from oktsec_lint.core.values import NamedTuple

from .document import Anomaly, Document, Oddity, Span, error_at
from .scalars import Scalar, resolve
from .yaml_nodes import Entry, MappingNode, ScalarNode, SequenceNode, YamlNode

if TYPE_CHECKING:
    import yaml

MAX_SIZE = 1 << 20
"""Bytes; upstream's own limit for a configuration."""
MAX_DEPTH = 64
MAX_EVENTS = 50_000
MAX_EXPANDED = 10_000
"""Nodes that aliases and merge keys may stand for, all together."""

_CORE = "tag:yaml.org,2002:"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_UNPRINTABLE = r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""What YAML 1.2.2 section 5.1 leaves out. For ASCII texts the first says the same and is much cheaper to compile."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_MERGE = "<<"


def read_yaml(path: str, text: str) -> Document:
    """The one document in a YAML text. Raises SourceError, at the very line, for everything that is not one."""
    if len(text) > MAX_SIZE:
        raise SourceError(f"larger than {MAX_SIZE:,} bytes", path=path)
    unprintable = re.search(_CONTROL if text.isascii() else _UNPRINTABLE, text)
    if unprintable is not None:
        code = f"U+{ord(unprintable.group()):04X}"
        raise error_at(path, text, unprintable.start(), f"control character {code} is not allowed")
    tree = _Tree(path, text)
    for event in _events(path, text):
        tree.take(event)
    root = tree.root
    if root is None:
        raise SourceError("the file is empty", path=path)
    return Document(path, text, root, tuple(_duplicates(root, tree.repeats)))


def scalar_spans(document: Document) -> tuple[Span, ...]:
    """Where the scalars of a YAML document stand, in reading order: those too that a repeated key has replaced."""
    every = (event for event in _events(document.path, document.text) if type(event).__name__ == "ScalarEvent")
    return tuple(_scalar_span(event, document.text) for event in every)


def _scalar_span(event: Any, text: str) -> Span:
    """A block scalar ends with its last character; its event only ends at the next token."""
    span = _span(event)
    if event.style in ("|", ">"):
        return Span(span.start, span.start + len(text[span.start : span.end].rstrip()))
    return span


def _events(path: str, text: str) -> Iterator[yaml.Event]:
    import yaml

    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        yield from yaml.parse(text, loader)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        offset = min(mark.index, len(text)) if mark is not None else 0
        message = f"not valid YAML: {broken.problem or broken.context}"
        raise error_at(path, text, offset, message, hint=_remedy(text, offset)) from None
    except yaml.YAMLError as broken:
        raise SourceError(f"not valid YAML: {broken}", path=path) from None


def _remedy(text: str, offset: int) -> str:
    """What to change, for the two mistakes that the parser's own words do not explain."""
    if text[offset : offset + 1] == "\t":
        return "indent with spaces, not tabs"
    line = text[text.rfind("\n", 0, offset) + 1 : offset + 1]
    return "inside { } put values that hold ${...} in quotes" if "${" in line.replace('"${', "") else ""


class _Frame(NamedTuple):
    """A list or mapping whose end has not come yet."""

    is_mapping: bool
    flow: bool
    start: int
    anchor: str | None
    children: list[YamlNode]


class _Tree:
    """Builds nodes from events, bottom up, with one frame for each open collection."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._frames: list[_Frame] = []
        self._anchors: dict[str, YamlNode | None] = {}
        self._events = 0
        self._expanded = 0
        self._documents = 0
        self.root: YamlNode | None = None
        self.repeats: dict[Span, Mapping[str, tuple[Span, ...]]] = {}
        """Span of a mapping to its keys that are written more than once, with every place."""

    def take(self, event: yaml.Event) -> None:
        self._events += 1
        if self._events > MAX_EVENTS:
            raise self._error(event, f"more than {MAX_EVENTS:,} values and keys")
        step = _STEPS.get(type(event).__name__)
        if step is not None:
            step(self, event)

    def open_document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._error(event, "a second YAML document starts here", hint="keep one document in a file")

    def open(self, event: yaml.CollectionStartEvent) -> None:
        is_mapping = type(event).__name__ == "MappingStartEvent"
        if event.tag not in (None, "!", _CORE + ("map" if is_mapping else "seq")):
            raise self._error(event, f"the tag {quoted(event.tag)} is not supported")
        if len(self._frames) >= MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._frames.append(_Frame(is_mapping, bool(event.flow_style), _span(event).start, event.anchor, []))

    def close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._frames.pop()
        span = Span(frame.start, self._end(frame, event))
        node = self._mapping(frame, span) if frame.is_mapping else _sequence(frame, span)
        self._add(node, frame.anchor)

    def _end(self, frame: _Frame, event: yaml.CollectionEndEvent) -> int:
        """A block collection ends with its last child; its end event only comes at the next token."""
        if frame.flow or not frame.children:
            return max(frame.start, _span(event).end)
        return max(frame.start, *(child.span.end for child in frame.children[-2:]))

    def scalar(self, event: yaml.ScalarEvent) -> None:
        value, plain_style = self._resolved(event)
        self._add(ScalarNode(_scalar_span(event, self._text), event.value, value, plain_style), event.anchor)

    def _resolved(self, event: yaml.ScalarEvent) -> tuple[Scalar, bool]:
        """A scalar's value and whether its look decided it: an explicit tag or quotes decide before the look does."""
        text: str = event.value
        if not text.isascii() and _SURROGATE.search(text):
            raise self._error(event, "an escape stands for half a character")
        if event.tag in (None, "!"):
            return (text, False) if event.style else (resolve(text), True)
        try:
            return _tagged(event.tag, text), False
        except ValueError:
            raise self._error(event, f"the tag {quoted(event.tag)} is not supported for this value") from None

    def alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        target = self._anchors.get(name)
        if target is None:
            problem = "contains itself" if name in self._anchors else "is not defined"
            raise self._error(event, f"the anchor {quoted(name)} {problem}")
        self._expanded += target.weight
        if self._expanded > MAX_EXPANDED:
            raise self._error(event, f"aliases stand for more than {MAX_EXPANDED:,} values")
        if len(self._frames) + target.height > MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels")
        self._add(target._replace(span=_span(event)), None)

    def _add(self, node: YamlNode, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if self._frames:
            self._frames[-1].children.append(node)
        else:
            self.root = node

    def _mapping(self, frame: _Frame, span: Span) -> MappingNode:
        entries: dict[str, Entry] = {}
        places: dict[str, list[Span]] = {}
        merged: list[YamlNode] = []
        for key, value in zip(frame.children[::2], frame.children[1::2], strict=True):
            if not isinstance(key, ScalarNode):
                raise error_at(self._path, self._text, key.span.start, "a key must be a plain text")
            places.setdefault(key.raw, []).append(key.span)
            if key.raw == _MERGE and key.plain_style:
                merged.append(value)
            else:
                entries[key.raw] = Entry(key, value)
        repeats = {name: tuple(spans) for name, spans in places.items() if len(spans) > 1}
        for source in self._merge_sources(merged):
            entries = {**source.entries, **entries}
            repeats.update(self.repeats.get(source.span, {}))
        if repeats:
            self.repeats[span] = repeats
        return _mapping_of(entries, span)

    def _merge_sources(self, merged: list[YamlNode]) -> Iterator[MappingNode]:
        """What `<<` brings in; the first of several mappings wins, and what is written beside it wins over all."""
        for value in merged:
            for source in value.items if isinstance(value, SequenceNode) else (value,):
                if not isinstance(source, MappingNode):
                    message = "`<<` needs a mapping or a list of mappings"
                    raise error_at(self._path, self._text, source.span.start, message)
                yield source

    def _error(self, event: yaml.Event, message: str, *, hint: str = "") -> SourceError:
        return error_at(self._path, self._text, _span(event).start, message, hint=hint)


_STEPS: Mapping[str, Callable[[_Tree, Any], None]] = {
    "DocumentStartEvent": _Tree.open_document,
    "MappingStartEvent": _Tree.open,
    "SequenceStartEvent": _Tree.open,
    "MappingEndEvent": _Tree.close,
    "SequenceEndEvent": _Tree.close,
    "ScalarEvent": _Tree.scalar,
    "AliasEvent": _Tree.alias,
}
_SCALAR_TAGS: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}


def _tagged(tag: str, text: str) -> Scalar:
    """A scalar with an explicit core tag, quoted or not. Raises ValueError for other tags and for what does not fit."""
    wanted = _SCALAR_TAGS.get(tag.removeprefix(_CORE)) if tag.startswith(_CORE) else None
    value = text if wanted is str else resolve(text)
    if wanted is float and type(value) is int:
        return float(value)
    if wanted is None or type(value) is not wanted:
        raise ValueError(tag)
    return value


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.index if start else 0, end.index if end else 0)


def _mapping_of(entries: Mapping[str, Entry], span: Span) -> MappingNode:
    values = [entry.value for entry in entries.values()]
    weight = 1 + len(values) + sum(value.weight for value in values)
    return MappingNode(span, entries, weight, 1 + max((value.height for value in values), default=0))


def _sequence(frame: _Frame, span: Span) -> SequenceNode:
    items = tuple(frame.children)
    weight = 1 + sum(item.weight for item in items)
    return SequenceNode(span, items, weight, 1 + max((item.height for item in items), default=0))


def _duplicates(root: YamlNode, repeats: Mapping[Span, Mapping[str, tuple[Span, ...]]]) -> Iterator[Anomaly]:
    """Every key that is written twice in one mapping, with its pointer, in reading order."""
    stack: list[tuple[YamlNode, str]] = [(root, "")] if repeats else []
    while stack:
        node, pointer = stack.pop()
        if isinstance(node, MappingNode):
            for name, spans in repeats.get(node.span, {}).items():
                yield Anomaly(Oddity.DUPLICATE_KEY, pointer + pointer_to(name), spans)
            children = [(entry.value, pointer + pointer_to(name)) for name, entry in node.entries.items()]
            stack.extend(reversed(children))
        elif isinstance(node, SequenceNode):
            stack.extend(reversed([(item, f"{pointer}/{index}") for index, item in enumerate(node.items)]))
