"""What no report may show of a configuration: asterisks stand in its place in every line that is printed.

Works on the tree as it is written, not on decoded fields, because a secret under a misspelt key or in a value of the
wrong type is no less a secret. Concealing too much costs a reader one look into the file; concealing too little puts
a password into a CI log. What the grammar limits (choices, numbers, flags) and what refers to the environment stays
readable. Every pattern is bounded or starts only once in a run of its own characters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from oktsec_lint.core.findings import Hit
from oktsec_lint.core.launch.credentials import KNOWN_FORM
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.words import words_of

from .document import Document, Span
from .forms import fits
from .grammar import Format, Shape, Type
from .grammar.gateway import MCP_SERVER
from .yaml_nodes import MappingNode, ScalarNode, SequenceNode, YamlNode

_MASK = "***"
_LONGEST_NAME = 64
_ALIKE = 0.85
"""Share of letters that a misspelt `env` or `headers` has in common with it."""
_SHORT = 3
_SHORTEST_COPY = 4

_TELLING = re.compile(
    r".*(?:token|secret|password|passwd|passphrase|passcode|pwd|credential|apikey|accesskey|privatekey|authorization)s?"
    r"|keys?|pass|pw|creds?|auth|authentication|cookies?|dsns?|bearer|jwt|pat|otp"
)
"""A word of a name under which credentials are written."""
_COUNTED = frozenset("max min limit count number budget size length rate ttl version total per window".split())
"""Words of a name that stands for a number, such as `max_tokens`."""
_POINTS_AWAY = frozenset({"file", "path", "dir", "env"})
"""Last words of a name that says where a credential is."""
_ELSEWHERE = re.compile(r"[~./\\].*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", re.DOTALL)
_ENVIRONMENT = "environment"
"""What every name below `env` or `headers` counts as."""
_LOOKED_FOR = tuple(map(frozenset, ("env", "environment", "headers")))
_MADE_ELSEWHERE = frozenset({"headershelper", "envfile"})
"""Keys that say where an environment or headers come from, in lower case."""
_COMMANDS = frozenset({"command", "comand", "commands", "cmd", "exec", "executable"})
_VARIABLE = re.compile(r"\$\{[A-Za-z_]\w{0,200}\}")
_WEBHOOKS = frozenset({"webhook", "webhooks", "hook", "hooks", "notify"})
_BARE_VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_SCHEMES = frozenset({"", "bearer", "basic", "token"})

_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}://"
    r"(?:(?P<user>[^\s/?#\"']*)@)?[^\s/?#\"'@]*(?P<path>/[^\s?#\"']*)?(?P<query>[?#][^\s\"']*)?"
)
_PARAMETER = re.compile(r"[?&;#](?:[^=&;#]*=)?(?P<value>[^&;#]+)")
_LONG_SEGMENT = re.compile(r"(?<![\w-])(?=[A-Za-z_-]{0,80}[0-9])[\w-]{20,}")
_ASSIGNED = re.compile(r"(?<![\w.-])-{0,2}([A-Za-z_][\w.-]{0,40})[\"']?[ \t]{0,3}[:=][ \t]{0,3}")
_OPTION = re.compile(r"--?([A-Za-z][\w-]*)")
_NEXT_OPTION = re.compile(r"-[A-Za-z]|--[A-Za-z][\w-]*(?:=.*)?", re.DOTALL)
_CARRIER = re.compile(r"(?:--(?:headers?|env)=|-[eH](?=[^=:]{1,80}[=:]))")
_ENV_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


class _Place(NamedTuple):
    """Where a value stands, as far as it says what the value may be."""

    name: str = ""
    """The nearest key around it."""
    secret: bool = False
    """True where every literal is taken for a credential."""
    webhook: bool = False
    """True where the path of a URL is a credential."""
    free: bool = True
    """True where the grammar does not say what stands here."""


def concealed(
    document: Document,
    root: YamlNode,
    shape: Shape | None = None,
    *,
    named: Collection[int] = (),
    hidden: tuple[Span, ...] = (),
) -> tuple[Span, ...]:
    """Everything no snippet may show, in reading order, none overlapping. `shape` is what the document ought to look
    like; None where nobody can say. `named` holds the offsets of mappings that a user has named: that a server is
    called `token-server` says nothing about what is in its entry. `hidden` is not shown whatever is in it; in order."""
    walk = _Walk(document, named)
    walk.visit(root, shape, _Place(free=shape is None))
    ends = (0, *(span.end for span in hidden))
    starts = (*(span.start for span in hidden), len(document.text))
    seen = zip(ends, starts, strict=True)
    known = (Span(*match.span()) for part in seen for match in KNOWN_FORM.finditer(document.text, *part))
    return tuple(merged([*walk.found(), *_overwritten(document), *known, *hidden]))


def discreet(hit: Hit) -> Hit:
    """The hit without a known form of credential, or the secret part of a URL, in its words."""
    return hit._replace(message=_inert(hit.message), help=_inert(hit.help))


def is_telling(name: str) -> bool:
    """Whether a credential may stand under this name."""
    words = words_of(name[:_LONGEST_NAME])
    return any(map(_TELLING.fullmatch, words)) or any(pair == ("access", "code") for pair in pairwise(words))


def _inert(text: str) -> str:
    text = KNOWN_FORM.sub(_MASK, text)
    for start, end in sorted(_of_addresses(text, webhook=False), reverse=True):
        text = text[:start] + _MASK + text[end:]
    return text


class _Walk:
    """One pass over one document's tree, along the grammar as far as it goes."""

    def __init__(self, document: Document, named: Collection[int]) -> None:
        self._named = frozenset(named)
        self._text = document.text
        self._spans: list[Span] = []
        self._scalars: list[ScalarNode] = []
        self._copied: set[str] = set()
        """What stands elsewhere, behind an alias that is a credential here."""

    def found(self) -> Iterator[Span]:
        yield from self._spans
        yield from (node.span for node in self._scalars if node.raw in self._copied)

    def visit(self, node: YamlNode, shape: Shape | None, place: _Place) -> None:
        if isinstance(node, MappingNode):
            self._mapping(node, shape, place)
        elif isinstance(node, SequenceNode):
            self._sequence(node, shape, place)
        else:
            self._scalar(node, shape, place)

    def _mapping(self, node: MappingNode, shape: Shape | None, place: _Place) -> None:
        place = _Place() if node.span.start in self._named else place
        known = shape is not None and shape.type in (Type.SECTION, Type.MAP)
        inherited = place.secret and not (shape is not None and shape.type is Type.SECTION)
        for name, entry in node.entries.items():
            self._parts(entry.key, _Place())
            child = _child(shape, name) if known else None
            below = _below(place._replace(secret=inherited), name, child)
            if _is_named_by_user(shape, child, entry.value):
                below = below._replace(secret=inherited)
            self.visit(entry.value, child, below)

    def _sequence(self, node: SequenceNode, shape: Shape | None, place: _Place) -> None:
        items = shape.items if shape is not None and shape.type is Type.LIST else None
        place = place._replace(free=items is None or place.name == "args")
        before = ""
        for item in node.items:
            here = place
            if isinstance(item, ScalarNode) and place.free:
                here = place._replace(secret=place.secret or _is_awaited(item.raw, before))
                before = item.raw
            self.visit(item, items, here)

    def _scalar(self, node: ScalarNode, shape: Shape | None, place: _Place) -> None:
        self._scalars.append(node)
        if _is_limited(node, shape) or node.value is None or isinstance(node.value, bool):
            return
        if shape is MCP_SERVER:
            place = place._replace(name="command")
        elif place.name == "args" and shape is not None and shape.type is Type.LIST:
            place = place._replace(secret=True)
        if place.secret and not _is_harmless(node, place.name):
            self._whole(node)
        else:
            self._parts(node, place)

    def _whole(self, node: ScalarNode) -> None:
        if not _is_literal(node.raw):
            return
        self._hide(*node.span)
        if self._text.startswith("*", node.span.start) and len(node.raw) >= _SHORTEST_COPY:
            self._copied.add(node.raw)

    def _parts(self, node: ScalarNode, place: _Place) -> None:
        ranges = list(_ranges(node.raw, place))
        if not any(_is_literal(node.raw[start:end]) for start, end in ranges):
            return
        at = self._text.rfind(node.raw, *node.span)
        if at < 0:
            self._whole(node)
        for start, end in ranges if at >= 0 else ():
            if _is_literal(node.raw[start:end]):
                self._hide(at + start, at + end)

    def _hide(self, start: int, end: int) -> None:
        """Everything between two offsets but references to the environment."""
        for match in _VARIABLE.finditer(self._text, start, end):
            self._spans.append(Span(start, match.start()))
            start = match.end()
        self._spans.append(Span(start, end))


