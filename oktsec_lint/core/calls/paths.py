"""The ways a server may read a path, so that one file has one name here.

Nothing is looked up: links and working directories are the server's. Every function is linear in its text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from .spelling import folded

_HEX = frozenset(b"0123456789abcdefABCDEF")
_FILE = "file:"
_ESCAPE = 2
_MARKS = ("\\", "%", "?", "#", ":", "//", "/.", "./", ". ", " /")


def plain(text: str) -> str:
    """The path that a text means: slashes only and each once, `.` and `..` resolved, full-width letters narrow."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "://" in text:
        text = _with_path(text)
    return resolved(text.replace("\\", "/"))


def resolved(text: str) -> str:
    """A text with slashes, without empty segments, `.`, and any `..` that has something to go up from."""
    if "//" not in text and "/." not in text and not text.startswith("."):
        return text
    rooted = text.startswith("/")
    kept: list[str] = []
    for segment in text.split("/"):
        if segment == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif segment not in {"", ".", ".."} or (segment == ".." and not rooted):
            kept.append(segment)
    joined = "/".join(kept)
    if not joined:
        return "/" if rooted else "."
    return f"{'/' * rooted}{joined}{'/' * text.endswith('/')}"


def _with_path(text: str) -> str:
    """An URL whose host ends in a slash: in `https://a.example?.b.example/` the host is `a.example`."""
    start = text.find("://") + 3
    ends = (text.find(mark, start) for mark in "/\\?#")
    end = min((at for at in ends if at >= 0), default=len(text))
    return f"{text[:end]}/{text[end:]}" if text[end : end + 1] in {"?", "#"} else text


def unescaped(text: str) -> str:
    """Percent encoding undone once; what is none, or no UTF-8, stays readable."""
    if "%" not in text:
        return text
    first, *rest = text.encode("utf-8", "replace").split(b"%")
    return b"".join((first, *map(_unescape, rest))).decode("utf-8", "replace")


def _unescape(piece: bytes) -> bytes:
    code = piece[:_ESCAPE]
    if len(code) < _ESCAPE or not _HEX.issuperset(code):
        return b"%" + piece
    return bytes((int(code, 16),)) + piece[_ESCAPE:]


def allowed_readings(text: str) -> set[str]:
    """What a text may mean; an allowed one means something allowed in each of them."""
    return {plain(text), plain(unescaped(text))} if "%" in text else {plain(text)}


def blocked_readings(text: str) -> set[str]:
    """What a text may mean to a lenient server; a blocked one means something blocked in any of them."""
    if _is_ordinary(text):
        return {text}
    found = {text}
    for start in {text, unescaped(text)}:
        reading = start
        for step in _LENIENT:
            reading = step(reading)
            found.add(reading)
    return found


def _is_ordinary(text: str) -> bool:
    """Whether every server reads a text alike, letter case aside."""
    if not (text.isascii() and text.isprintable()) or text.startswith(".") or text.endswith((".", " ")):
        return False
    return not any(map(text.count, _MARKS))


def _local(text: str) -> str:
    """`file://host/path` as its path."""
    if not text.lower().startswith(_FILE):
        return text
    rest = text[len(_FILE) :]
    return "/" + rest[2:].partition("/")[2] if rest.startswith("//") else rest


def _from_root(text: str) -> str:
    """A path that leaves its directory, as if it went up to the root: nobody here knows how deep it starts."""
    if not text.startswith("../"):
        return text
    segments = text.split("/")
    return "/" + "/".join(segment for segment in segments if segment != "..")


def _trimmed(text: str) -> str:
    """Without the dots and spaces at the end of a segment, which Windows does not see."""
    if not (". " in text or " /" in text or "./" in text or text.endswith((".", " "))):
        return text
    return "/".join(segment if segment in {".", ".."} else segment.rstrip(" .") for segment in text.split("/"))


def _before_nul(text: str) -> str:
    return text.partition("\0")[0]


def _before_query(text: str) -> str:
    return text.partition("#")[0].partition("?")[0]


_LENIENT: tuple[Callable[[str], str], ...] = (
    _before_nul,
    _local,
    plain,
    folded,
    resolved,
    _from_root,
    _trimmed,
    _before_query,
)
"""One after the other, each on what the last one made of it; what a step cuts off was looked at before it."""
