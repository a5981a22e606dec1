"""One line of the manifest stream: a manifest judged on its own answers with its verdict and findings.

Registries audit tens of thousands of manifests this way, so a line holds what tells findings apart and nothing that can
be looked up by the rule's id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.policy import Level

from .json_text import compact, inert


def line(identifier: JsonValue, verdict: Level, findings: Iterable[Finding]) -> str:
    """`{"id", "verdict", "findings"}` with its line feed; `identifier` is the manifest's own `id`, unchanged.

    `pointer` leads into the manifest itself. `span` is the first evidence's [start, end) in code points of the text at
    `pointer`, `evidence` its characters; both are null for a finding about no particular characters.
    """
    views: list[JsonValue] = [_finding(item) for item in findings]
    rest = compact({"verdict": verdict.label, "findings": views})
    return f'{{"id": {inert(json.dumps(identifier))}, {rest[1:]}\n'


def _finding(finding: Finding) -> dict[str, JsonValue]:
    first = finding.evidence[0] if finding.evidence else None
    return {
        "rule": finding.rule,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "pointer": finding.place.pointer if finding.place else finding.pointer,
        "span": [first.start, first.end] if first else None,
        "evidence": first.text if first else None,
    }
