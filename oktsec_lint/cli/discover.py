"""`oktsec-lint discover`: the MCP clients on this machine and the servers that each of them starts."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oktsec_lint.core.display import visible
from oktsec_lint.core.report import Exit

from . import options
from .choices import DataFormat
from .terminal import complain, tell

if TYPE_CHECKING:
    from .clients import ClientFile, Listed


def discover(output_format: options.ListFormat = DataFormat.TEXT) -> None:
    """Print every MCP client's file that is found here, the servers in it, and which of them are behind the gate.

    Exit codes: 0 all were read, 2 a file cannot be read, 3 nothing found. Nothing is started or changed.
    """
    from .clients import client_files

    files = client_files(os.environ, Path.cwd())
    lines = _json(files) if output_format is DataFormat.JSON else _text(files)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    problems = [file.problem for file in files if file.problem is not None]
    for problem in problems:
        complain(problem)
    if not files:
        tell("no client keeps servers here: looked for the files that `docs/wrap.md` lists")
    raise typer.Exit(Exit.ERROR if problems else Exit.CLEAN if files else Exit.NOTHING)


def _text(files: Sequence[ClientFile]) -> Iterator[str]:
    from .clients import shown

    for file in files:
        yield f"{file.client.name}  {visible(shown(file.path, os.environ))}"
        rows = [(_named(item), _state(item), visible(_launched(item), 200)) for item in file.listed()]
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
        for name, state, line in rows:
            yield f"  {name.ljust(widths[0])}  {state.ljust(widths[1])}  {line}"
        if not rows and file.problem is None:
            yield "  no servers"


def _named(item: Listed) -> str:
    name = visible(item.name, 40)
    return f"{name} (in {visible(item.entry.scope, 80)})" if item.entry.scope else name


def _state(item: Listed) -> str:
    wrapping = item.wrapped.wrapping if item.wrapped is not None else None
    state = "unguarded" if wrapping is None else "enforced" if wrapping.enforce else "observed"
    state = f"{state}, disabled" if item.entry.disabled is not None else state
    other = _other_program(item)
    return f"{state} by {visible(other, 80)}" if other else state


def _other_program(item: Listed) -> str:
    """What is started as the gate when that is not this very program: only its name says that it is one."""
    from .guarding import program

    if item.wrapped is None or item.wrapped.launcher == program():
        return ""
    return shlex.join(item.wrapped.launcher)


def _launched(item: Listed) -> str:
    from .manifests import shown_line

    return shown_line(item.plain())


def _json(files: Sequence[ClientFile]) -> Iterator[str]:
    yield json.dumps({"version": 1, "files": [_file(file) for file in files]}, indent=2)


def _file(file: ClientFile) -> dict[str, object]:
    return {
        "client": file.client.name,
        "title": file.client.title,
        "path": str(file.path),
        "project": file.of_project,
        "problem": str(file.problem) if file.problem is not None else None,
        "servers": [_server(file, item) for item in file.listed()],
    }


def _server(file: ClientFile, item: Listed) -> dict[str, object]:
    at = item.entry.at
    where = file.document.locate(at.pointer, at_key=True) if file.document is not None else None
    wrapping = item.wrapped.wrapping if item.wrapped is not None else None
    return {
        "name": item.name,
        "scope": item.entry.scope,
        "line": where.line if where is not None else 0,
        "transport": item.entry.spec.transport,
        "launch": _launched(item),
        "disabled": item.entry.disabled is not None,
        "wrapped": wrapping is not None,
        "enforce": wrapping is not None and wrapping.enforce,
        "agent": wrapping.agent if wrapping is not None else "",
        "server": wrapping.server if wrapping is not None else "",
        "other_gate": _other_program(item),
    }
