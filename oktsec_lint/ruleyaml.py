"""Rule files as plain documents that remember their lines.

YAML's events are walked one by one with every limit checked first: nothing is constructed, no tag is obeyed, aliases
are refused. Unlike a configuration, a rule file may hold several documents; that is how upstream writes rules.
"""

from __future__ import annotations

from typing import Any

from oktsec_lint.core.errors import RuleError
from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.ruleparse import Plain
from oktsec_lint.core.values import NamedTuple

MAX_SIZE = 1 << 20
"""Bytes a rule file may have (upstream's limit)."""
MAX_DEPTH = 32
_BOM = "\ufeff"


class RuleDocument:
    """One YAML document of a rule file."""

    def __init__(self, line: int) -> None:
        self.value: JsonValue = None
        self.lines = {"": line}
        """JSON pointer to the 1-based line of its key, or of the item in a list."""

    def line(self, pointer: str) -> int:
        """The line of the nearest value at or above `pointer`."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 0)


def read_documents(data: bytes, path: str) -> list[RuleDocument]:
    """The documents of a rule file. Raises RuleError for what is no YAML, or is meant to hurt."""
    if len(data) > MAX_SIZE:
        raise RuleError(f"the file has {len(data):,} bytes; the limit is {MAX_SIZE:,}", path=path)
    try:
        text = data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        raise RuleError(f"the file is not UTF-8 (byte {error.start + 1:,})", path=path) from None
    return _documents(text, path)


def _documents(text: str, path: str) -> list[RuleDocument]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise RuleError(f"not valid YAML: {error.problem}", path=path, line=place[0], column=place[1]) from None
    except yaml.YAMLError as error:
        raise RuleError(f"not valid YAML: {' '.join(str(error).split())}", path=path) from None
    return [document for document in builder.documents if document.value not in (None, "")]


class _Open(NamedTuple):
    """A list or mapping that is being filled."""

    value: list[JsonValue] | dict[str, JsonValue]
    pointer: str
    key: list[str]
    """The key that waits for its value, if any."""


class _Builder:
    """Events to documents, without recursion."""

    def __init__(self, path: str) -> None:
        self.documents: list[RuleDocument] = []
        self._path = path
        self._open: list[_Open] = []

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self.documents.append(RuleDocument(line))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._start({} if kind == "MappingStartEvent" else [], line)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._open.pop()
        elif kind == "ScalarEvent":
            self._scalar(event, line)
        elif kind == "AliasEvent":
            raise self._error("aliases are not allowed in rule files", line)

    def _error(self, message: str, line: int) -> RuleError:
        return RuleError(message, path=self._path, line=line)

    def _start(self, value: list[JsonValue] | dict[str, JsonValue], line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} deep", line)
        self._open.append(_Open(value, self._place(value, line), []))

    def _scalar(self, event: Any, line: int) -> None:
        holder = self._open[-1] if self._open else None
        if holder is not None and isinstance(holder.value, dict) and not holder.key:
            if event.value in holder.value:
                raise self._error(f"`{event.value[:80]}` is written twice", line)
            holder.key.append(event.value)
            self.documents[-1].lines[holder.pointer + pointer_to(event.value)] = line
        else:
            self._place(Plain(event.value) if event.implicit[0] else event.value, line)

    def _place(self, value: JsonValue, line: int) -> str:
        """Puts a value where it belongs, and says where that is."""
        document = self.documents[-1]
        if not self._open:
            document.value = value
            document.lines[""] = line
            return ""
        holder = self._open[-1]
        if isinstance(holder.value, list):
            pointer = holder.pointer + pointer_to(len(holder.value))
            holder.value.append(value)
            document.lines[pointer] = line
            return pointer
        if not holder.key:
            raise self._error("a key has to be text", line)
        key = holder.key.pop()
        holder.value[key] = value
        return holder.pointer + pointer_to(key)
