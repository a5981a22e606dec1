"""The options that commands share: declared once, so that they read and behave the same everywhere."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from oktsec_lint.core.config import Persona

from .choices import DataFormat, FailOn, Format, MinConfidence
from .terminal import Color

_WHAT = (
    "Configurations, clients' files such as .mcp.json, or saved tools/list results; `-` is standard input. Default: "
    "the configuration found by --config, $OKTSEC_CONFIG, ./oktsec.yaml, ~/.oktsec/config.yaml."
)
_INCOMPLETE = "Do not exit 4 when a server could not be reached."
_ALSO = "Also write a report; repeatable."

Inputs: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[CONFIG|SNAPSHOT|-]...", help=_WHAT, show_default=False)
]
ConfigFile: TypeAlias = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="The configuration to judge by.", show_default=False)
]
SharedConfig: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration that names the database. Default: the one that is found, as for `run`.",
        show_default=False,
    ),
]
ReadAs: TypeAlias = Annotated[
    str, typer.Option("--as", metavar="FORMAT", help="Whose file the inputs are, such as cursor.", show_default=False)
]
Offline: TypeAlias = Annotated[
    bool, typer.Option("--offline", help="Start and contact nothing; judge what is in oktsec.lock.")
]
Start: TypeAlias = Annotated[
    bool,
    typer.Option("--start", help="Also start or reach the servers of packages (server.json, bundles) to list them."),
]
Locked: TypeAlias = Annotated[
    bool, typer.Option("--locked", help="Fail when oktsec.lock is missing or anything is not as it was locked.")
]
NoCache: TypeAlias = Annotated[
    bool, typer.Option("--no-cache", help="With --offline: judge every locked definition, known or not.")
]
Timeout: TypeAlias = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.1, max=86_400, help="Time each server may take.")
]
Jobs: TypeAlias = Annotated[
    int, typer.Option("--jobs", metavar="N", min=1, help="Servers listed, or manifest batches judged, at once.")
]
OnlyServer: TypeAlias = Annotated[
    list[str] | None, typer.Option("--server", metavar="NAME", help="Only this server; repeatable.", show_default=False)
]
ReportFormat: TypeAlias = Annotated[Format, typer.Option("--format", "-f", help="What stdout gets.")]
ListFormat: TypeAlias = Annotated[DataFormat, typer.Option("--format", "-f", help="What stdout gets.")]
Reports: TypeAlias = Annotated[
    list[str] | None, typer.Option("--report", metavar="FORMAT=PATH", help=_ALSO, show_default=False)
]
Threshold: TypeAlias = Annotated[FailOn, typer.Option("--fail-on", help="Exit 1 from this severity on.")]
Select: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="RULE,...", help="Report only these rules or families.", show_default=False),
]
Ignore: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="RULE,...", help="Do not report these rules or families.", show_default=False),
]
LeastConfidence: TypeAlias = Annotated[
    MinConfidence | None,
    typer.Option("--min-confidence", help="Report only what is this sure.", show_default=False),
]
ForWhom: TypeAlias = Annotated[
    Persona | None,
    typer.Option(
        "--persona",
        help="regular (default) leaves out minor findings that are unsure, pedantic none, auditor shows notes too.",
        show_default=False,
    ),
]
Baseline: TypeAlias = Annotated[
    str | None,
    typer.Option("--baseline", metavar="FILE", help="Findings in this file are known.", show_default=False),
]
WriteBaseline: TypeAlias = Annotated[
    str | None,
    typer.Option("--write-baseline", metavar="FILE", help="Write what is found now as that file.", show_default=False),
]
Base: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--diff", metavar="BASE", help="Only what is new since a git revision or a JSON report.", show_default=False
    ),
]
Fix: TypeAlias = Annotated[bool, typer.Option("--fix", help="Correct what can be corrected without judgement.")]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="With --fix: print the changes, write nothing.")]
AllowUnreachable: TypeAlias = Annotated[bool, typer.Option("--allow-unreachable", help=_INCOMPLETE)]
Colored: TypeAlias = Annotated[Color, typer.Option("--color", help="Colour the text report.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="Show notes and clean tools too.")]
NoProgress: TypeAlias = Annotated[bool, typer.Option("--no-progress", help="Show no progress on stderr.")]
