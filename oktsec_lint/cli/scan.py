"""`oktsec-lint scan`: audit what a configuration offers to its agents, and report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oktsec_lint.core.errors import OktsecError, UsageError
from oktsec_lint.core.report import Exit, Report, exit_code

from . import options
from .options import FailOn, Format, request_of
from .progress import shown_progress
from .terminal import Color, columns, complain, speaks_unicode, tell, wants_color

if TYPE_CHECKING:
    from .audit import Request


def scan(
    inputs: options.Inputs = None,
    config: options.ConfigFile = None,
    output_format: options.ReportFormat = Format.TEXT,
    report: options.Reports = None,
    offline: options.Offline = False,
    timeout: options.Timeout = 30.0,
    jobs: options.Jobs = 8,
    server: options.OnlyServer = None,
    fail_on: options.Threshold = FailOn.MEDIUM,
    allow_unreachable: options.AllowUnreachable = False,
    color: options.Colored = Color.AUTO,
    verbose: options.Verbose = False,
    no_progress: options.NoProgress = False,
) -> None:
    """List what every configured MCP server offers, judge it, and report.

    Exit codes: 0 clean, 1 findings, 2 usage or configuration error, 3 nothing to audit, 4 something was not looked at.
    """
    from oktsec_lint.reporters import Style, render

    from .audit import STDIN, audit

    request = request_of(inputs, config, server, offline=offline, timeout=timeout, jobs=jobs)
    colored = wants_color(color, os.environ)
    style = Style(color=colored, unicode=speaks_unicode(), width=columns(), verbose=verbose)
    try:
        targets = _targets(report or (), request)
        if output_format is Format.JSONL and request.inputs == (STDIN,):
            request = _unless_stream(request, fail_on, reports=bool(targets), wanted=not no_progress)
        with shown_progress(wanted=not no_progress) as progress:
            result = audit(request, progress)
        code = exit_code(result, fail_on.severity(), allow_unreachable=allow_unreachable)
        _write_files(result, targets, code)
        sys.stdout.write(render(output_format, result, style, code))
    except OktsecError as error:
        raise typer.Exit(complain(error)) from None
    raise typer.Exit(code)


def _targets(reports: Iterable[str], request: Request) -> list[tuple[Format, Path]]:
    """`FORMAT=PATH` pairs, refused before any server is started when they cannot be meant."""
    from .audit import config_path

    read = {(request.cwd / name).resolve() for name in (*request.inputs, config_path(request)) if name}
    targets: list[tuple[Format, Path]] = []
    for entry in reports:
        name, equals, path = entry.partition("=")
        if not equals or not path or name not in set(Format):
            hint = f"formats: {', '.join(Format)}"
            raise UsageError(f"--report takes FORMAT=PATH, not {entry}", hint=hint)
        if path == "-":
            raise UsageError("--report writes files", hint=f"--format {name} writes to standard output")
        if not Path(path).resolve().parent.is_dir():
            raise UsageError("--report cannot write the file: there is no such directory", path=path)
        if Path(path).resolve() in read:
            raise UsageError(f"--report {entry} would overwrite what is scanned or another report")
        read.add(Path(path).resolve())
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


def _unless_stream(request: Request, fail_on: FailOn, *, reports: bool, wanted: bool) -> Request:
    """The request with stdin to read anew; a stream of manifests is judged here and ends the command."""
    from .audit import stream_basis
    from .stream import batches, judge_stream, split_peeked

    streaming, arriving = split_peeked(batches(sys.stdin.fileno()))
    if not streaming:
        return replace(request, stdin=lambda: b"\n".join(line for batch in arriving for line in batch.lines))
    if reports:
        raise UsageError("--report does not go with a stream of manifests", hint="its answers are the report")
    rules, config, mistakes = stream_basis(request)
    for mistake in mistakes:
        tell(f"{request.config}: {mistake.severity.label} {mistake.rule}: {mistake.message}")
    with shown_progress(wanted=wanted) as progress:
        tally = judge_stream(arriving, rules, config, request.jobs, _say, progress)
    for mistake in mistakes:
        tally.note(mistake.severity)
    raise typer.Exit(tally.exit_code(fail_on.severity()))


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
