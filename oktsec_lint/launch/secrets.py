"""Keeps secrets out of what is shown of a server: known values first, in every spelling, then what looks like one.

Two measures. A shown sentence loses everything that the configuration put into the server, because nobody misses it
there. A definition loses only what is certainly a secret, because it has to be judged, and because a configuration
must not be able to hide a text from the rules by naming it as a value; that it repeats a secret is a fault of its own.
"""

from __future__ import annotations

import json
import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import zip_longest

from oktsec_lint.core.display import visible
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.redaction import rewritten
from oktsec_lint.core.values import NamedTuple

MASKED = "***"

_SHORTEST = 6
_HALF = 4
"""The least part of a value at a cut that is taken for the value's beginning."""
_RANDOM = 8
_SCHEME = re.compile(r"^(?:Bearer|Basic|Token|ApiKey)\s+", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"passw|passphrase|pwd|secret|credential|token(?!iz)|key(?![a-z])|(?<![a-z])(?:auth|authorization|pat|cookie)(?![a-z])",
    re.IGNORECASE,
)
_HEADER_OPTION = re.compile(r"-H|--?[\w-]*headers?", re.IGNORECASE)
_OPTION = re.compile(r"--?[A-Za-z][\w.-]*")
_ASSIGNMENT = re.compile(r"((?:--?)?[A-Za-z][\w.-]*)=(.+)", re.DOTALL)
_HEADER = re.compile(r"([A-Za-z][\w-]*):\s*(.+)", re.DOTALL)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:([^\s/@]+)@)?[^\s?#]*(?:\?([^\s#]*))?")
_PATTERN = r"""
    (?P<keep>(?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|authorization|credential)s?["']?\s*[=:]\s*["']?
      (?:(?:bearer|basic)\s+)?)[^\s"',;]+
    | (?P<user>://)[^\s/@]+@
    | (?P<scheme>bearer\s+)[^\s"',;]+
    | (?-i:\b(?:[spr]k[-_]|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|npm_|pypi-AgE|hf_|AIza|eyJ)[-_A-Za-z0-9.]{16,})
    | (?-i:\bA[KS]IA[A-Z0-9]{16})
    | \b(?=[A-Za-z_]*[0-9])(?=[0-9_]*[A-Za-z])[A-Za-z0-9_]{32,}
    """


class Mask:
    """Everything that one server's configuration put into its environment, arguments, URL or headers."""

    def __init__(self, values: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        """`secrets` are those of the values that are certainly secret."""
        self._secrets = _longest_first(form for value in secrets for form in _forms(value))
        self._values = _longest_first((*self._secrets, *(form for value in values for form in _forms(value))))

    def __call__(self, text: str) -> str:
        """The text without secrets. To be called before the text is cut; a half at a cut that is marked goes too."""
        for value in self._values:
            text = text.replace(value, MASKED)
        if "…" in text:
            *cut, rest = text.split("…")
            text = "…".join((*map(self._without_half, cut), rest))
        return _looks_secret().sub(_masked, text) if text else text

    def starred(self, text: str) -> str:
        """The text with asterisks, as many as characters, in place of what is certainly a secret."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "*" * len(secret))
        return text

    def starred_in(self, root: JsonValue) -> JsonValue:
        """The document with every text and key `starred`; the very same object where there is nothing to replace."""
        if not self._secrets or not any(self.starred(text) != text for text in _texts(root)):
            return root
        return rewritten(root, self.starred)

    def _without_half(self, text: str) -> str:
        for value in self._values:
            for size in range(min(len(value), len(text)), _HALF - 1, -1):
                if text.endswith(value[:size]):
                    return text[:-size] + MASKED
        return text


class Named(NamedTuple):
    """A value of a configuration and the name it has there, which says how secret it is."""

    name: str
    value: str


def mask_of(configured: Iterable[tuple[str, str]], expanded: Iterable[tuple[str, str]], texts: Iterable[str]) -> Mask:
    """From names and values; `expanded` ones come from our environment, and `texts` may hold URLs with secrets."""
    named, used, urls = list(configured), list(expanded), list(_url_parts(texts))
    secrets = [value for name, value in (*named, *used) if _SECRET_NAME.search(name)]
    secrets += [value for _, value in used if _is_random(value)]
    return Mask((value for _, value in (*named, *used, *urls)), (*secrets, *_certain(urls)))


def named_values(members: Mapping[str, str], args: Sequence[str] = ()) -> Iterator[Named]:
    """The values of an environment or of headers, and what command line options and assignments hold."""
    for name, value in members.items():
        yield Named(name, value)
    for argument, following in zip_longest(args, args[1:], fillvalue=""):
        assigned = _ASSIGNMENT.fullmatch(argument)
        name, value = (assigned[1], assigned[2]) if assigned else (argument, following)
        if not assigned and not _OPTION.fullmatch(argument):
            continue
        if _HEADER_OPTION.fullmatch(name):
            header = _HEADER.fullmatch(value)
            yield Named(header[1], header[2]) if header else Named("", value)
        elif _SECRET_NAME.search(name):
            yield Named(name, value)


def _url_parts(texts: Iterable[str]) -> Iterator[Named]:
    """User, password and query values of the URLs in the texts, as written and as a server reads them."""
    found = [match.groups(default="") for text in texts for match in _URL.finditer(text)]
    if not any(map(any, found)):
        return
    from urllib.parse import unquote_plus

    for user, query in found:
        parts = [Named("password", user), Named("password", user.partition(":")[2])]
        parts += [Named(name, value) for name, _, value in (item.partition("=") for item in query.split("&"))]
        for name, value in parts:
            yield Named(name, value)
            yield Named(name, unquote_plus(value))


def _certain(named: Iterable[Named]) -> Iterator[str]:
    return (value for name, value in named if _SECRET_NAME.search(name))


def _is_random(value: str) -> bool:
    """Whether a value looks made up by a machine, and like no path, URL or sentence."""
    mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    return mixed and len(value) >= _RANDOM and not re.search(r"[\s/\\]", value)


def _forms(value: str) -> Iterator[str]:
    """How a value may come back: whole, line by line, without its scheme, and each of these as languages write it."""
    bare = _SCHEME.sub("", value.strip())
    for text in dict.fromkeys((value, value.strip(), bare, *map(str.strip, bare.splitlines()))):
        if len(text) < _SHORTEST:
            continue
        yield text
        yield repr(text)[1:-1]
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        yield visible(text, len(text))
        yield from _base64(text.encode(errors="surrogatepass"))


def _base64(data: bytes) -> Iterator[str]:
    """With and without padding, in both alphabets, and as the beginning of something longer."""
    for part in (data, data[: len(data) // 3 * 3]):
        encoded = b2a_base64(part, newline=False).decode()
        for form in (encoded, encoded.rstrip("=")):
            yield form
            yield form.replace("+", "-").replace("/", "_")


def _longest_first(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if len(value) >= _SHORTEST}, key=len, reverse=True))


def _texts(root: JsonValue) -> Iterator[str]:
    todo = [root]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value
            todo += value.values()
        elif isinstance(value, list):
            todo += value


@cache
def _looks_secret() -> re.Pattern[str]:
    """Compiled when it is needed: most servers print nothing that is shown."""
    return re.compile(_PATTERN, re.IGNORECASE | re.VERBOSE)


def _masked(match: re.Match[str]) -> str:
    kept = match["keep"] or match["scheme"] or match["user"] or ""
    return f"{kept}{MASKED}{'@' if match['user'] else ''}"
