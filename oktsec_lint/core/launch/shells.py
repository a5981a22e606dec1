"""LCH-001: what only a shell would understand. LCH-002: code that is fetched and run in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import Program

from .lines import Line, script_line

SYNTAX, DOWNLOAD = "LCH-001", "LCH-002"
_OPERATORS = frozenset({"|", "||", "&&", ";", ">", ">>", "<", "2>", "2>&1", "&>", "&"})
_POWERSHELLS = frozenset({"powershell", "pwsh"})
_GET = r"(?:curl|wget|fetch|iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring|urlopen)\b"
_RUN = r"(?:sudo\s+)?(?:(?:ba|z|da|k)?sh|(?:python|node|perl|ruby|php|deno|bun)[\d.]*)\b|(?:iex|invoke-expression)\b"
_LONGEST = 1 << 16
"""Characters of a line that are looked at; nobody writes one by hand that is longer."""
_FETCHED = (
    rf"{_GET}[^;&\n]{{0,400}}\|\s*(?:{_RUN})"
    rf"|(?:{_RUN}|eval|source|\.)[^|;&\n]{{0,200}}(?:\$\(|<\(|`)\s*{_GET}"
    rf"|(?:iex|invoke-expression)\b[^\n]{{0,400}}{_GET}"
    rf"|{_GET}[^|;&\n]{{0,400}}(?:\s-[a-z]*o[a-z]*|\s--output|\s-outfile|>)[^\n]{{0,400}}(?:&&|;)\s*"
    rf"(?:chmod\b|\./|/tmp/|{_RUN})"
    r"|(?:exec|eval)\s*\([^\n]{0,400}(?:urlopen|requests\.get|urlretrieve|https?\.get|fetch\s*\()"
    r"|base64\s+(?:-d|-D|--decode)\b[^\n]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"
)
_MAY_FETCH = "curl wget fetch iwr irm invoke- downloadstring urlopen urlretrieve requests.get .get( base64".split()
"""One of these is in everything that `_FETCHED` finds; compiling it costs more than most runs have to pay."""
_ENCODED = re.compile(r"[-/]e(?:nc?|ncodedc[a-z]*)?", re.IGNORECASE)


def shell_problems(line: Line) -> Iterator[Hit]:
    """Of one line, however it is written."""
    if line.words and (_is_fetched(line) or _is_encoded(line)):
        at = (line.script or _culprit(line)).at
        yield at.hit(DOWNLOAD, f"{quoted(at.dotted)} fetches code, or unpacks it, and runs it unseen")
    elif line.script is not None:
        message = f"{quoted(line.script.at.dotted)} is a script of more than one command"
        yield line.script.at.hit(SYNTAX, message)
    else:
        yield from _literal_operators(line)


def program_problems(program: Program) -> Iterator[Hit]:
    """LCH-006, and what is wrong with that command line itself."""
    field = program.line
    message = f"{quoted(field.at.dotted)} runs a command of its own, for {program.purpose}"
    yield field.at.hit("LCH-006", message)
    yield from (hit for hit in shell_problems(script_line(field)) if hit.rule == DOWNLOAD)


def _culprit(line: Line) -> Field:
    """The word at which to say it: that which fetches, else the last."""
    found = (word for word in line.words if re.search(_GET, word.text(), re.IGNORECASE))
    return next(found, line.words[-1])


def _is_fetched(line: Line) -> bool:
    text = (line.script.text() if line.script is not None else " ".join(line.texts))[:_LONGEST]
    folded = text.lower()
    return any(word in folded for word in _MAY_FETCH) and re.search(_FETCHED, text, re.IGNORECASE) is not None


def _is_encoded(line: Line) -> bool:
    return line.program in _POWERSHELLS and any(_ENCODED.fullmatch(text) for text in line.texts[1:])


def _literal_operators(line: Line) -> Iterator[Hit]:
    """A pipe that stands among arguments is an argument."""
    operator = next((word for word in line.words[1:] if word.text() in _OPERATORS), None)
    if operator is not None and line.program not in ("cmd", *_POWERSHELLS):
        message = f"{quoted(operator.at.dotted)} is passed on as the text {quoted(operator.text())}: no shell reads it"
        yield operator.at.hit(
            SYNTAX, message, "Start one program, and leave what a shell would do to a script of its own."
        )
