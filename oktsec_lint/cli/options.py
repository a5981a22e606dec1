"""The options that commands share: declared once, so that they read and behave the same everywhere."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from .choices import DataFormat, FailOn, Format
from .terminal import Color

_WHAT = (
    "Configurations or saved tools/list results; `-` is standard input. Default: the configuration found by "
    "--config, $OKTSEC_CONFIG, ./oktsec.yaml, ~/.oktsec/config.yaml."
)
_INCOMPLETE = "Do not exit 4 when a server could not be reached."
_ALSO = "Also write a report; repeatable."

Inputs: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[CONFIG|SNAPSHOT|-]...", help=_WHAT, show_default=False)
]
ConfigFile: TypeAlias = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="The configuration to judge by.", show_default=False)
]
Offline: TypeAlias = Annotated[
    bool, typer.Option("--offline", help="Start and contact nothing; judge what is in oktsec.lock.")
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
AllowUnreachable: TypeAlias = Annotated[bool, typer.Option("--allow-unreachable", help=_INCOMPLETE)]
Colored: TypeAlias = Annotated[Color, typer.Option("--color", help="Colour the text report.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="Show notes and clean tools too.")]
NoProgress: TypeAlias = Annotated[bool, typer.Option("--no-progress", help="Show no progress on stderr.")]
