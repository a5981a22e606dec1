"""The documentation can be believed: its commands run, its outputs are what is printed, its examples are understood.

Every `sh` block of the README and of `docs/` is run line by line in a repository as a reader has it. A `text` block
that follows at once is the output. A block that cannot run offline says so: ```` ```sh no-run reason=... ````. The
sessions of `docs/lock.md` (`console`) are played from the first to the last.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from oktsec_lint import rulebook
from oktsec_lint.cli.running import plain_run
from oktsec_lint.core.calls import Call
from oktsec_lint.core.held import held
from oktsec_lint.runtime.quarantine_file import QuarantineFile, beside
from oktsec_lint.sources import load_config
from oktsec_lint.sources.grammar import ROOT as GRAMMAR
from tests.command import oktsec_lint
from tests.sample import Sample

ROOT = Path(__file__).parent.parent
FILES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *sorted(ROOT.glob("docs/*.md"))]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
MOST_NOT_RUN = 2
"""Blocks; one more needs a better reason than the others."""
UNDECIDED = frozenset({"CFG-015"})
"""What a shown configuration may be found guilty of: findings.md suppresses a tool that is listed twice."""
CALLS = "".join(
    json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n"
    for number, (method, params) in enumerate(
        [
            ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c"}}),
            ("tools/call", {"name": "delete_note", "arguments": {}}),
        ]
    )
)
"""What an agent says to a gate so that there is something in its journal."""
WORKFLOWS = sorted((ROOT / "examples" / "workflows").glob("*.yml"))


class Block(NamedTuple):
    """A fenced block, where it begins, and the `text` block right behind it."""

    page: str
    line: int
    kind: str
    info: str
    text: str
    output: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> list[Block]:
    found: list[Block] = []
    for match in re.finditer(r"^```(\w+)(.*)\n((?:.*\n)*?)```\n(?:\n```text\n((?:.*\n)*?)```\n)?", text, re.MULTILINE):
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, match[1], match[2].strip(), match[3], match[4] or ""))
    return found


BLOCKS = [block for page, text in PAGES.items() for block in blocks_of(page, text)]
SHELL = [block for block in BLOCKS if block.kind == "sh"]
RUN = [block for block in SHELL if not block.info]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A locked and committed repository with the files that the pages speak of, and a journal."""
    sample = Sample(tmp_path_factory.mktemp("docs") / "project")
    folder = sample.folder
    shutil.copytree(ROOT / "examples", folder / "examples")
    config = folder / "oktsec.yaml"
    config.write_text(config.read_text().replace(sys.executable, "python3"))
    (folder / "bin").mkdir()
    for name, command in (("oktsec-lint", "-m oktsec_lint"), ("python3", ""), ("npx", f"{folder / 'server.py'} --")):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n')
        script.chmod(0o755)
    (folder / ".cursor").mkdir()
    client = {"mcpServers": {"notes": {"command": "python3", "args": ["server.py"]}}}
    (folder / ".cursor" / "mcp.json").write_text(json.dumps(client))
    manifest = {"id": "1", "server": "notes", "tools": json.loads((folder / "tools.json").read_text())}
    (folder / "manifests.jsonl").write_text(json.dumps(manifest) + "\n")
    servers = {"notes": {"command": "python3", "args": ["server.py"]}}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": servers}, indent=2) + "\n")
    for line in (
        "lock --yes",
        "scan --write-baseline oktsec-baseline.json",
        "scan --report json=main.json",
        "run --agent reader -- python3 server.py",
    ):
        assert oktsec_lint(*line.split(), cwd=folder, env=surroundings(folder), stdin=CALLS).code == 0, line
    hold(beside(folder / ".local" / "state" / "oktsec-lint" / "journal.db"))
    sample.commit("everything")
    return folder


def hold(path: Path) -> None:
    """The held calls that the pages speak of."""
    store = QuarantineFile.open(path)
    for call_id, tool in (("3fa91c02be77", "pay"), ("4c1d02be770f", "order")):
        call = Call(None, "reader", "bank", tool, {"amount": 500})
        store.add(held(call, "IAP-007", "severity high", "", named=call_id, now=time.time(), expiry=86_400.0))
    store.close()


def surroundings(folder: Path) -> dict[str, str]:
    """The reader's environment: the tool under test as `oktsec-lint`, and an `npx` that downloads nothing."""
    system = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    path = os.pathsep.join([str(folder / "bin"), system.pop("PATH")])
    python = os.pathsep.join([str(ROOT), system.pop("PYTHONPATH", "")]).rstrip(os.pathsep)
    return {**system, "PATH": path, "PYTHONPATH": python, "HOME": str(folder), "NO_COLOR": "1", "GITHUB_ACTIONS": ""}


def expected(command: str) -> int:
    """1 where the page shows how something is found, else 0."""
    finds = "examples/poisoned.yaml" in command and " scan " in command
    return 1 if finds or "--public-key" in command else 0


