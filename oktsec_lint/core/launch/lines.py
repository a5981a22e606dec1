"""A launch line as the words of the program that runs in the end, without what is put around it on the way there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile

from oktsec_lint.core.fields import Field
from oktsec_lint.core.manifest import Entry
from oktsec_lint.core.values import NamedTuple

ENGINES = frozenset({"docker", "podman", "nerdctl"})
"""Programs that run containers."""
_SHELLS = frozenset("sh bash zsh dash ash ksh fish".split())
_WINDOWS_SHELLS = frozenset({"cmd", "powershell", "pwsh"})
_FRONTS = frozenset("env sudo doas nohup nice time exec command stdbuf unbuffer wsl".split())
"""Programs that run the rest of their own line."""
_SCRIPT = re.compile(r"-[a-z]*c[a-z]*")
_WINDOWS_SCRIPT = re.compile(r"[-/](?:[ck]|c(?:o(?:m(?:m(?:a(?:n(?:d)?)?)?)?)?)?)", re.IGNORECASE)
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SIMPLE = re.compile(r"[^|&;<>()`\n]*")
"""A script that is one command and nothing else."""
_MOST_LAYERS = 4
_LONGEST = 1 << 14


class Line(NamedTuple):
    """Words, each with the place at which it is written; several may share one."""

    words: tuple[Field, ...]
    script: Field | None = None
    """What a shell is given to run, where that is more than one command: then `words` are the shell's own."""

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(word.text() for word in self.words)

    @property
    def program(self) -> str:
        """The first word without its folder and ending, in lower case."""
        return program_name(self.words[0].text()) if self.words else ""


def line_of(entry: Entry) -> Line:
    """The line that an entry's client starts, as far inside as it can be followed."""
    texts = (entry.spec.command, *entry.spec.args)
    fields = (entry.launch["command"], *entry.launch["args"].items)
    written = tuple(field.with_value(text) for field, text in zip(fields, texts, strict=True))
    return unwrapped(_words(written[0]) + written[1:] if entry.spec.command else ())


def script_line(field: Field) -> Line:
    """A command line that is written as one text, such as a hook's."""
    return Line(_words(field)) if _is_simple(field.text()) else Line((field,), field)


def unwrapped(words: tuple[Field, ...]) -> Line:
    """The words behind `env`, `cmd /c`, `sh -c` and the like."""
    for _ in range(_MOST_LAYERS):
        name = program_name(words[0].text()) if words else ""
        inner: tuple[Field, ...] = ()
        if name in _FRONTS:
            inner = tuple(dropwhile(_is_of_front, words[1:]))
        elif name in _SHELLS or name in _WINDOWS_SHELLS:
            given = given_script(name, words[1:])
            if name == "cmd" and len(given) > 1:
                inner = given
            elif given and not _is_simple(given[0].text()):
                return Line(words, given[0])
            elif given:
                inner = (*_words(given[0]), *(given[1:] if name in _WINDOWS_SHELLS else ()))
        if not inner:
            break
        words = inner
    return Line(words)


def given_script(shell: str, words: Sequence[Field]) -> tuple[Field, ...]:
    """What follows the option that hands a shell its script; empty when it has none."""
    option = _WINDOWS_SCRIPT if shell in _WINDOWS_SHELLS else _SCRIPT
    at = next((index for index, word in enumerate(words) if option.fullmatch(word.text())), len(words))
    return tuple(words[at + 1 :])


def program_name(command: str) -> str:
    """`C:\\\\Program Files\\\\nodejs\\\\npx.cmd` is `npx`."""
    return re.sub(r"\.(?:exe|cmd|bat|ps1)$", "", re.split(r"[/\\]", command.strip())[-1].lower())


def _is_of_front(word: Field) -> bool:
    return word.text().startswith("-") or _ASSIGNED.fullmatch(word.text()) is not None


def _is_simple(script: str) -> bool:
    return _SIMPLE.fullmatch(script) is not None and "$(" not in script


def _words(field: Field) -> tuple[Field, ...]:
    """A command line's words, all at its place; a path with blanks, and what a shell could not read, stays one."""
    text = field.text()
    if len(text) > _LONGEST or not (" " in text or "\t" in text) or set(text.split()[0]) & set("/\\"):
        return (field,)
    import shlex  # few lines are written as one text

    try:
        return tuple(map(field.with_value, shlex.split(text)))
    except ValueError:
        return (field,)
