"""`oktsec-lint scan`: audit what a configuration offers to its agents, and report. What it does is in `scanning`."""

from __future__ import annotations

import typer

from . import options
from .choices import FailOn, Format
from .scanning import Asked, run_scan
from .terminal import Color


def scan(
    inputs: options.Inputs = None,
    config: options.ConfigFile = None,
    read_as: options.ReadAs = "",
    output_format: options.ReportFormat = Format.TEXT,
    report: options.Reports = None,
    offline: options.Offline = False,
    start: options.Start = False,
    locked: options.Locked = False,
    no_cache: options.NoCache = False,
    timeout: options.Timeout = 30.0,
    jobs: options.Jobs = 8,
    server: options.OnlyServer = None,
    fail_on: options.Threshold = FailOn.MEDIUM,
    select: options.Select = None,
    ignore: options.Ignore = None,
    min_confidence: options.LeastConfidence = None,
    persona: options.ForWhom = None,
    baseline: options.Baseline = None,
    write_baseline: options.WriteBaseline = None,
    diff: options.Base = None,
    fix: options.Fix = False,
    dry_run: options.DryRun = False,
    allow_unreachable: options.AllowUnreachable = False,
    color: options.Colored = Color.AUTO,
    verbose: options.Verbose = False,
    no_progress: options.NoProgress = False,
) -> None:
    """List what every configured MCP server offers, judge it, and report.

    Exit codes: 0 clean, 1 findings, 2 usage or configuration error, 3 nothing to audit, 4 something was not looked at.
    """
    asked = Asked(
        inputs=tuple(inputs or ()),
        config=config,
        read_as=read_as,
        output_format=output_format,
        report=tuple(report or ()),
        offline=offline,
        start=start,
        locked=locked,
        no_cache=no_cache,
        timeout=timeout,
        jobs=jobs,
        server=tuple(server or ()),
        fail_on=fail_on,
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        min_confidence=min_confidence,
        persona=persona,
        baseline=baseline,
        write_baseline=write_baseline,
        diff=diff,
        fix=fix,
        dry_run=dry_run,
        allow_unreachable=allow_unreachable,
        color=color,
        verbose=verbose,
        no_progress=no_progress,
    )
    raise typer.Exit(run_scan(asked))
