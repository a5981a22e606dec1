"""What an argument may look like: `tool_constraints[].parameters`.

A constrained value may hide one level down, in a list, in a key, or as character codes; so everything below the
parameter is held against its patterns. An argument whose name is the parameter's in another spelling is refused: some
servers take it for the parameter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from oktsec_lint.core.display import quoted
from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.values import NamedTuple

from .globs import AllowedGlobs, BlockedGlobs
from .model import Denial
from .spelling import spelled

_EXACT = 1 << 53
_LAST_CODE_POINT = 0x10FFFF


class Parameter(NamedTuple):
    """The constraint on one parameter."""

    name: str
    allowed: AllowedGlobs | None = None
    blocked: BlockedGlobs | None = None
    max_length: int = 0
    """In characters, keys and all elements together; 0 is no limit."""

    def objection(self, value: JsonValue) -> Denial | None:
        """Why a value may not be passed. `null` is no value."""
        length = 0
        for pointer, text in (("", value),) if isinstance(value, str) else _texts(value):
            length += len(text)
            if self.max_length and length > self.max_length:
                return self._denial(pointer, f"is longer than {self.max_length:,} characters")
            if self.blocked and self.blocked.match(text):
                return self._denial(pointer, "matches one of its `blocked_patterns`")
            if self.allowed and not self.allowed.match(text):
                return self._denial(pointer, "matches none of its `allowed_patterns`")
        if self.blocked and not isinstance(value, str) and any(map(self.blocked.match, _hidden(value))):
            return self._denial("", "matches one of its `blocked_patterns` once its parts are put together")
        return None

    def _denial(self, pointer: str, what: str) -> Denial:
        return Denial(
            f"tool_constraint:{self.name}",
            f"the argument {quoted(self.name)} {what}",
            pointer_to("arguments", self.name) + pointer,
        )


class Parameters:
    """The constraints on the parameters of one tool."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = parameters
        self._spelled = {spelled(name): name for name in parameters}

    def objection(self, arguments: JsonValue) -> Denial | None:
        """The first thing wrong with a call's arguments, in the order of their names."""
        if not self._parameters or arguments is None:
            return None
        if not isinstance(arguments, dict):
            name = min(self._parameters)
            return Denial(f"tool_constraint:{name}", "the arguments are no JSON object", "/arguments")
        constrained = [name for name in arguments if spelled(name) in self._spelled]
        found = (self._objection(name, arguments[name]) for name in sorted(constrained))
        return next(filter(None, found), None)

    def _objection(self, name: str, value: JsonValue) -> Denial | None:
        parameter = self._parameters.get(name)
        return _disguised(self._spelled[spelled(name)], name) if parameter is None else parameter.objection(value)


def _disguised(meant: str, name: str) -> Denial:
    reason = f"an argument has the name of the constrained {quoted(meant)} in another spelling"
    return Denial(f"tool_constraint:{meant}", reason, pointer_to("arguments", name))


def _texts(value: JsonValue) -> Iterator[tuple[str, str]]:
    """Every scalar and every key of a value as text, with its pointer in the value, in the order of the keys."""
    stack: list[tuple[str, JsonValue]] = [("", value)]
    while stack:
        pointer, item = stack.pop()
        if isinstance(item, str):
            yield pointer, item
        elif isinstance(item, list):
            stack.extend((f"{pointer}/{index}", below) for index, below in reversed(list(enumerate(item))))
        elif isinstance(item, dict):
            for key, below in sorted(item.items(), reverse=True):
                child = pointer + pointer_to(key)
                stack.append((child, below))
                stack.append((child, key))
        elif item is not None:
            yield pointer, _number(item)


def _number(value: float) -> str:
    """A number, `true` or `false` as JSON writes it; a whole one without a fraction."""
    if isinstance(value, float) and abs(value) <= _EXACT and value == int(value):
        return str(int(value))
    return json.dumps(value)


def _hidden(value: JsonValue) -> Iterator[str]:
    """What a list says to a server that puts it together: a text in pieces, a path in segments, character codes."""
    stack: list[JsonValue] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
            parts = [part for part in item if isinstance(part, str)]
            if len(parts) > 1:
                yield from ("".join(parts), "/".join(parts))
            codes = [part for part in item if isinstance(part, int) and 0 <= part <= _LAST_CODE_POINT]
            if codes:
                yield "".join(map(chr, codes))
