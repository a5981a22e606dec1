"""A launch line behind the gate, as a client's file holds it: `oktsec-lint run [OPTION]... -- CMD [ARG]...`.

The wrapped line says everything that is needed to have the plain one back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .values import NamedTuple

_OURS = re.compile(r"oktsec-lint(?:\.exe|\.cmd)?", re.IGNORECASE)
_UPSTREAM = re.compile(r"oktsec(?:\.exe)?", re.IGNORECASE)
_MODULE = "oktsec_lint"
_FURTHEST = 8
"""Words among which our name has to stand: a server may take it as an argument of its own."""
_PYTHON = re.compile(r"(?:py|pypy)[\w.-]*", re.IGNORECASE)
_RUNNER = re.compile(r"(?:uvx?|pipx)(?:\.exe)?", re.IGNORECASE)
"""Other programs that start this one. Behind any other, such as a shell, our name proves nothing."""
_RUN = "run"
_END = "--"
_ENFORCE = "--enforce"
_VALUES = ("--agent", "--server", "--config")


class Wrapping(NamedTuple):
    """What `run` is told about a server."""

    agent: str = ""
    server: str = ""
    config: str = ""
    enforce: bool = False
    others: tuple[str, ...] = ()
    """Further words, as somebody has written them."""

    def words(self) -> tuple[str, ...]:
        """From `run` to the `--` before the server's own command."""
        return (_RUN, *self._options(), *self.others, _END)

    def _options(self) -> Iterator[str]:
        if self.enforce:
            yield _ENFORCE
        for option, value in zip(_VALUES, (self.agent, self.server, self.config), strict=True):
            if value:
                yield from (option, value)


class Wrapped(NamedTuple):
    """A launch line that is behind the gate."""

    launcher: tuple[str, ...]
    """What starts this program, before `run`."""
    wrapping: Wrapping
    inner: int
    """Index of the server's own command among the words of the line."""


def wrapped_in(words: Sequence[str]) -> Wrapped | None:
    """How a launch line is wrapped; None when it is not."""
    length = _launcher_length(words)
    if not length or _END not in words[length:]:
        return None
    end = words.index(_END, length)
    if end + 1 >= len(words):
        return None
    return Wrapped(tuple(words[:length]), _wrapping(words[length + 1 : end]), end + 1)


def is_upstream(words: Sequence[str]) -> bool:
    """Whether it is `oktsec proxy`: upstream's own gate."""
    return len(words) > 1 and _UPSTREAM.fullmatch(_name(words[0])) is not None and words[1] == "proxy"


def _launcher_length(words: Sequence[str]) -> int:
    """How many words come before our `run`; 0 when there is none. Another program may start it, such as `uvx`."""
    first = _name(words[0]) if words else ""
    for index, (word, following) in enumerate(pairwise(words[:_FURTHEST])):
        is_module = _PYTHON.fullmatch(first) is not None and words[1] == "-m" and (index, word) == (2, _MODULE)
        is_program = _OURS.fullmatch(_name(word)) and (index == 0 or _RUNNER.fullmatch(first))
        if following == _RUN and (is_module or is_program):
            return index + 1
    return 0


def _name(command: str) -> str:
    return re.split(r"[/\\]", command)[-1]


def _wrapping(words: Sequence[str]) -> Wrapping:
    given: dict[str, str] = {}
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option in _VALUES:
            given[option] = value if equals else next(rest, "")
        elif word != _ENFORCE:
            others.append(word)
    agent, server, config = (given.get(option, "") for option in _VALUES)
    return Wrapping(agent, server, config, _ENFORCE in words, tuple(others))
