"""A YAML tree against the grammar: typed values out, and everything that does not fit, all at once.

Types convert as Go's yaml.v3 converts them into upstream's structs: any scalar is text where text is wanted, `on` is
true only where a boolean is wanted, an empty value is the default. Nothing here knows what a key means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from oktsec_lint.core.display import listed, quoted, visible
from oktsec_lint.core.fields import Address, Field
from oktsec_lint.core.findings import Edit, Hit, Severity
from oktsec_lint.core.model import JsonValue
from oktsec_lint.sources.forms import fits
from oktsec_lint.sources.grammar import ROOT, Key, Shape, Type
from oktsec_lint.sources.scalars import as_bool, other_reading
from oktsec_lint.sources.yaml_nodes import MappingNode, ScalarNode, SequenceNode, YamlNode

from .wording import alike, belongs, described, kind_of, meant_key, retyped

_UNNAMED = Key("", ROOT)
_MOST_ADVISED = 200
"""Unknown keys that get a did-you-mean; a file with more of them is something else."""
_EXTENSION = "x-"
"""Starts a key that is a place for anchors, as in compose files; nobody expects it to do anything."""


def decode(path: str, root: MappingNode) -> tuple[Field, tuple[Hit, ...]]:
    """The whole document as one field, and a hit for everything that the grammar does not allow."""
    decoder = _Decoder()
    decoded = decoder.decode(root, ROOT, Address(path), _UNNAMED)
    return decoded, tuple(decoder.hits)


class _Decoder:
    """One pass over one document. `key` is always the key whose value, or part of it, is being read."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self._unknown = 0

    def decode(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        if shape.type is Type.ANYTHING:
            return Field(at, node.plain())
        if isinstance(node, ScalarNode) and node.value is None:
            return Field(at)
        return _READERS[shape.type](self, node, shape, at, key)

    def read_text(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        if not isinstance(node, ScalarNode):
            return self._wrong_type(node, shape, at, key)
        if "\0" in node.raw:
            return self._bad_value(at, key, "a NUL character cannot be part of a text")
        if shape.choices and node.raw not in shape.choices:
            return self._not_a_choice(node.raw, shape, at, key)
        if shape.format and not fits(shape.format, node.raw):
            self._bad_value(at, key, f"{quoted(at.dotted)} is not of the form {quoted(shape.format.value)}")
            return Field(at, node.raw, broken=True)
        if not shape.choices and not shape.format:
            self._check_ambiguous(node, at, "value")
        return Field(at, node.raw)

    def read_flag(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        if isinstance(node, ScalarNode):
            value = node.value if isinstance(node.value, bool) else as_bool(node.raw)
            if value is not None:
                return Field(at, value)
        return self._wrong_type(node, shape, at, key)

    def read_number(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._wrong_type(node, shape, at, key)
        if not math.isfinite(value) or not _in_range(value, shape):
            return self._out_of_range(value, shape, at, key)
        if shape.type is Type.NUMBER:
            return Field(at, value)
        return Field(at, int(value)) if value == int(value) else self._wrong_type(node, shape, at, key)

    def read_list(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        if not isinstance(node, SequenceNode) or shape.items is None:
            return self._wrong_type(node, shape, at, key)
        items = [self._item(item, shape.items, at.item(i), key) for i, item in enumerate(node.items)]
        good = tuple(item for item in items if not item.broken)
        return Field(at, [item.value for item in good], items=good, broken=len(good) < len(items))

    def _item(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        if isinstance(node, MappingNode) and "id" in node.entries:
            name = node.entries["id"].value
            at = at._replace(owner=name.raw if isinstance(name, ScalarNode) else "")
        item = self.decode(node, shape, at, key)
        if _is_missing(item, key):
            message = f"{quoted(at.dotted)} is empty, and upstream drops it from the list"
            self._report("CFG-003", at, _with(message, key.unread), "Write a value, or remove the entry.")
            return item.as_broken()
        return item

    def read_map(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        if not isinstance(node, MappingNode) or shape.items is None:
            return self._wrong_type(node, shape, at, key)
        members: dict[str, Field] = {}
        for name, entry in node.entries.items():
            below = at.key(name)._replace(owner=name)
            self._check_ambiguous(entry.key, below, "name", at_key=True)
            member = self.decode(entry.value, shape.items, below, key)
            members[name] = _empty_text(member) if shape.items.type is Type.TEXT else member
        return _gathered(at, members)

    def read_section(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        if not isinstance(node, MappingNode):
            return self._wrong_type(node, shape, at, key)
        members: dict[str, Field] = {}
        extra: dict[str, Field] = {}
        for name, entry in node.entries.items():
            known = shape.key(name)
            if known is None:
                if not name.startswith(_EXTENSION):
                    self._unknown_key(name, shape, at)
                extra[name] = Field(at.key(name), entry.value.plain())
            else:
                members[name] = self._member(entry.value, known, at)
        for known in shape.keys:
            if known.required and _is_empty(members.get(known.name)):
                self._missing(known, at)
        gathered = _gathered(at, members)
        return gathered.with_value({**_plain(extra), **_plain(members)})

    def _member(self, node: YamlNode, key: Key, at: Address) -> Field:
        below = at.key(key.name)
        member = self.decode(node, key.shape, below._replace(inert=at.inert or bool(key.note)), key)
        if key.note and not at.inert and _asks_for_something(member, key.shape):
            message = f"{quoted(below.dotted)} is accepted but not enforced: {key.note}"
            severity = Severity.LOW if key.guards else None
            self.hits.append(below.hit("CFG-010", message, at_key=True, severity=severity))
        return member

    def _check_ambiguous(self, node: ScalarNode, at: Address, what: str, *, at_key: bool = False) -> None:
        reading = other_reading(node.raw) if node.plain_style and not at.inert else ""
        if reading:
            message = f"this {what} is text here, but other YAML readers take it for {reading}"
            self._report("CFG-018", at, message, at_key=at_key)

    def _unknown_key(self, name: str, shape: Shape, at: Address) -> None:
        below = at.key(name)
        self._unknown += 1
        close = meant_key(name, shape) if self._unknown <= _MOST_ADVISED else None
        where = f"in {quoted(at.dotted)}" if at.dotted else "at the top level"
        message = f"unknown key {quoted(name)} {where}; upstream ignores it without a word"
        fix = f"Did you mean `{close.name}`?" if close else belongs(name, at)
        edit = Edit(below.place(at_key=True), name, close.name) if close else None
        self._report("CFG-001", below, _with(message, close.unread if close else ""), fix, at_key=True, edit=edit)

    def _missing(self, key: Key, at: Address) -> None:
        message = f"{quoted(at.dotted)} has no {quoted(key.name)}, so it does nothing"
        if key.complaint:
            message = key.complaint.format(value="", owner=visible(at.owner, 60))
        severity = Severity.HIGH if key.guards else None
        self._report("CFG-020", at, message, f"Add `{key.name}:`.", severity=severity)

    def _wrong_type(self, node: YamlNode, shape: Shape, at: Address, key: Key) -> Field:
        message = f"{quoted(at.dotted)} must be {described(shape)}, not {kind_of(node)}"
        fix = _sentence(key.hint) or retyped(node, shape, at.name)
        self._report("CFG-003", at, _with(message, key.unread), fix)
        return Field(at, broken=True)

    def _not_a_choice(self, raw: str, shape: Shape, at: Address, key: Key) -> Field:
        known = [choice for choice in shape.choices if choice]
        close = alike(raw, known)
        valid = f"Valid values: {listed(known, len(known))}."
        fix = f"Did you mean `{close}`? {valid}" if close else valid
        edit = Edit(at.place(), raw, close) if close else None
        return self._bad_value(at, key, f"{quoted(at.dotted)} cannot be {quoted(raw)}", fix, value=raw, edit=edit)

    def _out_of_range(self, value: float, shape: Shape, at: Address, key: Key) -> Field:
        bounds = [f"at least {shape.minimum:g}"] if shape.minimum is not None else []
        bounds += [f"at most {shape.maximum:g}"] if shape.maximum is not None else []
        fix = f"Write a number of {' and '.join(bounds)}." if bounds else "Write a finite number."
        return self._bad_value(at, key, f"{quoted(at.dotted)} cannot be {value}", fix, value=str(value))

    def _bad_value(
        self, at: Address, key: Key, message: str, fix: str = "", *, value: str = "", edit: Edit | None = None
    ) -> Field:
        if value and key.complaint:
            message = key.complaint.format(value=visible(value, 60), owner=visible(at.owner, 60))
        severity = Severity.HIGH if key.guards else None
        self._report("CFG-004", at, message, _sentence(key.hint) or fix, severity=severity, edit=edit)
        return Field(at, broken=True)

    def _report(
        self,
        rule: str,
        at: Address,
        message: str,
        fix: str = "",
        *,
        at_key: bool = False,
        severity: Severity | None = None,
        edit: Edit | None = None,
    ) -> None:
        """A mistake in a section that this tool does not act on weakens nothing here."""
        at_most = Severity.LOW if at.inert else severity
        self.hits.append(at.hit(rule, message, fix, at_key=at_key, severity=at_most)._replace(edit=edit))


_READERS: Mapping[Type, Callable[[_Decoder, YamlNode, Shape, Address, Key], Field]] = {
    Type.TEXT: _Decoder.read_text,
    Type.FLAG: _Decoder.read_flag,
    Type.WHOLE: _Decoder.read_number,
    Type.NUMBER: _Decoder.read_number,
    Type.LIST: _Decoder.read_list,
    Type.MAP: _Decoder.read_map,
    Type.SECTION: _Decoder.read_section,
}


def _gathered(at: Address, members: Mapping[str, Field]) -> Field:
    return Field(at, _plain(members), members=members)


def _plain(members: Mapping[str, Field]) -> dict[str, JsonValue]:
    return {name: member.value for name, member in members.items() if member.value is not None or not member.broken}


def _empty_text(member: Field) -> Field:
    """In a map of texts an empty value is the empty text, not a missing one."""
    return member if member.value is not None or member.broken else member.with_value("")


def _is_empty(member: Field | None) -> bool:
    return member is None or (not member.value and not member.broken)


def _is_missing(item: Field, key: Key) -> bool:
    """Whether an element of a list says nothing. Where that widens a scope, an empty text says nothing either."""
    return not item.broken and (item.value is None or (bool(key.unread) and item.value == ""))


def _with(message: str, more: str) -> str:
    return f"{message}; {more}" if more else message


def _sentence(hint: str) -> str:
    return f"{hint[0].upper()}{hint[1:]}." if hint else ""


def _in_range(value: float, shape: Shape) -> bool:
    above = shape.minimum is None or value >= shape.minimum
    return above and (shape.maximum is None or value <= shape.maximum)


def _asks_for_something(member: Field, shape: Shape) -> bool:
    """Whether anybody could expect an effect: a section that is switched off, `false` or `[]` promises nothing."""
    if shape.key("enabled") is not None:
        return member["enabled"].value is True
    return bool(member.value or member.members) or member.broken