def _child(shape: Shape | None, name: str) -> Shape | None:
    if shape is None or shape.type is Type.MAP:
        return shape and shape.items
    key = shape.key(name)
    return key.shape if key is not None and key.shape.type is not Type.ANYTHING else None


def _below(place: _Place, name: str, child: Shape | None) -> _Place:
    words = words_of(name[:_LONGEST_NAME])
    environment = place.name == _ENVIRONMENT or _is_environment(name, child)
    return _Place(
        name=_ENVIRONMENT if environment else name,
        secret=place.secret or environment or is_telling(name),
        webhook=place.webhook or not _WEBHOOKS.isdisjoint(words),
        free=child is None,
    )


def _is_named_by_user(shape: Shape | None, child: Shape | None, node: YamlNode) -> bool:
    """Whether a name says nothing about its value: a tool may be called `get_token`."""
    is_list = child is not None and child.type is Type.LIST and isinstance(node, SequenceNode)
    return is_list and shape is not None and shape.type is Type.MAP


def _is_environment(name: str, child: Shape | None) -> bool:
    """Whether a key holds an environment or headers, or was meant to."""
    if child is not None:
        return name in ("env", "headers", "redis_url", "hash")
    plain = name[:_LONGEST_NAME].lower()
    if plain in _MADE_ELSEWHERE:
        return False
    if plain.startswith(("env", "header")) or plain.endswith(("env", "environment", "headers")):
        return True
    letters = frozenset(plain) - {"-", "_"}
    likeness = max(2 * len(letters & word) / (len(letters) + len(word)) for word in _LOOKED_FOR)
    return likeness >= _ALIKE or (len(plain) <= _SHORT and len(letters & _LOOKED_FOR[0]) == _SHORT - 1)


