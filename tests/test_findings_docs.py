"""`docs/findings.md` can be believed: its commands run, its configurations mean what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oktsec_lint import rulebook
from oktsec_lint.sources import load_config
from tests.command import oktsec_lint

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "examples", folder / "examples")
    text = (ROOT / "examples" / "poisoned.yaml").read_text(encoding="utf-8")
    (folder / "oktsec.yaml").write_text(text.replace("command: python3", f"command: {json.dumps(sys.executable)}"))
    assert oktsec_lint("lock", cwd=folder).code == 0
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for args in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True)
    return folder


def test_commands_work_in_the_order_of_the_page(project: Path) -> None:
    assert COMMANDS
    for command in COMMANDS:
        name, *args = command.partition(" > ")[0].split()
        assert name == "oktsec-lint"
        ran = oktsec_lint(*args, cwd=project)
        assert ran.code in (0, 1), (command, ran.err)
        if " > " in command:
            (project / command.partition(" > ")[2]).write_text(ran.out)
        if "--diff" in args or "--baseline" in args:
            assert ran.code == 0, (command, ran.out)


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_configurations_are_understood(text: str) -> None:
    loaded = load_config("f", text, known_rules={rule.id for rule in rulebook.builtin()}, known_categories=())
    assert {hit.rule for hit in loaded.hits} <= {"CFG-015"}
    lint = loaded.config.lint
    assert lint.suppress or lint.select


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_links_lead_to_files(link: str) -> None:
    assert (ROOT / "docs" / link).exists()


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([^)]+)\)", PAGE))))
def test_links_within_the_page_lead_to_headings(anchor: str) -> None:
    headings = [re.sub(r"[^a-z0-9 -]", "", line.lower()) for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)]
    assert anchor in [heading.replace(" ", "-") for heading in headings]
