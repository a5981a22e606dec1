"""`oktsec-lint scan`: audit what a configuration offers to its agents, and report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oktsec_lint.core.errors import OktsecError, UsageError
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.report import Exit, Report, exit_code

if TYPE_CHECKING:
    from .audit import Request

from .terminal import Color, columns, complain, speaks_unicode, wants_color


class Format(StrEnum):
    """The report formats of `--format` and `--report`."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"


class FailOn(StrEnum):
    """From which severity on findings fail the run."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"

    def severity(self) -> Severity | None:
        return None if self is FailOn.NEVER else Severity[self.name]


Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CONFIG|SNAPSHOT|-]...",
        help="Configurations or saved tools/list results; `-` is standard input. Default: the configuration found by "
        "--config, $OKTSEC_CONFIG, ./oktsec.yaml, ~/.oktsec/config.yaml.",
        show_default=False,
    ),
]
ConfigOption = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="The configuration to judge by.", show_default=False)
]
Offline = Annotated[bool, typer.Option("--offline", help="Start no server and contact nothing.")]
Timeout = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Time each server may take.")]
Jobs = Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Servers started or reached at once.")]
OnlyServer = Annotated[
    list[str] | None, typer.Option("--server", metavar="NAME", help="Only this server; repeatable.", show_default=False)
]


def scan(
    inputs: Inputs = None,
    config: ConfigOption = None,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="What stdout gets.")] = Format.TEXT,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FORMAT=PATH", help="Also write a report; repeatable.", show_default=False),
    ] = None,
    offline: Offline = False,
    timeout: Timeout = 30.0,
    jobs: Jobs = 8,
    server: OnlyServer = None,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="Exit 1 from this severity on.")] = FailOn.MEDIUM,
    allow_unreachable: Annotated[
        bool, typer.Option("--allow-unreachable", help="Do not exit 4 when a server could not be looked at.")
    ] = False,
    color: Annotated[Color, typer.Option("--color", help="Colour the text report.")] = Color.AUTO,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List clean tools too.")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress on stderr.")] = False,
) -> None:
    """List what every configured MCP server offers, judge it, and report.

    Exit codes: 0 clean, 1 findings, 2 usage or configuration error, 3 nothing to audit, 4 something was not looked at.
    """
    from oktsec_lint.reporters import Style, render

    from .audit import STDIN, Request, audit
    from .progress import shown_progress

    request = Request(
        inputs=tuple(inputs or ()),
        config=config,
        offline=offline,
        timeout=timeout,
        jobs=jobs,
        servers=tuple(server or ()),
        stdin=sys.stdin.buffer.read,
    )
    colored = wants_color(color, os.environ)
    style = Style(color=colored, unicode=speaks_unicode(), width=columns(), verbose=verbose)
    try:
        targets = _targets(report or ())
        if output_format is Format.JSONL and request.inputs == (STDIN,):
            request = _unless_stream(request, fail_on, wanted=not no_progress)
        with shown_progress(wanted=not no_progress) as progress:
            result = audit(request, progress)
        code = exit_code(result, fail_on.severity(), allow_unreachable=allow_unreachable)
        _write_files(result, targets, code)
        sys.stdout.write(render(output_format, result, style, code))
    except OktsecError as error:
        raise typer.Exit(complain(error)) from None
    raise typer.Exit(code)


def _targets(reports: Iterable[str]) -> list[tuple[Format, Path]]:
    """`FORMAT=PATH` pairs, refused before any server is started."""
    targets = []
    for entry in reports:
        name, equals, path = entry.partition("=")
        if not equals or not path or name not in set(Format):
            hint = f"formats: {', '.join(Format)}"
            raise UsageError(f"--report takes FORMAT=PATH, not {entry}", hint=hint)
        targets.append((Format(name), Path(path)))
    return targets


def _write_files(report: Report, targets: Iterable[tuple[Format, Path]], code: Exit) -> None:
    from oktsec_lint.reporters import Style, render

    for name, path in targets:
        text = render(name, report, Style(), code)
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            reason = error.strerror or "cannot be written"
            raise UsageError(f"--report cannot write the file: {reason}", path=str(path)) from error


def _unless_stream(request: Request, fail_on: FailOn, *, wanted: bool) -> Request:
    """The request with the rest of stdin to read; a stream of manifests is judged here and ends the command."""
    from itertools import chain

    from .audit import stream_rules
    from .progress import shown_progress
    from .stream import holds_manifests, judge_stream

    stdin = sys.stdin.buffer
    first = stdin.readline()
    if not holds_manifests(first):
        return replace(request, stdin=lambda: first + stdin.read())
    rules, config = stream_rules(request)
    with shown_progress(wanted=wanted) as progress:
        tally = judge_stream(chain([first], stdin), rules, config, request.jobs, sys.stdout.write, progress)
    raise typer.Exit(tally.exit_code(fail_on.severity()))
