"""Microsoft's own validator, with the rules GitHub ingests by, over every SARIF golden file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
TOOL = TESTS / "multitool" / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
GOLDENS = sorted((TESTS / "fixtures" / "reports").glob("*.sarif"))


def complaints(document: Path, out: Path) -> list[str]:
    """Errors and warnings; the tool exits 0 whatever it finds, so its own log is what counts."""
    options = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--output", str(out)]
    subprocess.run([TOOL, "validate", document, *options], check=True, capture_output=True, timeout=120)
    (run,) = json.loads(out.read_text(encoding="utf-8-sig"))["runs"]
    return [f"{result['ruleId']}: {result['message']}" for result in run["results"]]


@pytest.mark.slow
@pytest.mark.parametrize("document", GOLDENS, ids=lambda path: path.stem)
def test_the_validator_has_nothing_to_say(document: Path, tmp_path: Path) -> None:
    assert complaints(document, tmp_path / "log.sarif") == []


@pytest.mark.slow
def test_the_validator_can_complain(tmp_path: Path) -> None:
    document = json.loads(GOLDENS[0].read_text(encoding="utf-8"))
    del document["runs"][0]["results"]
    broken = tmp_path / "broken.sarif"
    broken.write_text(json.dumps(document), encoding="utf-8")
    assert complaints(broken, tmp_path / "log.sarif") != []