def _is_limited(node: ScalarNode, shape: Shape | None) -> bool:
    """Whether the grammar says what may stand here, and it does."""
    if shape is None:
        return False
    if shape.type in (Type.WHOLE, Type.NUMBER):
        return isinstance(node.value, int | float)
    if shape.format is not None:
        return shape.format is not Format.SALTED_DIGEST and fits(shape.format, node.raw)
    return node.raw in shape.choices


def _is_harmless(node: ScalarNode, name: str) -> bool:
    """Whether a value under a telling name is none: a limit, or a word about where the credential is."""
    words = words_of(name[:_LONGEST_NAME])
    if isinstance(node.value, int | float):
        return not _COUNTED.isdisjoint(words)
    return bool(words) and words[-1] in _POINTS_AWAY and _ELSEWHERE.fullmatch(node.raw) is not None


def _is_literal(value: str) -> bool:
    """Whether anything but references to the environment is left (a scheme such as `Bearer` is not)."""
    if _BARE_VARIABLE.fullmatch(value.strip()):
        return False
    return _VARIABLE.sub("", value).strip(" \t\r\n\"'").lower() not in _SCHEMES


def _is_awaited(value: str, before: str) -> bool:
    """Whether the argument before this one is an option that takes a credential, and this one is none."""
    option = _OPTION.fullmatch(before)
    if option is None or _NEXT_OPTION.fullmatch(value):
        return False
    if option[1] in ("e", "env"):
        return _ENV_NAME.fullmatch(value) is None
    if option[1] in ("H", "header", "headers"):
        return True
    if option[1] in ("u", "user"):
        return ":" in value
    return is_telling(option[1]) and not _points_away(option[1], value)


def _points_away(option: str, value: str) -> bool:
    return words_of(option)[-1] in _POINTS_AWAY and bool(_ELSEWHERE.fullmatch(value))


def _ranges(value: str, place: _Place) -> Iterator[tuple[int, int]]:
    """The parts of a text that are credentials by what stands before them."""
    yield from _of_addresses(value, webhook=place.webhook)
    assigned = next((match for match in _ASSIGNED.finditer(value) if is_telling(match[1])), None)
    if assigned is not None:
        yield assigned.end(), len(value)
    carrier = _CARRIER.match(value)
    if carrier is not None and place.free:
        yield carrier.end(), len(value)
    if place.name.lower() in _COMMANDS:
        yield from _of_command(value)


def _of_command(value: str) -> Iterator[tuple[int, int]]:
    """Of a whole command line only the program stays."""
    program, *rest = value.split(maxsplit=1)[:2] or [""]
    if rest:
        yield (0 if "=" in program else value.index(program) + len(program)), len(value)


def _of_addresses(value: str, *, webhook: bool) -> Iterator[tuple[int, int]]:
    for match in _ADDRESS.finditer(value):
        if match["user"]:
            yield match.span("user")
        if match["path"]:
            at, path = match.start("path") + 1, match["path"][1:]
            yield from ((at + long.start(), at + long.end()) for long in _LONG_SEGMENT.finditer(path))
            if webhook and path:
                yield at, match.end("path")
        if match["query"]:
            at = match.start("query")
            pairs = _PARAMETER.finditer(match["query"])
            yield from ((at + pair.start("value"), at + pair.end("value")) for pair in pairs)


def _overwritten(document: Document) -> Iterator[Span]:
    """What follows a key that is written again later: it is no part of the tree."""
    for anomaly in document.anomalies:
        for span, following in pairwise(anomaly.spans):
            line, _ = document.lines.position(span.end)
            yield Span(span.end, min(following.start, document.lines.bounds(line)[1]))


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The same characters as spans of which none overlaps another, in reading order; empty ones are left out."""
    current = Span(0, 0)
    for span in sorted(span for span in spans if span.start < span.end):
        if span.start <= current.end:
            current = Span(current.start, max(current.end, span.end))
            continue
        if current.end:
            yield current
        current = span
    if current.end:
        yield current