@pytest.mark.parametrize("block", RUN, ids=str)
def test_commands_run_and_print_what_is_shown(block: Block, prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(prepared, folder)
    printed = ""
    for command in block.text.splitlines():
        if not command or command.startswith("#"):
            continue
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=surroundings(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expected(command), (command, done.stdout, done.stderr)
        printed += done.stdout
        assert all((folder / path).stat().st_size for path in written(command)), command
    assert block.output in ("", printed)


def written(command: str) -> list[str]:
    """The files that a command names as its results."""
    return re.findall(r"(?: > |--report \w+=|--write-baseline |-out )([\w.-]+)", command.partition(" #")[0])


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    skipped = [block for block in SHELL if block.info]
    assert len(skipped) <= MOST_NOT_RUN, [str(block) for block in skipped]
    for block in skipped:
        assert re.fullmatch(r"no-run reason=\S.{20,}", block.info), str(block)


def test_no_command_hides_in_another_kind_of_block() -> None:
    hidden = [block for block in BLOCKS if block.kind in {"bash", "shell", "console"}]
    assert [str(block) for block in hidden if block.page != "docs/lock.md"] == []


SESSIONS = [
    (*session, block)
    for block in BLOCKS
    if block.kind == "console"
    for session in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE)
]


def test_the_sessions_of_the_lock_are_real(prepared: Path, tmp_path: Path) -> None:
    reports, notes = project(tmp_path / "reports"), project(tmp_path / "notes")
    shutil.copy(ROOT / "bench" / "servers" / "plain.py", reports / "server.py")
    (reports / "oktsec.yaml").write_text(next(block.text for block in BLOCKS if block.page == "docs/lock.md"))
    shutil.copytree(ROOT / "examples", notes / "examples")
    text = (notes / "examples" / "poisoned.yaml").read_text()
    (notes / "oktsec.yaml").write_text(text.replace("[list_note]", "[list_notes]"))
    environ = {**surroundings(prepared), "GIT_CONFIG_GLOBAL": os.devnull}
    environ |= {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for command, shown, block in SESSIONS:
        folder = notes if "our own fixture" in block.text else reports
        if command == "oktsec-lint lock --check":
            release_another_version(folder / "server.py")
        printed = subprocess.run(
            ["sh", "-c", f"exec 2>&1; {command}"],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        ).stdout
        if command.startswith("git "):
            assert [part for part in shown.split("...\n") if undigested(part) not in undigested(printed)] == [], command
        else:
            assert undigested(shown) == undigested(printed), command


def project(folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


def release_another_version(server: Path) -> None:
    """What the author of the page's server does between two of its sessions."""
    text = server.read_text()
    server.write_text(text.replace("100 rows as JSON.", "500 rows as JSON. Call it before any other tool."))


def undigested(text: str) -> str:
    """Without digests, which the rules of today are a part of, and cut lines, which a digest's length moves."""
    return re.sub(r"[0-9a-f]{12,}\u2026?", "#", text).strip()


def configurations() -> list[tuple[Block, dict[str, Any]]]:
    known = {key.name for key in GRAMMAR.keys}
    shown = [(block, yaml.safe_load(block.text)) for block in BLOCKS if block.kind == "yaml"]
    return [(block, data) for block, data in shown if isinstance(data, dict) and known & set(data)]


@pytest.mark.parametrize(("block", "data"), configurations(), ids=str)
def test_configurations_mean_what_is_said(block: Block, data: dict[str, Any]) -> None:
    rules = rulebook.builtin()
    categories = {name for rule in rules for name in (rule.category, *rule.tags)}
    loaded = load_config("f", block.text, known_rules={rule.id for rule in rules}, known_categories=categories)
    assert {hit.rule for hit in loaded.hits} <= UNDECIDED, [hit.message for hit in loaded.hits]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_shown_as_it_is_kept(workflow: Path) -> None:
    shown = [block for block in BLOCKS if block.kind == "yaml" and "\njobs:\n" in block.text]
    assert workflow.read_text("utf-8") in [block.text for block in shown]
    kept = {path.read_text("utf-8") for path in WORKFLOWS}
    assert [str(block) for block in shown if block.text not in kept] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_what_github_takes_and_asks_the_action_for_what_it_has(workflow: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    for job in yaml.safe_load(workflow.read_text("utf-8"))["jobs"].values():
        (ours,) = [step for step in job["steps"] if step["uses"].startswith("oktsec/")]
        assert set(ours["with"]) <= set(inputs)


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", *map(str, WORKFLOWS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_the_shown_hooks_are_ours_and_what_pre_commit_takes() -> None:
    kept = (ROOT / "examples" / "pre-commit-config.yaml").read_text("utf-8")
    assert kept in [block.text for block in BLOCKS if block.page == "README.md"]
    command = [sys.executable, "-m", "pre_commit", "validate-config", "examples/pre-commit-config.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    ours = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    shown = [yaml.safe_load(block.text) for block in BLOCKS if block.kind == "yaml" and "repos:" in block.text]
    assert {hook["id"] for data in shown for repo in data["repos"] for hook in repo["hooks"]} <= ours


@pytest.mark.parametrize("block", [block for block in BLOCKS if '"mcpServers"' in block.text], ids=str)
def test_a_client_is_shown_a_command_line_that_is_understood(block: Block) -> None:
    for entry in json.loads(block.text)["mcpServers"].values():
        if entry["command"].endswith("oktsec-lint"):
            assert entry["args"][0] == "run"
            assert plain_run(entry["args"][1:]) is not None


@pytest.mark.parametrize("row", re.findall(r"^\| `([\w-]+)` \|", PAGES["docs/action.md"], re.MULTILINE))
def test_the_action_has_what_its_page_names(row: str) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert row in {**action["inputs"], **action["outputs"]}


def test_the_page_of_the_action_names_all_it_has() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    missing = [
        name for name in (*action["inputs"], *action["outputs"]) if f"| `{name}` |" not in PAGES["docs/action.md"]
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in sorted(set(re.findall(r"\]\(((?!https?:)[^)]+)\)", PAGES[page]))):
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), target


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_names_every_page() -> None:
    index = PAGES["docs/README.md"]
    pages = {Path(page).name for page in PAGES if page.startswith("docs/")} - {"README.md"}
    assert [name for name in sorted(pages) if f"]({name})" not in index] == []


def test_the_two_commands_of_the_first_screen_are_the_ones_that_ci_runs() -> None:
    assert "sh scripts/test.sh" in PAGES["README.md"]
    assert "sh scripts/test.sh" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
