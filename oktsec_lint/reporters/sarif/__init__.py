"""SARIF 2.1.0 for code-scanning pages: one run, its rules, one result per rule and line.

Built with the `sarif_om` object model, serialised by `serial` (the model has no serializer that keeps a result's
level). What the consumers do with it decides the shape: GitHub shows the first location only, hides an alert whose
region leaves the diff, knows an alert by its line's hash, and rejects a whole file for one result without a file.
Nothing that changes between two runs over the same input is written: no times, no machine paths.
"""

from __future__ import annotations

from sarif_om import (
    Invocation,
    MultiformatMessageString,
    Run,
    RunAutomationDetails,
    Tool,
    ToolComponent,
)

from oktsec_lint.core.report import Exit, Report
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.json_text import laid_out
from oktsec_lint.reporters.links import HOME, TOOL

from .catalogue import Catalogue
from .notices import DESCRIPTORS, notices
from .places import Places
from .results import alerts_of, results_of
from .serial import to_json
from .taxonomies import Taxonomies

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_CATEGORY = f"{TOOL}/"
_DEPTH = 6
"""A rule is one line, the members of a result have a line each."""


def render(report: Report, style: Style, code: Exit | None) -> str:
    return laid_out({"$schema": _SCHEMA, "version": "2.1.0", "runs": [to_json(_run(report, style, code))]}, _DEPTH)


def _run(report: Report, style: Style, code: Exit | None) -> Run:
    places = Places(report)
    taxonomies = Taxonomies(report.rules)
    catalogue = Catalogue(report, taxonomies)
    alerts = alerts_of(report, suppressed=style.verbose)
    return Run(
        tool=Tool(driver=_driver(report, catalogue, taxonomies)),
        invocations=[
            Invocation(
                execution_successful=not report.incomplete,
                exit_code=None if code is None else int(code),
                tool_execution_notifications=notices(report, alerts.left_out, len(alerts.shown), places),
            )
        ],
        results=results_of(alerts, catalogue, places),
        taxonomies=taxonomies.components() or None,
        original_uri_base_ids=places.bases(),
        automation_details=RunAutomationDetails(id=_CATEGORY),
        column_kind="utf16CodeUnits",
    )


def _driver(report: Report, catalogue: Catalogue, taxonomies: Taxonomies) -> ToolComponent:
    return ToolComponent(
        name=TOOL,
        full_name=f"{TOOL} {report.tool_version}",
        semantic_version=report.tool_version,
        information_uri=HOME,
        short_description=MultiformatMessageString(text="Linter and enforcing guard for MCP servers."),
        rules=catalogue.descriptors(),
        notifications=list(DESCRIPTORS),
        supported_taxonomies=taxonomies.references() or None,
    )
